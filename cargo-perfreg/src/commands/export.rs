//! `cargo perfreg export`: runs as other tools read them.

mod partitioned;

use std::io::Write as _;

use perfreg_core::TestId;
use perfreg_core::model::{Outcome, Run};

use crate::cli::{ExportArgs, ExportFormat};
use crate::commands::sharing::history_of;
use crate::commands::{tell, workspace};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::export::{bencher, csv, github_action_benchmark, openmetrics, parquet, rows};
use crate::files::write_whole;
use crate::filter::{Match, pick};
use crate::history::{Document, Filed};

/// Writes what `args` name.
///
/// # Errors
/// If a word means no test, nothing can be read or written, or Parquet has no file to go to.
pub(crate) fn run(args: &ExportArgs, context: &Context) -> Result<ExitCode, Error> {
    if args.partitioned {
        return partitioned::run(args, context);
    }
    if args.format == ExportFormat::Parquet && args.output.is_none() {
        return Err(Error::usage("Parquet is no text; name a file with --output"));
    }
    let (runs, code) = if args.history { all_runs(context)? } else { last_runs(context)? };
    let runs = meant(runs, &args.tests)?;
    let rows = rows(&runs);
    if rows.is_empty() {
        return Ok(nothing());
    }
    let bytes = match args.format {
        ExportFormat::GithubActionBenchmark => {
            let exported = github_action_benchmark(&rows, args.better.direction());
            if exported.left_out > 0 {
                let left_out = exported.left_out;
                eprintln!("note: left out {left_out} that get better the other way (--better)");
            }
            exported.text.into_bytes()
        }
        ExportFormat::Bencher => bencher(&rows).into_bytes(),
        ExportFormat::Openmetrics => openmetrics(&rows).into_bytes(),
        ExportFormat::Csv => csv(&rows).into_bytes(),
        ExportFormat::Parquet => parquet(&rows)?,
    };
    match &args.output {
        Some(path) => write_whole(path, &bytes)?,
        None => context.print(&String::from_utf8_lossy(&bytes))?,
    }
    let _ = std::io::stdout().flush();
    Ok(code)
}

fn nothing() -> ExitCode {
    eprintln!("error: nothing was measured yet that could be written");
    ExitCode::NothingMeasured
}

/// The last run of every test on every host; and whether all of them could be read.
fn last_runs(context: &Context) -> Result<(Vec<Run>, ExitCode), Error> {
    let (mut runs, problems) = workspace(context)?.readable_last_runs()?;
    for problem in &problems {
        eprintln!("warning: left out {problem}");
    }
    runs.retain(|run| run.outcome == Outcome::Measured);
    Ok((runs, if problems.is_empty() { ExitCode::Fine } else { ExitCode::Usage }))
}

/// Every run of the history, the oldest first.
///
/// # Errors
/// If the store gives no answer: a file without its runs would replace one that has them.
fn all_runs(context: &Context) -> Result<(Vec<Run>, ExitCode), Error> {
    let history = history_of(context)?;
    let mut problems = Vec::new();
    let mut runs = Vec::new();
    for digest in history.store.documents()? {
        match history.ask(&digest)?.map(Filed::into_document) {
            Ok(Document::Run(run)) => runs.push(*run),
            Ok(Document::Epoch(_)) => {}
            Err(problem) => problems.push(problem),
        }
    }
    tell(&problems);
    runs.sort_by(|a, b| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
    let whole = problems.is_empty() && history.problems.is_empty();
    Ok((runs, if whole { ExitCode::Fine } else { ExitCode::Usage }))
}

fn meant(runs: Vec<Run>, words: &[String]) -> Result<Vec<Run>, Error> {
    let ids: Vec<&TestId> = runs.iter().map(|run| &run.id).collect();
    let picked = pick(&ids, words, Match::Segments).map_err(|unknown| {
        let word = unknown.word;
        Error::usage(format!(
            "nothing that was measured is called {word:?}; `cargo perfreg last` lists it"
        ))
    })?;
    let keep = |(at, run)| picked.contains(&at).then_some(run);
    Ok(runs.into_iter().enumerate().filter_map(keep).collect())
}
