//! The data of the page of time series, as a browser sees it.

use std::time::{Duration, UNIX_EPOCH};

use insta::assert_snapshot;
use perfreg_core::{Direction, Metric, TestId, Unit, Verdict};
use serde_json::Value;

use super::*;
use crate::dashboard::columns::unpacked;
use crate::history::{Digest, Epoch, Point, SeriesKey};
use crate::look_back::Source;
use crate::testing::{judgement, run};

const HOSTILE: &str = "\u{202e}</script><script>alert(\"1\")</script>\u{1b}[31m\n🦀 نص";

fn point(at: usize, value: f64) -> Point {
    Point {
        run: Digest::of(&at.to_le_bytes()),
        revision: Some(Revision {
            commit: format!("{:040x}", at + 0xabc),
            dirty: at == 2,
            branch: Some("main".to_owned()),
            subject: Some(format!("Commit {at}")),
            authored: None,
        }),
        time: format!("2026-01-02T03:04:{at:02}Z"),
        value,
        low: (at > 0).then_some(value - 1.0),
        high: (at > 0).then_some(value + 1.0),
        median: None,
        q10: None,
        mean: None,
        pace: None,
        launches: 10,
        verdict: if at == 2 { Verdict::Regressed } else { Verdict::Unchanged },
    }
}

fn told(test: &str, metric: Metric) -> Told {
    let key = SeriesKey {
        project: "project".to_owned(),
        id: TestId::new("app", "perf", test),
        case: "default".to_owned(),
        metric: metric.name.clone(),
        host: "linux-x86_64, EPYC, 2 cores".to_owned(),
        profile: "release".to_owned(),
        toolchain: "1.95.0".to_owned(),
    };
    let points = vec![point(0, 1000.0), point(1, 1010.25), point(2, 1310.0)];
    let change = Change {
        since: points[2].time.clone(),
        after_commit: Some(format!("{:040x}", 0xabd)),
        by_commit: Some(format!("{:040x}", 0xabe)),
        first: points[2].revision.clone(),
        run: points[2].run.to_string(),
        run_before: points[1].run.to_string(),
        before: 1005.0,
        after: 1310.0,
        change: Some(0.3),
        low: Some(0.29),
        high: Some(0.31),
        p: 1e-9,
        state: State::Open,
    };
    let mut accepted = run(test, vec![judgement(Verdict::Regressed, Some(0.2))]);
    accepted.started = "2026-01-02T03:04:01Z".to_owned();
    let epochs = Epoch::of_accepted(&accepted, Some("because"));
    Told { key, metric, points, epochs, changes: vec![change], source: Source::Kept }
}

fn story(told: &Told) -> Story<'_> {
    Story {
        told,
        words: vec![("critical regression: in words".to_owned(), Some("critical".to_owned()))],
        baseline: Some(1000.0),
        threshold: Some(0.05),
        recent: vec![Recent { at: 2, values: vec![1300.0, 1320.0] }],
    }
}

