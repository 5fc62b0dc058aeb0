//! `cargo perfreg pending`: what awaits a decision.

use perfreg_core::store::Pending;

use crate::cli::PendingArgs;
use crate::commands::workspace;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::table::{When, render};

/// Prints what is pending, as a table or as JSON.
///
/// # Errors
/// If there is no workspace, or its records cannot be read.
pub(crate) fn run(args: &PendingArgs, context: &Context) -> Result<ExitCode, Error> {
    let pending = workspace(context)?.pending()?;
    let runs: Vec<_> = pending.iter().map(Pending::run).collect();
    let text = if args.json {
        let json = serde_json::to_string_pretty(&runs);
        json.map_err(|cause| Error::internal(format!("cannot write JSON: {cause}")))? + "\n"
    } else if runs.is_empty() {
        "nothing is pending\n".to_owned()
    } else {
        let table = render(&runs, When::Shown, context.style);
        format!(
            "{table}\n{} pending; cargo perfreg accept [TEST] -m \"why\", or reject [TEST]\n",
            runs.len()
        )
    };
    context.print(&text)?;
    Ok(ExitCode::Fine)
}
