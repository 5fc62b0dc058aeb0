//! The library behind [perfreg](https://docs.rs/perfreg): measuring, statistics, baselines and
//! verdicts of performance-regression tests.
//!
//! Most users depend on the facade `perfreg`; both export the same names.

pub mod error;
pub mod fixtures;
pub mod harness;
pub mod judge;
pub mod logging;
pub mod measure;
pub mod model;
#[doc(hidden)]
pub mod private;
pub mod probe;
pub mod report;
pub mod stats;
pub mod store;

pub use error::Error;
pub use judge::{
    Finding, LaunchPolicy, LaunchRule, Policy, RegressionReport, RegressionResult, Summary,
    check_regression, check_regression_with, judge_launches,
};
pub use measure::{AllocCounter, Bencher, BencherWithInputs};
pub use model::{
    Direction, HostKey, LaunchSamples, Metric, PerformanceData, Samples, TestId, Throughput, Unit,
    Verdict, Warning,
};
pub use perfreg_macros::perf_regression;
