//! `cargo perfreg reject`: pending numbers are thrown away.

use crate::cli::RejectArgs;
use crate::commands::{meant, workspace};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;

/// Rejects what `args` name.
///
/// # Errors
/// If nothing is pending for a name, or a file cannot be removed.
pub(crate) fn run(args: &RejectArgs, context: &Context) -> Result<ExitCode, Error> {
    let rejected = meant(workspace(context)?.pending()?, &args.tests)?;
    if rejected.is_empty() {
        context.print("nothing is pending\n")?;
    }
    for pending in &rejected {
        pending.reject()?;
        context.print(&format!("rejected {}\n", pending.run().id))?;
    }
    Ok(ExitCode::Fine)
}
