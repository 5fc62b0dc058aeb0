//! Which regressions get an issue, and what it says.

use insta::assert_snapshot;
use perfreg_core::Verdict;

use super::{Outcome, issue};
use crate::ci::finding::{Finding, findings};
use crate::ci::forge::{Issue, NewIssue};
use crate::ci::marker::{MOST, told};
use crate::ci::origin::{Link, Origin};
use crate::report::testing::{hostile, report};
use crate::testing::{judgement, run};

const OWN: &str = "github-actions[bot]";

fn found(tests: &[(&str, f64)]) -> Vec<Finding> {
    let of = |(name, change): &(&str, f64)| {
        run(name, vec![judgement(Verdict::Regressed, Some(*change))])
    };
    findings(&report(tests.iter().map(of).collect()), "rust")
}

fn decided(first: &[Finding], again: &[Finding], open: &[Issue]) -> Outcome {
    let origin = Origin { compared: None, job: Link::parse("https://forge.example/runs/7") };
    issue((first, again), &origin, (open, OWN))
}

fn opened(outcome: Outcome) -> NewIssue {
    let Outcome::News(issue) = outcome else { panic!("{outcome:?}") };
    issue
}

fn open(number: u64, author: &str, issue: &NewIssue) -> Issue {
    Issue { number, author: author.into(), body: issue.body.clone(), labels: Vec::new() }
}

#[test]
fn an_issue_tells_both_measurements() {
    let issue = opened(decided(
        &found(&[("sort", 0.31), ("parse", 0.4), ("other", 0.1)]),
        &found(&[("sort", 0.33), ("parse", 0.41)]),
        &[],
    ));
    assert_snapshot!(format!("{}\n\n{}", issue.title, issue.body));
}

#[test]
fn what_is_not_confirmed_or_known_opens_none() {
    let both = found(&[("a", 0.3), ("b", 0.3)]);
    let check = |first: &[(&str, f64)], again: &[(&str, f64)], unconfirmed: usize| {
        let outcome = decided(&found(first), &found(again), &[]);
        assert_eq!(outcome, Outcome::Nothing { unconfirmed }, "{first:?} {again:?}");
    };
    check(&[], &[], 0);
    check(&[("a", 0.1)], &[("a", 0.1)], 0);
    check(&[("a", 0.3)], &[("a", 0.1)], 1);
    check(&[("a", 0.3)], &[("b", 0.3)], 1);
    check(&[("a", 0.1)], &[("a", 0.3)], 0);
    let one = opened(decided(&found(&[("a", 0.3)]), &both, &[]));
    assert_eq!(one.title, "Performance: perf::a: time regressed (critical)");
    let there = [open(7, OWN, &one)];
    assert_eq!(decided(&found(&[("a", 0.5)]), &both, &there), Outcome::Known(vec![7]));
    // Only what is new stands in the next one.
    let two = opened(decided(&both, &both, &there));
    assert_eq!(two.title, "Performance: perf::b: time regressed (critical)");
    let there = [open(7, OWN, &one), open(8, OWN, &two)];
    assert_eq!(decided(&both, &both, &there), Outcome::Known(vec![7, 8]));
    // What others opened keeps nothing from being opened, nor does a quotation.
    let quoted = NewIssue { title: one.title.clone(), body: format!("> {}", one.body) };
    for there in [open(7, "somebody", &one), open(7, OWN, &quoted)] {
        opened(decided(&found(&[("a", 0.3)]), &both, &[there]));
    }
}

#[test]
fn another_cpu_confirms_nothing_that_is_not_critical() {
    let found = |changes: [f64; 2]| {
        let of = |(cpu, change): (&str, f64)| {
            let mut run = run("sort", vec![judgement(Verdict::Regressed, Some(change))]);
            run.host.cpu = cpu.to_owned();
            run
        };
        findings(&report(["one", "other"].into_iter().zip(changes).map(of).collect()), "")
    };
    let check = |first: [f64; 2], again: [f64; 2], told: &[&str]| {
        let issue = opened(decided(&found(first), &found(again), &[]));
        let changes = issue.body.lines().filter_map(|line| line.split_once("s: +"));
        let changes: Vec<_> = changes.filter_map(|(_, change)| change.split(' ').next()).collect();
        assert_eq!(changes, told, "{}", issue.body);
        assert!(issue.title.ends_with("regressed (critical)"), "{}", issue.title);
    };
    check([0.4, 0.1], [0.5, 0.1], &["40.0", "50.0"]);
    check([0.1, 0.4], [0.1, 0.5], &["40.0", "50.0"]);
    check([0.4, 0.1], [0.1, 0.5], &["40.0", "50.0"]);
    check([0.3, 0.4], [0.5, 0.3], &["40.0", "50.0"]);
    let outcome = decided(&found([0.4, 0.1]), &found([0.1, 0.1]), &[]);
    assert_eq!(outcome, Outcome::Nothing { unconfirmed: 1 });
}

#[test]
fn hostile_names_and_hundreds_of_tests_fit() {
    let names: Vec<String> = (0..500).map(|at| format!("test{at}{}", "<🦀@".repeat(90))).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), 0.3)).collect();
    for findings in [findings(&hostile(), ""), found(&many)] {
        let NewIssue { title, body } = opened(decided(&findings, &findings, &[]));
        assert!(title.chars().count() <= 200 && !title.contains(['\n', '\u{202e}']), "{title}");
        assert!(body.chars().count() <= 65_536, "{}", body.chars().count());
        assert!((1..=MOST).contains(&told(&body).len()));
        assert_eq!(body.matches("<!--").count(), 2, "{body}");
        assert!(!body.contains("<script") && !body.contains("@everyone"), "{body}");
    }
}
