//! The history of one workspace: its archive and its index, kept in step.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use perfreg_core::model::{Case, Judgement, Run};
use perfreg_core::store::Workspace;

use crate::error::Error;
use crate::history::archive::{Archive, Known, Problem};
use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::rows::{Filed, key};
use crate::history::sqlite::SqliteStore;
use crate::history::store::{Point, Store};

/// Where the history of a workspace is.
pub(crate) struct Project {
    workspace: Workspace,
    pub(crate) archive: Archive,
    name: String,
}

/// A history that can be asked: an index, and the documents that it is made of.
pub(crate) struct History {
    /// The index.
    pub(crate) store: Box<dyn Store>,
    /// What could not be read, and is not in the index.
    pub(crate) problems: Vec<Problem>,
    /// Where the documents lie; in the store itself if nowhere.
    archive: Option<Archive>,
}

impl History {
    /// The history in a store that keeps the documents itself.
    pub(crate) fn shared(store: Box<dyn Store>) -> Self {
        Self { store, problems: Vec::new(), archive: None }
    }

    /// The document of this digest.
    ///
    /// # Errors
    /// If something is wrong with it, or the store gives no answer.
    pub(crate) fn read(&self, digest: &Digest) -> Result<Filed, Error> {
        self.ask(digest)?.map_err(|problem| Error::usage(problem.to_string()))
    }

    /// The document of this digest, or what is wrong with it.
    ///
    /// # Errors
    /// If the store gives no answer, which says nothing of the document.
    pub(crate) fn ask(&self, digest: &Digest) -> Result<Result<Filed, Problem>, Error> {
        if let Some(archive) = &self.archive {
            return Ok(archive.read(digest));
        }
        let Some(bytes) = self.store.bytes(digest)? else {
            return Ok(Err(problem(digest, "is not in the store".to_owned())));
        };
        Ok(match Filed::parse(bytes) {
            Ok(filed) if filed.digest() == digest => Ok(filed),
            Ok(_) => {
                Err(problem(digest, "was changed: its content is not that of its name".to_owned()))
            }
            Err(what) => Err(problem(digest, what)),
        })
    }
}

/// What is wrong with a document of a store.
fn problem(digest: &Digest, what: String) -> Problem {
    Problem { path: digest.as_str().into(), what }
}

/// The values before a run, of each of its judgements in their order, each the oldest first.
pub(crate) type Earlier = Vec<Vec<f64>>;

/// An index that is asked as it is, and not brought up to date.
pub(crate) struct Index {
    store: Box<dyn Store>,
    name: String,
}

impl Index {
    /// The index of `project` that a team shares.
    pub(crate) fn shared(store: Box<dyn Store>, project: String) -> Self {
        Self { store, name: project }
    }

    /// The values before `run` that the index knows.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub(crate) fn before(&self, run: &Run) -> Result<Earlier, Error> {
        let values = |(case, judgement): (&Case, &Judgement)| -> Result<Vec<f64>, Error> {
            let points = self.store.points(&key(&self.name, run, case, &judgement.metric))?;
            let mut points: Vec<_> =
                points.into_iter().filter(|point| point.time <= run.started).collect();
            // Several runs may begin in one second; its own point is the last of its value there.
            let is_own = |point: &Point| {
                point.time == run.started && point.value.to_bits() == judgement.current.to_bits()
            };
            if let Some(own) = points.iter().rposition(is_own) {
                points.remove(own);
            }
            Ok(points.into_iter().map(|point| point.value).collect())
        };
        run.judgements().map(values).collect()
    }
}

/// Documents put at once: enough to be fast, few enough to lie in memory.
const BATCH: usize = 64;

impl Project {
    /// The history of `workspace`.
    ///
    /// # Errors
    /// If its folder cannot be made.
    pub(crate) fn of(workspace: &Workspace) -> Result<Self, Error> {
        Ok(Self {
            workspace: workspace.clone(),
            archive: Archive::of(workspace)?,
            name: Self::name_of(workspace),
        })
    }

