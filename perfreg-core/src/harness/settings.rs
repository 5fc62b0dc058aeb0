//! What the environment asks for.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;
use crate::harness::limits::Limits;
use crate::harness::tuning::Tuning;
use crate::logging::Log;
use crate::measure::{Job, MachineLock, WORKER_VARIABLE};
use crate::probe::{self, Build};

/// The environment, read once a test.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) role: Role,
    pub(crate) update: Update,
    pub(crate) baseline: Requirement,
    pub(crate) undecided: Strictness,
    /// Where the command line tool wants the run record.
    pub(crate) outcome: Option<PathBuf>,
    /// The features that the command line tool built with.
    pub(crate) features: String,
    /// The seed of a deterministic run.
    pub(crate) seed: Option<u64>,
    pub(crate) lock_file: PathBuf,
    pub(crate) timeout: Duration,
    pub(crate) tuning: Tuning,
    pub(crate) limits: Limits,
    /// What is told of all this: `PERFREG_LOG`.
    pub(crate) log: Log,
}

/// What this process is to the test.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    /// Run every case once; the text says why nothing is measured.
    Smoke(&'static str),
    /// Measure and compare, if the test's own crate turns out to be optimised.
    GateIfOptimised,
    /// Measure and compare, since `PERFREG=measure` asks for it.
    Gate,
    /// Measure one case for a gate.
    Worker(Box<Job>),
}

/// Whether baselines may change: `PERFREG_UPDATE`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Update {
    /// Nothing is written. The default when `CI` is set.
    No,
    /// A test without a baseline gets a local one; changes await a decision. The default.
    Pending,
    /// As `Pending`, and exact metrics without a baseline go to the committed file.
    New,
    /// Whatever was measured becomes the baseline.
    Always,
}

/// Whether a test without a baseline fails: `PERFREG_REQUIRE_BASELINE`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Requirement {
    Optional,
    Required,
}

/// Whether an undecided test fails: `PERFREG_STRICT`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Strictness {
    Lenient,
    Strict,
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// If a variable has a value that means nothing; the error names both.
    pub(crate) fn from_env() -> Result<Self, Error> {
        Self::read(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let flag = |name: &str| match variable(name).as_deref() {
            None | Some("0" | "false") => Ok(false),
            Some("1" | "true") => Ok(true),
            Some(other) => Err(bad_value(name, other, "1 or 0")),
        };
        let in_ci = !matches!(variable("CI").as_deref(), None | Some("0" | "false"));
        let seconds = |text: String| match text.parse::<u64>() {
            Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
            _ => Err(bad_value("PERFREG_TIMEOUT", &text, "a whole number of seconds")),
        };
        let seed = |text: String| {
            let number = text.parse::<u64>();
            number.map_err(|_| bad_value("PERFREG_DETERMINISTIC", &text, "a whole number"))
        };
        Ok(Self {
            role: role(&variable)?,
            update: update(variable("PERFREG_UPDATE").as_deref(), in_ci)?,
            baseline: if flag("PERFREG_REQUIRE_BASELINE")? {
                Requirement::Required
            } else {
                Requirement::Optional
            },
            undecided: if flag("PERFREG_STRICT")? {
                Strictness::Strict
            } else {
                Strictness::Lenient
            },
            outcome: variable("PERFREG_OUTCOME").map(PathBuf::from),
            features: variable("PERFREG_FEATURES").unwrap_or_default(),
            seed: variable("PERFREG_DETERMINISTIC").map(seed).transpose()?,
            lock_file: variable("PERFREG_LOCK_FILE")
                .map_or_else(MachineLock::default_path, PathBuf::from),
            tuning: Tuning::read(&variable)?,
            limits: Limits::read(&variable)?,
            log: Log::read(variable(Log::VARIABLE).as_deref())?,
            timeout: variable("PERFREG_TIMEOUT").map_or(Ok(DEFAULT_TIMEOUT), seconds)?,
        })
    }
}

fn role(variable: &impl Fn(&str) -> Option<String>) -> Result<Role, Error> {
    if let Some(job) = variable(WORKER_VARIABLE) {
        let job = serde_json::from_str(&job).map_err(|e| {
            Error::usage(format!("{WORKER_VARIABLE} is not a job of this version: {e}"))
        })?;
        return Ok(Role::Worker(job));
    }
    match variable("PERFREG").as_deref() {
        Some("smoke") => Ok(Role::Smoke("PERFREG=smoke asks for it")),
        Some("measure") => Ok(Role::Gate),
        Some(other) => Err(bad_value("PERFREG", other, "`smoke` or `measure`")),
        None => Ok(match probe::build() {
            Build::Optimised => Role::GateIfOptimised,
            Build::NotWorthTiming(why) => Role::Smoke(why),
        }),
    }
}

fn update(value: Option<&str>, in_ci: bool) -> Result<Update, Error> {
    match value {
        Some("no") => Ok(Update::No),
        Some("pending") => Ok(Update::Pending),
        Some("new") => Ok(Update::New),
        Some("always") => Ok(Update::Always),
        None => Ok(if in_ci { Update::No } else { Update::Pending }),
        Some(other) => {
            Err(bad_value("PERFREG_UPDATE", other, "`no`, `pending`, `new` or `always`"))
        }
    }
}

fn bad_value(name: &str, value: &str, expected: &str) -> Error {
    Error::usage(format!("environment variable {name} is `{value}`; expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::{Requirement, Role, Settings, Strictness, Update};

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_written_in_ci() {
        let check = |variables: &[(&str, &str)], expected| {
            assert_eq!(read(variables).unwrap().update, expected, "{variables:?}");
        };
        check(&[], Update::Pending);
        check(&[("CI", "true")], Update::No);
        check(&[("CI", "false")], Update::Pending);
        check(&[("CI", "true"), ("PERFREG_UPDATE", "always")], Update::Always);
        check(&[("PERFREG_UPDATE", "new")], Update::New);
    }

    #[test]
    fn a_value_without_meaning_is_an_error() {
        let check = |name: &str, value: &str| {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name) && error.contains(value), "{error}");
        };
        check("PERFREG", "fast");
        check("PERFREG_UPDATE", "maybe");
        check("PERFREG_STRICT", "yes");
        check("PERFREG_TIMEOUT", "-1");
        check("PERFREG_LOG", "loud");
    }

    #[test]
    fn flags() {
        let settings = read(&[
            ("PERFREG_STRICT", "1"),
            ("PERFREG_REQUIRE_BASELINE", "true"),
            ("PERFREG", "measure"),
        ])
        .unwrap();
        assert_eq!(settings.undecided, Strictness::Strict);
        assert_eq!(settings.baseline, Requirement::Required);
        assert!(matches!(settings.role, Role::Gate));
    }
}
