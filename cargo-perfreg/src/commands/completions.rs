//! `cargo perfreg completions`: what a shell needs to complete our options.

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;

/// Prints the script of the shell that `args` name.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn run(args: &CompletionsArgs, context: &Context) -> Result<ExitCode, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cargo-perfreg", &mut script);
    context.print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Fine)
}
