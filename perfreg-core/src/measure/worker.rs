//! Launching the own test binary again, once per launch, and the worker's side of that.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::logging::Log;
use crate::measure::instructions;
use crate::measure::plan::{Instructions, Plan};
use crate::measure::process_group;
use crate::measure::through::through;
use crate::model::{Launch, Series};

/// The environment variable that tells a test binary that it is a worker, and what to do.
pub(crate) const WORKER_VARIABLE: &str = "PERFREG_WORKER";

/// What one worker is to do; travels as JSON in [`WORKER_VARIABLE`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The test as libtest prints it: a worker measures no other.
    pub(crate) test: String,
    /// The index of the case.
    pub(crate) case: usize,
    pub(crate) plan: Plan,
    /// Where the result goes.
    pub(crate) result: PathBuf,
    /// What is wanted.
    #[serde(default)]
    pub(crate) ask: Ask,
    /// [`PROTOCOL`] of whoever asks: two builds may be of two versions of perfreg.
    #[serde(default)]
    pub(crate) protocol: u32,
}

/// The version of [`Job`], of the answers, and of how they are measured: what two versions measure is
/// not compared.
pub(crate) const PROTOCOL: u32 = 4;

/// What a worker is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// A launch of the case.
    #[default]
    Launch,
    /// What the test is: its cases and options.
    Description,
}

/// How to launch workers.
pub(crate) struct WorkerCommand {
    /// A call of the executable, without arguments.
    pub(crate) call: Box<dyn Fn() -> Command>,
    /// What starts it with its memory where it always is, if that is wanted.
    pub(crate) steady: Option<PathBuf>,
    /// A folder for results and output, ours alone.
    pub(crate) scratch: PathBuf,
    pub(crate) timeout: Duration,
    pub(crate) log: Log,
}

impl WorkerCommand {
    /// Runs one worker to its end and returns what it measured.
    ///
    /// # Errors
    /// If it cannot be started, does not end in time, fails, or leaves no result.
    pub(crate) fn launch(&self, job: &Job) -> Result<Launch, Error> {
        let mut launch: Launch = self.answer(job)?;
        let is_count = |series: &Series| series.metric.is_instruction_count();
        if job.plan.instructions == Instructions::Counted && !launch.series.iter().any(is_count) {
            launch.series.extend(self.count(job)?);
        }
        Ok(launch)
    }

    /// The instructions of the case under callgrind; `None` if nobody counts here.
    fn count(&self, job: &Job) -> Result<Option<Series>, Error> {
        static SAID: Once = Once::new();
        let callgrind = match instructions::stand_in() {
            Ok(callgrind) => callgrind,
            Err(why) => {
                SAID.call_once(|| self.log.warn(|| format!("instructions are not counted: {why}")));
                return Ok(None);
            }
        };
        let job = Job { plan: job.plan.of_counts_alone(), ..job.clone() };
        let call = callgrind.around(&(self.call)(), &self.scratch.join("callgrind"));
        let counted: Launch = match self.answer_of(call, &job) {
            Ok(counted) => counted,
            // What valgrind cannot execute, or not in time, has its times all the same.
            Err(error) => {
                self.log.warn(|| format!("instructions are not counted: under callgrind {error}"));
                return Ok(None);
            }
        };
        let count = counted.series.into_iter().find(|series| series.metric.is_instruction_count());
        if count.is_none() {
            let why = "callgrind counts what a `bench` method calls, unless that times itself";
            self.log.warn(|| format!("{}: instructions are not counted: {why}", job.test));
        }
        Ok(count)
    }

    /// Runs one worker to its end with its output where this process's goes, however long it takes,
    /// and returns what it measured. It stays in the group of this process, so that a terminal's
    /// signals reach it and whatever stands between.
    ///
    /// # Errors
    /// If it cannot be started, fails, or leaves no result.
    pub(crate) fn launch_in_view(&self, job: &Job) -> Result<Launch, Error> {
        let _ = fs::remove_file(&job.result);
        let mut command = (self.call)();
        let program = PathBuf::from(command.get_program());
        instruct(&mut command, job).stdin(Stdio::piped());
        self.log.trace(|| format!("worker: {command:?}"));
        let mut child = command.spawn().map_err(|e| Error::io("launch", &program, e))?;
        let lifeline = child.stdin.take();
        let status = child.wait();
        drop(lifeline);
        let status = status.map_err(|e| Error::io("wait for", &program, e))?;
        read_result(job, status, &self.scratch.join("output.txt"))
    }

    /// Runs one worker to its end and returns its answer.
    ///
    /// # Errors
    /// As [`Self::launch`].
    pub(crate) fn answer<T: DeserializeOwned>(&self, job: &Job) -> Result<T, Error> {
        self.answer_of((self.call)(), job)
    }

    fn answer_of<T: DeserializeOwned>(&self, command: Command, job: &Job) -> Result<T, Error> {
        let command = match &self.steady {
            Some(program) => through(program, ["-R".into()], &command),
            None => command,
        };
        let output = self.scratch.join("output.txt");
        // A result of an earlier launch must not pass for this one's.
        let _ = fs::remove_file(&job.result);
        let executable = PathBuf::from(command.get_program());
        let mut child = self.spawn(command, job, &output)?;
        // Held open until the worker has ended: it ends itself when this closes, so that a killed
        // parent leaves nothing behind.
        let lifeline = child.stdin.take();
        let ended = wait(&mut child, self.timeout);
        drop(lifeline);
        let Some(status) = ended.map_err(|e| Error::io("wait for", &executable, e))? else {
            return Err(timed_out(job, self.timeout));
        };
        read_result(job, status, &output)
    }

