//! For machines: one document of format `perfreg-report/1`, as `schemas/perfreg-report-1.json` has it.

use std::collections::BTreeMap;

use perfreg_core::model::{Case, Change, HostKey, Judgement, Metric, Revision, Target, Toolchain};
use perfreg_core::{Direction, TestId, Verdict};
use serde::Serialize;

use crate::config::{Severities, Severity};
use crate::message::{ended, tally};
use crate::report::figures::{Figures, Memory, Percentiles};
use crate::report::headline::headline;
use crate::report::recorded::Report;
use crate::summary::{Ending, TestResult};

const SCHEMA: &str = "perfreg-report/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    headline: String,
    counts: Counts,
    seconds: f64,
    unreadable: &'a [String],
    tests: Vec<Test<'a>>,
}

/// How many there are of each, those of which there are none, too.
#[derive(Serialize)]
struct Counts {
    tests: usize,
    ended: BTreeMap<String, usize>,
    metrics: BTreeMap<String, usize>,
    severities: BTreeMap<String, usize>,
}

#[derive(Serialize)]
struct Test<'a> {
    #[serde(flatten)]
    id: &'a TestId,
    ended: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    file: &'a str,
    baseline: &'a str,
    started: &'a str,
    seconds: f64,
    host: &'a HostKey,
    toolchain: &'a Toolchain,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a Revision>,
    cases: Vec<CaseOf<'a>>,
}

#[derive(Serialize)]
struct CaseOf<'a> {
    case: &'a str,
    metrics: Vec<Judged<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    memory: Vec<Counted<'a>>,
    #[serde(skip_serializing_if = "<[Target]>::is_empty")]
    targets: &'a [Target],
}

#[derive(Serialize)]
struct Judged<'a> {
    metric: &'a str,
    unit: &'a str,
    direction: Direction,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
    current: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
    threshold: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    launches: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_launches: Option<u32>,
    why: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentiles: Option<Percentiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    throughput: Option<Throughput>,
    recent: &'a [f64],
}

#[derive(Serialize)]
struct Throughput {
    per_second: f64,
    unit: &'static str,
}

#[derive(Serialize)]
struct Counted<'a> {
    metric: &'a str,
    unit: &'a str,
    value: f64,
}

/// A report as a document. Texts are as the records have them: data, never markup.
pub(crate) fn json(report: &Report) -> String {
    let document = Document {
        schema: SCHEMA,
        headline: headline(report),
        counts: counts(report),
        seconds: report.seconds(),
        unreadable: &report.unreadable,
        tests: report
            .tests()
            .filter_map(|(result, figures, memory)| {
                test(result, figures, memory, &report.severities)
            })
            .collect(),
    };
    serde_json::to_string_pretty(&document).expect("plain data with string keys") + "\n"
}

fn counts(report: &Report) -> Counts {
    use Verdict::{Improved, Inconclusive, Missing, New, NotComparable, Regressed, Unchanged};
    let verdicts =
        [Regressed, Missing, Inconclusive, NotComparable, New, Improved, Unchanged].map(word);
    let none = |words: &[String]| words.iter().map(|word| (word.clone(), 0)).collect();
    let endings = ["beyond_a_limit", "unmeasured", "timed_out", "skipped", "failed"];
    let mut counts = Counts {
        tests: report.results.len(),
        ended: none(&[&verdicts[..], &endings.map(str::to_owned)[..]].concat()),
        metrics: none(&verdicts),
        severities: none(
            &[Severity::Critical, Severity::Warning, Severity::Notice].map(|one| one.to_string()),
        ),
    };
    counts.ended.extend(tally(&report.results));
    for row in report.rows() {
        *counts.metrics.entry(word(row.judgement.verdict)).or_default() += 1;
        if let Some(severity) = report.severities.of(row.judgement) {
            *counts.severities.entry(severity.to_string()).or_default() += 1;
        }
    }
    counts
}

/// A verdict as records write it.
fn word(verdict: Verdict) -> String {
    ended(&Ending::Judged(verdict)).0
}

