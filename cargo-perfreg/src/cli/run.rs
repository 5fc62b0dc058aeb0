//! The options of `cargo perfreg run`.

use clap::Args;
use clap::builder::FalseyValueParser;

use crate::cli::{BuildArgs, FailOn, OutputArgs, Sort};
use crate::config::{Budget, Launches, Percent};
use crate::exit_code::ExitCode;
use crate::profiler::Profiler;
use crate::shard::Shard;

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

    /// Measure with one thread, memory where it always is, and data drawn from this seed, which tests
    /// read by `perfreg::fixtures::seed()`; compared with other runs like it
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true, default_missing_value = "42",
        conflicts_with_all = ["settle", "profile_with"])]
    pub(crate) deterministic: Option<u64>,

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
