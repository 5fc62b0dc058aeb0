//! What every command has at hand: cargo, the workspace and the terminal.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use perfreg_core::logging::{Level, Log};

use crate::cargo::Cargo;
use crate::cli::Sort;
use crate::error::Error;
use crate::table::Style;

/// The surroundings of a command.
#[derive(Debug)]
pub(crate) struct Context {
    /// How to call cargo.
    pub(crate) cargo: Cargo,
    /// The store of the history that was asked for, before any configuration.
    pub(crate) store: Option<String>,
    /// What is told of all this.
    pub(crate) log: Log,
    /// How results look on standard output.
    pub(crate) style: Style,
    /// Whether standard error is a terminal, on which progress can be drawn.
    pub(crate) draws: bool,
}

impl Context {
    /// The surroundings of this process.
    ///
    /// # Errors
    /// If the environment asks for a log of no known level.
    pub(crate) fn of_process(
        manifest_path: Option<PathBuf>,
        store: Option<String>,
    ) -> Result<Self, Error> {
        let log = Log::from_env()?;
        let terminal = io::stdout().is_terminal();
        let coloured = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        // The table knows the terminal's width; without a terminal lines stay whole, for grep.
        let width = comfy_table::Table::new().width();
        let of_environment = || std::env::var("PERFREG_STORE").ok().filter(|url| !url.is_empty());
        Ok(Self {
            store: store.or_else(of_environment),
            cargo: Cargo::of_process(manifest_path, log),
            log,
            style: Style { width, coloured, sort: Sort::Effect },
            // Lines of a log would tear a bar apart.
            draws: io::stderr().is_terminal() && !log.tells(Level::Info),
        })
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
