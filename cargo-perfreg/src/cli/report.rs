//! The options of `cargo perfreg report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::FailOn;
use crate::exit_code::ExitCode;

/// Options of `report`.
#[derive(Args, Debug)]
#[command(after_help = ExitCode::HELP)]
pub(crate) struct ReportArgs {
    /// Only tests whose `target::test path` contains one of these
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// What is written
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,

    /// The file to write to (default: standard output)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Exit as `run` would for these results, with 1 for a regression of this severity on (default:
    /// exit 0 if all records could be read)
    #[arg(long, value_enum)]
    pub(crate) fail_on: Option<FailOn>,
}

/// What a report is written as.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ReportFormat {
    /// What `run` prints
    Text,
    /// A comment on a pull request, of at most 65,536 characters
    Markdown,
    /// A document of the schema perfreg-report/1
    Json,
    /// JUnit's XML
    Junit,
}
