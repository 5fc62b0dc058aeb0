//! The command line: clap types only.

mod baseline;
mod bisect;
mod diff;
mod history;
mod output;
mod report;
mod trust;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use crate::config::{Budget, Launches, Percent};
use crate::exit_code::ExitCode;
use crate::profiler::Profiler;
use crate::rules::Rule;
use crate::shard::Shard;

pub(crate) use baseline::{BaselineArgs, BaselineCommand, GenerateArgs};
pub(crate) use bisect::BisectArgs;
pub(crate) use diff::DiffArgs;
pub(crate) use history::{
    HistoryArgs, HistoryCommand, ListRunsArgs, PredictArgs, PruneArgs, ShowRunArgs, TrendArgs,
};
pub(crate) use output::{Format, OutputArgs};
pub(crate) use report::{ReportArgs, ReportFormat};
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
    /// Compare two commits: both are built here, and their launches alternate
    Diff(DiffArgs),
    /// Find the first commit that made a test worse, by comparing commits with a good one
    Bisect(BisectArgs),
    /// Show how much tests vary here, which changes can be seen, and what the machine does to them
    Doctor(DoctorArgs),
    /// Prove that the gate works here: slowed tests go red, and the same tests unslowed stay green
    Selftest(SelftestArgs),
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

/// Options of `run`.
#[derive(Args, Debug)]
#[command(after_help = ExitCode::HELP)]
pub(crate) struct RunArgs {
    /// Measure only tests whose `target::test path` contains one of these
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// Filters name whole tests: `target::test path` or the test path alone
    #[arg(long)]
    pub(crate) exact: bool,

    /// Measure tests marked `#[ignore]` too
    #[arg(long)]
    pub(crate) include_ignored: bool,

    /// Measure one part of what is selected, on each of several machines; the names of the tests say
    /// which, so that a new test moves no other
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,

    /// Start the one selected test through this command, such as "perf record -g", and judge nothing
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["shard", "strict", "require_baseline"])]
    pub(crate) profile_with: Option<Profiler>,

    /// The case to profile, of a test that has several
    #[arg(long, value_name = "NAME", requires = "profile_with")]
    pub(crate) case: Option<String>,

    /// Demand a decision: exit 5 if a test is inconclusive, 4 if one was skipped
    #[arg(long, env = "PERFREG_STRICT", value_parser = FalseyValueParser::new())]
    pub(crate) strict: bool,

    /// Exit 3 if a test has no baseline to compare with, and make none
    #[arg(long, env = "PERFREG_REQUIRE_BASELINE", value_parser = FalseyValueParser::new())]
    pub(crate) require_baseline: bool,

    /// Report regressions, but do not exit 1 for them: --fail-on never
    #[arg(long, conflicts_with = "fail_on")]
    pub(crate) report_only: bool,

    /// From which severity on a regression exits 1 (default: perfreg.toml's, else warning)
    #[arg(long, value_enum)]
    pub(crate) fail_on: Option<FailOn>,

    /// The order of the table (default: perfreg.toml's, else effect)
    #[arg(long, value_enum)]
    pub(crate) sort: Option<Sort>,

    /// The change that matters, whatever the tests say
    #[arg(long, value_name = "PERCENT")]
    pub(crate) threshold: Option<Percent>,

    /// Launches of a round, whatever the tests say
    #[arg(long, value_name = "NUMBER")]
    pub(crate) launches: Option<Launches>,

    /// The time for one case, whatever the tests say
    #[arg(long, value_name = "DURATION")]
    pub(crate) budget: Option<Budget>,

    /// Measure tests that perfreg.toml calls slow, too
    #[arg(long)]
    pub(crate) include_slow: bool,

    /// Build the commit of a baseline that a time regressed against, and let launches in turns tell
    /// whether the code became slower or the machine did
    #[arg(long)]
    pub(crate) settle: bool,

    /// Exit 1 for an improvement that was not accepted, too
    #[arg(long)]
    pub(crate) fail_on_improvement: bool,

    /// How it is shown.
    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// What to build, and how. Last, for its heading holds for all that follows.
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}

/// Options that cargo gets.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Build options")]
pub(crate) struct BuildArgs {
    /// Package to test (default: what perfreg.toml names, else the whole workspace)
    #[arg(short, long = "package", value_name = "SPEC")]
    pub(crate) packages: Vec<String>,

    /// Test the whole workspace
    #[arg(long, conflicts_with = "packages")]
    pub(crate) workspace: bool,

    /// Leave out a package of the workspace
    #[arg(long, value_name = "SPEC", conflicts_with = "packages")]
    pub(crate) exclude: Vec<String>,

    /// Features to activate, separated by spaces or commas
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    pub(crate) features: Vec<String>,

    /// Activate all features
    #[arg(long)]
    pub(crate) all_features: bool,

    /// Do not activate the `default` feature
    #[arg(long)]
    pub(crate) no_default_features: bool,

    /// Cargo profile to build with
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub(crate) profile: String,

    /// Build for this target triple
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,

    /// Directory for what cargo builds
    #[arg(long, value_name = "DIR")]
    pub(crate) target_dir: Option<PathBuf>,
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
    /// The file to compare with: plain samples, a baseline or a run record
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

    /// Which way samples without a metric get better
    #[arg(long, value_enum, default_value_t = Betterness::Lower)]
    pub(crate) better: Betterness,

    /// The host whose entry is meant, by a part of its text
    #[arg(long, value_name = "PART")]
    pub(crate) host: Option<String>,

    /// From which level on a regression exits 1; rules without levels know one
    #[arg(long, value_enum, default_value_t = FailOn::Critical)]
    pub(crate) fail_on: FailOn,

    /// Series of the first file may be missing in the second
    #[arg(long)]
    pub(crate) allow_missing: bool,

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
