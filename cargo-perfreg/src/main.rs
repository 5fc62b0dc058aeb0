//! `cargo perfreg`.
fn main() {}
