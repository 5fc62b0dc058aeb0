//! Measures one test: starts it in a process of its own and reads the record that it leaves.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use perfreg_core::logging::{Level, Log};
use perfreg_core::model::{Outcome, Run, TargetState};
use perfreg_core::{TestId, Verdict};
use tempfile::TempDir;

use crate::config::{FromFile, Given};
use crate::error::Error;
use crate::executable::Executable;
use crate::summary::{Ending, TestResult};

/// What libtest exits with if a test failed.
const LIBTEST_FAILED: i32 = 101;

/// Measures tests, one after the other.
#[derive(Debug)]
pub(crate) struct Runner {
    directory: TempDir,
    features: String,
    demands: Demands,
    given: Given,
    /// Variables that are set besides.
    surroundings: Vec<(&'static str, String)>,
    log: Log,
}

/// What the tests themselves have to demand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demands {
    /// A decision.
    pub(crate) strict: bool,
    /// A baseline to compare with; none is made where there was none.
    pub(crate) baseline: bool,
}

impl Runner {
    /// `features` is what the build was asked for.
    ///
    /// # Errors
    /// If there is no room for temporary files.
    pub(crate) fn new(
        features: String,
        demands: Demands,
        given: Given,
        log: Log,
    ) -> Result<Self, Error> {
        let directory = tempfile::Builder::new().prefix("perfreg-").tempdir().map_err(|cause| {
            Error::internal(format!("cannot make a temporary directory: {cause}"))
        })?;
        Ok(Self { directory, features, demands, given, log, surroundings: Vec::new() })
    }

    /// With these environment variables for every test.
    #[must_use]
    pub(crate) fn with(self, surroundings: Vec<(&'static str, String)>) -> Self {
        Self { surroundings, ..self }
    }

    /// Measures the test `id` of `executable`.
    ///
    /// # Errors
    /// If it cannot be started, or its record is of another version.
    pub(crate) fn measure(
        &self,
        executable: &Executable,
        id: &TestId,
        from_file: &FromFile,
    ) -> Result<TestResult, Error> {
        let outcome = self.directory.path().join("outcome.json");
        let log = self.directory.path().join("output.txt");
        // What the test before left is not this one's.
        remove(&outcome)?;
        let mut command = self.command(executable, id, &outcome);
        command.envs(self.tuning(from_file)).envs(self.surroundings.iter().cloned());
        self.log.trace(|| format!("test: {command:?}"));
        let status = captured(command, &log)
            .map_err(|cause| Error::io("start", executable.path(), &cause))?;
        let record = read_record(&outcome)?;
        let output = std::fs::read(&log).map_err(|cause| Error::io("read", &log, &cause))?;
        let output = String::from_utf8_lossy(&output).into_owned();
        if self.log.tells(Level::Info) {
            told(&output).for_each(|line| eprintln!("{line}"));
        }
        let (run, ending) = ending(record, status, output);
        Ok(TestResult { id: id.clone(), run, ending })
    }

    /// What the command line says wins over the attribute, what the file says stands in for it;
    /// limits add up.
    fn tuning(&self, from_file: &FromFile) -> Vec<(&'static str, String)> {
        let Given { threshold, launches, budget } = &self.given;
        let forced = [
            ("PERFREG_THRESHOLD", threshold.map(|value| value.to_string())),
            ("PERFREG_LAUNCHES", launches.map(|value| value.to_string())),
            ("PERFREG_BUDGET", budget.map(|value| value.to_string())),
        ];
        let FromFile { threshold, launches, budget, limits } = from_file;
        let pairs: Vec<_> = limits.iter().map(|(l, _)| (l.0.text(), l.0.reason())).collect();
        let limits = serde_json::to_string(&pairs).expect("texts are JSON");
        let default = [
            ("PERFREG_DEFAULT_THRESHOLD", threshold.as_ref().map(|(value, _)| value.to_string())),
            ("PERFREG_DEFAULT_LAUNCHES", launches.as_ref().map(|(value, _)| value.to_string())),
            ("PERFREG_DEFAULT_BUDGET", budget.as_ref().map(|(value, _)| value.to_string())),
        ];
        let limits = [("PERFREG_LIMITS", (!pairs.is_empty()).then_some(limits))];
        let set = forced.into_iter().chain(default).chain(limits);
        set.filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn command(&self, executable: &Executable, id: &TestId, outcome: &Path) -> Command {
        let mut command = executable.command();
        command
            .args(["--exact", &id.test, "--include-ignored", "--nocapture", "--test-threads=1"])
            .env("PERFREG", "measure")
            .env("PERFREG_OUTCOME", outcome)
            .env("PERFREG_FEATURES", &self.features)
            .env("PERFREG_LIFELINE", "1");
        for (demanded, variable) in [
            (self.demands.strict, "PERFREG_STRICT"),
            (self.demands.baseline, "PERFREG_REQUIRE_BASELINE"),
        ] {
            if demanded {
                command.env(variable, "1");
            }
        }
        command
    }
}

/// What the test's own gate told, of all that the test wrote.
fn told(output: &str) -> impl Iterator<Item = &str> {
    output.lines().filter(|line| line.starts_with("perfreg: "))
}

/// Runs `command` to its end with its output in `log`.
fn captured(mut command: Command, log: &PathBuf) -> std::io::Result<ExitStatus> {
    let file = File::create(log)?;
    command.stdout(file.try_clone()?).stderr(file).stdin(Stdio::piped());
    let mut child = command.spawn()?;
    // The test ends itself when this closes, so that nothing outlives a killed `cargo perfreg`.
    // Waiting would close it at once if the child still held it.
    let lifeline = child.stdin.take();
    let status = child.wait();
    drop(lifeline);
    status
}

fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", path, &cause))
        }
        _ => Ok(()),
    }
}

