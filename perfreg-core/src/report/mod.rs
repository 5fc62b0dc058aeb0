//! Text of one run, for the reader of test output. Pure.

mod text;
mod value;

pub use text::{failure, notes};
pub use value::format_value;
