//! `cargo perfreg baseline save|compare NAME`: the last runs under a name, and against it.

use std::collections::BTreeMap;
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
use crate::series::{Key, Series, of_run};
use crate::table::{When, render};
use crate::units::unit_change;

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

/// What was imported carries no unit but its file's, which may have become another.
fn refuse_other_units(saved: &[Run], runs: &[Run]) -> Result<(), Error> {
    let imported = |runs: &[Run]| -> BTreeMap<Key, Series> {
        runs.iter().filter(|run| run.origin.is_some()).flat_map(of_run).collect()
    };
    match unit_change(&imported(saved), &imported(runs)) {
        None => Ok(()),
        Some(factor) => Err(Error::usage(format!(
            "the units changed, it seems: everything imported is about {factor} times what was saved"
        ))),
    }
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
    refuse_other_units(&saved, runs)?;
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
