//! The command line: clap types only.

mod baseline;
mod bisect;
mod build;
mod ci;
mod dashboard;
mod diff;
mod explore;
mod export;
mod history;
mod import;
mod merge;
mod output;
mod report;
mod run;
mod trust;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use crate::exit_code::ExitCode;
use crate::rules::Rule;

pub(crate) use baseline::{BaselineArgs, BaselineCommand, GenerateArgs};
pub(crate) use bisect::BisectArgs;
pub(crate) use build::BuildArgs;
pub(crate) use ci::{CiArgs, CiCommand, CommentArgs, ForgeArgs, IssueArgs, TellArgs};
pub(crate) use dashboard::DashboardArgs;
pub(crate) use diff::DiffArgs;
pub(crate) use explore::ExploreArgs;
pub(crate) use export::{ExportArgs, ExportFormat};
pub(crate) use history::{
    CompareRunsArgs, HistoryArgs, HistoryCommand, ListRunsArgs, PredictArgs, PruneArgs, PushArgs,
    SeriesArgs, ShowRunArgs, TrendArgs,
};
pub(crate) use import::{ImportArgs, SourceArgs};
pub(crate) use merge::MergeArgs;
pub(crate) use output::{Format, OutputArgs};
pub(crate) use report::{ReportArgs, ReportFormat};
pub(crate) use run::RunArgs;
pub(crate) use trust::{DoctorArgs, SelftestArgs};

/// The arguments as clap should see them: cargo passes the name of the subcommand first.
pub(crate) fn arguments(all: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<_> = all.into_iter().collect();
    if arguments.get(1).is_some_and(|first| first == "perfreg") {
        arguments.remove(1);
    }
    arguments
}

/// Measures the performance tests of a workspace and reviews their baselines.
#[derive(Parser, Debug)]
#[command(name = "cargo-perfreg", bin_name = "cargo perfreg", version)]
#[command(arg_required_else_help = true, after_help = ExitCode::HELP)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Path to Cargo.toml
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// The history that a team shares, as `postgres://user@host/database`, or `local` for that of
    /// this workspace (default: `PERFREG_STORE`, then `url` of the table `store` in perfreg.toml)
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) store: Option<String>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Measure the annotated tests, compare them with their baselines and explain the result
    Run(RunArgs),
    /// Show what awaits a decision
    Pending(PendingArgs),
    /// Decide about pending numbers one by one, by a key
    Review(ReviewArgs),
    /// Make pending numbers the new baseline
    Accept(AcceptArgs),
    /// Throw pending numbers away and keep the baseline
    Reject(RejectArgs),
    /// Show the newest result of every test
    Last,
    /// Write the last run of every test as text, a comment on a pull request, JSON or JUnit
    Report(ReportArgs),
    /// Write pages that draw the history of every test, and the last runs beside their baselines
    Dashboard(DashboardArgs),
    /// Tell a service of continuous integration what came out: annotations, summary, comment, issue
    Ci(CiArgs),
    /// Compare two commits: both are built here, and their launches alternate
    Diff(DiffArgs),
    /// Find the first commit that made a test worse, by comparing commits with a good one
    Bisect(BisectArgs),
    /// Show how much tests vary here, which changes can be seen, and what the machine does to them
    Doctor(DoctorArgs),
    /// Prove that the gate works here: slowed tests go red, and the same tests unslowed stay green
    Selftest(SelftestArgs),
    /// Measure tests for long, and write what that shows: percentiles, plots, laws, the extremes
    Explore(ExploreArgs),
    /// Compare two files of results by a rule, or two sections of one
    Compare(CompareArgs),
    /// Show what holds for a test, and who says so
    Config(ConfigArgs),
    /// List the annotated tests
    List(ListArgs),
    /// Show, check, save, compare, generate or forget baselines
    Baseline(BaselineArgs),
    /// List, show, prune or rebuild the history of runs
    History(HistoryArgs),
    /// Take in what other machines measured: the shards of a matrix, or other platforms
    Merge(MergeArgs),
    /// Take in what other tools measured, as runs of the history or as a saved set
    Import(ImportArgs),
    /// Write runs as other tools read them: metrics, tables, histories
    Export(ExportArgs),
    /// Show how tests changed over their history, and since which commit
    Trend(TrendArgs),
    /// Tell how the cost of a test grows with its argument, and what unseen sizes will cost
    Predict(PredictArgs),
    /// Add the dependency, and write a configuration, a first test and a workflow where there are none
    Init(InitArgs),
    /// Print what a shell needs to complete these commands
    Completions(CompletionsArgs),
}

/// Options of `init`.
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// The package that gets the first test (default: the one in whose folder this is called)
    #[arg(short, long, value_name = "NAME")]
    pub(crate) package: Option<String>,

    /// Depend on the perfreg in this folder, not on the registry's
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Option<PathBuf>,
}

