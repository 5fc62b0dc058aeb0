//! `cargo perfreg import`: what other tools measured, as runs of this workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use perfreg_core::model::{Revision, Run};
use perfreg_core::probe;
use perfreg_core::store::Workspace;

use crate::cli::ImportArgs;
use crate::commands::{take_in, workspace};
use crate::context::Context;
use crate::error::Error;
use crate::exchange::{Facts, Given, given, runs_of};
use crate::exit_code::ExitCode;
use crate::plain::plain;
use crate::saved::save;
use crate::words::counted;

/// Reads all files, and keeps what they hold if all of them could be read.
///
/// # Errors
/// If one cannot be read, is of no known format, or holds placeholders; then nothing is kept.
pub(crate) fn run(args: &ImportArgs, context: &Context) -> Result<ExitCode, Error> {
    let workspace = workspace(context)?;
    let choice = args.source.choice(args.format);
    let mut files: Vec<Given> = Vec::new();
    for path in &args.files {
        files.extend(given(path, &choice)?);
    }
    let mut text = String::new();
    let mut runs: Vec<Run> = Vec::new();
    let here = args.here.then(probe::host);
    let revision = args.commit.clone().map(|hash| Revision::of(plain(&hash, 64)));
    for file in &files {
        let name = file.path.file_name().unwrap_or(file.path.as_os_str()).to_string_lossy();
        let facts = Facts {
            file: &plain(&name, 100),
            written: &file.written,
            here: here.as_ref(),
            revision: revision.as_ref(),
        };
        let _ = writeln!(text, "{}: {}", file.path.display(), file.told());
        for report in &file.reports {
            for note in &report.notes {
                eprintln!("note: {}: {note}", file.path.display());
            }
            runs.extend(runs_of(report, &facts));
        }
    }
    text += &match &args.baseline {
        Some(name) => {
            let newest = newest(runs);
            let count = newest.len();
            let path = save(workspace.root(), name, newest)?;
            format!("saved {} as `{name}` in {}\n", counted(count, "test"), workspace.shown(&path))
        }
        None => keep(&runs, &workspace, context)?,
    };
    context.print(&text)?;
    Ok(ExitCode::Fine)
}

/// The newest run of each test on each host.
fn newest(runs: Vec<Run>) -> Vec<Run> {
    let mut newest: BTreeMap<_, Run> = BTreeMap::new();
    for run in runs {
        let key = (run.id.clone(), run.host.to_string());
        if newest.get(&key).is_none_or(|known| known.started <= run.started) {
            newest.insert(key, run);
        }
    }
    newest.into_values().collect()
}

fn keep(runs: &[Run], workspace: &Workspace, context: &Context) -> Result<String, Error> {
    take_in(runs, workspace, context)?;
    let tests: BTreeSet<_> = runs.iter().map(|run| &run.id).collect();
    Ok(format!(
        "imported {} of {}; `cargo perfreg history list` shows them\n",
        counted(runs.len(), "run"),
        counted(tests.len(), "test")
    ))
}
