//! The options of `cargo perfreg ci`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::ci::{Key, Service, When};
use crate::cli::FailOn;
use crate::exit_code::ExitCode;

/// What a workflow of GitHub, and a pipeline of GitLab, say in the end.
const EXAMPLES: &str = "\
Examples:
  In a pull request, both states measured on one machine, and what came out annotated:
    cargo perfreg diff \"$(cargo perfreg ci base)\" --record perfreg-ci.json --fail-on never
    cargo perfreg ci --record perfreg-ci.json
  From a trusted job (`workflow_run`), with the record of the untrusted one:
    cargo perfreg ci comment --record perfreg-ci.json
  On the main branch, after a second measurement on another machine:
    cargo perfreg ci issue --record first.json --confirmation second.json
  Ready workflows: docs/workflows/ of the repository.";

/// Options of `ci`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{}", ExitCode::HELP))]
pub(crate) struct CiArgs {
    /// What else to do.
    #[command(subcommand)]
    pub(crate) command: Option<CiCommand>,

    /// What to tell.
    #[command(flatten)]
    pub(crate) tell: TellArgs,
}

/// What else to do than to tell the job.
#[derive(Subcommand, Debug)]
pub(crate) enum CiCommand {
    /// Keep one comment on the pull request up to date, from a job that may write
    Comment(CommentArgs),
    /// Open an issue about critical regressions of the main branch that two measurements found
    Issue(IssueArgs),
    /// Print the commit that this job's is to be compared with
    Base,
}

/// Options of `ci` itself.
#[derive(Args, Debug)]
pub(crate) struct TellArgs {
    /// What `diff --record` or `ci --write` left, of several machines too (default: the last run of every
    /// test of this workspace)
    #[arg(long = "record", value_name = "FILE")]
    pub(crate) records: Vec<PathBuf>,

    /// Leave a record here for another job
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,

    /// Whom to tell, and how (default: by the environment)
    #[arg(long, value_enum)]
    pub(crate) service: Option<Service>,

    /// From which severity on a regression exits 1
    #[arg(long, value_enum, default_value_t = FailOn::Warning)]
    pub(crate) fail_on: FailOn,

    /// Write GitLab's report of code quality here (under GitLab: perfreg-code-quality.json)
    #[arg(long, value_name = "FILE")]
    pub(crate) code_quality: Option<PathBuf>,

    /// Write GitLab's report of metrics here (under GitLab: perfreg-metrics.txt)
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
}

/// Options of `ci comment`.
#[derive(Args, Debug)]
pub(crate) struct CommentArgs {
    /// What the measuring job left; nothing in it is believed but numbers and names
    #[arg(long = "record", value_name = "FILE", required = true)]
    pub(crate) records: Vec<PathBuf>,

    /// The pull request (default: the one of the event, at the commit of the event)
    #[arg(long, value_name = "NUMBER")]
    pub(crate) pull_request: Option<u64>,

    /// Which comment is meant, where several workflows have one each
    #[arg(long, default_value = "perfreg")]
    pub(crate) key: Key,

    /// When there is one
    #[arg(long, value_enum, default_value_t = When::Always)]
    pub(crate) when: When,

    /// Where it is written.
    #[command(flatten)]
    pub(crate) forge: ForgeArgs,
}

/// Options of `ci issue`.
#[derive(Args, Debug)]
pub(crate) struct IssueArgs {
    /// What the first measurement left
    #[arg(long = "record", value_name = "FILE", required = true)]
    pub(crate) records: Vec<PathBuf>,

    /// What the second one left, best on another machine
    #[arg(long = "confirmation", value_name = "FILE", required = true)]
    pub(crate) confirmations: Vec<PathBuf>,

    /// The label by which issues are found again
    #[arg(long, default_value = "performance-regression")]
    pub(crate) label: String,

    /// The main branch (default: what the service says)
    #[arg(long, value_name = "BRANCH")]
    pub(crate) main: Option<String>,

    /// Where it is written.
    #[command(flatten)]
    pub(crate) forge: ForgeArgs,
}

/// Where something is written. Tokens come from the environment alone: `GITHUB_TOKEN` or `GH_TOKEN`;
/// `PERFREG_GITLAB_TOKEN` or `GITLAB_TOKEN`.
#[derive(Args, Debug)]
pub(crate) struct ForgeArgs {
    /// Whose forge (default: by the environment)
    #[arg(long, value_enum)]
    pub(crate) service: Option<Service>,

    /// Who the token is of, where the forge does not say: only what this one wrote is changed
    #[arg(long = "as", value_name = "LOGIN")]
    pub(crate) own_name: Option<String>,
}
