//! Performance tests: ordinary tests, measured by `cargo test --release` and `cargo perfreg run`.

use std::hint::black_box;

use perfreg::perf_regression;

/// Replace the body by work of your own; all of it is measured.
#[perf_regression(baseline = "gt/perf.json")]
fn first() -> usize {
    black_box("1,2,3").split(',').count()
}
