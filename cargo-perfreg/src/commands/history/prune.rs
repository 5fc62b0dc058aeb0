//! `cargo perfreg history prune`: what becomes too old or too much.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::SystemTime;

use perfreg_core::store::Workspace;

use crate::cli::PruneArgs;
use crate::commands::history::{after, line};
use crate::commands::sharing::{Shared, history_of};
use crate::commands::workspace;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::history::{Digest, Expired, Expiry, Project, Queue, Retention, RunRow, Surplus};
use crate::look_back::indispensable;

/// Removes what the rules of `args` let go.
///
/// # Errors
/// If a rule does not hold for the store, or something cannot be removed.
pub(super) fn prune(args: &PruneArgs, context: &Context) -> Result<ExitCode, Error> {
    let workspace = workspace(context)?;
    if let Some(shared) = Shared::of(context, &workspace)? {
        return expire(args, &shared, context);
    }
    let mut history = history_of(context)?;
    let project = Project::of(&workspace)?;
    let unsent = unsent(&project, context, &workspace)?;
    let retention = Retention { age: args.older_than, newest: args.keep };
    let runs = history.store.runs()?;
    let now = SystemTime::now();
    let old = retention.surplus(&runs, &BTreeSet::new(), now).go;
    let (wait, free): (BTreeSet<Digest>, BTreeSet<Digest>) =
        old.into_iter().partition(|digest| unsent.contains(digest));
    let mut stays = indispensable(history.store.as_mut(), &free)?;
    stays.extend(wait.iter().cloned());
    let surplus = retention.surplus(&runs, &stays, now);
    if !args.dry_run {
        project.remove(&mut history, &surplus.go)?;
    }
    let shown = if args.dry_run { listed(&runs, &surplus) } else { String::new() };
    context.print(&(shown + &pruned(&surplus, wait.len(), runs.len(), args)))?;
    Ok(after(&history))
}

/// What the store that is configured has not got yet: nobody else has it.
///
/// # Errors
/// If what names the store is in no order, or a file cannot be read.
fn unsent(
    project: &Project,
    context: &Context,
    workspace: &Workspace,
) -> Result<BTreeSet<Digest>, Error> {
    let Some(shared) = Shared::configured(context, workspace)? else { return Ok(BTreeSet::new()) };
    let queue = Queue::of(workspace, &shared.address, &shared.project)?;
    Ok(queue.waiting(&project.archive.documents()?.0).into_iter().cloned().collect())
}

/// A line for every run that may go.
fn listed(runs: &[RunRow], surplus: &Surplus) -> String {
    let go: BTreeSet<&Digest> = surplus.go.iter().collect();
    runs.iter().filter(|run| go.contains(&run.digest)).map(line).collect()
}

/// What became of `runs`, of which so many stay because they `wait` for the store.
fn pruned(surplus: &Surplus, wait: usize, runs: usize, args: &PruneArgs) -> String {
    let verb = if args.dry_run { "would remove" } else { "removed" };
    let gone = surplus.go.len();
    let mut text = format!("{verb} {gone} of {runs} runs; {} stay", runs - gone);
    let reasons = [
        (surplus.protected - wait, "show a change"),
        (wait, "wait for `cargo perfreg history push`"),
    ];
    for (count, reason) in reasons.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(text, ", {count} of them because they {reason}");
    }
    text + "\n"
}

/// Drops what is old of a store that is shared, by whole months.
fn expire(args: &PruneArgs, shared: &Shared, context: &Context) -> Result<ExitCode, Error> {
    let Some((age, None)) = args.older_than.map(|age| (age, args.keep)) else {
        return Err(Error::usage(
            "of a shared store whole months go, by --older-than alone; `--store local` prunes the \
             history of this workspace",
        ));
    };
    let expiry = if args.dry_run { Expiry::Look } else { Expiry::Drop };
    let Expired { months, runs } = shared.open()?.expire(age, expiry)?;
    let verb = if args.dry_run { "would drop" } else { "dropped" };
    let text = match (&months[..], &shared.address) {
        ([], address) => format!("{address} holds no month that lies before that whole\n"),
        ([one], address) => format!("{verb} {one} of {address}: {runs} runs of all projects\n"),
        ([first, .., last], address) => {
            format!("{verb} {first} to {last} of {address}: {runs} runs of all projects\n")
        }
    };
    context.print(&text)?;
    Ok(ExitCode::Fine)
}
