//! The options of `cargo perfreg baseline`.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::BuildArgs;
use crate::config::{Launches, Percent};
use crate::saved::SetName;

/// Options of `baseline`.
#[derive(Args, Debug)]
pub(crate) struct BaselineArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: BaselineCommand,
}

/// What to do with baselines. They are known of tests that ran at least once.
#[derive(Subcommand, Debug)]
pub(crate) enum BaselineCommand {
    /// Print what the baselines hold
    Show {
        /// Tests or modules, by whole path segments (default: all)
        #[arg(value_name = "TEST")]
        tests: Vec<String>,
    },
    /// Look for baselines that decide little: few launches, outliers, two modes, spread, age
    Check {
        /// Tests or modules, by whole path segments (default: all)
        #[arg(value_name = "TEST")]
        tests: Vec<String>,
    },
    /// Forget the baselines of this machine, so that the next run makes new ones
    Reset {
        /// Tests or modules, by whole path segments (default: all)
        #[arg(value_name = "TEST")]
        tests: Vec<String>,

        /// Remove this host's entry from the committed files, too
        #[arg(long)]
        committed: bool,
    },
    /// Keep the last run of every test under a name, beside the baselines
    Save {
        /// The name
        #[arg(value_name = "NAME")]
        name: SetName,
    },
    /// Compare the last run of every test with what was saved under a name
    Compare {
        /// The name
        #[arg(value_name = "NAME")]
        name: SetName,

        /// Tests or modules, by whole path segments (default: all)
        #[arg(value_name = "TEST")]
        tests: Vec<String>,

        /// The change that matters
        #[arg(long, value_name = "PERCENT", default_value = "5%")]
        threshold: Percent,
    },
    /// Measure the baselines of this platform anew, in several sessions; keeps a copy of the old ones
    Generate(GenerateArgs),
    /// List what the baselines hold of tests and cases that are no more
    Unreferenced {
        /// Remove it
        #[arg(long)]
        remove: bool,

        /// What to build, and how.
        #[command(flatten)]
        build: BuildArgs,
    },
}

/// Options of `baseline generate`.
#[derive(Args, Debug)]
pub(crate) struct GenerateArgs {
    /// Only tests whose `target::test path` contains one of these
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// Launches of each session
    #[arg(long, value_name = "NUMBER", default_value = "10")]
    pub(crate) launches: Launches,

    /// Sessions: from five on a threshold under 5 % has effect
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sessions: u32,

    /// Rest between sessions, for the machine to get into another mood
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration)]
    pub(crate) pause: Duration,

    /// Seconds after which a worker is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: u64,

    /// Why the numbers are right; kept in the baseline
    #[arg(short = 'm', long = "message", value_name = "WHY")]
    pub(crate) reason: Option<String>,

    /// Commit times of this host to gt/, not only what repeats exactly
    #[arg(long)]
    pub(crate) commit_time: bool,

    /// What to build, and how.
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}
