//! The options of `cargo perfreg import`, and of whatever reads files of other tools.

use std::path::PathBuf;

use clap::Args;
use perfreg_core::Direction;

use crate::cli::Betterness;
use crate::exchange::{Choice, Format};
use crate::saved::SetName;

/// Options of `import`.
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct ImportArgs {
    /// What another tool wrote: files, or folders such as target/criterion and .benchmarks
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The format (default: recognised)
    #[arg(long, value_name = "FORMAT", long_help = formats())]
    pub(crate) format: Option<Format>,

    /// How the files are read.
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// They were measured on this machine, whatever they say
    #[arg(long)]
    pub(crate) here: bool,

    /// The commit that was measured, where the files do not say
    #[arg(long, value_name = "HASH")]
    pub(crate) commit: Option<String>,

    /// Save the newest run of each test under this name, as `baseline save` does, in place of the history
    #[arg(long, value_name = "NAME")]
    pub(crate) baseline: Option<SetName>,
}

/// How files of other tools are read.
#[derive(Args, Debug)]
pub(crate) struct SourceArgs {
    /// Which way what a file does not say gets better (default: as its name or unit suggests, else lower)
    #[arg(long, value_enum)]
    pub(crate) better: Option<Betterness>,

    /// The host or platform that is meant, by a part of its text
    #[arg(long, value_name = "PART")]
    pub(crate) host: Option<String>,

    /// Which results in a folder of criterion are meant: new, base, or the name of a baseline
    #[arg(long, value_name = "NAME", default_value = "new")]
    pub(crate) results: String,
}

impl SourceArgs {
    /// As readers know it.
    pub(crate) fn choice(&self, format: Option<Format>) -> Choice {
        Choice {
            format,
            results: self.results.clone(),
            better: self.better.map(Betterness::direction),
            host: self.host.clone(),
        }
    }
}

impl Betterness {
    /// As metrics know it.
    pub(crate) fn direction(self) -> Direction {
        match self {
            Self::Lower => Direction::LowerIsBetter,
            Self::Higher => Direction::HigherIsBetter,
        }
    }
}

fn formats() -> String {
    format!("The format (default: recognised): {}", Format::names())
}

const HELP: &str = "\
Examples:
    cargo perfreg import target/criterion --here
    cargo perfreg import .benchmarks
    cargo perfreg import hyperfine.json --baseline before
    cargo perfreg compare before.json after.json --rule mean-effect

Exit codes:
    0  fine
    2  wrong usage, a file of no known format, or a placeholder
   70  internal error";