fn test<'a>(
    result: &'a TestResult,
    figures: &'a [Figures],
    memory: &'a [Memory],
    severities: &Severities,
) -> Option<Test<'a>> {
    let run = result.run.as_ref()?;
    let (ended, why) = ended(&result.ending);
    let mut figures = figures;
    let cases = run.cases.iter().map(|case| {
        let (own, later) = figures.split_at(case.judgements.len().min(figures.len()));
        figures = later;
        case_of(case, own, memory, severities)
    });
    Some(Test {
        id: &result.id,
        ended,
        why,
        file: &run.file,
        baseline: &run.baseline,
        started: &run.started,
        seconds: run.seconds,
        host: &run.host,
        toolchain: &run.toolchain,
        revision: run.revision.as_ref(),
        cases: cases.collect(),
    })
}

fn case_of<'a>(
    case: &'a Case,
    figures: &'a [Figures],
    memory: &'a [Memory],
    severities: &Severities,
) -> CaseOf<'a> {
    let metrics = case.judgements.iter().zip(figures);
    let memory = memory.iter().filter(|one| one.case == case.name);
    CaseOf {
        case: &case.name,
        metrics: metrics.map(|(one, figures)| judged(one, figures, severities)).collect(),
        memory: memory
            .map(|Memory { metric: Metric { name, unit, .. }, value, .. }| Counted {
                metric: name,
                unit: unit.symbol(),
                value: *value,
            })
            .collect(),
        targets: &case.targets,
    }
}

fn judged<'a>(
    judgement: &'a Judgement,
    figures: &'a Figures,
    severities: &Severities,
) -> Judged<'a> {
    let Metric { name, unit, direction } = &judgement.metric;
    let throughput =
        figures.rate.map(|rate| Throughput { per_second: rate.per_second, unit: rate.unit });
    Judged {
        metric: name,
        unit: unit.symbol(),
        direction: *direction,
        verdict: judgement.verdict,
        severity: severities.of(judgement).map(|severity| severity.to_string()),
        baseline: judgement.baseline,
        current: judgement.current,
        change: judgement.change,
        threshold: judgement.threshold,
        reason: judgement.reason.as_deref(),
        launches: judgement.launches,
        baseline_launches: judgement.baseline_launches,
        why: &judgement.why,
        against: judgement.against.as_deref(),
        percentiles: figures.percentiles,
        throughput,
        recent: &figures.recent,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::Value;

    use super::json;
    use crate::report::testing::{HOSTILE, hostile, part, report, suite};

    #[test]
    fn a_document_is_of_the_published_schema() {
        let schema = include_str!("../../schemas/perfreg-report-1.json");
        let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        for report in [suite(), hostile(), report(vec![])] {
            let document: Value = serde_json::from_str(&json(&report)).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert_eq!(errors, [""; 0]);
        }
        assert_snapshot!(json(&part(|test| ["bad", "mixed"].contains(&test))));
        let good: Value = serde_json::from_str(&json(&suite())).unwrap();
        let broken = |at: &str, with: Value| {
            let mut document = good.clone();
            *document.pointer_mut(at).unwrap() = with;
            assert!(!validator.is_valid(&document), "{at}");
        };
        broken("/schema", "perfreg-report/2".into());
        broken("/counts/ended/regressed", "many".into());
        broken("/tests/0/ended", "slower".into());
        broken("/tests/1/cases/0/metrics/0/verdict", "slower".into());
    }

    #[test]
    fn counts_add_up_and_texts_are_as_they_were() {
        let document: Value = serde_json::from_str(&json(&suite())).unwrap();
        let tests = document["tests"].as_array().unwrap();
        let sum = |counts: &Value| -> u64 {
            counts.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum()
        };
        assert_eq!(sum(&document["counts"]["ended"]), tests.len() as u64);
        let cases = tests.iter().flat_map(|test| test["cases"].as_array().unwrap());
        let metrics: usize = cases.map(|case| case["metrics"].as_array().unwrap().len()).sum();
        assert_eq!(sum(&document["counts"]["metrics"]), metrics as u64);
        let hostile: Value = serde_json::from_str(&json(&hostile())).unwrap();
        assert!(hostile["tests"][0]["test"].as_str().unwrap().contains(HOSTILE));
    }
}
