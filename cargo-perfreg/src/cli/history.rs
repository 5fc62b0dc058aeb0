//! The command line of what looks back: `history`, `trend` and `predict`. clap types only.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::FailOn;

/// Options of `history`.
#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: HistoryCommand,
}

/// What to do with the history of runs.
#[derive(Subcommand, Debug)]
pub(crate) enum HistoryCommand {
    /// List the runs, the newest first
    List(ListRunsArgs),
    /// Show one run
    Show(ShowRunArgs),
    /// List the series with their last values
    Series(SeriesArgs),
    /// Put the values of two commits or runs side by side, as they were measured
    Compare(CompareRunsArgs),
    /// Remove runs that are old and many; what shows a change stays
    Prune(PruneArgs),
    /// Make the index again from the documents
    Rebuild,
    /// Send to the shared store what it has not got yet
    Push(PushArgs),
    /// Make the tables of the shared store, or bring them to this version
    Migrate,
}

/// Options of `history series`.
#[derive(Args, Debug)]
pub(crate) struct SeriesArgs {
    /// Tests or modules, by whole path segments (default: all)
    #[arg(value_name = "TEST")]
    pub(crate) tests: Vec<String>,

    /// So many values of each, the last ones
    #[arg(long, value_name = "NUMBER", default_value_t = 30)]
    pub(crate) last: usize,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `history compare`.
#[derive(Args, Debug)]
pub(crate) struct CompareRunsArgs {
    /// A commit, by its first digits or as git knows it, or a run by its digest
    #[arg(value_name = "BEFORE")]
    pub(crate) before: String,

    /// Another one
    #[arg(value_name = "AFTER")]
    pub(crate) after: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `history push`.
#[derive(Args, Debug)]
pub(crate) struct PushArgs {
    /// Everything that is here, and not only what the store has not confirmed
    #[arg(long)]
    pub(crate) all: bool,
}

/// Options of `history list`.
#[derive(Args, Debug)]
pub(crate) struct ListRunsArgs {
    /// Only these tests or modules, by whole path segments
    #[arg(short = 't', long = "test", value_name = "TEST")]
    pub(crate) tests: Vec<String>,

    /// Only runs on this branch
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,

    /// No more than this many
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<usize>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `history show`.
#[derive(Args, Debug)]
pub(crate) struct ShowRunArgs {
    /// The digest of the run, or its first digits, or `latest`
    #[arg(value_name = "DIGEST")]
    pub(crate) run: String,

    /// Print the document itself
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `history prune`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("rule").required(true).multiple(true))]
pub(crate) struct PruneArgs {
    /// Runs younger than this stay, such as 90d; of a shared store whole months go, of all projects
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration, group = "rule")]
    pub(crate) older_than: Option<Duration>,

    /// The newest runs of each test on each host stay, so many
    #[arg(long, value_name = "NUMBER", group = "rule")]
    pub(crate) keep: Option<usize>,

    /// Say what would go, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Options of `trend`.
#[derive(Args, Debug)]
pub(crate) struct TrendArgs {
    /// Tests or modules, by whole path segments (default: all)
    #[arg(value_name = "TEST")]
    pub(crate) tests: Vec<String>,

    /// Only runs on this branch
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,

    /// From which severity on a change for the worse that still holds exits 1
    #[arg(long, value_enum, default_value_t = FailOn::Never)]
    pub(crate) fail_on: FailOn,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `predict`.
#[derive(Args, Debug)]
pub(crate) struct PredictArgs {
    /// The test, or a module, by whole path segments
    #[arg(value_name = "TEST")]
    pub(crate) test: String,

    /// Sizes to predict
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) at: Vec<f64>,

    /// Compare the law with the one of `baseline`, of the run before (`last`), or of a run by its
    /// digest; exit 1 if the cost grows by a steeper one
    #[arg(long, value_name = "WHAT")]
    pub(crate) against: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