    /// The index of `workspace` as it is; none where none was made, or it cannot be used.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(crate) fn index_of(workspace: &Workspace) -> Result<Option<Index>, Error> {
        let (path, name) = (place_of_index(workspace), Self::name_of(workspace));
        // Nothing is made by who only looks.
        if !path.is_file() {
            return Ok(None);
        }
        Ok(SqliteStore::open(&path, &name)?.map(|store| Index { store: Box::new(store), name }))
    }

    /// What a workspace is called: by its folder.
    pub(crate) fn name_of(workspace: &Workspace) -> String {
        let name = workspace.root().file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_default()
    }

    fn index(&self) -> PathBuf {
        place_of_index(&self.workspace)
    }

    /// Takes in new records and brings the index up to date; makes a new one where there is none
    /// that can be used.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub(crate) fn update(&self) -> Result<History, Error> {
        let _guard = self.workspace.lock()?;
        match SqliteStore::open(&self.index(), &self.name)? {
            Some(store) => self.fill(store, Known::ByLink),
            None => {
                let index = self.workspace.shown(&self.index());
                eprintln!("note: {index} is damaged or of another version; it is made again");
                self.fill(self.empty_index()?, Known::ByContent)
            }
        }
    }

    /// Makes the index again from the documents.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub(crate) fn rebuild(&self) -> Result<History, Error> {
        let _guard = self.workspace.lock()?;
        self.fill(self.empty_index()?, Known::ByContent)
    }

    fn empty_index(&self) -> Result<SqliteStore, Error> {
        let index = self.index();
        for end in ["", "-journal", "-wal", "-shm"] {
            let mut path = index.clone().into_os_string();
            path.push(end);
            match fs::remove_file(&path) {
                Err(cause) if cause.kind() != ErrorKind::NotFound => {
                    return Err(Error::io("remove", path.as_ref(), &cause));
                }
                _ => {}
            }
        }
        let store = SqliteStore::open(&index, &self.name)?;
        store.ok_or_else(|| Error::internal("a new index of the history cannot be used"))
    }

    /// What the archive holds and the index does not goes into it, and the other way round.
    fn fill(&self, mut store: SqliteStore, known: Known) -> Result<History, Error> {
        let mut problems = self.archive.take_in(&self.workspace.measured_records()?, known)?;
        let (archived, unnamed) = self.archive.documents()?;
        problems.extend(unnamed);
        let indexed = store.documents()?;
        let gone: Vec<Digest> =
            indexed.iter().filter(|digest| !archived.contains(*digest)).cloned().collect();
        if !gone.is_empty() {
            store.remove(&gone)?;
        }
        let missing: Vec<&Digest> =
            archived.iter().filter(|digest| indexed.binary_search(digest).is_err()).collect();
        for batch in missing.chunks(BATCH) {
            let mut read: Vec<Filed> = Vec::new();
            for digest in batch {
                match self.archive.read(digest) {
                    Ok(filed) => read.push(filed),
                    Err(problem) => problems.push(problem),
                }
            }
            store.put(&read)?;
        }
        let archive = Some(self.archive.clone());
        Ok(History { store: Box::new(store), problems, archive })
    }

    /// Keeps what accepting `run` changed.
    ///
    /// # Errors
    /// If an epoch cannot be written.
    pub(crate) fn begin_epochs(&self, run: &Run, reason: Option<&str>) -> Result<(), Error> {
        Epoch::of_accepted(run, reason).iter().try_for_each(|epoch| self.archive.keep_epoch(epoch))
    }

    /// Removes documents from the archive, the index and the records of the last runs.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub(crate) fn remove(&self, history: &mut History, digests: &[Digest]) -> Result<(), Error> {
        let _guard = self.workspace.lock()?;
        self.archive.remove(digests, &self.workspace.measured_records()?)?;
        history.store.remove(digests)
    }
}

fn place_of_index(workspace: &Workspace) -> PathBuf {
    workspace.root().join(".perfreg").join("history.sqlite")
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict;

    use super::*;
    use crate::testing::{judgement, run};

    #[test]
    fn an_index_is_asked_for_what_was_before() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path());
        assert!(Project::index_of(&workspace).unwrap().is_none());
        assert!(!folder.path().join(".perfreg").exists(), "looking makes nothing");
        let on = |day: u32| {
            let judgements = vec![judgement(Verdict::Unchanged, Some(0.0)); 2];
            let mut run = run("sort", judgements);
            run.cases[0].judgements[0].current += f64::from(day);
            run.cases[0].judgements[1].metric.name = "other".to_owned();
            run.started = format!("2026-01-0{day}T00:00:00Z");
            run
        };
        for day in 1..=3 {
            workspace.keep_record(&on(day)).unwrap();
        }
        Project::of(&workspace).unwrap().update().unwrap();
        let index = Project::index_of(&workspace).unwrap().unwrap();
        assert_eq!(index.before(&on(3)).unwrap(), [[1001.0, 1002.0], [1000.0, 1000.0]]);
        // What ran since the index was brought up to date comes after all it knows.
        assert_eq!(index.before(&on(4)).unwrap()[0].len(), 3);
        let mut elsewhere = on(4);
        elsewhere.host.cpu = "another".to_owned();
        assert_eq!(index.before(&elsewhere).unwrap(), [[0.0; 0]; 2]);
    }
}