/// What the test left: nothing, a record, or something that is none.
type Record = Option<Result<Run, String>>;

fn read_record(path: &Path) -> Result<Record, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(Error::io("read", path, &cause)),
    };
    parse_record(&text).map(Some).map_err(Error::usage)
}

/// `Err` if the record is of another version, `Ok(Err)` if it is none at all.
fn parse_record(text: &str) -> Result<Result<Run, String>, String> {
    let value = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => value,
        Err(cause) => return Ok(Err(cause.to_string())),
    };
    match value.get("schema").and_then(serde_json::Value::as_str) {
        Some(schema) if schema != Run::SCHEMA => Err(format!(
            "the test reports in the format {schema:?}, this cargo-perfreg reads {:?}; install \
             the version that fits the perfreg of the project",
            Run::SCHEMA
        )),
        _ => Ok(serde_json::from_value(value).map_err(|cause| cause.to_string())),
    }
}

/// How the test ended, from what it left and how its process ended.
fn ending(record: Record, status: ExitStatus, output: String) -> (Option<Run>, Ending) {
    let run = match record {
        None if status.success() => {
            let why = "the test ran, but measured nothing and left no record".to_owned();
            return (None, Ending::Unmeasured(why));
        }
        None => {
            return (None, Ending::Failed { reason: ended(status), output });
        }
        Some(Err(cause)) => {
            let reason = format!("the test left a record that cannot be read: {cause}");
            return (None, Ending::Failed { reason, output });
        }
        Some(Ok(run)) => run,
    };
    let ending = match &run.outcome {
        Outcome::Failed { .. } | Outcome::TimedOut { .. } => recorded(&run, output),
        // A test that regressed fails as well; anything but libtest's code is another matter.
        _ if !(status.success() || status.code() == Some(LIBTEST_FAILED)) => {
            Ending::Failed { reason: ended(status), output }
        }
        _ => recorded(&run, output),
    };
    (Some(run), ending)
}

/// How a test ended by its record alone; `output` is what it printed, as far as that is known.
pub(crate) fn recorded(run: &Run, output: String) -> Ending {
    match &run.outcome {
        Outcome::Failed { reason } => Ending::Failed { reason: reason.clone(), output },
        Outcome::TimedOut { reason } => Ending::TimedOut(reason.clone()),
        Outcome::Measured => judged(run),
        Outcome::Skipped { reason } => Ending::Skipped(reason.clone()),
        Outcome::Smoke => {
            let why = "the test ran once without measuring; build with an optimised profile";
            Ending::Unmeasured(why.to_owned())
        }
        other => Ending::Unmeasured(format!("the test ended in an unknown way: {other:?}")),
    }
}

