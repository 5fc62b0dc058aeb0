//! `cargo perfreg history`: the runs of a workspace, and what becomes of them.

mod prune;
mod push;
mod series;

use std::fmt::Write as _;

use perfreg_core::TestId;
use perfreg_core::model::{Revision, Run};
use serde::Serialize;

use crate::cli::{HistoryArgs, HistoryCommand, ListRunsArgs, ShowRunArgs};
use crate::commands::sharing::history_of;
use crate::commands::{tell, workspace};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::filter::{Match, UnknownTest, pick};
use crate::history::{Digest, Document, History, Project, RunRow, Store, Wanted};
use crate::plain::plain;
use crate::table::{Style, When, render};

/// Does what `args` say.
///
/// # Errors
/// If a word means nothing, or the history cannot be read or written.
pub(crate) fn run(args: &HistoryArgs, context: &Context) -> Result<ExitCode, Error> {
    match &args.command {
        HistoryCommand::List(args) => list(args, context),
        HistoryCommand::Show(args) => show(args, context),
        HistoryCommand::Series(args) => series::list(args, context),
        HistoryCommand::Compare(args) => series::compare(args, context),
        HistoryCommand::Prune(args) => prune::prune(args, context),
        HistoryCommand::Rebuild => rebuild(context),
        HistoryCommand::Push(args) => push::push(args, context),
        HistoryCommand::Migrate => push::make_tables(context),
    }
}

fn list(args: &ListRunsArgs, context: &Context) -> Result<ExitCode, Error> {
    let history = history_of(context)?;
    let tests = meant(history.store.as_ref(), &args.tests)?;
    let (branch, most) = (args.branch.as_deref(), args.limit);
    let runs = history.store.runs_of(&Wanted { tests: tests.as_deref(), branch, most })?;
    let text = if args.json {
        json(&runs.iter().map(Listed::of).collect::<Vec<_>>())?
    } else if runs.is_empty() {
        "the history holds no such run; `cargo perfreg run` makes the first\n".to_owned()
    } else {
        runs.iter().map(line).collect()
    };
    context.print(&text)?;
    Ok(ExitCode::Fine)
}

/// The tests that `words` mean; none if there are no words, which means all.
///
/// # Errors
/// If a word means no test of the history, or it cannot be read.
pub(crate) fn meant(store: &dyn Store, words: &[String]) -> Result<Option<Vec<TestId>>, Error> {
    if words.is_empty() {
        return Ok(None);
    }
    let tests = store.tests()?;
    let known: Vec<&TestId> = tests.iter().collect();
    let picked = pick(&known, words, Match::Segments).map_err(|unknown| self::known(&unknown))?;
    Ok(Some(picked.into_iter().map(|at| tests[at].clone()).collect()))
}

/// What there is instead of what a word meant.
fn known(unknown: &UnknownTest) -> Error {
    let known = match unknown.known.as_str() {
        "" => "; it is empty".to_owned(),
        known => {
            let lines: String =
                known.lines().map(|line| format!("\n{}", plain(line, LONG))).collect();
            format!("; there are:{lines}")
        }
    };
    Error::usage(format!("no test of the history is called {:?}{known}", unknown.word))
}

/// A run, as JSON has it.
#[derive(Serialize)]
struct Listed<'a> {
    digest: &'a str,
    #[serde(flatten)]
    id: &'a TestId,
    started: &'a str,
    seconds: f64,
    host: &'a str,
    toolchain: &'a str,
    revision: Option<&'a Revision>,
    verdict: Option<perfreg_core::Verdict>,
}

impl<'a> Listed<'a> {
    fn of(run: &'a RunRow) -> Self {
        Self {
            digest: run.digest.as_str(),
            id: &run.id,
            started: &run.started,
            seconds: run.seconds,
            host: &run.host,
            toolchain: &run.toolchain,
            revision: run.revision.as_ref(),
            verdict: run.verdict,
        }
    }
}

/// Characters of names that are shown.
const NAME: usize = 60;

/// A run as a line.
fn line(run: &RunRow) -> String {
    let verdict = run.verdict.map_or_else(|| "nothing judged".to_owned(), |v| v.to_string());
    let id = plain(&run.id.to_string(), NAME);
    let started = plain(&run.started, NAME);
    let mut line = format!("{} {started} {verdict:<14} {id}", run.digest.short());
    if let Some(revision) = &run.revision {
        let _ = write!(line, ", {}", told(revision));
    }
    line + "\n"
}

/// A commit with its facts, harmless to print.
pub(crate) fn told(revision: &Revision) -> String {
    let mut text = plain(&revision.to_string(), NAME);
    if let Some(branch) = &revision.branch {
        let _ = write!(text, " on {}", plain(branch, NAME));
    }
    if let Some(subject) = &revision.subject {
        let _ = write!(text, ": {}", plain(subject, NAME));
    }
    text
}

fn show(args: &ShowRunArgs, context: &Context) -> Result<ExitCode, Error> {
    let history = history_of(context)?;
    let runs = match args.run.as_str() {
        "latest" => history.store.runs_of(&Wanted { most: Some(1), ..Wanted::default() })?,
        digits => history.store.runs_like(digits)?,
    };
    let digest = find(&runs, &args.run)?;
    let filed = history.read(&digest)?;
    if args.json {
        context.print(&String::from_utf8_lossy(filed.bytes()))?;
        return Ok(ExitCode::Fine);
    }
    let Document::Run(run) = filed.into_document() else {
        return Err(Error::usage(format!("{digest} is no run")));
    };
    context.print(&shown(&digest, &run, context.style))?;
    Ok(ExitCode::Fine)
}

