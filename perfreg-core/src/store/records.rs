//! The records of runs in `.perfreg/runs/`: one file a run, the newest of each test kept.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::Error;
use crate::model::{Outcome, Run, TestId};
use crate::store::atomic::write_atomically;
use crate::store::pending::Pending;
use crate::store::workspace::{Workspace, file_name, folders, json_files};

/// Measured records kept of each test: enough to look back, bounded on a developer's disk.
const RECORDS_KEPT: usize = 20;
/// The end of the name of a record without measurements. One is kept, and counts for itself: smoke
/// runs are many, and must not push out what was measured.
const UNMEASURED: &str = "-unmeasured.json";
/// Stands in the name of a record of another machine.
const MERGED: &str = "merged-";

impl Workspace {
    /// Keeps the record of a run, and drops the oldest ones of the same test.
    ///
    /// # Errors
    /// If the record cannot be written.
    pub fn keep_record(&self, run: &Run) -> Result<PathBuf, Error> {
        self.keep_as(run, &format!("{:08}", std::process::id()))
    }

    /// As [`Self::keep_record`], for the record of another machine, which `name` tells from others of
    /// the same second.
    ///
    /// # Errors
    /// If the record cannot be written.
    pub fn keep_merged_record(&self, run: &Run, name: &str) -> Result<PathBuf, Error> {
        self.keep_as(run, &format!("{MERGED}{name}"))
    }

    fn keep_as(&self, run: &Run, whose: &str) -> Result<PathBuf, Error> {
        self.make_folder()?;
        let folder = self.records_of(&run.id);
        fs::create_dir_all(&folder).map_err(|e| Error::io("create folder", &folder, e))?;
        let stamp = run.started.replace(':', "");
        let measured = run.outcome == Outcome::Measured;
        let end = if measured { ".json" } else { UNMEASURED };
        let path = folder.join(format!("{stamp}-{whose}{end}"));
        write_atomically(&path, text_of_record(run).as_bytes())?;
        let (unmeasured, measured): (Vec<_>, Vec<_>) =
            json_files(&folder)?.into_iter().partition(|path| is_unmeasured(path));
        for (records, kept) in [(measured, RECORDS_KEPT), (unmeasured, 1)] {
            for old in records.iter().take(records.len().saturating_sub(kept)) {
                // Another run may have removed it first.
                let _ = fs::remove_file(old);
            }
        }
        Ok(path)
    }

    fn records_of(&self, id: &TestId) -> PathBuf {
        self.folder()
            .join("runs")
            .join(file_name(&id.package))
            .join(file_name(&id.target))
            .join(file_name(&id.test))
    }

    /// The files of all records of measured runs that are kept here, sorted.
    ///
    /// # Errors
    /// If a folder cannot be listed.
    #[inline] // Only the command line tool reads records: let it compile the listing.
    pub fn measured_records(&self) -> Result<Vec<PathBuf>, Error> {
        let mut records = Vec::new();
        for package in folders(&self.folder().join("runs"))? {
            for target in folders(&package)? {
                for test in folders(&target)? {
                    records.extend(json_files(&test)?);
                }
            }
        }
        records.retain(|path| !is_unmeasured(path));
        Ok(records)
    }

    /// The newest run of every test that was measured, as something to accept, sorted by test.
    ///
    /// # Errors
    /// If a record cannot be read.
    #[inline] // Only the command line tool reads records: let it compile the parsing.
    pub fn measured(&self) -> Result<Vec<Pending>, Error> {
        let runs = self.newest(|path| !is_unmeasured(path))?.into_iter();
        let runs = runs.filter(|run| run.outcome == Outcome::Measured);
        Ok(runs.map(|run| Pending::new(self.clone(), run)).collect())
    }

    /// The newest record of every test on every host, sorted by test.
    ///
    /// # Errors
    /// If a record cannot be read.
    #[inline] // Only the command line tool reads records: let it compile the parsing.
    pub fn last_runs(&self) -> Result<Vec<Run>, Error> {
        let (runs, problems) = self.readable_last_runs()?;
        problems.into_iter().next().map_or(Ok(runs), Err)
    }

    /// As [`Self::last_runs`], as far as they can be read; and what is wrong with the others. Where this
    /// machine's newest record of a test cannot be read, no older one stands in its place, which would
    /// pass for the last.
    ///
    /// # Errors
    /// If a folder cannot be listed.
    #[inline] // Only the command line tool reads records: let it compile the parsing.
    pub fn readable_last_runs(&self) -> Result<(Vec<Run>, Vec<Error>), Error> {
        let (mut runs, mut problems) = (Vec::new(), Vec::new());
        self.each_test(|records| {
            let mut seen = BTreeSet::new();
            let (merged, own): (Vec<_>, Vec<_>) =
                records.into_iter().partition(|path| is_merged(path));
            // This machine's others are older runs on one host, and need no reading.
            for path in own.last().into_iter().chain(merged.iter().rev()) {
                match read_run(path) {
                    Ok(run) if seen.insert(run.host.to_string()) => runs.push(run),
                    Ok(_) => {}
                    Err(problem) => problems.push(problem),
                }
            }
            Ok(())
        })?;
        runs.sort_by_cached_key(|run| (run.id.clone(), run.host.to_string()));
        Ok((runs, problems))
    }

