//! The options of `cargo perfreg diff`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{BuildArgs, FailOn, OutputArgs};
use crate::config::{Budget, Percent};
use crate::exit_code::ExitCode;

/// Options of `diff`.
#[derive(Args, Debug)]
#[command(after_help = ExitCode::HELP)]
pub(crate) struct DiffArgs {
    /// The revision to compare with
    #[arg(value_name = "BASE")]
    pub(crate) base: String,

    /// The revision to judge (default: the working tree, with what is not committed)
    #[arg(value_name = "HEAD")]
    pub(crate) head: Option<String>,

    /// Only tests whose `target::test path` contains this
    #[arg(short = 't', long = "test", value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// Measure tests marked `#[ignore]` too
    #[arg(long)]
    pub(crate) include_ignored: bool,

    /// The change that matters, whatever the tests say (default: theirs, else 2%)
    #[arg(long, value_name = "PERCENT")]
    pub(crate) threshold: Option<Percent>,

    /// The time for measuring all tests (default: 8s a case)
    #[arg(long, value_name = "DURATION")]
    pub(crate) budget: Option<Budget>,

    /// Seconds after which a launch is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: u64,

    /// What draws the order within each round
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Link each side so often, functions in another order each time, and make what that does to times
    /// part of the spread: a round of launches for every layout
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(7..=50))]
    pub(crate) layouts: Option<u8>,

    /// From which severity on a regression exits 1
    #[arg(long, value_enum, default_value_t = FailOn::Warning)]
    pub(crate) fail_on: FailOn,

    /// Leave what came out in this file, for `cargo perfreg ci --record FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,

    /// Demand a decision: exit 5 if a test is inconclusive
    #[arg(long)]
    pub(crate) strict: bool,

    /// How it is shown.
    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// What to build, and how.
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}
