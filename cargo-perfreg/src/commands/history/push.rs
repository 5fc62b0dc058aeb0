//! `cargo perfreg history push` and `migrate`: sending documents to a store that is shared, and
//! making its tables.

use crate::cli::PushArgs;
use crate::commands::sharing::{Shared, tell_refused};
use crate::commands::{tell, workspace};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::history::{Migrated, Project, Pushed, Queue, Which, migrate, push as send};
use crate::words::counted;

/// Sends what waits, or everything.
///
/// # Errors
/// If there is no store, it cannot be reached, or the history cannot be read; what was not sent
/// waits.
pub(super) fn push(args: &PushArgs, context: &Context) -> Result<ExitCode, Error> {
    let workspace = workspace(context)?;
    let shared = Shared::required(context, &workspace)?;
    let project = Project::of(&workspace)?;
    let problems = project.update()?.problems;
    tell(&problems);
    let mut queue = Queue::of(&workspace, &shared.address, &shared.project)?;
    let which = if args.all { Which::All } else { Which::Waiting };
    let sent =
        shared.open().and_then(|mut store| send(&project.archive, &mut queue, &mut store, which));
    let pushed = match sent {
        Ok(pushed) => pushed,
        Err(error) => {
            let waiting = queue.waiting(&project.archive.documents()?.0).len();
            return Err(error.hint(&format!("{} wait", counted(waiting, "document"))));
        }
    };
    tell_refused(&pushed);
    context.print(&told(&pushed, &shared))?;
    let whole = problems.is_empty() && pushed.refused.is_empty();
    Ok(if whole { ExitCode::Fine } else { ExitCode::Usage })
}

fn told(pushed: &Pushed, shared: &Shared) -> String {
    let Shared { address, project } = shared;
    let sent = counted(pushed.sent as usize, "document");
    let mut text = format!("sent {sent} of {project} to {address}: {} new", pushed.loaded.new);
    if pushed.loaded.expired > 0 {
        let expired = pushed.loaded.expired;
        text += &format!(", {expired} left out because their months were dropped there");
    }
    text + "\n"
}

/// Makes the tables, or brings them to this version.
///
/// # Errors
/// If there is no store, or it refuses.
pub(super) fn make_tables(context: &Context) -> Result<ExitCode, Error> {
    let shared = Shared::required(context, &workspace(context)?)?;
    let address = &shared.address;
    context.print(&match migrate(address)? {
        Migrated { from: 0, to } => format!("made the tables of {address}, version {to}\n"),
        Migrated { from, to } if from == to => {
            format!("the tables of {address} are of version {to} already\n")
        }
        Migrated { from, to } => {
            format!("brought the tables of {address} from version {from} to {to}\n")
        }
    })?;
    Ok(ExitCode::Fine)
}
