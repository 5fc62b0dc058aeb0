//! What the comment says, what it does not let through, and how long it gets.

use insta::assert_snapshot;
use perfreg_core::Verdict;
use perfreg_core::model::{Outcome, Run};

use super::{LIMIT, MARKER, markdown};
use crate::report::testing::{HOSTILE, hostile, report, suite};
use crate::testing::{judgement, run};

#[test]
fn a_comment_says_the_worst_first() {
    assert_snapshot!(markdown(&suite()));
    assert_snapshot!("nothing", markdown(&report(vec![])));
}

/// Every row of a table has as many cells as its head.
#[track_caller]
fn assert_tables_hold(text: &str) {
    let mut columns = None;
    for line in text.lines() {
        let cells = line.starts_with('|').then(|| line.matches('|').count());
        assert!(columns.is_none() || cells.is_none() || columns == cells, "{line}");
        columns = cells;
    }
}

#[test]
fn hostile_names_are_no_markup() {
    let text = markdown(&hostile());
    assert_tables_hold(&text);
    assert_eq!(text.matches(MARKER).count(), 1);
    for harmful in ["<script", "@everyone", "\u{202e}", "\u{1b}", "https://", " #77", "]("] {
        assert!(HOSTILE.contains(harmful));
        assert!(!text.contains(harmful), "{harmful:?} in {text}");
    }
    assert!(text.contains("characters cut") && text.contains("🦀 نص"), "{text}");
    assert!(text.contains("&#92;u&#123;202e&#125;"), "{text}");
    assert_eq!(text.matches('`').count() % 2, 0);
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn a_test_of_two_hosts_has_two_names() {
    let mut elsewhere = run("sort", vec![judgement(Verdict::Regressed, Some(0.3))]);
    elsewhere.host.cpu = "Apple M4".to_owned();
    let here = run("sort", vec![judgement(Verdict::Unchanged, Some(0.0))]);
    let text = markdown(&report(vec![here, elsewhere]));
    let row = "| `perf::sort on linux-x86_64, Apple M4, 2 cores` | `time` | regressed (critical) |";
    assert!(text.contains(row), "{text}");
}

/// Five thousand tests with long names.
fn crowd(name: &str) -> Vec<Run> {
    let test = |at: usize| {
        let name = format!("test{at}{name}");
        match at % 5 {
            0..=2 => {
                let change = 0.1 + at as f64 / 10_000.0;
                run(&name, vec![judgement(Verdict::Regressed, Some(change))])
            }
            3 => run(&name, vec![judgement(Verdict::Unchanged, Some(0.0))]),
            _ => match at % 4 {
                0 => run(&name, vec![judgement(Verdict::New, None)]),
                1 => run(&name, vec![judgement(Verdict::Improved, Some(-0.2))]),
                2 => run(&name, vec![judgement(Verdict::Inconclusive, Some(0.01))]),
                _ => {
                    Run { outcome: Outcome::Failed { reason: name.clone() }, ..run(&name, vec![]) }
                }
            },
        }
    };
    (0..5_000).map(test).collect()
}

#[test]
fn thousands_of_tests_fit_and_are_all_counted() {
    let check = |name: &str| {
        let text = markdown(&report(crowd(name)));
        assert!(text.len() <= LIMIT && text.len() > LIMIT / 2, "{} bytes", text.len());
        assert!(text.chars().count() <= 65_536);
        assert_tables_hold(&text);
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        let counts = "5000 selected: 3000 regressed, 250 improved, 1000 unchanged, 250 \
                      inconclusive, 250 new; 250 failed; ";
        assert!(text.contains(counts), "{}", &text[..1_000]);
        let headline = "## perfreg: 250 tests failed, 3000 regressed (2100 critical)\n";
        assert!(text.contains(headline), "{}", &text[..1_000]);
        // What is shown and what is left out add up.
        let shown = |verdict: &str| {
            let cell = format!("| {verdict} ");
            text.lines().filter(|line| line.starts_with('|') && line.contains(&cell)).count()
        };
        let left_out = |verdict: &str| -> usize {
            let noun = format!(" {verdict} metric");
            let notes = text.lines().filter(|line| line.starts_with('…'));
            let note = notes.filter_map(|line| Some(line.split_once(&noun)?.0)).next();
            let number = note.and_then(|text| text.rsplit([' ', ',']).next());
            number.map_or(0, |number| number.parse().unwrap())
        };
        for (verdict, n) in [("regressed", 3000), ("improved", 250), ("inconclusive", 250)] {
            assert_eq!(shown(verdict) + left_out(verdict), n, "{verdict}");
        }
        assert!(shown("regressed") > 20 && left_out("unchanged") > 100);
        // The worst of all stands first.
        let first = text.lines().skip_while(|line| !line.starts_with("|---")).nth(1);
        assert!(first.is_some_and(|line| line.contains("test4997")), "{first:?}");
    };
    check("_with_a_name_that_goes_on_and_on_until_nobody_reads_it_any_more_and_then_some");
    check(&"|`<🦀".repeat(100));
}
