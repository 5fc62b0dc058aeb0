//! From a report to records as `run` writes them, which say of themselves that they were imported.

use perfreg_core::model::{
    Case, FollowUp, Health, HostKey, Judgement, Launch, LaunchStats, Origin, Outcome, Revision,
    Run, Series as Measured, SummaryOf, TestId, Toolchain,
};
use perfreg_core::{Samples, Verdict};

use crate::exchange::groups::Groups;
use crate::exchange::report::{Report, Series, Values};

/// What is known of a file beside what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    /// Its name, without the folders.
    pub(crate) file: &'a str,
    /// When it was written, as RFC 3339 in UTC: taken for when the tool ran, where it does not say.
    pub(crate) written: &'a str,
    /// The machine, where the user says it was this one.
    pub(crate) here: Option<&'a HostKey>,
    /// The commit, where the user names it.
    pub(crate) revision: Option<&'a Revision>,
}

/// Stands for the package of what was imported.
const PACKAGE: &str = "imported";

/// What an attribute's threshold is unless it says otherwise; nothing is judged here.
const THRESHOLD: f64 = 0.05;

/// A run for each benchmark of `report`, in the order of the file.
pub(crate) fn runs_of(report: &Report, facts: &Facts<'_>) -> Vec<Run> {
    let mut tests: Groups<&str, Vec<&Series>> = Groups::default();
    for series in report.series() {
        tests.of(&series.test).push(series);
    }
    tests.into_all().into_iter().map(|(test, all)| run_of(test, &all, report, facts)).collect()
}

fn run_of(test: &str, all: &[&Series], report: &Report, facts: &Facts<'_>) -> Run {
    let target = report.format.target();
    let host = facts.here.cloned().or_else(|| report.host.clone());
    let mut cases: Groups<&str, Vec<&Series>> = Groups::default();
    for series in all {
        cases.of(&series.case).push(series);
    }
    let cases = cases.into_all().into_iter();
    let summaries = all.iter().filter_map(|one| match &one.values {
        Values::Summary(_, summary) => Some(SummaryOf {
            case: one.case.clone(),
            metric: one.metric.name.clone(),
            summary: summary.clone(),
        }),
        Values::Samples(_) => None,
    });
    Run {
        schema: Run::IMPORTED_SCHEMA.to_owned(),
        id: TestId { package: PACKAGE.to_owned(), target: target.clone(), test: test.to_owned() },
        file: facts.file.to_owned(),
        line: None,
        started: report.started.clone().unwrap_or_else(|| facts.written.to_owned()),
        seconds: 0.0,
        host: host.unwrap_or_else(|| HostKey::new("unknown", "machine not named", 0, None)),
        toolchain: Toolchain {
            rustc: "unknown".to_owned(),
            profile: report.format.name().to_owned(),
            features: String::new(),
            seed: None,
        },
        revision: facts.revision.cloned().or_else(|| report.revision.clone()),
        package_folder: String::new(),
        baseline: format!("gt/imported/{target}.json"),
        outcome: Outcome::Measured,
        follow_up: FollowUp::Nothing,
        cases: cases.map(|(case, own)| case_of(case, &own, facts.file)).collect(),
        origin: Some(Origin {
            tool: report.format.name().to_owned(),
            file: facts.file.to_owned(),
            summaries: summaries.collect(),
        }),
    }
}

fn case_of(case: &str, own: &[&Series], file: &str) -> Case {
    let measured = |one: &&Series| {
        let values = match &one.values {
            Values::Samples(values) => values.clone(),
            Values::Summary(value, _) => vec![*value],
        };
        let samples = Samples::new(values).expect("a report holds finite values, one at least");
        Measured { metric: one.metric.clone(), samples }
    };
    let launch = Launch {
        series: own.iter().map(measured).collect(),
        iterations_per_sample: 1,
        throughput: own.iter().find_map(|one| one.throughput),
        single_calls: None,
        gpu: None,
        health: Health::default(),
    };
    let judgement = |(one, measured): (&&Series, &Measured)| Judgement {
        metric: one.metric.clone(),
        verdict: Verdict::New,
        baseline: None,
        current: LaunchStats::of(&measured.samples).representative(&one.metric),
        change: None,
        threshold: THRESHOLD,
        reason: None,
        launches: 1,
        baseline_launches: None,
        why: format!("imported from {file}: {}", one.values.told()),
        against: None,
    };
    Case {
        name: case.to_owned(),
        judgements: own.iter().zip(&launch.series).map(judgement).collect(),
        launches: vec![launch],
        targets: Vec::new(),
    }
}