    #[inline]
    fn newest(&self, wanted: impl Fn(&Path) -> bool) -> Result<Vec<Run>, Error> {
        let mut runs = Vec::new();
        self.each_test(|mut records| {
            records.retain(|path| wanted(path));
            if let Some(newest) = records.last() {
                runs.push(read_run(newest)?);
            }
            Ok(())
        })?;
        runs.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(runs)
    }

    /// Hands over the records of each test, the newest last.
    #[inline]
    fn each_test(
        &self,
        mut with: impl FnMut(Vec<PathBuf>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for package in folders(&self.folder().join("runs"))? {
            for target in folders(&package)? {
                for test in folders(&target)? {
                    with(json_files(&test)?)?;
                }
            }
        }
        Ok(())
    }
}

/// Reads a run record.
///
/// # Errors
/// If it cannot be read, or is of another version.
#[inline]
pub(crate) fn read_run(path: &Path) -> Result<Run, Error> {
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    // The version first: a record of another one would fail to parse for reasons that mislead.
    let version: Version =
        serde_json::from_str(&text).map_err(|e| Error::data(e.to_string()).at(path))?;
    if !Run::reads(&version.schema) {
        let known = Run::known_schemas();
        let what = format!("has schema `{}`, this version reads {known}", version.schema);
        return Err(Error::data(what).at(path));
    }
    serde_json::from_str(&text).map_err(|e| Error::data(e.to_string()).at(path))
}

#[derive(Deserialize)]
struct Version {
    schema: String,
}

/// The text of a run record, as it is written.
///
/// # Panics
/// Never: a run is plain data with finite numbers.
#[inline]
pub fn text_of_record(run: &Run) -> String {
    serde_json::to_string(run).expect("a run is plain data with finite numbers") + "\n"
}

/// Writes a run record to a place of the caller's choice.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write_record(path: &Path, run: &Run) -> Result<(), Error> {
    write_atomically(path, text_of_record(run).as_bytes())
}

fn is_merged(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(MERGED))
}

fn is_unmeasured(record: &Path) -> bool {
    record.to_string_lossy().ends_with(UNMEASURED)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{RECORDS_KEPT, read_run};
    use crate::model::Outcome;
    use crate::store::Workspace;

    #[test]
    fn smoke_runs_push_no_measurement_out() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path());
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/formats/run-1.json");
        let measured = read_run(data.as_ref()).unwrap();
        workspace.keep_record(&measured).unwrap();
        let mut later = measured.clone();
        later.outcome = Outcome::Smoke;
        for minute in 0..2 * RECORDS_KEPT {
            later.started = format!("2027-01-01T00:{minute:02}:00Z");
            workspace.keep_record(&later).unwrap();
        }
        assert_eq!(workspace.last_runs().unwrap(), [later]);
        assert_eq!(workspace.measured().unwrap()[0].run(), &measured);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_the_rest_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path());
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/formats/run-1.json");
        let good = read_run(data.as_ref()).unwrap();
        workspace.keep_record(&good).unwrap();
        let text = fs::read_to_string(data).unwrap();
        let newer = text.replace("perfreg-run/1", "perfreg-run/9");
        let check = |damaged: &[u8], expected: &str| {
            let mut other = good.clone();
            other.id.test = "other".to_owned();
            workspace.keep_record(&other).unwrap();
            other.started = "2027-01-01T00:00:00Z".to_owned();
            let path = workspace.keep_record(&other).unwrap();
            fs::write(&path, damaged).unwrap();
            let (runs, problems) = workspace.readable_last_runs().unwrap();
            assert_eq!(runs, std::slice::from_ref(&good), "the older one is not the last");
            let [problem] = &problems[..] else { panic!("{problems:?}") };
            assert_eq!(problem.path(), Some(&*path));
            assert!(problem.to_string().contains(expected), "{problem} lacks {expected}");
        };
        check(&text.as_bytes()[..text.len() / 2], "EOF");
        check(newer.as_bytes(), "perfreg-run/9");
        check(b"{\"name\": \"sample\"}", "missing field `schema`");
        check(b"\xff\xfe\x00", "UTF-8");
        check(b"", "EOF");
    }

    #[test]
    fn what_other_machines_measured_stands_beside_the_own() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path());
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/formats/run-1.json");
        let own = read_run(data.as_ref()).unwrap();
        workspace.keep_record(&own).unwrap();
        let elsewhere = |cores: u32| {
            let mut run = own.clone();
            run.host.cores = cores;
            run
        };
        // Of the same second, and of a host that measured twice.
        for (cores, name) in [(own.host.cores + 1, "a"), (own.host.cores + 2, "b")] {
            workspace.keep_merged_record(&elsewhere(cores), name).unwrap();
            workspace.keep_merged_record(&elsewhere(cores), &format!("{name}{name}")).unwrap();
        }
        let last = workspace.last_runs().unwrap();
        let cores: Vec<u32> = last.iter().map(|run| run.host.cores - own.host.cores).collect();
        assert_eq!(cores, [0, 1, 2]);
    }
}