/// Options of `completions`.
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Options of `config`.
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// What to do with the configuration.
#[derive(Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Print each setting of the tests that match, with its origin
    Show {
        /// Tests whose `target::test path` contains one of these (default: all)
        #[arg(value_name = "FILTER")]
        filters: Vec<String>,

        /// What to build, and how.
        #[command(flatten)]
        build: BuildArgs,
    },
}

/// Options of `list`.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only tests whose `target::test path` contains one of these
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,

    /// What to build, and how.
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}

/// Options of `pending`.
#[derive(Args, Debug)]
pub(crate) struct PendingArgs {
    /// Print the pending run records as a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `review`.
#[derive(Args, Debug)]
pub(crate) struct ReviewArgs {
    /// Tests or modules, by whole path segments (default: everything pending)
    #[arg(value_name = "TEST")]
    pub(crate) tests: Vec<String>,

    /// Why what is accepted is right (default: asked each time)
    #[arg(short = 'm', long = "message", value_name = "WHY")]
    pub(crate) reason: Option<String>,
}

/// Options of `accept`.
#[derive(Args, Debug)]
pub(crate) struct AcceptArgs {
    /// Tests or modules, by whole path segments (default: everything pending)
    #[arg(value_name = "TEST")]
    pub(crate) tests: Vec<String>,

    /// Why the new numbers are right; kept in the baseline
    #[arg(short = 'm', long = "message", value_name = "WHY")]
    pub(crate) reason: Option<String>,

    /// Commit times of this host to gt/, not only what repeats exactly; takes the last run of every
    /// test, pending or not
    #[arg(long)]
    pub(crate) commit_time: bool,
}

/// Options of `reject`.
#[derive(Args, Debug)]
pub(crate) struct RejectArgs {
    /// Tests or modules, by whole path segments (default: everything pending)
    #[arg(value_name = "TEST")]
    pub(crate) tests: Vec<String>,
}

/// Options of `compare`.
#[derive(Args, Debug)]
#[command(after_help = ExitCode::HELP)]
pub(crate) struct CompareArgs {
    /// The file to compare with: plain samples, a baseline, a run record, or a file or folder of
    /// another tool
    #[arg(value_name = "BASELINE")]
    pub(crate) baseline: PathBuf,

    /// The file to judge
    #[arg(value_name = "CURRENT", conflicts_with = "between")]
    pub(crate) current: Option<PathBuf>,

    /// specified, mean-effect, percent=15, levels, or a field: min:10%, mean:0.5, stddev:20%
    #[arg(long, value_name = "RULE", default_value = "specified")]
    pub(crate) rule: Rule,

    /// Compare two sections of the one file, subsection by subsection
    #[arg(long, num_args = 2, value_names = ["ONE", "OTHER"])]
    pub(crate) between: Option<Vec<String>>,

    /// How another tool's files are read.
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// From which level on a regression exits 1; rules without levels know one
    #[arg(long, value_enum, default_value_t = FailOn::Critical)]
    pub(crate) fail_on: FailOn,

    /// Series of the first file may be missing in the second
    #[arg(long)]
    pub(crate) allow_missing: bool,

    /// Both files have the same units, even if every value is a thousand times another
    #[arg(long)]
    pub(crate) same_units: bool,

    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Which way a number gets better.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Betterness {
    /// Times, allocations
    Lower,
    /// Rates, accuracies
    Higher,
}

/// The order of a table.
#[derive(ValueEnum, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sort {
    /// The most alarming first
    #[default]
    Effect,
    /// By test
    Name,
}

/// From which level on a regression fails.
#[derive(ValueEnum, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FailOn {
    /// A warning fails
    Warning,
    /// A critical regression fails
    Critical,
    /// Nothing fails
    Never,
}

#[cfg(test)]
mod guide;
#[cfg(test)]
mod workflows;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn clap_finds_no_contradiction() {
        Cli::command().debug_assert();
    }

    #[test]
    fn cargo_and_the_bare_binary_give_the_same_arguments() {
        let check = |given: &[&str], expected: &[&str]| {
            let given = given.iter().map(OsString::from);
            assert_eq!(arguments(given), expected, "{expected:?}");
        };
        check(&["cargo-perfreg", "perfreg", "run"], &["cargo-perfreg", "run"]);
        check(&["cargo-perfreg", "run", "perfreg"], &["cargo-perfreg", "run", "perfreg"]);
        check(&["cargo-perfreg", "perfreg"], &["cargo-perfreg"]);
        check(&["cargo-perfreg"], &["cargo-perfreg"]);
    }

    #[test]
    fn features_come_apart_at_commas() {
        let cli = Cli::parse_from(["cargo-perfreg", "run", "--features", "a,b", "-F", "c"]);
        let Command::Run(run) = cli.command else { panic!("run is not {:?}", cli.command) };
        assert_eq!(run.build.features, ["a", "b", "c"]);
    }
}
