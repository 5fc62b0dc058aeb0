use perfreg_core::{Bencher, perf_regression};

#[perf_regression]
fn value(len: usize) {}

#[perf_regression]
fn bencher_and_value(b: Bencher, len: usize) {}

#[perf_regression]
fn two_values(a: u32, b: u32) {}

#[perf_regression]
fn bencher_by_reference(b: &mut Bencher) {}

fn main() {}
