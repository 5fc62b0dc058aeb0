//! Writing a file whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Error;

/// Replaces the file at `path`: a temporary file beside it, synced, then renamed over it, so that a
/// reader or a crash at any moment finds the old content or the new.
///
/// # Errors
/// If the folder cannot be written to, or the disk is full; the old file is untouched then.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    // A rename would replace a link instead of what it points to.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = temporary_name(&target);
    let written = write_synced(&temporary, bytes).and_then(|()| fs::rename(&temporary, &target));
    if let Err(error) = written {
        // Nothing to clean up if it could not even be created.
        let _ = fs::remove_file(&temporary);
        return Err(Error::io("write", path, error));
    }
    sync_folder(&target);
    Ok(())
}

/// Removes what writers of `path` that were killed have left beside it.
///
/// Only for who holds off every other writer: a temporary file may be one in the making.
pub(crate) fn remove_leftovers(path: &Path) {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else { return };
    let start = format!(".{}.", name.to_string_lossy());
    let listing = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_ours = |name: &str| name.starts_with(&start) && name.ends_with(".tmp");
    for entry in listing.filter(|entry| is_ours(&entry.file_name().to_string_lossy())) {
        // A leftover harms nobody.
        let _ = fs::remove_file(entry.path());
    }
}

fn temporary_name(target: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}-{count}.tmp", std::process::id()))
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename itself survive a power cut, where folders can be synced.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{remove_leftovers, write_atomically};

    #[test]
    fn replaces_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        write_atomically(&path, b"old").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let files = [".x.json.12-0.tmp", ".y.json.12-0.tmp", "x.json", ".x.json"];
        files.iter().for_each(|name| fs::write(folder.path().join(name), "").unwrap());
        remove_leftovers(&folder.path().join("x.json"));
        let left = files.map(|name| folder.path().join(name).exists());
        assert_eq!(left, [false, true, true, true]);
    }

    #[test]
    #[cfg(unix)]
    fn writes_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }

    #[test]
    fn a_failure_names_the_file_and_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("x.json");
        let error = write_atomically(&path, b"new").unwrap_err();
        assert!(error.is_io() && error.to_string().contains("x.json"), "{error}");
        assert_eq!(error.path(), Some(path.as_path()));
    }
}
