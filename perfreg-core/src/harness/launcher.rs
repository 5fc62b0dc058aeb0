//! Buying launches: one worker after the other, on a machine that is ours meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Error;
use crate::harness::entry::Test;
use crate::harness::smoke::say;
use crate::measure::{Job, MachineLock, Plan, WorkerCommand};
use crate::model::Launch;

/// Launches workers of one case and keeps the machine to itself while it lives.
pub(crate) struct Launcher {
    command: WorkerCommand,
    job: Job,
    _scratch: Scratch,
    _machine: MachineLock,
}

impl Launcher {
    /// Waits for the machine.
    ///
    /// # Errors
    /// If it cannot be locked, or there is no place for results.
    pub(crate) fn new(test: &Test<'_>, case: usize, plan: Plan) -> Result<Self, Error> {
        let machine = lock(test)?;
        let scratch = Scratch::new()?;
        let executable = std::env::current_exe()
            .map_err(|e| Error::measurement(format!("cannot find the test binary: {e}")))?;
        let job = Job {
            test: test.id.test.clone(),
            case,
            plan,
            result: scratch.path.join("result.json"),
        };
        let command = WorkerCommand {
            executable,
            scratch: scratch.path.clone(),
            timeout: test.settings.timeout,
        };
        Ok(Self { command, job, _scratch: scratch, _machine: machine })
    }

    /// `count` launches, one after the other.
    ///
    /// # Errors
    /// If one of them fails.
    pub(crate) fn launch(&self, count: u32) -> Result<Vec<Launch>, Error> {
        let launch = |_| {
            require_parent()?;
            self.command.launch(&self.job)
        };
        (0..count).map(launch).collect()
    }
}

/// A test whose cargo was killed measures for nobody, and in the way of whoever comes next.
///
/// Only cargo and nextest, which set `CARGO`, stay for as long as their tests run; a shell may go.
#[cfg(unix)]
fn require_parent() -> Result<(), Error> {
    use std::os::unix::process::parent_id;
    static FIRST: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    let gone = *FIRST.get_or_init(parent_id) != parent_id();
    if gone && std::env::var_os("CARGO").is_some() {
        return Err(Error::measurement("the cargo that started this test is gone"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn require_parent() -> Result<(), Error> {
    Ok(())
}

fn lock(test: &Test<'_>) -> Result<MachineLock, Error> {
    static SAID: Once = Once::new();
    let process = std::process::id();
    let holder = format!("process {process}, measuring {} in {},", test.id, test.package.display());
    MachineLock::acquire(&test.settings.lock_file, &holder, |holder| {
        SAID.call_once(|| say(&format!("perfreg: waiting for the machine: {holder} has it")));
    })
}

/// A folder of our own that goes when we do.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new() -> Result<Self, Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("perfreg-{}-{count}", std::process::id()));
        // What lies there is of a process of the same number that was killed.
        remove(&path);
        // Not `create_dir_all`: a folder that somebody else made is not ours to trust.
        std::fs::create_dir(&path).map_err(|e| Error::io("create folder", &path, e))?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn remove(path: &Path) {
    // A leftover in the temporary folder harms nobody.
    let _ = std::fs::remove_dir_all(path);
}
