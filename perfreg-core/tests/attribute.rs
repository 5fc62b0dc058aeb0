//! What the attribute accepts, run for real.
#![forbid(unsafe_code)]

use perfreg_core::{Bencher, perf_regression};

#[perf_regression]
fn silent() {}

#[perf_regression(baseline = "gt/parse.json")]
fn plain() -> usize {
    "1,2,3".split(',').count()
}

#[perf_regression(args = [1_000, "large" => 100_000], threshold = "3%")]
fn with_both(b: Bencher, len: usize) {
    b.with_inputs(|| (0..len).rev().collect::<Vec<_>>()).bench_refs(|v| v.sort_unstable());
}
