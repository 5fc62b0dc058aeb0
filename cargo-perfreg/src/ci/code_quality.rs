//! GitLab's report of code quality: values in, JSON out.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::ci::finding::{Finding, Fingerprint, Level};
use crate::ci::place::Place;
use crate::config::Severity;
use crate::explain::head;

#[derive(Serialize)]
struct Violation<'a> {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Where a finding stands that has no place: GitLab leaves out what has none.
const ELSEWHERE: &str = "Cargo.toml";

/// The findings as a report, those of one fingerprint once.
pub(crate) fn code_quality(findings: &[Finding]) -> String {
    let mut seen: BTreeSet<&Fingerprint> = BTreeSet::new();
    let once = findings.iter().filter(|finding| seen.insert(&finding.fingerprint));
    let violations: Vec<_> = once.map(violation).collect();
    serde_json::to_string_pretty(&violations).expect("plain data") + "\n"
}

fn violation(finding: &Finding) -> Violation<'_> {
    let (path, line) = match &finding.place {
        Some(Place { file, line }) => (file.as_str(), line.unwrap_or(1)),
        None => (ELSEWHERE, 1),
    };
    Violation {
        description: format!("{}: {}", finding.title, head(&finding.text)),
        check_name: format!("perfreg::{}", finding.kind),
        fingerprint: finding.fingerprint.to_string(),
        severity: severity(finding),
        location: Location { path, lines: Lines { begin: line } },
    }
}

fn severity(finding: &Finding) -> &'static str {
    match (finding.level, finding.severity) {
        (Level::Error, _) => "critical",
        (Level::Warning, Some(Severity::Warning)) => "major",
        (Level::Warning, _) => "minor",
        (Level::Notice, _) => "info",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use insta::assert_snapshot;
    use perfreg_core::Verdict;
    use serde_json::Value;

    use super::code_quality;
    use crate::ci::finding::findings;
    use crate::report::testing::{hostile, report, suite};
    use crate::testing::{judgement, run};

    #[test]
    fn findings_are_violations() {
        assert_snapshot!(code_quality(&findings(&suite(), "rust")));
        assert_eq!(code_quality(&[]), "[]\n");
    }

    #[test]
    fn no_two_have_one_fingerprint() {
        let slow = || run("sort", vec![judgement(Verdict::Regressed, Some(0.3))]);
        let mut elsewhere = slow();
        elsewhere.host.cpu = "Apple M4".to_owned();
        for report in [report(vec![slow(), elsewhere]), hostile()] {
            let text = code_quality(&findings(&report, ""));
            let all: Vec<Value> = serde_json::from_str(&text).unwrap();
            let prints: BTreeSet<_> = all.iter().map(|of| of["fingerprint"].to_string()).collect();
            assert_eq!(prints.len(), all.len());
            assert!(!all.is_empty());
        }
    }
}
