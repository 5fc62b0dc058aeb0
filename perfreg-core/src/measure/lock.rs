//! One measurement at a time on a machine: neighbours of our own making are the easiest to avoid.
//!
//! The file's first line says who holds the machine, the others what measuring has found out about it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::error::Error;
use crate::measure::quiet::Quiet;
use crate::model::Pace;

/// The machine is ours to measure on until this is dropped.
#[derive(Debug)]
pub struct MachineLock {
    file: File,
    /// What the CPU is like when it is left alone, as lines of the file.
    known: Vec<String>,
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
        let known: Vec<String> = read_lines(&mut file).skip(1).collect();
        write_holder(&mut file, holder, &known);
        Ok(Self { file, known, _among_threads: among_threads })
    }

    /// The crowding of the CPU when it is left alone, as these loops read it
    /// ([`Quiet::loops`]), if earlier measuring on this machine saw it.
    pub(crate) fn quiet(&self, loops: &str) -> Option<f64> {
        self.read_known(loops).map(|(_, known)| known.crowding())
    }

    /// Keeps for later what launches with these `paces` say of it.
    pub(crate) fn learn(&mut self, loops: &str, paces: &[Pace]) {
        /// Another build of the loops is another line; what was not needed for long goes.
        const MOST_LINES: usize = 16;
        let (at, before) = self.read_known(loops).unzip();
        let Some(learnt) = Quiet::learn(before, loops, paces, SystemTime::now()) else { return };
        at.map(|at| self.known.remove(at));
        self.known.push(learnt.line());
        self.known.drain(..self.known.len().saturating_sub(MOST_LINES));
    }

    fn read_known(&self, loops: &str) -> Option<(usize, Quiet)> {
        let read = |line: &String| Quiet::read(line, loops, SystemTime::now());
        self.known.iter().enumerate().find_map(|(at, line)| Some((at, read(line)?)))
    }
}

impl Drop for MachineLock {
    fn drop(&mut self) {
        // The file stays: removing it would let two processes lock two files of one name.
        write_holder(&mut self.file, "", &self.known);
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
        if let Some(holder) = read_lines(file).next().filter(|holder| !holder.is_empty()) {
            return holder;
        }
        thread::sleep(Duration::from_millis(10));
    }
    "another process".to_owned()
}

fn read_lines(file: &mut File) -> impl Iterator<Item = String> {
    let mut text = String::new();
    let _ = file.rewind();
    let _ = file.read_to_string(&mut text);
    text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>().into_iter()
}

/// Only a courtesy to those who wait and come later, so a failure to write is no reason not to measure.
fn write_holder(file: &mut File, holder: &str, known: &[String]) {
    let _ = file.set_len(0);
    let _ = file.rewind();
    let lines: Vec<&str> =
        std::iter::once(holder).chain(known.iter().map(String::as_str)).collect();
    let _ = file.write_all(lines.join("\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::sync::mpsc;
    use std::thread;

    use super::MachineLock;
    use crate::model::Pace;

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
    fn what_one_finds_out_the_next_one_knows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let paces = [1.10; 3].map(|crowding| Pace::of_baseline(1800.0, crowding));
        let acquire = || MachineLock::acquire(&path, "me", |_| panic!("nobody holds it")).unwrap();
        let mut first = acquire();
        assert_eq!(first.quiet("cpu"), None);
        first.learn("cpu", &paces);
        drop(first);
        let mut second = acquire();
        assert_eq!((second.quiet("cpu"), second.quiet("another")), (Some(1.10), None));
        assert!(fs::read_to_string(&path).unwrap().starts_with("me\n"));
        second.learn("cpu", &[]);
        second.learn("another", &[0.9; 3].map(|crowding| Pace::of_baseline(1800.0, crowding)));
        drop(second);
        let third = acquire();
        assert_eq!((third.quiet("cpu"), third.quiet("another")), (Some(1.10), Some(0.9)));
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
