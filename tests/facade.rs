//! The attribute through the facade: a test that depends on `perfreg` alone.
#![forbid(unsafe_code)]

use perfreg::{Bencher, perf_regression};

#[perf_regression]
fn plain() -> usize {
    "1,2,3".split(',').count()
}

#[perf_regression(args = [10, "large" => 1_000], threshold = "3%")]
fn sort_reversed(b: Bencher, len: usize) {
    b.with_inputs(|| (0..len).rev().collect::<Vec<_>>()).bench_refs(|v| v.sort_unstable());
}

#[perf_regression]
async fn asynchronous(b: Bencher) -> Result<(), std::io::Error> {
    b.bench_async(|| std::future::ready(7)).await;
    Ok(())
}