    fn spawn(&self, mut command: Command, job: &Job, output: &Path) -> Result<Child, Error> {
        let out = File::create(output).map_err(|e| Error::io("create", output, e))?;
        let err = out.try_clone().map_err(|e| Error::io("open", output, e))?;
        let executable = PathBuf::from(command.get_program());
        process_group::lead(instruct(&mut command, job))
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err);
        self.log.trace(|| format!("worker: {command:?}"));
        command.spawn().map_err(|e| Error::io("launch", &executable, e))
    }
}

/// Tells a call of the executable what it is to do.
fn instruct<'a>(command: &'a mut Command, job: &Job) -> &'a mut Command {
    let job_text = serde_json::to_string(job).expect("a job is plain data");
    command
        .args(["--exact", &job.test, "--include-ignored", "--nocapture", "--test-threads=1"])
        .env(WORKER_VARIABLE, job_text)
        // A worker that inherited the gate's answer file would overwrite it.
        .env_remove("PERFREG_OUTCOME")
}

fn timed_out(job: &Job, timeout: Duration) -> Error {
    Error::timed_out(format!(
        "a worker of `{}` timed out after {} s and was ended; PERFREG_TIMEOUT=SECONDS allows more",
        job.test,
        timeout.as_secs()
    ))
}

/// `None` if the time ran out; the child is dead then.
fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() >= timeout {
            process_group::kill(child)?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(pause);
        // Long waits look rarely, so that the parent does not disturb what it measures.
        pause = (pause * 3 / 2).min(Duration::from_millis(5));
    }
}

fn read_result<T: DeserializeOwned>(
    job: &Job,
    status: ExitStatus,
    output: &Path,
) -> Result<T, Error> {
    let said = || {
        let text = fs::read_to_string(output).unwrap_or_default();
        // A panic says what it has to say before its backtrace.
        text.lines().take(40).map(|line| format!("\n    {line}")).collect::<String>()
    };
    let Ok(text) = fs::read_to_string(&job.result) else {
        // libtest exits with 0 when the name matched no test, so the status alone proves nothing.
        return Err(Error::measurement(format!(
            "a worker of `{}` ended ({status}) without a result; it said:{}",
            job.test,
            said()
        )));
    };
    let result: Result<T, String> = serde_json::from_str(&text)
        .map_err(|e| Error::measurement(format!("a worker left an unreadable result: {e}")))?;
    result.map_err(Error::measurement)
}

/// The worker's side: leaves its result for the parent.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn leave_result<T: Serialize>(
    job: &Job,
    result: &Result<T, String>,
) -> Result<(), Error> {
    let text = serde_json::to_string(result).expect("a result is plain data");
    let partial = job.result.with_extension("partial");
    fs::write(&partial, text).map_err(|e| Error::io("write", &partial, e))?;
    fs::rename(&partial, &job.result).map_err(|e| Error::io("write", &job.result, e))
}

/// Ends this process as soon as its standard input closes, which is when its parent is gone.
pub(crate) fn end_with_stdin() {
    let watch = || {
        let mut stdin = std::io::stdin();
        let mut byte = [0_u8; 64];
        loop {
            match stdin.read(&mut byte) {
                Ok(0) => process_group::end_own(),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => process_group::end_own(),
            }
        }
    };
    // Without the watch the worker still ends by itself, or by the parent's time-out.
    let _ = thread::Builder::new().name("perfreg-lifeline".to_owned()).spawn(watch);
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use std::process::Command;

    use super::{Ask, Job, PROTOCOL, WorkerCommand};
    use crate::error::Error;
    use crate::logging::Log;
    use crate::measure::plan::Plan;

    /// Launches a shell script in place of the test binary.
    fn check(script: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let executable = folder.path().join("worker");
        fs::write(&executable, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&executable, fs::Permissions::from_mode(0o755)).unwrap();
        let job = Job {
            test: "perf::parse".to_owned(),
            case: 0,
            plan: Plan::for_budget(1e9, 10, None),
            result: folder.path().join("result.json"),
            ask: Ask::Launch,
            protocol: PROTOCOL,
        };
        let command = WorkerCommand {
            call: Box::new(move || Command::new(&executable)),
            steady: None,
            scratch: folder.path().to_owned(),
            timeout: Duration::from_millis(300),
            log: Log::default(),
        };
        let error = command.launch(&job).unwrap_err();
        assert!(error.is_measurement(), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn what_a_worker_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let alive = folder.path().join("alive");
        let path = alive.display();
        check(&format!("(while sleep 0.05; do date > {path}; done) & exec sleep 60"), "timed out");
        // Whether it is written again can only be seen by waiting longer than it would take.
        let _ = fs::remove_file(&alive);
        std::thread::sleep(Duration::from_millis(400));
        assert!(!alive.exists());
    }

    #[test]
    fn no_result_is_never_a_number() {
        check("echo no such test; exit 0", "without a result");
        check("echo it broke >&2; exit 101", "it broke");
        check("exec sleep 60", "timed out");
        assert!(!Error::measurement("").is_timed_out() && Error::timed_out("").is_measurement());
        check("kill -9 $$", "signal: 9");
    }
}
