//! Buying launches: one worker after the other, on a machine that is ours meanwhile.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, OnceLock};

use crate::error::Error;
use crate::harness::entry::Test;
use crate::harness::parent;
use crate::judge::Repetition;
use crate::logging::Log;
use crate::measure::{Ask, Job, MachineLock, PROTOCOL, Plan, Quiet, WorkerCommand, on_path};
use crate::model::{Launch, Pace};
use crate::report;

// Whether a count repeats is seen in as many launches as count.
const _: () = assert!(Plan::COUNTED_LAUNCHES == Repetition::ENOUGH);

/// Launches workers of one case and keeps the machine to itself while it lives.
pub(crate) struct Launcher {
    /// Test and case, for the reader of the log.
    pub(crate) name: String,
    pub(crate) log: Log,
    command: WorkerCommand,
    bought: Cell<u32>,
    /// Of all launches so far.
    paces: RefCell<Vec<Pace>>,
    job: Job,
    _scratch: Scratch,
    loops: String,
    machine: MachineLock,
}

impl Drop for Launcher {
    fn drop(&mut self) {
        self.machine.learn(&self.loops, &self.paces.borrow());
    }
}

impl Launcher {
    /// Waits for the machine.
    ///
    /// # Errors
    /// If it cannot be locked, or there is no place for results.
    pub(crate) fn new(test: &Test<'_>, case: usize, cpu: &str, plan: Plan) -> Result<Self, Error> {
        let machine = lock(test)?;
        let scratch = Scratch::new()?;
        let loops = Quiet::loops(cpu);
        let plan = Plan { quiet: machine.quiet(&loops), ..plan };
        let executable = std::env::current_exe()
            .map_err(|e| Error::measurement(format!("cannot find the test binary: {e}")))?;
        let job = Job {
            test: test.id.test.clone(),
            case,
            plan,
            result: scratch.path.join("result.json"),
            ask: Ask::Launch,
            protocol: PROTOCOL,
        };
        let steady = test.settings.seed.and_then(|_| fixed_addresses(test.settings.log));
        let command = WorkerCommand {
            call: Box::new(move || Command::new(&executable)),
            steady,
            scratch: scratch.path.clone(),
            timeout: test.settings.timeout,
            log: test.settings.log,
        };
        Ok(Self {
            name: format!("{} [{}]", test.id, test.cases[case]),
            log: test.settings.log,
            command,
            bought: Cell::new(0),
            paces: RefCell::default(),
            job,
            _scratch: scratch,
            loops,
            machine,
        })
    }

    /// `count` launches, one after the other.
    ///
    /// # Errors
    /// If one of them fails.
    pub(crate) fn launch(&self, count: u32) -> Result<Vec<Launch>, Error> {
        let launch = |_| {
            parent::require()?;
            let plan = self.job.plan.after(self.paces.borrow().iter().copied());
            let plan = plan.counting_after(self.bought() as usize);
            let launch = self.command.launch(&Job { plan, ..self.job.clone() })?;
            self.paces.borrow_mut().extend(launch.health.pace);
            self.bought.set(self.bought() + 1);
            self.tell(&launch);
            Ok(launch)
        };
        (0..count).map(launch).collect()
    }

    /// How many launches there were so far.
    pub(crate) fn bought(&self) -> u32 {
        self.bought.get()
    }

    fn tell(&self, launch: &Launch) {
        let which = || format!("{} launch {}", self.name, self.bought());
        self.log.debug(|| format!("{}: {}", which(), report::launch_line(launch)));
        self.log.trace(|| {
            let samples = launch.series.iter().map(|series| series.samples.as_slice().len()).max();
            format!(
                "{}: {} samples of {} iterations",
                which(),
                samples.unwrap_or(0),
                launch.iterations_per_sample
            )
        });
    }
}

/// The program that starts another one with its memory where it always is, where there is one that may:
/// containers mostly forbid it.
fn fixed_addresses(log: Log) -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let works = |program: &PathBuf| {
        let tried = Command::new(program).args(["-R", "true"]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let find = || {
        let found = on_path("setarch").filter(works);
        if found.is_none() && cfg!(target_os = "linux") {
            log.warn(|| "addresses are not fixed: `setarch -R` is missing, or may not".to_owned());
        }
        found
    };
    FOUND.get_or_init(find).clone()
}

fn lock(test: &Test<'_>) -> Result<MachineLock, Error> {
    static SAID: Once = Once::new();
    let process = std::process::id();
    let holder = format!("process {process}, measuring {} in {},", test.id, test.package.display());
    MachineLock::acquire(&test.settings.lock_file, &holder, |holder| {
        SAID.call_once(|| {
            let log = test.settings.log;
            log.warn(|| format!("waiting for the machine: {holder} has it"));
        });
    })
}

/// A folder of our own that goes when we do.
pub(super) struct Scratch {
    pub(super) path: PathBuf,
}

impl Scratch {
    pub(super) fn new() -> Result<Self, Error> {
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
