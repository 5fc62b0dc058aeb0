//! The options of what measures and tells of it test by test: `run` and `diff`.

use clap::{Args, ValueEnum};

/// How results are shown.
#[derive(Args, Debug)]
pub(crate) struct OutputArgs {
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) message_format: Format,

    /// Do not show progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// How a result is printed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}
