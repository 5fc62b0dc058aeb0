//! The options of `cargo perfreg selftest` and `doctor`.

use clap::Args;

use crate::cli::BuildArgs;
use crate::config::{Budget, Percent};
use crate::exit_code::ExitCode;

/// Options of `selftest`.
#[derive(Args, Debug)]
#[command(after_help = ExitCode::HELP)]
pub(crate) struct SelftestArgs {
    /// Only tests whose `target::test path` contains one of these
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// By how much the tests are slowed down (default: 5%, or a test's own threshold if that is more)
    #[arg(long, value_name = "PERCENT")]
    pub(crate) slowdown: Option<Percent>,

    /// The change that matters, whatever the tests say (default: theirs, else 2%)
    #[arg(long, value_name = "PERCENT")]
    pub(crate) threshold: Option<Percent>,

    /// The time for measuring, slowed and as they are (default: 16s a case)
    #[arg(long, value_name = "DURATION")]
    pub(crate) budget: Option<Budget>,

    /// What to build, and how.
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}

/// Options of `doctor`.
#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    /// Only tests whose `target::test path` contains one of these
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// The time for measuring (default: 8s a case)
    #[arg(long, value_name = "DURATION")]
    pub(crate) budget: Option<Budget>,

    /// Print thresholds for perfreg.toml that fit what was measured
    #[arg(long)]
    pub(crate) tune: bool,

    /// What to build, and how.
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}
