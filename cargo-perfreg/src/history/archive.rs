//! The documents of a history on disk: `.perfreg/history/runs/ab/ab…json` and `epochs/` likewise,
//! each under the digest of its bytes. They are written once and never changed.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use perfreg_core::model::{Outcome, Run};
use perfreg_core::store::{Workspace, text_of_record};

use crate::error::Error;
use crate::files::{LEFTOVER, entries, write_whole};
use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::rows::{Document, Filed};
use crate::plain::plain;

/// The documents of a workspace.
#[derive(Clone)]
pub(crate) struct Archive {
    folder: PathBuf,
}

/// A file that is not what it should be, and was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Problem {
    /// The file.
    pub(crate) path: PathBuf,
    /// What is wrong with it.
    pub(crate) what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is wrong may be told in the words of the file.
        write!(f, "{}: {}", self.path.display(), plain(&self.what, MESSAGE))
    }
}

/// Characters of a message that are shown.
const MESSAGE: usize = 300;

/// The folders of the archive.
const PLACES: [&str; 2] = ["runs", "epochs"];

impl Archive {
    /// The archive of `workspace`, made where it is not there yet.
    ///
    /// # Errors
    /// If its folder cannot be made.
    pub(crate) fn of(workspace: &Workspace) -> Result<Self, Error> {
        Ok(Self { folder: workspace.make_folder()?.join("history") })
    }

    /// Where the document lies, if there is one of this digest.
    pub(crate) fn find(&self, digest: &Digest) -> Option<PathBuf> {
        PLACES.iter().map(|place| self.place(place, digest)).find(|path| path.is_file())
    }

    fn place(&self, place: &str, digest: &Digest) -> PathBuf {
        let name = digest.as_str();
        self.folder.join(place).join(&name[..2]).join(format!("{name}.json"))
    }

    /// Takes in the records that `records` lists. They share the space of the archived documents
    /// where the file system can do that, so that nothing is stored twice.
    ///
    /// # Errors
    /// If a file cannot be read or written. Records that are none are returned.
    pub(crate) fn take_in(&self, records: &[PathBuf], known: Known) -> Result<Vec<Problem>, Error> {
        let mut problems = Vec::new();
        for path in records {
            // Another process may have removed it meanwhile.
            let Some(metadata) = present(path, fs::metadata(path))? else { continue };
            if known == Known::ByLink && is_shared(&metadata) {
                continue;
            }
            let Some(bytes) = present(path, fs::read(path))? else { continue };
            if let Err(what) = Document::parse(&bytes) {
                problems.push(Problem { path: path.clone(), what });
                continue;
            }
            let place = self.place("runs", &Digest::of(&bytes));
            if !place.exists() {
                make_folder_of(&place)?;
                if fs::hard_link(path, &place).is_err() {
                    write_whole(&place, &bytes)?;
                }
            }
        }
        Ok(problems)
    }

    /// Keeps an epoch.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn keep_epoch(&self, epoch: &Epoch) -> Result<(), Error> {
        let text = serde_json::to_string(epoch).expect("an epoch is plain data with string keys");
        self.keep("epochs", format!("{text}\n").as_bytes())
    }

    /// Keeps the record of a run, if it measured something.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn keep_run(&self, run: &Run) -> Result<(), Error> {
        match run.outcome {
            Outcome::Measured => self.keep("runs", text_of_record(run).as_bytes()),
            _ => Ok(()),
        }
    }

    fn keep(&self, place: &str, bytes: &[u8]) -> Result<(), Error> {
        let place = self.place(place, &Digest::of(bytes));
        if place.exists() {
            return Ok(());
        }
        write_whole(&place, bytes)
    }

    /// The digests of all documents, by the names of their files; and the files without such a name.
    ///
    /// # Errors
    /// If a folder cannot be listed.
    pub(crate) fn documents(&self) -> Result<(BTreeSet<Digest>, Vec<Problem>), Error> {
        let (mut found, mut problems) = (BTreeSet::new(), Vec::new());
        for place in PLACES {
            for folder in entries(&self.folder.join(place))? {
                if !folder.is_dir() {
                    let what = "is no folder of documents".to_owned();
                    problems.push(Problem { path: folder, what });
                    continue;
                }
                for path in entries(&folder)? {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    if name.starts_with(LEFTOVER) {
                        continue;
                    }
                    match name.strip_suffix(".json").and_then(Digest::parse) {
                        Some(digest) => drop(found.insert(digest)),
                        None => {
                            let what = "is not named by a digest".to_owned();
                            problems.push(Problem { path, what });
                        }
                    }
                }
            }
        }
        Ok((found, problems))
    }

    /// The document of this digest.
    ///
    /// # Errors
    /// What is wrong with its file.
    pub(crate) fn read(&self, digest: &Digest) -> Result<Filed, Problem> {
        let path = self.find(digest).unwrap_or_else(|| self.place(PLACES[0], digest));
        let problem = |what: String| Problem { path: path.clone(), what };
        let bytes = fs::read(&path).map_err(|cause| problem(cause.to_string()))?;
        // What is wrong with the content says more than that it is not what it was.
        let filed = Filed::parse(bytes).map_err(&problem)?;
        if filed.digest() != digest {
            return Err(problem("was changed: its content is not that of its name".to_owned()));
        }
        Ok(filed)
    }

    /// Removes documents, with the records among `records` that they were taken from.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub(crate) fn remove(&self, digests: &[Digest], records: &[PathBuf]) -> Result<(), Error> {
        let gone: BTreeSet<&Digest> = digests.iter().collect();
        for record in records {
            let Some(bytes) = present(record, fs::read(record))? else { continue };
            if gone.contains(&Digest::of(&bytes)) {
                present(record, fs::remove_file(record))?;
            }
        }
        for path in digests.iter().filter_map(|digest| self.find(digest)) {
            present(&path, fs::remove_file(&path))?;
        }
        Ok(())
    }
}

