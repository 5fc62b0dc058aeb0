//! `cargo perfreg accept`: pending numbers become the baseline.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use perfreg_core::model::Run;
use perfreg_core::report::format_value;
use perfreg_core::store::{Acceptance, Pending, TimeBaseline, Workspace};

use crate::cli::AcceptArgs;
use crate::commands::sharing::send_on;
use crate::commands::{meant, workspace};
use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::history::Project;

/// Accepts what `args` name and prints old and new.
///
/// # Errors
/// If nothing is pending for a name, or a file cannot be read or written.
pub(crate) fn run(args: &AcceptArgs, context: &Context) -> Result<ExitCode, Error> {
    let workspace = workspace(context)?;
    let repaired = repair(&workspace)?;
    context.print(&repaired)?;
    // To commit times is a decision about tests that changed nothing, too.
    let mut candidates =
        if args.commit_time { workspace.measured()? } else { workspace.pending()? };
    // What another tool measured is no baseline of a test here.
    candidates.retain(|candidate| candidate.run().origin.is_none());
    if candidates.is_empty() && !repaired.is_empty() {
        return Ok(ExitCode::Fine);
    }
    let accepted = meant(candidates, &args.tests)?;
    if accepted.is_empty() {
        context.print("nothing is pending\n")?;
    }
    let accepting = Accepting {
        config: &Config::of_workspace(workspace.root())?,
        workspace: &workspace,
        commit_time: args.commit_time,
    };
    for pending in &accepted {
        // Said test by test, so that an error in the middle leaves no doubt what was done.
        let text = accept(pending, args.reason.clone(), &accepting)?;
        context.print(&text)?;
    }
    send_on(context);
    Ok(ExitCode::Fine)
}

/// Repairs the baselines of all tests that a merge left in conflict, and says which.
///
/// # Errors
/// If one cannot be repaired.
pub(crate) fn repair(workspace: &Workspace) -> Result<String, Error> {
    let mut text = String::new();
    for run in workspace.last_runs()? {
        if let Some(path) = workspace.repair(&run)? {
            let path = workspace.shown(&path);
            let _ = writeln!(text, "repaired {path}: the newer side of each metric stays");
        }
    }
    Ok(text)
}

/// What holds for everything that is accepted.
#[derive(Clone, Copy)]
pub(crate) struct Accepting<'a> {
    pub(crate) config: &'a Config,
    pub(crate) workspace: &'a Workspace,
    pub(crate) commit_time: bool,
}

/// Accepts one test and says what that replaced and wrote.
///
/// # Errors
/// If a baseline cannot be read or written.
pub(crate) fn accept(
    pending: &Pending,
    reason: Option<String>,
    accepting: &Accepting<'_>,
) -> Result<String, Error> {
    let Accepting { config, workspace, commit_time } = *accepting;
    let commits = commit_time || config.commits_time_of(&pending.run().host.to_string());
    let time = if commits { TimeBaseline::Committed } else { TimeBaseline::Local };
    let mut text = changes(pending.run());
    let acceptance = Acceptance { reason, time };
    let files: BTreeSet<_> = pending.accept(&acceptance)?.into_iter().collect();
    Project::of(workspace)?.begin_epochs(pending.run(), acceptance.reason.as_deref())?;
    for file in files {
        let _ = writeln!(text, "  wrote {}", workspace.shown(&file));
    }
    Ok(text)
}

/// What accepting the run replaces, a line a metric.
fn changes(run: &Run) -> String {
    let mut text = String::new();
    for (case, judgement) in run.judgements() {
        let unit = &judgement.metric.unit;
        let old = judgement.baseline.map_or_else(|| "none".to_owned(), |v| format_value(v, unit));
        let new = format_value(judgement.current, unit);
        let (case, metric) = (&case.name, &judgement.metric.name);
        let _ = write!(text, "accepted {} {case} {metric}: {old} -> {new}", run.id);
        if let Some(change) = judgement.change {
            let _ = write!(text, ", {change}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use perfreg_core::Verdict;

    use super::*;
    use crate::testing::{judgement, run};

    #[test]
    fn old_and_new_stand_side_by_side() {
        let judgements =
            vec![judgement(Verdict::Regressed, Some(0.25)), judgement(Verdict::New, None)];
        assert_snapshot!(changes(&run("sort", judgements)));
    }
}
