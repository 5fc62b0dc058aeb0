//! What the exit code of the process says. Scripts rely on it, so it is part of the public API.

use std::process::ExitCode as ProcessExitCode;

/// How the process ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// Nothing to complain about.
    Fine = 0,
    /// At least one metric regressed.
    Regression = 1,
    /// The command line or a configuration file is wrong.
    Usage = 2,
    /// A baseline is missing where one is required.
    BaselineMissing = 3,
    /// Nothing, or less than what was selected, was measured.
    NothingMeasured = 4,
    /// The evidence decides neither way, and `--strict` asked for a decision.
    Inconclusive = 5,
    /// The tool itself failed.
    Internal = 70,
    /// A test failed for another reason than its speed.
    TestFailed = 100,
    /// The tests could not be built.
    BuildFailed = 101,
}

impl ExitCode {
    /// The table that `--help` ends with.
    pub(crate) const HELP: &'static str = "\
Exit codes:
    0  fine
    1  a regression
    2  wrong usage or configuration
    3  a baseline is missing where one is required
    4  nothing, or less than what was selected, was measured
    5  inconclusive, under --strict
   70  internal error
  100  a test failed functionally
  101  the build failed";
}

impl From<ExitCode> for ProcessExitCode {
    fn from(code: ExitCode) -> Self {
        ProcessExitCode::from(code as u8)
    }
}
