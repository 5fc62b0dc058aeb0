//! The library behind [perfreg](https://docs.rs/perfreg): measuring, statistics, baselines and
//! verdicts of performance-regression tests.
//!
//! Most users depend on the facade `perfreg`; both export the same names. By itself this crate is for those who
//! build on it, and for the rules alone, with samples of any harness:
//!
//! ```
//! # fn main() -> Result<(), perfreg_core::Error> {
//! use perfreg_core::{LaunchPolicy, LaunchSamples, Verdict, judge_launches};
//!
//! // Ten launches of three samples each, which vary by some parts in a thousand.
//! let launches = |typical: f64| {
//!     let launch = |at: u32| vec![typical, typical * 1.001, typical * (1.0 + f64::from(at) * 1e-4)];
//!     LaunchSamples::of_one_session((0..10).map(launch).collect())
//! };
//! let finding = judge_launches(&launches(100.0)?, &launches(101.0)?, &LaunchPolicy::stored())?;
//! assert_eq!(finding.verdict, Verdict::Unchanged, "{}", finding.why);
//! let finding = judge_launches(&launches(100.0)?, &launches(120.0)?, &LaunchPolicy::stored())?;
//! assert_eq!(finding.verdict, Verdict::Regressed, "{}", finding.why);
//! # Ok(())
//! # }
//! ```

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
