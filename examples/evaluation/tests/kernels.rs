//! The kernels as performance tests: what the live and the rebuilt part of the evaluation measure.

#![forbid(unsafe_code)]

use perfreg::{Bencher, perf_regression};
use perfreg_evaluation::kernels;

/// About 200 ns.
#[perf_regression]
fn hash_and_parse(b: Bencher) {
    b.bench(kernels::hash_and_parse());
}

/// About 20 us, with allocations.
#[perf_regression]
fn count_words(b: Bencher) {
    b.bench(kernels::count_words());
}

/// About 1 ms, memory-bound.
#[perf_regression]
fn strided_sum(b: Bencher) {
    b.bench(kernels::strided_sum());
}

/// About 10 ms, mixed.
#[perf_regression]
fn tokens_and_lz(b: Bencher) {
    b.bench(kernels::tokens_and_lz());
}

/// About 2 ms on two threads, and so on wall time.
#[perf_regression]
fn two_threads(b: Bencher) {
    b.bench(kernels::two_threads());
}
