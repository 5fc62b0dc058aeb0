//! `cargo perfreg baseline save|compare NAME`: the last runs under a name, and against it.

use std::fmt::Write as _;

use perfreg_core::Verdict;
use perfreg_core::model::{Outcome, Run};
use perfreg_core::store::Workspace;

use crate::config::Percent;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::rejudge::rejudge;
use crate::saved::{SetName, read, save};
use crate::table::{When, render};

/// Keeps the last measured run of every test as `name`.
///
/// # Errors
/// If no test was measured yet, or the file cannot be written.
pub(super) fn keep(workspace: &Workspace, name: &SetName) -> Result<String, Error> {
    let measured = workspace.measured()?;
    let runs: Vec<Run> = measured.iter().map(|pending| pending.run().clone()).collect();
    if runs.is_empty() {
        return Err(Error::usage("no test was measured yet; `cargo perfreg run` does"));
    }
    let mut text = String::new();
    for run in &runs {
        let _ = writeln!(text, "saved {} of {}", run.id, run.started);
    }
    let path = save(workspace.root(), name, runs)?;
    let _ = writeln!(text, "wrote {}", workspace.shown(&path));
    Ok(text)
}

/// Judges `runs` against the set `name` and prints the table.
///
/// # Errors
/// If there is no such set, or it cannot be read.
pub(super) fn against(
    workspace: &Workspace,
    name: &SetName,
    runs: &[Run],
    threshold: Percent,
    context: &Context,
) -> Result<ExitCode, Error> {
    let saved = read(workspace.root(), name)?;
    let measured = runs.iter().filter(|run| run.outcome == Outcome::Measured);
    let judged: Vec<Run> = measured
        .filter_map(|now| {
            let before = saved.iter().find(|before| before.id == now.id)?;
            Some(rejudge(before, now, threshold.number() / 100.0))
        })
        .collect();
    let verdicts: Vec<Verdict> =
        judged.iter().flat_map(Run::judgements).map(|(_, judgement)| judgement.verdict).collect();
    if !verdicts.iter().any(|v| v.is_decided() || *v == Verdict::Inconclusive) {
        eprintln!("error: nothing compared: no last run shares a case with `{name}`");
        return Ok(ExitCode::NothingMeasured);
    }
    let mut text = render(&judged.iter().collect::<Vec<_>>(), When::Now, context.style);
    for gone in saved.iter().filter(|before| !judged.iter().any(|now| now.id == before.id)) {
        let _ = writeln!(text, "only in `{name}`: {}", gone.id);
    }
    context.print(&text)?;
    Ok(match verdicts.contains(&Verdict::Regressed) {
        true => ExitCode::Regression,
        false => ExitCode::Fine,
    })
}
