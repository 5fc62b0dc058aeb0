//! Files and folders of other tools on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use perfreg_core::Direction;

use crate::error::Error;
use crate::exchange::format::Format;
use crate::exchange::report::{Report, Values};
use crate::exchange::{Content, Reading, criterion, date, placeholder, read};
use crate::files::entries;
use crate::plain::plain;
use crate::words::counted;

/// How the user wants files to be read.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// The format, where the user names it.
    pub(crate) format: Option<Format>,
    /// Which of criterion's results are meant.
    pub(crate) results: String,
    /// Which way is better, where a file does not say for sure.
    pub(crate) better: Option<Direction>,
    /// The host that is meant, by a part of its text.
    pub(crate) host: Option<String>,
}

/// One file, read.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Given {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// When it was written, as RFC 3339 in UTC.
    pub(crate) written: String,
    /// What it holds; one report at least, and none of it a placeholder.
    pub(crate) reports: Vec<Report>,
}

impl Given {
    /// What it holds, in words: how many runs, tests and series, and which of these no test can judge.
    pub(crate) fn told(&self) -> String {
        let Self { reports, .. } = self;
        let format = reports.first().map_or("nothing", |report| report.format.name());
        let series = || reports.iter().flat_map(Report::series);
        let tests: BTreeSet<&str> = series().map(|one| one.test.as_str()).collect();
        let without = series().filter(|one| matches!(one.values, Values::Summary(..))).count();
        let what = match (without, series().count()) {
            (0, all) => format!("{all} series"),
            (without, all) if without == all => {
                format!("{all} series without samples: thresholds can judge them, no test can")
            }
            (without, all) => {
                format!("{all} series, {without} without samples: only thresholds can judge those")
            }
        };
        let runs = counted(reports.len(), "run");
        format!("{format}, {runs} of {}, {what}", counted(tests.len(), "test"))
    }
}

/// What lies at `path`: a file, or a folder of them.
///
/// # Errors
/// If something there cannot be read, is of no known format, or holds placeholders.
pub(crate) fn given(path: &Path, choice: &Choice) -> Result<Vec<Given>, Error> {
    let path = whole(path);
    if !path.is_dir() {
        let text = fs::read_to_string(path).map_err(|cause| unreadable(path, &cause))?;
        let content = Content::of_text(&text);
        return Ok(vec![file(path, &content.map_err(|what| at(path, &what))?, choice)?]);
    }
    let mut files = Vec::new();
    list(path, &mut files)?;
    if choice.format == Some(Format::Criterion)
        || choice.format.is_none() && files.iter().any(|file| criterion::is_file_of_it(file))
    {
        let mut tree = BTreeMap::new();
        for file in files {
            let text = fs::read_to_string(&file).map_err(|cause| unreadable(&file, &cause))?;
            let inside = file.strip_prefix(path).unwrap_or(&file);
            let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
            tree.insert(parts.join("/"), text);
        }
        return Ok(vec![file(path, &Content::Tree(tree), choice)?]);
    }
    if files.is_empty() {
        return Err(at(path, "is a folder without a `.json` file"));
    }
    let all: Result<Vec<_>, _> = files.iter().map(|file| given(file, choice)).collect();
    Ok(all?.concat())
}

/// What is meant by `path`: by one file of a result of criterion's that result, which is a folder.
pub(crate) fn whole(path: &Path) -> &Path {
    match (path.is_file() && criterion::is_file_of_it(path), path.parent()) {
        (true, Some(folder)) if folder.as_os_str().is_empty() => Path::new("."),
        (true, Some(folder)) => folder,
        _ => path,
    }
}

fn at(path: &Path, what: &str) -> Error {
    Error::usage(format!("{}: {what}", path.display()))
}

fn unreadable(path: &Path, cause: &std::io::Error) -> Error {
    Error::usage(format!("cannot read {}: {cause}", path.display()))
}

/// The `.json` files in `folder` and below; what a link leads to is not below.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for path in entries(folder)? {
        let kind = fs::symlink_metadata(&path).map_err(|cause| unreadable(&path, &cause))?;
        if kind.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}

/// The file at `path`, which holds `content`.
///
/// # Errors
/// If that is of no known format, or holds placeholders.
pub(crate) fn file(path: &Path, content: &Content, choice: &Choice) -> Result<Given, Error> {
    let beside = |name: &str| beside(path, name);
    let how = Reading { better: choice.better, kept: &choice.results, beside: &beside };
    let mut reports = read(content, choice.format, &how).map_err(|what| at(path, &what))?;
    if let Some(part) = &choice.host {
        let hosts = hosts(&reports);
        reports.retain(|report| {
            // What names no host may be of any.
            report.host.as_ref().is_none_or(|host| host.to_string().contains(part))
        });
        if reports.is_empty() {
            return Err(at(path, &format!("no host of it is called `{part}`:{hosts}")));
        }
    }
    for report in &reports {
        if let Some(reason) = placeholder::reason(report) {
            let host = report.host.as_ref().map(|host| format!(" of {}", host.platform));
            let host = host.unwrap_or_default();
            let way_out = if reports.len() > 1 { "; --host picks the others" } else { "" };
            let what = format!("what it holds{host} is a placeholder, no measurement: {reason}");
            return Err(at(path, &(what + way_out)));
        }
    }
    Ok(Given { path: path.to_owned(), written: written(path)?, reports })
}

/// The hosts of the reports, a line each.
pub(crate) fn hosts(reports: &[Report]) -> String {
    let mut hosts: Vec<String> = reports
        .iter()
        .filter_map(|report| Some(format!("\n  {}", report.host.as_ref()?)))
        .collect();
    hosts.dedup();
    hosts.concat()
}

/// When the file was last written; of a folder, any of its files.
fn written(path: &Path) -> Result<String, Error> {
    let mut files = Vec::new();
    match path.is_dir() {
        true => list(path, &mut files)?,
        false => files.push(path.to_owned()),
    }
    let modified =
        |file: &PathBuf| fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
    let newest = files.iter().filter_map(modified).max().unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(date::of_moment(newest).unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned()))
}

/// A file that the one at `path` names. It lies beside it or in a folder there, wherever both lay when they
/// were written.
fn beside(path: &Path, name: &str) -> Result<Vec<u8>, String> {
    /// A folder and a file.
    const DEPTH: usize = 2;
    let mut parts: Vec<Component<'_>> = Path::new(name).components().rev().take(DEPTH).collect();
    parts.reverse();
    if parts.is_empty() || !parts.iter().all(|part| matches!(part, Component::Normal(_))) {
        return Err(format!("`{}` does not lie beside it", plain(name, 100)));
    }
    let place = path.parent().unwrap_or(Path::new(".")).join(parts.iter().collect::<PathBuf>());
    fs::read(&place).map_err(|cause| format!("cannot read {}: {cause}", place.display()))
}
