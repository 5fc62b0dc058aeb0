//! Performance-regression tests for Rust: annotate a test, commit a baseline, fail with a reason
//! you believe.
//!
//! In `tests/perf.rs`, with perfreg among the dev-dependencies:
//!
//! ```
//! use std::hint::black_box;
//!
//! use perfreg::{Bencher, Throughput, perf_regression};
//!
//! #[perf_regression(baseline = "gt/parse.json")]
//! fn parse() -> usize {
//!     black_box("1,2,3").split(',').count()
//! }
//!
//! #[perf_regression(baseline = "gt/sort.json", args = [1_000, 100_000], threshold = "8%")]
//! fn sort(b: Bencher, len: usize) {
//!     b.throughput(Throughput::Items(len as u64))
//!         .with_inputs(|| (0..len).rev().collect::<Vec<_>>())
//!         .bench_refs(|numbers| numbers.sort_unstable());
//! }
//! ```
//!
//! `cargo test` runs each case once; `cargo test --release` measures it in ten launches of the test binary, compares
//! them with those of its accepted baseline, and fails with a reason if it regressed.
//!
//! - [`perf_regression`] is where to start: every option of the attribute.
//! - [`Bencher`] is what a test hands its work to, [`AllocCounter`] what counts allocations.
//! - [`assert_faster!`] holds one piece of work to another, in any test.
//! - [`check_regression`] and [`judge_launches`] judge samples of a harness of your own.
//! - [The guide](https://github.com/perfreg/perfreg/blob/main/docs/src/SUMMARY.md) has what a verdict means, baselines,
//!   comparing commits, and CI; `cargo install cargo-perfreg` brings the command line tool.
//!
//! This crate is a facade: everything lives in [`perfreg_core`] and is re-exported here, so that a
//! test says `use perfreg::…`.

pub use perfreg_core::*;
// Named, so that it shadows the glob: this one expands to paths that begin with `::perfreg`.
#[doc(inline)]
pub use perfreg_core::private::perf_regression_of_facade as perf_regression;

// The macro's own crate cannot compile its examples, for it must not depend on this one.
#[cfg(doctest)]
#[doc = include_str!("../perfreg-macros/src/attribute.md")]
#[doc = include_str!("../perfreg-macros/src/example.md")]
struct AttributeExamples;
