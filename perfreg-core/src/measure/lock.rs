//! One measurement at a time on a machine: neighbours of our own making are the easiest to avoid.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::Error;

/// The machine is ours to measure on until this is dropped.
#[derive(Debug)]
pub struct MachineLock {
    file: File,
    _among_threads: MutexGuard<'static, ()>,
}

/// Tests of one process wait for each other here, so that waiting at the file means another process.
static AMONG_THREADS: Mutex<()> = Mutex::new(());

impl MachineLock {
    /// Where the lock file lies: one place for all users, whatever their `TMPDIR`.
    pub fn default_path() -> PathBuf {
        let shared = Path::new("/tmp");
        let folder =
            if cfg!(unix) && shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
        folder.join("perfreg-measuring.lock")
    }

    /// Waits for the machine; `waiting` is told once who holds it, if anybody does.
    ///
    /// # Errors
    /// If the lock file can be neither opened nor locked.
    pub fn acquire(path: &Path, holder: &str, waiting: impl FnOnce(&str)) -> Result<Self, Error> {
        // A test that panicked while it held the machine has left nothing half done.
        let among_threads = AMONG_THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting(&read_holder(&mut file));
                file.lock().map_err(|e| Error::io("lock", path, e))?;
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", path, error)),
        }
        write_holder(&mut file, holder);
        Ok(Self { file, _among_threads: among_threads })
    }
}

impl Drop for MachineLock {
    fn drop(&mut self) {
        // The file stays: removing it would let two processes lock two files of one name.
        write_holder(&mut self.file, "");
        let _ = self.file.unlock();
    }
}

/// Makes the file for everybody, or opens the one that is there. Another user's file can be locked
/// without the right to write to it.
///
/// The folder is everybody's: a link that somebody left under our name is not followed, or we would
/// write where it points to.
fn open(path: &Path) -> Result<File, Error> {
    let existing = |writable: Writable| {
        let mut options = options();
        options.read(true).write(writable == Writable::Yes).open(path)
    };
    let file = match options().read(true).write(true).create_new(true).open(path) {
        Ok(file) => {
            make_writable_for_all(&file);
            Ok(file)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            existing(Writable::Yes).or_else(|_| existing(Writable::No))
        }
        Err(error) => Err(error),
    };
    file.map_err(|e| Error::io("open the lock file", path, e))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writable {
    Yes,
    No,
}

#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.custom_flags(libc::O_NOFOLLOW);
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(unix)]
fn make_writable_for_all(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    // Who cannot write to it can still lock it.
    let _ = file.set_permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn make_writable_for_all(_: &File) {}

/// The holder writes its name after it has the lock, so the file can be empty for a moment.
fn read_holder(file: &mut File) -> String {
    for _ in 0..5 {
        let mut holder = String::new();
        let _ = file.rewind();
        let _ = file.read_to_string(&mut holder);
        if !holder.trim().is_empty() {
            return holder.trim().to_owned();
        }
        thread::sleep(Duration::from_millis(10));
    }
    "another process".to_owned()
}

/// Only a courtesy to those who wait, so a failure to write is no reason not to measure.
fn write_holder(file: &mut File, holder: &str) {
    let _ = file.set_len(0);
    let _ = file.rewind();
    let _ = file.write_all(holder.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::sync::mpsc;
    use std::thread;

    use super::MachineLock;

    #[test]
    fn the_second_one_waits_and_learns_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        // Another open file stands for another process: the system's lock does not tell them apart.
        fs::write(&path, "process 1, measuring a").unwrap();
        let holder = File::open(&path).unwrap();
        holder.lock().unwrap();
        let (told, tells) = mpsc::channel();
        let second = thread::spawn({
            let path = path.clone();
            move || {
                let lock = MachineLock::acquire(&path, "process 2", |holder| {
                    told.send(holder.to_owned()).unwrap();
                });
                lock.map(drop)
            }
        });
        assert_eq!(tells.recv().unwrap(), "process 1, measuring a");
        assert!(!second.is_finished());
        holder.unlock().unwrap();
        second.join().unwrap().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (precious, path) = (folder.path().join("precious"), folder.path().join("lock"));
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink(&precious, &path).unwrap();
        let error = MachineLock::acquire(&path, "me", |_| {}).unwrap_err();
        assert!(error.is_io() && error.to_string().contains("lock"), "{error}");
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    }

    #[test]
    fn a_lock_that_cannot_be_made_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("lock");
        let error = MachineLock::acquire(&path, "", |_| {}).unwrap_err();
        assert!(error.is_io() && error.to_string().contains("missing"), "{error}");
    }
}