/// How it is known that a record lies in the archive already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Known {
    /// It has a second name, as records get when they are taken in. It costs no reading.
    ByLink,
    /// There is a document of its content.
    ByContent,
}

/// A file that is gone is nothing to complain about.
fn present<T>(path: &Path, result: std::io::Result<T>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::io("read", path, &cause)),
    }
}

/// True if the file has a second name: it lies in the archive already.
#[cfg(unix)]
fn is_shared(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

/// Elsewhere nobody knows without reading the file.
#[cfg(not(unix))]
fn is_shared(_metadata: &Metadata) -> bool {
    false
}

fn make_folder_of(path: &Path) -> Result<(), Error> {
    let folder = path.parent().expect("documents lie in folders");
    fs::create_dir_all(folder).map_err(|cause| Error::io("create folder", folder, &cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::run;

    #[test]
    fn records_are_taken_in_once_and_bad_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path());
        let archive = Archive::of(&workspace).unwrap();
        let record = workspace.keep_record(&run("sort", vec![])).unwrap();
        let torn = record.with_file_name("torn.json");
        let bytes = fs::read(&record).unwrap();
        fs::write(&torn, &bytes[..bytes.len() / 2]).unwrap();
        let digest = Digest::of(&bytes);
        let take_in = |known| {
            let problems = archive.take_in(&workspace.measured_records().unwrap(), known).unwrap();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].path, torn);
            archive.documents().unwrap().0
        };
        assert_eq!(take_in(Known::ByLink), BTreeSet::from([digest.clone()]));
        assert_eq!(take_in(Known::ByLink).len(), 1);
        assert!(matches!(archive.read(&digest).unwrap().document(), Document::Run(_)));

        // A second name that is not ours hides nothing from who looks at the content.
        fs::remove_file(archive.find(&digest).unwrap()).unwrap();
        fs::hard_link(&record, folder.path().join("backup")).unwrap();
        assert_eq!(take_in(Known::ByContent).len(), 1);

        // What is removed does not come back from the records.
        let records = workspace.measured_records().unwrap();
        archive.remove(std::slice::from_ref(&digest), &records).unwrap();
        assert!(!record.exists() && archive.find(&digest).is_none());
        assert_eq!(take_in(Known::ByContent), BTreeSet::new());
        assert!(archive.read(&digest).is_err());
    }

    #[test]
    fn what_does_not_belong_here_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::of(&Workspace::at(folder.path())).unwrap();
        let place = archive.folder.join("runs/ab");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("notes.json"), "{}").unwrap();
        fs::write(place.join(format!("{LEFTOVER}x")), "").unwrap();
        fs::write(archive.folder.join("runs/stray.txt"), "").unwrap();
        let (found, problems) = archive.documents().unwrap();
        assert!(found.is_empty());
        let told: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].ends_with("notes.json: is not named by a digest"), "{told:?}");
        assert!(told[1].ends_with("stray.txt: is no folder of documents"), "{told:?}");
    }
}
