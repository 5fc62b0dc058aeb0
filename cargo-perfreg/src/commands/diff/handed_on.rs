//! What a comparison leaves for the job that tells of it.

use std::path::Path;

use perfreg_core::model::{FollowUp, Outcome, Run, Toolchain};

use crate::ci::{Compared, JobRecord};
use crate::commands::ci::{folder_of, leave};
use crate::commands::diff::record::Facts;
use crate::commands::report::recorded;
use crate::commands::run::Found;
use crate::commands::workspace;
use crate::config::Severities;
use crate::context::Context;
use crate::error::Error;
use crate::report::Report;
use crate::summary::{Ending, TestResult};

/// Leaves at `path` what came out of the tests of the newer build.
///
/// # Errors
/// If it cannot be written.
pub(super) fn hand_on(
    path: &Path,
    (results, tests): (&[TestResult], &[Found<'_>]),
    compared: Compared,
    facts: &Facts<'_>,
    (context, severities): (&Context, Severities),
) -> Result<(), Error> {
    let workspace = workspace(context)?;
    let toolchain = results.iter().find_map(|result| Some(result.run.as_ref()?.toolchain.clone()));
    let runs = results.iter().map(|result| match &result.run {
        // It was held against no baseline, whichever the test names.
        Some(run) => Run { baseline: String::new(), ..run.clone() },
        None => unmeasured(result, tests, facts, toolchain.as_ref()),
    });
    let report = Report::new(recorded(runs.collect(), &workspace, context), vec![], severities);
    leave(path, &JobRecord::of(&report, folder_of(workspace.root()), Some(compared)))
}

/// The record of a test without measurements.
fn unmeasured(
    result: &TestResult,
    tests: &[Found<'_>],
    facts: &Facts<'_>,
    toolchain: Option<&Toolchain>,
) -> Run {
    let outcome = match &result.ending {
        Ending::Failed { reason, .. } => Outcome::Failed { reason: reason.clone() },
        Ending::TimedOut(reason) => Outcome::TimedOut { reason: reason.clone() },
        Ending::Skipped(reason) | Ending::Unmeasured(reason) => {
            Outcome::Skipped { reason: reason.clone() }
        }
        Ending::Judged(_) | Ending::MissesLimit => Outcome::Measured,
    };
    let test = tests.iter().find(|test| test.id == result.id);
    Run {
        schema: Run::SCHEMA.to_owned(),
        id: result.id.clone(),
        file: test.map(|test| test.file.clone()).unwrap_or_default(),
        line: test.map(|test| test.line),
        started: facts.started.clone(),
        seconds: 0.0,
        host: perfreg_core::probe::host(),
        // Of the others, which were built with it; nothing tells where all of them failed.
        toolchain: toolchain.cloned().unwrap_or_else(|| Toolchain {
            rustc: "unknown".to_owned(),
            profile: facts.profile.clone(),
            features: String::new(),
            seed: None,
        }),
        revision: Some(facts.revision.clone()),
        package_folder: String::new(),
        baseline: String::new(),
        outcome,
        follow_up: FollowUp::Nothing,
        cases: Vec::new(),
        origin: None,
    }
}
