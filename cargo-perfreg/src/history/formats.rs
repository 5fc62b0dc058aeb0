//! Every format that a history holds is of its published schema, and every version that was ever
//! written is still read: a stored sample each.

use perfreg_core::Verdict;
use perfreg_core::model::{FollowUp, Outcome, Revision, Run};
use serde_json::Value;

use super::epoch::Epoch;
use super::rows::Document;
use crate::testing::{judgement, run};

const RUN: &str = include_str!("../../schemas/perfreg-run-1.json");
const EPOCH: &str = include_str!("../../schemas/perfreg-epoch-1.json");
const IMPORTED_RUN: &str = include_str!("../../schemas/perfreg-run-2.json");
const SAMPLE_IMPORTED: &str = include_str!("../../../perfreg-core/tests/data/formats/run-2.json");
const SAMPLE_RUN: &str = include_str!("../../../perfreg-core/tests/data/formats/run-1.json");
const SAMPLE_EPOCH: &str = include_str!("../../tests/data/formats/epoch-1.json");

fn errors(schema: &str, document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(document).map(|error| error.to_string()).collect()
}

#[track_caller]
fn check(schema: &str, document: &Value) {
    assert_eq!(errors(schema, document), [""; 0], "{document}");
}

fn facts() -> Revision {
    Revision {
        commit: "f".repeat(40),
        dirty: true,
        branch: Some("<b>".to_owned()),
        subject: Some("\u{202e}\n\"".repeat(1_000)),
        authored: Some("2026-01-02T03:04:05+02:00".to_owned()),
    }
}

#[test]
fn runs_are_of_the_published_schema() {
    let sample: Value = serde_json::from_str(SAMPLE_RUN).unwrap();
    check(RUN, &sample);
    let verdicts = [Verdict::Regressed, Verdict::NotComparable, Verdict::New];
    let judgements = verdicts.map(|verdict| judgement(verdict, Some(0.1))).to_vec();
    let full = Run { revision: Some(facts()), ..run("sort", judgements) };
    let outcomes = [
        Outcome::Measured,
        Outcome::Smoke,
        Outcome::Skipped { reason: "no GPU".to_owned() },
        Outcome::TimedOut { reason: "300 s".to_owned() },
        Outcome::Failed { reason: "boom".to_owned() },
    ];
    for outcome in outcomes {
        for follow_up in [FollowUp::Nothing, FollowUp::Awaits, FollowUp::Accepted] {
            let run = Run { outcome: outcome.clone(), follow_up, ..full.clone() };
            check(RUN, &serde_json::to_value(run).unwrap());
        }
    }
}

#[test]
fn imported_runs_are_of_the_published_schema() {
    let sample: Value = serde_json::from_str(SAMPLE_IMPORTED).unwrap();
    check(IMPORTED_RUN, &sample);
    assert!(!errors(RUN, &sample).is_empty(), "who reads the other alone takes it for none of its");
    let Document::Run(run) = Document::parse(SAMPLE_IMPORTED.as_bytes()).unwrap() else {
        panic!("the sample is a run")
    };
    assert_eq!(serde_json::to_value(&run).unwrap(), sample);
    let broken = |at: &str, with: Value| {
        let mut document = sample.clone();
        *document.pointer_mut(at).unwrap() = with;
        assert!(!errors(IMPORTED_RUN, &document).is_empty(), "{at}");
    };
    broken("/schema", "perfreg-run/1".into());
    broken("/origin", Value::Null);
    broken("/origin/summaries/0/statistic", "mode".into());
}

#[test]
fn epochs_are_of_the_published_schema() {
    let sample: Value = serde_json::from_str(SAMPLE_EPOCH).unwrap();
    check(EPOCH, &sample);
    let Document::Epoch(epoch) = Document::parse(SAMPLE_EPOCH.as_bytes()).unwrap() else {
        panic!("the sample is an epoch")
    };
    assert_eq!(serde_json::to_value(&epoch).unwrap(), sample);
    let regressed = judgement(Verdict::Regressed, Some(0.1));
    let run = Run { revision: Some(facts()), ..run("sort", vec![regressed]) };
    for reason in [None, Some("why")] {
        let [epoch] = &Epoch::of_accepted(&run, reason)[..] else {
            panic!("one metric, one epoch")
        };
        check(EPOCH, &serde_json::to_value(epoch).unwrap());
        assert_eq!(epoch.revision.as_ref().unwrap().subject, None);
    }
}

#[test]
fn the_schemas_hold_something() {
    let sample: Value = serde_json::from_str(SAMPLE_RUN).unwrap();
    let broken = |at: &str, with: Value| {
        let mut document = sample.clone();
        *document.pointer_mut(at).unwrap() = with;
        assert!(!errors(RUN, &document).is_empty(), "{at}");
    };
    broken("/schema", "perfreg-run/2".into());
    broken("/cases/0/launches/0/series/0/samples", Value::Array(vec![]));
    broken("/cases/0/judgements/0/verdict", "slower".into());
    broken("/outcome", "unknown".into());
}

#[test]
fn what_is_no_document_says_why() {
    let check = |text: &str, expected: &str| {
        let what = Document::parse(text.as_bytes()).unwrap_err();
        assert!(what.contains(expected), "{what} lacks {expected}");
    };
    check("", "EOF");
    check(&SAMPLE_RUN[..SAMPLE_RUN.len() / 2], "EOF");
    check("{}", "missing field `schema`");
    check("{\"schema\": \"perfreg-run/9\"}", "has schema `perfreg-run/9`, this version reads");
    check("{\"schema\": \"\\u001b[2J\"}", "\\u{1b}");
    check("{\"schema\": \"perfreg-epoch/1\"}", "missing field");
    check(&SAMPLE_RUN.replace("\"measured\"", "\"smoke\""), "measured nothing");
    check("\u{0}\u{ff}", "expected value");
}
