//! What machines are told of a run: values in, lines of JSON out.
//!
//! The format is `schemas/perfreg-message-1.json`; a change that old readers would not understand
//! gets another number.

use std::collections::BTreeMap;

use perfreg_core::model::{Change, Run, Target};
use perfreg_core::{TestId, Verdict};
use serde::Serialize;

use crate::config::Severities;
use crate::exit_code::ExitCode;
use crate::since_release::Creep;
use crate::summary::{Ending, TestResult};

const SCHEMA: &str = "perfreg-message/1";

/// A line.
#[derive(Serialize)]
struct Message<'a> {
    schema: &'static str,
    #[serde(flatten)]
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Content<'a> {
    TestEnded(TestEnded<'a>),
    RunEnded(RunEnded),
}

#[derive(Serialize)]
struct TestEnded<'a> {
    #[serde(flatten)]
    id: &'a TestId,
    ended: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    judgements: Vec<Judged<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    targets: Vec<Limited<'a>>,
}

#[derive(Serialize)]
struct Limited<'a> {
    case: &'a str,
    #[serde(flatten)]
    target: &'a Target,
}

#[derive(Serialize)]
struct Judged<'a> {
    case: &'a str,
    metric: &'a str,
    unit: &'a str,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
    current: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
    threshold: f64,
    launches: u32,
    why: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since_release: Option<&'a Creep>,
}

#[derive(Serialize)]
struct RunEnded {
    ended: BTreeMap<String, usize>,
    ignored: usize,
    seconds: f64,
    exit_code: u8,
}

/// The line of a test that has ended.
pub(crate) fn of_test(result: &TestResult, severities: &Severities, crept: &[Creep]) -> String {
    let judgements = result.run.iter().flat_map(Run::judgements);
    let judgements = judgements
        .map(|(case, judgement)| Judged {
            case: &case.name,
            metric: &judgement.metric.name,
            unit: judgement.metric.unit.symbol(),
            verdict: judgement.verdict,
            severity: severities.of(judgement).map(|severity| severity.to_string()),
            baseline: judgement.baseline,
            current: judgement.current,
            change: judgement.change,
            threshold: judgement.threshold,
            launches: judgement.launches,
            why: &judgement.why,
            since_release: crept
                .iter()
                .find(|one| one.is_of(&result.id, &case.name, &judgement.metric.name)),
        })
        .collect();
    let (ended, why) = ended(&result.ending);
    let targets = result.run.iter().flat_map(Run::targets);
    let targets = targets.map(|(case, target)| Limited { case: &case.name, target }).collect();
    line(Content::TestEnded(TestEnded { id: &result.id, ended, why, judgements, targets }))
}

/// The line of a run that is over.
pub(crate) fn of_run(
    results: &[TestResult],
    ignored: usize,
    seconds: f64,
    exit_code: ExitCode,
) -> String {
    let (ended, exit_code) = (tally(results), exit_code as u8);
    line(Content::RunEnded(RunEnded { ended, ignored, seconds, exit_code }))
}

/// How many tests ended how, by the word that machines know.
pub(crate) fn tally(results: &[TestResult]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for result in results {
        *counts.entry(ended(&result.ending).0).or_insert(0) += 1;
    }
    counts
}

/// How a test ended in the word that machines know, and why if that is no verdict.
pub(crate) fn ended(ending: &Ending) -> (String, Option<&str>) {
    match ending {
        // As records write it: `not_comparable`.
        Ending::Judged(verdict) => (verdict.to_string().replace(' ', "_"), None),
        Ending::MissesLimit => ("beyond_a_limit".to_owned(), None),
        Ending::Unmeasured(why) => ("unmeasured".to_owned(), Some(why)),
        Ending::TimedOut(why) => ("timed_out".to_owned(), Some(why)),
        Ending::Skipped(why) => ("skipped".to_owned(), Some(why)),
        Ending::Failed { reason, .. } => ("failed".to_owned(), Some(reason)),
    }
}

fn line(content: Content<'_>) -> String {
    let message = Message { schema: SCHEMA, content };
    serde_json::to_string(&message).expect("plain data with string keys") + "\n"
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::testing::{judgement, run};

    fn results() -> Vec<TestResult> {
        let test = |name: &str, ending| TestResult {
            id: TestId::new("app", "perf", name),
            run: None,
            ending,
        };
        let judgements =
            vec![judgement(Verdict::Regressed, Some(0.3)), judgement(Verdict::New, None)];
        let slow = run("slow", judgements);
        vec![
            TestResult {
                id: slow.id.clone(),
                run: Some(slow),
                ending: Ending::Judged(Verdict::Regressed),
            },
            test("foreign", Ending::Judged(Verdict::NotComparable)),
            test("late", Ending::TimedOut("after 300 s".into())),
            test("gpu", Ending::Skipped("no CUDA here".into())),
            test("gone", Ending::Unmeasured("no record".into())),
            test("bad", Ending::Failed { reason: "boom".into(), output: "x".into() }),
        ]
    }

    fn creep() -> Creep {
        Creep {
            test: TestId::new("app", "perf", "slow"),
            case: "default".to_owned(),
            metric: perfreg_core::model::Metric::TIME.to_owned(),
            tag: "v1.2.0".to_owned(),
            change: Change { estimate: 0.055, low: 0.052, high: 0.058 },
            steps: 6,
        }
    }

    #[test]
    fn lines_are_of_the_published_schema() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../schemas/perfreg-message-1.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let results = results();
        let mut text: String = results
            .iter()
            .map(|result| of_test(result, &Severities::default(), &[creep()]))
            .collect();
        text += &of_run(&results, 2, 1.5, ExitCode::TestFailed);
        for line in text.lines() {
            let message: serde_json::Value = serde_json::from_str(line).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&message).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{line}: {errors:?}");
        }
        assert_snapshot!(text);
        let unknown = serde_json::json!({"schema": SCHEMA, "reason": "test-ended", "x": 1});
        assert!(!validator.is_valid(&unknown));
    }
}
