//! Performance-regression tests for Rust: annotate a test, commit a baseline, fail with a reason
//! you believe.
//!
//! This crate is a facade: everything lives in [`perfreg_core`] and is re-exported here, so that a
//! test says `use perfreg::…`. The README has the tour; [`perf_regression`] is where to start.

pub use perfreg_core::*;
// Named, so that it shadows the glob: this one expands to paths that begin with `::perfreg`.
#[doc(inline)]
pub use perfreg_core::private::perf_regression_of_facade as perf_regression;

// The macro's own crate cannot compile its examples, for it must not depend on this one.
#[cfg(doctest)]
#[doc = include_str!("../perfreg-macros/src/attribute.md")]
struct AttributeExamples;