/// The worst of what was decided about metrics and limits.
pub(crate) fn judged(run: &Run) -> Ending {
    let targets = |state| run.targets().any(|(_, target)| target.state == state);
    let verdicts = run.judgements().map(|(_, judgement)| judgement.verdict);
    let undecided = targets(TargetState::Undecided).then_some(Verdict::Inconclusive);
    match verdicts.chain(undecided).min() {
        None => Ending::Unmeasured("the test measured nothing".to_owned()),
        Some(Verdict::Regressed) => Ending::Judged(Verdict::Regressed),
        Some(_) if targets(TargetState::Missed) => Ending::MissesLimit,
        Some(worst) => Ending::Judged(worst),
    }
}

fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(LIBTEST_FAILED) => "the test failed".to_owned(),
        _ => format!("the test's process ended with {status}"),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;
    use crate::testing::{judgement, run, target};

    /// The status of a process that exited with `code`, or was killed if it is negative.
    fn status(code: i32) -> ExitStatus {
        ExitStatus::from_raw(if code < 0 { -code } else { code << 8 })
    }

    fn check(record: Record, code: i32, expected: &str) {
        let (_, ending) = ending(record, status(code), "said".to_owned());
        let text = match &ending {
            Ending::Judged(verdict) => verdict.to_string(),
            Ending::MissesLimit => "beyond a limit".to_owned(),
            Ending::Unmeasured(why) => format!("unmeasured: {why}"),
            Ending::TimedOut(why) => format!("timed out: {why}"),
            Ending::Skipped(why) => format!("skipped: {why}"),
            Ending::Failed { reason, output } => format!("failed: {reason}; {output}"),
        };
        assert!(text.starts_with(expected), "{text} is not {expected}");
    }

    fn ended_as(outcome: Outcome) -> Record {
        Some(Ok(Run { outcome, ..run("sort", vec![]) }))
    }

    #[test]
    fn the_record_decides_and_the_process_is_heard() {
        let measured = |verdicts: &[Verdict]| {
            let judgements = verdicts.iter().map(|v| judgement(*v, Some(0.0))).collect();
            Some(Ok(run("sort", judgements)))
        };
        check(None, 0, "unmeasured: the test ran");
        check(None, 101, "failed: the test failed; said");
        check(None, -9, "failed: the test's process ended with signal: 9");
        check(
            Some(Err("EOF".into())),
            0,
            "failed: the test left a record that cannot be read: EOF",
        );
        check(measured(&[Verdict::Unchanged]), 0, "unchanged");
        check(measured(&[Verdict::Unchanged, Verdict::Regressed]), 101, "regressed");
        check(measured(&[Verdict::Improved, Verdict::Inconclusive]), 0, "inconclusive");
        let limited = |verdict: Verdict, state: TargetState| {
            let mut run = run("sort", vec![judgement(verdict, Some(0.0))]);
            run.cases[0].targets = vec![target(TargetState::Met), target(state)];
            Some(Ok(run))
        };
        check(limited(Verdict::Unchanged, TargetState::Met), 0, "unchanged");
        check(limited(Verdict::New, TargetState::Missed), 101, "beyond a limit");
        check(limited(Verdict::Regressed, TargetState::Missed), 101, "regressed");
        check(limited(Verdict::Unchanged, TargetState::Undecided), 0, "inconclusive");
        check(measured(&[Verdict::Unchanged]), -11, "failed: the test's process ended");
        check(measured(&[]), 0, "unmeasured: the test measured nothing");
        check(ended_as(Outcome::Smoke), 0, "unmeasured: the test ran once");
        check(ended_as(Outcome::Skipped { reason: "no GPU".into() }), 0, "skipped: no GPU");
        check(ended_as(Outcome::Failed { reason: "boom".into() }), 101, "failed: boom; said");
        check(ended_as(Outcome::TimedOut { reason: "300 s".into() }), 101, "timed out: 300 s");
    }

    #[test]
    fn what_the_gate_told_is_told_apart() {
        let output = "running 1 test\nperfreg: bought 10 launches\nthe test's own\nperfreg:\n";
        assert_eq!(told(output).collect::<Vec<_>>(), ["perfreg: bought 10 launches"]);
    }

    #[test]
    fn records_of_another_version_stop_everything() {
        let good = serde_json::to_string(&run("sort", vec![])).unwrap();
        assert!(parse_record(&good).unwrap().is_ok());
        assert!(parse_record("{\"schema\": \"perfreg-run/9\"}").unwrap_err().contains("run/9"));
        assert!(parse_record("{").unwrap().is_err());
        assert!(parse_record("{}").unwrap().is_err());
    }
}
