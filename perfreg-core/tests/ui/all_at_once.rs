//! One compilation shows everything that is wrong, and the function stays known.
use perfreg_core::{Bencher, perf_regression};

#[perf_regression(
    baseline = "sort",
    threshold = "much",
    metrics = [wal_time],
    executor = block_on,
    sample = 3,
)]
#[should_panic]
fn everything(b: Bencher, len: usize) {
    b.bench(|| len);
}

fn main() {
    let _ = everything;
}
