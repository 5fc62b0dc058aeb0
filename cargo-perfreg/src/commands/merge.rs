//! `cargo perfreg merge`: what the machines of a matrix measured, in this workspace.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use perfreg_core::model::Run;

use crate::cli::MergeArgs;
use crate::commands::{take_in, workspace};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::files::entries;
use crate::history::{Document, Problem};
use crate::merge::{Source, merge};
use crate::words::counted;

/// Reads all sources, and keeps their records if none speaks against another.
///
/// # Errors
/// If a source cannot be read, or holds what is no record, or if two have one test and nothing says
/// which is meant; then nothing is kept.
pub(crate) fn run(args: &MergeArgs, context: &Context) -> Result<ExitCode, Error> {
    let workspace = workspace(context)?;
    let count = args.sources.len();
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for path in &args.sources {
        let (source, wrong) = read(path)?;
        sources.push(source);
        problems.extend(wrong);
    }
    refuse("these are no run records, so nothing was merged", &problems)?;
    let merged = merge(sources, args.on_conflict.twice()).map_err(|clashes| {
        let told: Vec<String> = clashes.iter().map(|clash| format!("\n  {clash}")).collect();
        Error::usage(format!(
            "two sources have the same test, so nothing was merged (--on-conflict):{}",
            told.concat()
        ))
    })?;
    take_in(&merged, &workspace, context)?;
    let tests: BTreeSet<_> = merged.iter().map(|run| &run.id).collect();
    let hosts: BTreeSet<_> = merged.iter().map(|run| run.host.to_string()).collect();
    context.print(&format!(
        "merged {} of {} on {} out of {}\n",
        counted(merged.len(), "run"),
        counted(tests.len(), "test"),
        counted(hosts.len(), "host"),
        counted(count, "source")
    ))?;
    Ok(match merged.is_empty() {
        true => ExitCode::NothingMeasured,
        false => ExitCode::Fine,
    })
}

fn refuse(what: &str, problems: &[Problem]) -> Result<(), Error> {
    if problems.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    Err(Error::usage(format!("{what}:{}", told.concat())))
}

/// The records of a source, and its files that are none.
fn read(path: &Path) -> Result<(Source, Vec<Problem>), Error> {
    let mut files = Vec::new();
    match path.is_dir() {
        true => {
            for folder in folders_of_records(path) {
                list(&folder, &mut files)?;
            }
        }
        false => files.push(path.to_owned()),
    }
    let (mut runs, mut problems) = (Vec::new(), Vec::new());
    for path in files {
        let bytes = fs::read(&path).map_err(|cause| Error::io("read", &path, &cause))?;
        match record(&bytes) {
            Ok(run) => runs.extend(run),
            Err(what) => problems.push(Problem { path, what }),
        }
    }
    Ok((Source { name: path.display().to_string(), runs }, problems))
}

/// The run that the bytes are; none if they are an epoch, which every commit of the repository has.
fn record(bytes: &[u8]) -> Result<Option<Run>, String> {
    match Document::parse(bytes) {
        Ok(Document::Run(run)) => Ok(Some(*run)),
        Ok(Document::Epoch(_)) => Ok(None),
        // A test that was skipped or failed leaves a record that is none for the history.
        Err(what) => match serde_json::from_slice::<Run>(bytes) {
            Ok(run) if Run::reads(&run.schema) => Ok(Some(run)),
            _ => Err(what),
        },
    }
}

/// Where in `folder` records lie: a workspace and its `.perfreg` hold other files besides.
fn folders_of_records(folder: &Path) -> Vec<PathBuf> {
    let inner = folder.join(".perfreg");
    let home = if inner.is_dir() { inner } else { folder.to_owned() };
    let parts = [home.join("runs"), home.join("history/runs")];
    let there: Vec<PathBuf> = parts.into_iter().filter(|part| part.is_dir()).collect();
    if there.is_empty() { vec![home] } else { there }
}

/// The `.json` files in `folder` and below, sorted.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for path in entries(folder)? {
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}
