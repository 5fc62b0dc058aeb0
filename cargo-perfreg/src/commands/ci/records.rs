//! Records that jobs leave, as files.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::ci::JobRecord;
use crate::commands::report::write;
use crate::error::Error;
use crate::git::Git;

/// The records in these files as one.
///
/// # Errors
/// If one cannot be read, is none, or speaks against another.
pub(super) fn read(paths: &[PathBuf]) -> Result<JobRecord, Error> {
    let records = paths.iter().map(|path| read_one(path)).collect::<Result<Vec<_>, _>>()?;
    let joined = JobRecord::joined(records).map_err(|why| {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        Error::usage(format!("{} together: {why}", names.join(", ")))
    })?;
    joined.ok_or_else(|| Error::usage("there is no record to read: --record FILE"))
}

fn read_one(path: &Path) -> Result<JobRecord, Error> {
    let failed = |cause| Error::io("read", path, &cause);
    // An archive may hold a link to anywhere.
    if !fs::symlink_metadata(path).map_err(failed)?.is_file() {
        return Err(Error::usage(format!("{} is no file", path.display())));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(JobRecord::LIMIT + 1).read_to_end(&mut bytes).map_err(failed)?;
    JobRecord::parse(&bytes).map_err(|why| Error::usage(format!("{}: {why}", path.display())))
}

/// Leaves a record for another job.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn leave(path: &Path, record: &JobRecord) -> Result<(), Error> {
    write(path, &record.text())
}

/// The folder of a workspace within its repository, with `/`; empty where there is none.
pub(crate) fn folder_of(root: &Path) -> String {
    let below = Git::of(root).ok().and_then(|git| git.below(root)).unwrap_or_default();
    below.display().to_string().replace('\\', "/")
}
