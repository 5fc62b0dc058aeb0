//! What comparing two builds leaves: a record for every test, of the newer build's launches.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use perfreg_core::judge::{Contest, Decision, Ruling};
use perfreg_core::model::{Case, Judgement, Launch, Revision, Run, Toolchain};

use crate::bouts::{Bout, Bouted};
use crate::summary::{Ending, TestResult};

/// What all records of a comparison share.
pub(super) struct Facts<'a> {
    /// The older side, for a reader.
    pub(super) base: &'a str,
    /// The newer side.
    pub(super) revision: Revision,
    /// When measuring began, as RFC 3339 in UTC.
    pub(super) started: String,
    /// The profile that records name.
    pub(super) profile: String,
}

/// What was measured, test by test.
pub(super) fn into_results(
    bouts: &[Bout],
    measured: Vec<Bouted>,
    facts: &Facts<'_>,
) -> Vec<TestResult> {
    let mut by_bout: BTreeMap<usize, Vec<Bouted>> = BTreeMap::new();
    for bouted in measured {
        by_bout.entry(bouted.bout).or_default().push(bouted);
    }
    by_bout
        .into_iter()
        .map(|(at, cases)| {
            let bout = &bouts[at];
            if let Some(why) = cases.iter().find_map(|case| case.failed.clone()) {
                let ending = Ending::Failed { reason: why.clone(), output: why };
                return TestResult { id: bout.id.clone(), run: None, ending };
            }
            let took = cases.iter().map(|case| case.took).sum();
            let cases: Vec<Case> =
                cases.into_iter().map(|case| judged(case, facts.base, bout.threshold())).collect();
            let worst = cases.iter().flat_map(|case| &case.judgements).map(|j| j.verdict).min();
            let ending = worst.map_or_else(
                || Ending::Unmeasured("it measures nothing".to_owned()),
                Ending::Judged,
            );
            let run = Some(record(bout, cases, took, facts));
            TestResult { id: bout.id.clone(), run, ending }
        })
        .collect()
}

fn judged(mut case: Bouted, base: &str, threshold: f64) -> Case {
    let launches = std::mem::take(&mut case.launches);
    let judgements = case.contests.iter().enumerate().map(|(at, contest)| Judgement {
        metric: contest.metric.clone(),
        verdict: case.decision(at).into(),
        baseline: Some(contest.baseline),
        current: contest.current,
        change: contest.change(),
        threshold: match contest.ruling {
            // Any change counts.
            Ruling::Counted(_) => 0.0,
            Ruling::Paired(_) | Ruling::Unchecked(_) => threshold,
        },
        reason: None,
        launches: case.rounds as u32,
        baseline_launches: Some(case.rounds as u32),
        why: why(&case, at, contest),
        against: Some(format!("{base}, built and measured beside it")),
    });
    Case {
        judgements: judgements.collect(),
        launches: launches.into_iter().map(Launch::without_excess_digits).collect(),
        targets: Vec::new(),
        name: case.case,
    }
}

fn why(case: &Bouted, at: usize, contest: &Contest) -> String {
    let second = case.second.iter().flatten().find(|other| other.metric == contest.metric);
    let mut why = contest.why();
    if contest.decision() == Decision::Worse
        && let Some(second) = second
    {
        let change = |contest: &Contest| match &contest.ruling {
            Ruling::Paired(look) => format!("{:+.1} %", look.change.estimate * 100.0),
            Ruling::Counted(_) | Ruling::Unchecked(_) => String::new(),
        };
        let agree = case.decision(at) == Decision::Worse;
        let word = if agree { "agree" } else { "do not agree" };
        let _ = write!(why, "; fresh launches {word} ({})", change(second));
    }
    why
}

/// The record of a test that was compared. It stays in the history: the launches of two builds are no
/// baseline of one.
fn record(bout: &Bout, cases: Vec<Case>, took: Duration, facts: &Facts<'_>) -> Run {
    let told = &bout.record;
    let record = Run {
        started: facts.started.clone(),
        seconds: took.as_secs_f64(),
        toolchain: Toolchain { profile: facts.profile.clone(), ..told.toolchain.clone() },
        revision: Some(facts.revision.clone()),
        cases,
        ..told.clone()
    };
    record.with_gpu_of_launches()
}
