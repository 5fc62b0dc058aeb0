//! `cargo perfreg export --partitioned`: the history as a folder of Parquet files, one a month.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::cli::{ExportArgs, ExportFormat};
use crate::commands::export::nothing;
use crate::commands::sharing::{history_of, project_of};
use crate::commands::{tell, workspace};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::export::{Month, Row, file_name, folder, is_own, parquet, rows, sorted};
use crate::files::{entries, write_whole};
use crate::history::{Digest, Document, Filed, History, Problem, RunRow};
use crate::plain::plain;
use crate::words::counted;

/// Characters of a name that are shown.
const NAME: usize = 60;

/// Writes a file for every month of the history, in place of what was exported of it before.
///
/// # Errors
/// If another format or no folder is asked for, the history cannot be read, or a file cannot be
/// written. Months that were written until then are whole.
pub(super) fn run(args: &ExportArgs, context: &Context) -> Result<ExitCode, Error> {
    if args.format != ExportFormat::Parquet {
        return Err(Error::usage("--partitioned writes Parquet; it needs --format parquet"));
    }
    let Some(root) = &args.output else {
        return Err(Error::usage("--partitioned writes many files; name a folder with --output"));
    };
    if root.exists() && !root.is_dir() {
        let root = root.display();
        return Err(Error::usage(format!("{root} is no folder; --partitioned writes into one")));
    }
    let project = project_of(&workspace(context)?)?;
    let history = history_of(context)?;
    let mut problems = Vec::new();
    let (mut written, mut months) = (0, 0);
    // One after the other: a history may be larger than the memory.
    for (month, digests) in by_month(history.store.runs()?) {
        let rows = sorted(rows_of(&history, &digests, &mut problems)?);
        if !rows.is_empty() {
            replace(&root.join(folder(&project, month.as_ref())), &parquet(&rows)?)?;
            written += rows.len();
            months += 1;
        }
    }
    tell(&problems);
    let whole = problems.is_empty() && history.problems.is_empty();
    if written == 0 && whole {
        return Ok(nothing());
    }
    let (rows, months) = (counted(written, "row"), counted(months, "month"));
    let project = plain(&project, NAME);
    context.print(&format!("exported {rows} of {project} in {months} to {}\n", root.display()))?;
    Ok(if whole { ExitCode::Fine } else { ExitCode::Usage })
}

/// The runs of each month by digest, those without a readable time by themselves.
fn by_month(runs: Vec<RunRow>) -> BTreeMap<Option<Month>, Vec<Digest>> {
    let mut months: BTreeMap<_, Vec<Digest>> = BTreeMap::new();
    for run in runs {
        months.entry(Month::of(&run.started)).or_default().push(run.digest);
    }
    // Whichever store they are of, the same runs make the same file.
    months.values_mut().for_each(|digests| digests.sort());
    months
}

/// The rows of these runs.
///
/// # Errors
/// If the store gives no answer: a file without these rows would replace one that has them.
fn rows_of(
    history: &History,
    digests: &[Digest],
    problems: &mut Vec<Problem>,
) -> Result<Vec<Row>, Error> {
    let mut all = Vec::new();
    for digest in digests {
        match history.ask(digest)?.map(Filed::into_document) {
            // Of a run its samples are the largest part, and no row holds them.
            Ok(Document::Run(run)) => all.extend(rows(&[*run])),
            Ok(Document::Epoch(_)) => {}
            Err(problem) => problems.push(problem),
        }
    }
    Ok(all)
}

/// Makes `bytes` the one file of perfreg's in `folder`. Who is killed between leaves both the old
/// one and the new one, and the next export removes the old one.
///
/// # Errors
/// If the folder cannot be listed, or a file cannot be written or removed.
fn replace(folder: &Path, bytes: &[u8]) -> Result<(), Error> {
    let path = folder.join(file_name(bytes));
    // Listed first: what another export writes meanwhile is newer, and is not for this one to remove.
    let stale = own_files(folder)?.into_iter().filter(|other| *other != path);
    // What is there already keeps its time, for tools that copy by it.
    if !fs::read(&path).is_ok_and(|there| there == bytes) {
        write_whole(&path, bytes)?;
    }
    for other in stale {
        match fs::remove_file(&other) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                return Err(Error::io("remove", &other, &cause));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The files in `folder` that an export made.
fn own_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = entries(folder)?;
    files.retain(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_own));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_its_own_files_the_last_one_stays() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("project=app").join("month=2026-01");
        let names = || -> Vec<String> {
            let names = entries(&folder).unwrap().into_iter();
            names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
        };
        replace(&folder, b"one").unwrap();
        assert_eq!(names(), [file_name(b"one")]);
        for other in ["notes.txt", "part-0.parquet", "perfreg-mine.parquet"] {
            fs::write(folder.join(other), "of another").unwrap();
        }
        replace(&folder, b"two").unwrap();
        let two = file_name(b"two");
        let expected = ["notes.txt", "part-0.parquet", &two, "perfreg-mine.parquet"];
        assert_eq!(names(), expected);
        // Who was killed before it removed the old one.
        write_whole(&folder.join(file_name(b"one")), b"one").unwrap();
        assert_eq!(names().len(), 5);
        let written = || fs::metadata(folder.join(&two)).unwrap().modified().unwrap();
        let before = written();
        replace(&folder, b"two").unwrap();
        assert_eq!(names(), expected);
        assert_eq!(written(), before);
        // What bears the name and is not that is written again.
        fs::write(folder.join(&two), "torn").unwrap();
        replace(&folder, b"two").unwrap();
        assert_eq!(fs::read(folder.join(&two)).unwrap(), b"two");
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("project=app");
        fs::write(&folder, "a file").unwrap();
        let error = replace(&folder.join("month=2026-01"), b"one").unwrap_err().to_string();
        assert!(error.contains("project=app"), "{error}");
    }
}
