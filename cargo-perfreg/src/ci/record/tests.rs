//! What comes through, and what is refused.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Compared, JobRecord};
use crate::report::testing::{hostile, suite};
use crate::report::{Report, markdown};

/// A document of the first version, as it was written then.
const SAMPLE: &str = include_str!("../../../tests/data/formats/ci-1.json");
const SCHEMA: &str = include_str!("../../../schemas/perfreg-ci-1.json");

fn sample() -> JobRecord {
    let compared = Compared { base: "main (0123456789ab)".into(), head: "HEAD".into() };
    JobRecord::of(&suite(), "rust/app".to_owned(), Some(compared))
}

/// Hostile tests, each with a name of its own.
fn hostile_apart() -> Report {
    let mut report = hostile();
    for (at, result) in report.results.iter_mut().enumerate() {
        result.run.as_mut().unwrap().id.test += &at.to_string();
    }
    report
}

#[test]
fn a_record_tells_what_was_told() {
    for report in [suite(), hostile_apart()] {
        let record = JobRecord::of(&report, String::new(), None);
        let read = JobRecord::parse(record.text().as_bytes()).unwrap();
        assert_eq!(read, record);
        assert_eq!(markdown(&read.into_report()), markdown(&report));
    }
}

#[test]
fn the_first_version_is_still_read() {
    let read = JobRecord::parse(SAMPLE.as_bytes()).unwrap();
    assert_eq!(read.tests.len(), 12);
    assert_eq!(read.compared.as_ref().unwrap().head, "HEAD");
    assert_eq!(markdown(&read.into_report()), markdown(&suite()));
}

#[test]
fn documents_are_of_the_published_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let check = |text: &str, expected: usize| {
        let document: Value = serde_json::from_str(text).unwrap();
        let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert_eq!(errors.len(), expected, "{errors:?}");
    };
    check(SAMPLE, 0);
    check(&sample().text(), 0);
    check(&JobRecord::of(&hostile(), String::new(), None).text(), 0);
    check("{}", 4);
    check(&SAMPLE.replacen("perfreg-ci/1", "perfreg-ci/2", 1), 1);
}

#[test]
fn what_is_no_record_is_refused_with_the_reason() {
    let check = |text: &str, expected: &str| {
        let why = JobRecord::parse(text.as_bytes()).unwrap_err();
        assert!(why.contains(expected), "{why:?} lacks {expected:?}");
        assert!(!why.contains(['\n', '\u{1b}']) && !why.contains("##["), "{why:?}");
        assert!(why.chars().count() < 700, "{why:?}");
    };
    let good = sample().text();
    let with = |at: &str, value: Value| {
        let mut document: Value = serde_json::from_str(&good).unwrap();
        *document.pointer_mut(at).unwrap_or_else(|| panic!("{at} is not in {good}")) = value;
        document.to_string()
    };
    check("", "EOF");
    check("[]", "expected struct Version");
    check(&good[..good.len() / 2], "EOF");
    let deep = format!("{{\"schema\": \"perfreg-ci/1\", \"more\": {}", "[".repeat(100_000));
    check(&deep, "EOF");
    check(&with("/schema", json!("perfreg-ci/2\n::error::x")), "schema `perfreg-ci/2\\n::error");
    check(&with("/tests/1/run/schema", json!("perfreg-run/9")), "of schema `perfreg-run/9`");
    check(&with("/tests/1/figures", json!([])), "has 0 figures of 1 metrics of perf::elsewhere");
    let evil = json!({"\u{1b}[2J\n::stop-commands::x##[add-mask]": {}});
    check(&with("/tests/0/run/outcome", evil), "unknown variant");
    check(
        &with("/tests/1/run/id", json!({"package": "app", "target": "perf", "test": "bad"})),
        "twice",
    );
    check(&with("/severities/latency", json!({"critical": "-1%"})), "no percentage");
    check(&with("/tests/1/run/seconds", json!(null)), "invalid type: null");
    check(&good.replacen("1.5", "1e999", 1), "number out of range");
    let large = "x".repeat(JobRecord::LIMIT as usize + 1);
    check(&large, "more than 16777216 bytes");
}

#[test]
fn legs_of_a_matrix_join() {
    let record = |name: &str, cpu: &str| {
        let mut run = crate::testing::run(name, vec![]);
        run.host.cpu = cpu.to_owned();
        JobRecord::of(&crate::report::testing::report(vec![run]), String::new(), None)
    };
    let names = |records: Vec<JobRecord>| {
        let joined = JobRecord::joined(records)?;
        let tests = joined.into_iter().flat_map(|joined| joined.tests);
        Ok::<Vec<_>, String>(tests.map(|told| told.run.id.test).collect())
    };
    assert_eq!(names(vec![]).unwrap(), [""; 0]);
    assert_eq!(names(vec![record("b", "x"), record("a", "x")]).unwrap(), ["a", "b"]);
    assert_eq!(names(vec![record("a", "x"), record("a", "y")]).unwrap(), ["a", "a"]);
    assert_eq!(names(vec![record("a", "x"), record("a", "x")]).unwrap_err(), "has perf::a twice");
    assert!(record("a", "x").repeats(&record("a", "x")));
    assert!(!record("a", "x").repeats(&record("a", "y")));
}

proptest! {
    #[test]
    fn damage_is_an_error_or_another_record(at in any::<usize>(), byte in any::<u8>(), cut in any::<usize>()) {
        let mut bytes = sample().text().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(record) = JobRecord::parse(&bytes) {
            markdown(&record.into_report());
        }
        bytes.truncate(cut % bytes.len());
        prop_assert!(JobRecord::parse(&bytes).is_err());
    }
}
