//! `cargo perfreg report`: the last run of every test as a document. Nothing is built or measured.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use perfreg_core::TestId;
use perfreg_core::model::Run;
use perfreg_core::store::Workspace;

use crate::cli::{FailOn, ReportArgs, ReportFormat};
use crate::commands::sharing::index_of;
use crate::commands::workspace;
use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::explain::NO_RUN;
use crate::filter::{Match, pick};
use crate::history::{Earlier, Index};
use crate::plain::plain;
use crate::report::{Recorded, Report, json, junit, markdown, text};
use crate::summary::{Gate, exit_code};

/// Characters of a message that are shown.
const MESSAGE: usize = 300;

/// Writes what `args` ask for.
///
/// # Errors
/// If there is no workspace, a filter means no test, or the report cannot be written.
pub(crate) fn run(args: &ReportArgs, context: &Context) -> Result<ExitCode, Error> {
    let (_, report) = last(&args.filters, context)?;
    let text = match (args.format, &args.output) {
        (ReportFormat::Text, None) => text(&report, context.style),
        // A file is no terminal.
        (ReportFormat::Text, Some(_)) => text(&report, context.style.of_file()),
        (ReportFormat::Markdown, _) => markdown(&report),
        (ReportFormat::Json, _) => json(&report),
        (ReportFormat::Junit, _) => junit(&report),
    };
    match &args.output {
        Some(path) => write(path, &text)?,
        None => context.print(&text)?,
    }
    Ok(code(&report, args.fail_on))
}

/// The last run of every test that the filters mean, and the workspace.
///
/// # Errors
/// If there is no workspace, or a filter means no test.
pub(crate) fn last(filters: &[String], context: &Context) -> Result<(Workspace, Report), Error> {
    let workspace = workspace(context)?;
    let (runs, problems) = workspace.readable_last_runs()?;
    let root = format!("{}{}", workspace.root().display(), std::path::MAIN_SEPARATOR);
    let unreadable: Vec<String> =
        problems.iter().map(|problem| problem.to_string().replace(&root, "")).collect();
    for why in &unreadable {
        eprintln!("warning: left out, for it cannot be read: {}", plain(why, MESSAGE));
    }
    if runs.is_empty() && unreadable.is_empty() {
        eprint!("error: {NO_RUN}");
    }
    let severities = Config::of_workspace(workspace.root())?.severity;
    let runs = recorded(chosen(runs, filters)?, &workspace, context);
    Ok((workspace, Report::new(runs, unreadable, severities)))
}

/// The runs that the filters mean.
///
/// # Errors
/// If one means no test.
fn chosen(runs: Vec<Run>, filters: &[String]) -> Result<Vec<Run>, Error> {
    if runs.is_empty() {
        return Ok(runs);
    }
    let ids: Vec<&TestId> = runs.iter().map(|run| &run.id).collect();
    let picked = pick(&ids, filters, Match::Substring).map_err(|unknown| {
        let known: String =
            unknown.known.lines().map(|line| format!("\n{}", plain(line, MESSAGE))).collect();
        Error::usage(format!("no recorded test matches {:?}; there are:{known}", unknown.word))
    })?;
    let picked: BTreeSet<usize> = picked.into_iter().collect();
    let keep = |(at, run)| picked.contains(&at).then_some(run);
    Ok(runs.into_iter().enumerate().filter_map(keep).collect())
}

/// The runs with the values before them, as far as there is an index that knows them: that of the
/// store that is shared, where there is one, for in CI nothing else remembers.
pub(crate) fn recorded(runs: Vec<Run>, workspace: &Workspace, context: &Context) -> Vec<Recorded> {
    if runs.is_empty() {
        return Vec::new();
    }
    let mut index = index_of(context, workspace).unwrap_or_else(no_series);
    let with_history = |run: Run| {
        let earlier = match index.as_ref().map(|index| index.before(&run)) {
            Some(Ok(earlier)) => earlier,
            Some(Err(error)) => {
                index = no_series(error);
                Earlier::default()
            }
            None => Earlier::default(),
        };
        Recorded::of(run, earlier)
    };
    runs.into_iter().map(with_history).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "`unwrap_or_else` hands it over")]
fn no_series(error: Error) -> Option<Index> {
    eprintln!("warning: the report draws no series: {error}");
    None
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |cause| Error::io("write", path, &cause);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// What could not be read may be what would have failed: without worse news it is an error by itself.
pub(crate) fn code(report: &Report, fail_on: Option<FailOn>) -> ExitCode {
    let gate = |fail_on| Gate {
        strict: false,
        require_baseline: false,
        fail_on,
        severities: report.severities,
        ratchet: false,
    };
    let code = match fail_on {
        _ if report.results.is_empty() => ExitCode::NothingMeasured,
        Some(fail_on) => exit_code(&report.results, gate(fail_on)),
        None => ExitCode::Fine,
    };
    match code {
        ExitCode::Fine | ExitCode::NothingMeasured if !report.unreadable.is_empty() => {
            ExitCode::Usage
        }
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict;
    use perfreg_core::model::{Outcome, Run};

    use super::*;
    use crate::config::Severities;
    use crate::testing::{judgement, run};

    #[test]
    fn the_exit_code_is_that_of_the_run_where_it_is_asked_for() {
        let check = |runs: &[Run], unreadable: &[&str], fail_on, expected: ExitCode| {
            let runs = runs.iter().cloned().map(|run| Recorded::of(run, vec![]));
            let unreadable = unreadable.iter().map(|why| (*why).to_owned()).collect();
            let report = Report::new(runs.collect(), unreadable, Severities::default());
            assert_eq!(code(&report, fail_on), expected, "{fail_on:?} {report:?}");
        };
        let judged = |verdict, change| run("sort", vec![judgement(verdict, Some(change))]);
        let slower = [judged(Verdict::Regressed, 0.1)];
        let slow = [judged(Verdict::Regressed, 0.3)];
        let fine = [judged(Verdict::Unchanged, 0.0)];
        let failed =
            [Run { outcome: Outcome::Failed { reason: "boom".into() }, ..run("bad", vec![]) }];
        let (warning, critical) = (Some(FailOn::Warning), Some(FailOn::Critical));
        check(&slow, &[], None, ExitCode::Fine);
        check(&slow, &[], critical, ExitCode::Regression);
        check(&slower, &[], critical, ExitCode::Fine);
        check(&slower, &[], warning, ExitCode::Regression);
        check(&slower, &[], Some(FailOn::Never), ExitCode::Fine);
        check(&failed, &[], None, ExitCode::Fine);
        check(&failed, &[], warning, ExitCode::TestFailed);
        check(&[], &[], None, ExitCode::NothingMeasured);
        check(&[], &["torn"], None, ExitCode::Usage);
        check(&fine, &["torn"], None, ExitCode::Usage);
        check(&fine, &["torn"], warning, ExitCode::Usage);
        check(&slower, &["torn"], warning, ExitCode::Regression);
    }
}
