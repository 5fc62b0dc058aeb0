//! The options of `cargo perfreg explore`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::BuildArgs;
use crate::config::Budget;
use crate::exit_code::ExitCode;

/// Options of `explore`.
#[derive(Args, Debug)]
#[command(after_help = ExitCode::HELP)]
pub(crate) struct ExploreArgs {
    /// Only tests whose `target::test path` contains one of these
    #[arg(value_name = "PATTERN")]
    pub(crate) filters: Vec<String>,

    /// The time for measuring all of them
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    pub(crate) time: Budget,

    /// How many of the most extreme cases are listed
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    pub(crate) extremes: usize,

    /// Where the folder with the results goes
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) output_dir: PathBuf,

    /// What draws the order of the cases
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// What to build, and how.
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}