fn document(stories: &[Story<'_>], compare_at: Option<&str>) -> Value {
    let page = OverTime {
        project: "project",
        made: "2026-02-03T04:05:06Z",
        compare_at,
        left_out: &["runs/x.json: EOF".to_owned()],
        stories,
    };
    unpacked(&page.packed())
}

#[test]
fn a_series_has_everything_that_is_drawn() {
    let told = told("sort", Metric::time(Metric::TIME));
    let document = document(&[story(&told)], Some("https://example.org/compare/"));
    assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
}

#[test]
fn counts_are_exact_and_commits_stand_once() {
    let metric = Metric::new("allocations", Unit::Count, Direction::LowerIsBetter);
    let mut counted = told("count", metric);
    counted.points[0].value = 20_000_001.0;
    let timed = told("sort", Metric::time(Metric::TIME));
    let document = document(&[story(&timed), story(&counted)], None);
    assert_eq!(document["commits"].as_array().unwrap().len(), 3);
    assert_eq!(document["series"][1]["value"][0], 20_000_001.0);
    assert_eq!(document["series"][1]["commit"], serde_json::json!([1, 2, 3]));
    // Nobody said where commits can be compared.
    assert_eq!(document["series"][0]["changes"][0]["link"], Value::Null);
}

#[test]
fn names_are_harmless_and_links_are_of_commits_alone() {
    let long = format!("{HOSTILE}{}", "x".repeat(10_000));
    let mut told = told(&long, Metric::time(&long));
    for text in [&mut told.key.case, &mut told.key.host, &mut told.key.profile] {
        text.clone_from(&long);
    }
    told.key.toolchain.clone_from(&long);
    told.epochs[0].reason = Some(long.clone());
    told.points[1].revision = Some(Revision {
        branch: Some(long.clone()),
        subject: Some(long.clone()),
        ..Revision::of(long.clone())
    });
    told.changes[0].after_commit = Some("\" onclick=\"alert(1)".to_owned());
    told.changes[0].since.clone_from(&long);
    let mut story = story(&told);
    story.words[0].0.clone_from(&long);
    let document = document(&[story], Some("https://example.org/compare/"));
    let text = serde_json::to_string(&document).unwrap();
    assert!(text.len() < 8_000, "{} bytes", text.len());
    assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text}");
    assert_eq!(document["series"][0]["changes"][0]["link"], Value::Null);
    assert!(document["series"][0]["test"].as_str().unwrap().contains("characters cut]"));
}

#[test]
fn times_are_seconds() {
    let check = |time: &str, expected: Option<u32>| assert_eq!(seconds(time), expected, "{time}");
    check("1970-01-01T00:01:00Z", Some(60));
    check("2026-01-02T03:04:05Z", Some(1_767_323_045));
    check("9999-01-01T00:00:00Z", None);
    check("yesterday", None);
    check("", None);
}

/// A page of so many series of so many points each, as a fleet would have them.
fn large(series: usize, points: usize) -> String {
    let mut random = crate::testing::Random::new(7);
    let mut all: Vec<Told> = Vec::new();
    for nth in 0..series {
        let mut one = told(&format!("kernel_{:03}", nth / 4), Metric::time(Metric::TIME));
        one.key.case = format!("{}", 1000 * (nth % 4 + 1));
        let level = 1000.0 * (nth % 4 + 1) as f64;
        let begun = |at: usize| UNIX_EPOCH + Duration::from_secs(1_500_000_000 + 300 * at as u64);
        let some: Vec<Point> = (0..50).map(|at| point(at, level)).collect();
        one.points = (0..points)
            .map(|at| {
                let value = level * (1.0 + 0.01 * random.normal());
                Point {
                    time: humantime::format_rfc3339_seconds(begun(at)).to_string(),
                    value,
                    low: Some(value * (1.0 - 0.005 * random.share())),
                    high: Some(value * (1.0 + 0.005 * random.share())),
                    ..some[at % some.len()].clone()
                }
            })
            .collect();
        one.changes[0].since.clone_from(&one.points[points / 2].time);
        all.push(one);
    }
    let stories: Vec<Story<'_>> = all.iter().map(story).collect();
    let made = "2026-02-03T04:05:06Z";
    let (project, left_out) = ("large", vec![]);
    OverTime { project, made, compare_at: None, left_out: &left_out, stories: &stories }.packed()
}

/// The pages lie in the folder that `PERFREG_PAGES` names, for a browser to open.
#[test]
#[ignore = "packs three million numbers, twice, and ten thousand series"]
fn a_million_points_fit_into_a_page() {
    const MOST: usize = 15 << 20;
    for (series, points) in [(500, 2_000), (1, 1_000_000), (10_000, 40)] {
        let page = crate::dashboard::page(crate::dashboard::Kind::OverTime, &large(series, points));
        println!("{series} series of {points} points: a page of {} bytes", page.len());
        assert!(page.len() < MOST, "{} bytes", page.len());
        if let Some(folder) = std::env::var_os("PERFREG_PAGES") {
            std::fs::create_dir_all(&folder).unwrap();
            let path = std::path::Path::new(&folder).join(format!("million-{series}.html"));
            std::fs::write(path, page).unwrap();
        }
    }
}
