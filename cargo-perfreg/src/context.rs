//! What every command has at hand: cargo, the workspace and the terminal.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use crate::cargo::Cargo;
use crate::cli::Sort;
use crate::error::Error;
use crate::table::Style;

/// The surroundings of a command.
#[derive(Debug)]
pub(crate) struct Context {
    /// How to call cargo.
    pub(crate) cargo: Cargo,
    /// How results look on standard output.
    pub(crate) style: Style,
    /// Whether standard error is a terminal, on which progress can be drawn.
    pub(crate) draws: bool,
}

impl Context {
    /// The surroundings of this process.
    pub(crate) fn of_process(manifest_path: Option<PathBuf>) -> Self {
        let terminal = io::stdout().is_terminal();
        let coloured = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        // The table knows the terminal's width; without a terminal lines stay whole, for grep.
        let width = comfy_table::Table::new().width();
        Self {
            cargo: Cargo::of_process(manifest_path),
            style: Style { width, coloured, sort: Sort::Effect },
            draws: io::stderr().is_terminal(),
        }
    }

    /// Prints a result to standard output.
    ///
    /// # Errors
    /// If it cannot be written, unless the reader has simply seen enough.
    pub(crate) fn print(&self, text: &str) -> Result<(), Error> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::internal(format!("cannot write to standard output: {cause}")))
            }
            _ => Ok(()),
        }
    }
}
