//! What a comparison leaves for who tells of it.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use perfreg_core::TestId;
use perfreg_core::model::{Case, FollowUp, Outcome, Run, Toolchain};

use crate::cargo::features_text;
use crate::ci::{Compared, JobRecord};
use crate::cli::DiffArgs;
use crate::commands::ci::{folder_of, leave};
use crate::config::Config;
use crate::error::Error;
use crate::report::{Recorded, Report};
use crate::summary::{Ending, TestResult};

/// Leaves what came out at `path`.
///
/// # Errors
/// If it cannot be written.
pub(super) fn keep(
    path: &Path,
    results: &[TestResult],
    (base, head): &(String, String),
    (args, config): (&DiffArgs, &Config),
    root: &Path,
) -> Result<(), Error> {
    let runs = results.iter().map(|result| Recorded::of(run(result, args), vec![]));
    let report = Report::new(runs.collect(), vec![], config.severity);
    let compared = Compared { base: base.clone(), head: head.clone() };
    leave(path, &JobRecord::of(&report, folder_of(root), Some(compared)))
}

fn run(result: &TestResult, args: &DiffArgs) -> Run {
    let outcome = match &result.ending {
        Ending::Failed { reason, .. } => Outcome::Failed { reason: reason.clone() },
        Ending::TimedOut(reason) => Outcome::TimedOut { reason: reason.clone() },
        Ending::Skipped(reason) | Ending::Unmeasured(reason) => {
            Outcome::Skipped { reason: reason.clone() }
        }
        Ending::Judged(_) | Ending::MissesLimit => Outcome::Measured,
    };
    let without = || of(&result.id, "", outcome, vec![], args);
    result.run.clone().unwrap_or_else(without)
}

/// The record of a test that was compared: the launches of two builds are no baseline of one.
pub(super) fn of(
    id: &TestId,
    file: &str,
    outcome: Outcome,
    cases: Vec<Case>,
    args: &DiffArgs,
) -> Run {
    Run {
        schema: Run::SCHEMA.to_owned(),
        id: id.clone(),
        file: file.to_owned(),
        line: None,
        started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        seconds: 0.0,
        host: perfreg_core::probe::host(),
        toolchain: Toolchain {
            rustc: rustc(),
            profile: args.build.profile.clone(),
            features: features_text(&args.build),
            seed: None,
        },
        revision: None,
        package_folder: String::new(),
        baseline: String::new(),
        outcome,
        follow_up: FollowUp::Nothing,
        cases,
    }
}

/// The version of the compiler here; a side that asks for another has it by itself.
fn rustc() -> String {
    static VERSION: OnceLock<String> = OnceLock::new();
    let ask = || {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(rustc).arg("--version").output().ok()?;
        // `rustc 1.95.0 (59807616e 2026-04-14)`
        Some(String::from_utf8(output.stdout).ok()?.split(' ').nth(1)?.trim().to_owned())
    };
    VERSION.get_or_init(|| ask().unwrap_or_default()).clone()
}
