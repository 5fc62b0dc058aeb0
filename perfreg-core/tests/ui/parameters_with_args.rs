use perfreg_core::{Bencher, perf_regression};

#[perf_regression(args = [1])]
fn none() {}

#[perf_regression(args = [1])]
fn only_bencher(b: Bencher) {}

#[perf_regression(args = [1])]
fn swapped(len: usize, b: Bencher) {}

#[perf_regression(args = [1])]
fn two_values(a: u32, b: u32) {}

#[perf_regression(args = [1])]
fn three(b: Bencher, x: u32, y: u32) {}

#[perf_regression(args = [1])]
fn bencher_by_reference(b: &Bencher, x: u32) {}

fn main() {}