/// A run with its facts and its table.
fn shown(digest: &Digest, run: &Run, style: Style) -> String {
    let run = harmless(run);
    let mut text = format!("{digest}\n{} of {}, {:.1} s\n", run.id, run.started, run.seconds);
    let host = plain(&run.host.to_string(), LONG);
    let _ = writeln!(text, "{host}; {}", plain(&run.toolchain.to_string(), LONG));
    if let Some(revision) = &run.revision {
        let _ = writeln!(text, "commit {}", told(revision));
        if let Some(date) = &revision.authored {
            let _ = writeln!(text, "of {}", plain(date, NAME));
        }
    }
    text + &render(&[&run], When::Now, style)
}

/// The run without words that could harm a terminal.
fn harmless(run: &Run) -> Run {
    let mut run = run.clone();
    run.started = plain(&run.started, NAME);
    run.id.target = plain(&run.id.target, NAME);
    run.id.test = plain(&run.id.test, NAME);
    for case in &mut run.cases {
        case.name = plain(&case.name, NAME);
        for judgement in &mut case.judgements {
            judgement.metric.name = plain(&judgement.metric.name, NAME);
            judgement.why = plain(&judgement.why, LONG);
        }
    }
    run
}

/// Characters of a line in which words of others stand.
const LONG: usize = 200;

/// The run that `word` means.
///
/// # Errors
/// If it means none, or several.
pub(crate) fn find(runs: &[RunRow], word: &str) -> Result<Digest, Error> {
    if word == "latest" {
        let newest = runs.first().map(|run| run.digest.clone());
        return newest.ok_or_else(|| Error::usage("the history holds no run"));
    }
    let fits: Vec<&Digest> =
        runs.iter().map(|run| &run.digest).filter(|d| d.as_str().starts_with(word)).collect();
    match fits[..] {
        [one] => Ok(one.clone()),
        [] => Err(Error::usage(format!("no run has a digest that begins with {word:?}"))),
        _ => Err(Error::usage(format!("{} digests begin with {word:?}", fits.len()))),
    }
}

fn rebuild(context: &Context) -> Result<ExitCode, Error> {
    let history = Project::of(&workspace(context)?)?.rebuild()?;
    tell(&history.problems);
    let (documents, left_out) = (history.store.documents()?.len(), history.problems.len());
    context.print(&format!("indexed {documents} documents, left out {left_out}\n"))?;
    Ok(after(&history))
}

/// A history with holes is not in order.
fn after(history: &History) -> ExitCode {
    if history.problems.is_empty() { ExitCode::Fine } else { ExitCode::Usage }
}

/// A value as JSON for people and machines.
///
/// # Errors
/// If it cannot be written so.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_string_pretty(value);
    Ok(json.map_err(|cause| Error::internal(format!("cannot write JSON: {cause}")))? + "\n")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use perfreg_core::Verdict;

    use super::*;
    use crate::cli::Sort;
    use crate::history::{Filed, SqliteStore};
    use crate::testing::{judgement, run};

    const HOSTILE: &str = "<script>'\"\u{1b}[2J\u{202e}\n🦀";

    fn hostile() -> Run {
        let mut run = run(HOSTILE, vec![judgement(Verdict::Regressed, Some(0.3))]);
        run.cases[0].name = format!("{HOSTILE}{}", "x".repeat(10_000));
        run.cases[0].judgements[0].why = HOSTILE.to_owned();
        run.revision = Some(Revision {
            commit: "fedcba9876543210".to_owned(),
            dirty: true,
            branch: Some(HOSTILE.to_owned()),
            subject: Some("x".repeat(10_000)),
            authored: Some("2026-01-02T03:04:05+02:00".to_owned()),
        });
        run
    }

    #[test]
    fn a_run_is_shown_without_harm() {
        let style = Style { width: None, coloured: false, sort: Sort::Effect };
        let filed = Filed::parse(serde_json::to_vec(&hostile()).unwrap()).unwrap();
        let mut store = SqliteStore::in_memory("project").unwrap();
        store.put(std::slice::from_ref(&filed)).unwrap();
        let listed: String = store.runs().unwrap().iter().map(line).collect();
        assert_snapshot!(listed + &shown(filed.digest(), &hostile(), style));
    }

    #[test]
    fn digests_may_be_shortened() {
        let rows: Vec<RunRow> = ["a", "b"]
            .iter()
            .map(|name| crate::history::run_row(&Digest::of(name.as_bytes()), &run(name, vec![])))
            .collect();
        let [first, second] = [&rows[0].digest, &rows[1].digest];
        assert_eq!(&find(&rows, "latest").unwrap(), first);
        assert_eq!(&find(&rows, second.short()).unwrap(), second);
        assert!(find(&rows, "").unwrap_err().to_string().contains("2 digests begin with"));
        assert!(find(&rows, "x").unwrap_err().to_string().contains("no run has a digest"));
        assert!(find(&[], "latest").is_err());
    }
}
