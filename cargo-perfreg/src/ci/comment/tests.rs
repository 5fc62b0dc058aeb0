//! When there is which comment, and what it says.

use insta::assert_snapshot;
use perfreg_core::Verdict;

use super::{Plan, Step, Thread, When, plan};
use crate::ci::finding::findings;
use crate::ci::forge::Comment;
use crate::ci::marker::{Key, MOST, told};
use crate::ci::origin::{Link, Origin};
use crate::ci::record::Compared;
use crate::report::testing::{hostile, report, suite};
use crate::report::{COMMENT, Report};
use crate::testing::{judgement, run};

const OWN: &str = "github-actions[bot]";

fn key() -> Key {
    "perfreg".parse().unwrap()
}

fn origin() -> Origin {
    let compared = Compared { base: "0123456789ab".into(), head: "HEAD (ba9876543210)".into() };
    Origin { compared: Some(compared), job: Link::parse("https://forge.example/runs/7") }
}

fn planned(report: &Report, comments: &[Comment], when: When) -> Plan {
    let thread = Thread::of(comments, OWN, &key());
    plan(report, &findings(report, ""), &origin(), &key(), &thread, when)
}

fn comment(id: u64, author: &str, body: &str) -> Comment {
    let url = Some(format!("https://forge.example/comments/{id}"));
    Comment { id, author: author.to_owned(), body: body.to_owned(), url }
}

/// Tests of these names with these changes; what is no change is unchanged.
fn changed(tests: &[(&str, f64)]) -> Report {
    let of = |(name, change): &(&str, f64)| {
        let verdict = if *change > 0.05 { Verdict::Regressed } else { Verdict::Unchanged };
        run(name, vec![judgement(verdict, Some(*change))])
    };
    report(tests.iter().map(of).collect())
}

#[test]
fn the_first_comment_says_everything() {
    let Plan { sticky: Step::Create(body), alert: None } = planned(&suite(), &[], When::Always)
    else {
        panic!("there was no comment before")
    };
    assert_snapshot!(body);
}

/// A pull request over several pushes: what each writes, and what is there afterwards.
#[test]
fn one_comment_is_kept_and_only_news_make_another() {
    let mut there = vec![comment(1, "somebody", "first!")];
    let mut push = |tests: &[(&str, f64)], expected: &str| {
        let Plan { sticky, alert } = planned(&changed(tests), &there, When::Always);
        let done = match (&sticky, &alert) {
            (Step::Create(_), None) => "create",
            (Step::Change(..), None) => "change",
            (Step::Change(..), Some(_)) => "change and alert",
            (Step::Keep, None) => "keep",
            other => panic!("{other:?}"),
        };
        assert_eq!(done, expected, "{tests:?}");
        if let Some(body) = alert {
            there.push(comment(there.len() as u64 + 1, OWN, &body));
        }
        match sticky {
            Step::Create(body) => there.push(comment(there.len() as u64 + 1, OWN, &body)),
            Step::Change(id, body) => {
                there.iter_mut().find(|one| one.id == id).unwrap().body = body;
            }
            Step::Keep => {}
        }
        there.len()
    };
    assert_eq!(push(&[("a", 0.0), ("b", 0.0)], "create"), 2);
    assert_eq!(push(&[("a", 0.0), ("b", 0.0)], "keep"), 2);
    assert_eq!(push(&[("a", 0.1), ("b", 0.0)], "change"), 2);
    assert_eq!(push(&[("a", 0.3), ("b", 0.0)], "change and alert"), 3);
    assert_eq!(push(&[("a", 0.4), ("b", 0.0)], "change"), 3);
    // What comes again is no news; another test is.
    assert_eq!(push(&[("a", 0.0), ("b", 0.0)], "change"), 3);
    assert_eq!(push(&[("a", 0.3), ("b", 0.0)], "change"), 3);
    assert_eq!(push(&[("a", 0.3), ("b", 0.3)], "change and alert"), 4);
    let alert = &there[3].body;
    assert!(alert.starts_with("<!-- perfreg-alert:perfreg -->\n<!-- perfreg-told: "), "{alert}");
    assert!(alert.contains("1 new critical regression\n") && alert.contains("perf::b"), "{alert}");
    assert!(alert.contains("https://forge.example/comments/2") && !alert.contains("perf::a"));
    // A comment that is new notifies by itself.
    let gone = planned(&changed(&[("a", 0.3)]), &[], When::Always);
    assert!(matches!(gone, Plan { sticky: Step::Create(_), alert: None }), "{gone:?}");
}

#[test]
fn what_others_wrote_is_not_touched() {
    let Plan { sticky: Step::Create(body), .. } =
        planned(&changed(&[("a", 0.3)]), &[], When::Always)
    else {
        panic!("there was no comment before")
    };
    let creates = |comments: &[Comment]| {
        let plan = planned(&changed(&[("a", 0.3)]), comments, When::Always);
        matches!(plan, Plan { sticky: Step::Create(_), alert: None })
    };
    assert!(creates(&[comment(1, "somebody", &body)]));
    assert!(creates(&[comment(1, OWN, &body.replace("perfreg:perfreg", "perfreg:nightly"))]));
    assert!(creates(&[comment(1, OWN, &format!("> quoted\n{body}"))]));
    assert!(!creates(&[comment(1, OWN, &body)]));
    // Of two, the older one is kept.
    let two = [comment(1, OWN, "<!-- perfreg:perfreg -->\n"), comment(2, OWN, &body)];
    let plan = planned(&changed(&[("a", 0.3)]), &two, When::Always);
    assert!(matches!(plan.sticky, Step::Change(1, _)), "{plan:?}");
}

#[test]
fn silence_is_kept_until_there_is_something_to_say() {
    let check = |report: Report, expected: bool| {
        let plan = planned(&report, &[], When::Changes);
        assert_eq!(matches!(plan.sticky, Step::Create(_)), expected, "{plan:?}");
    };
    check(changed(&[("a", 0.0)]), false);
    check(changed(&[("a", 0.1)]), true);
    check(report(vec![run("a", vec![judgement(Verdict::Improved, Some(-0.2))])]), true);
    check(report(vec![]), false);
    // Once there is a comment, it says what holds now.
    let there = [comment(1, OWN, "<!-- perfreg:perfreg -->\nslower")];
    let plan = planned(&changed(&[("a", 0.0)]), &there, When::Changes);
    assert!(matches!(plan.sticky, Step::Change(1, _)), "{plan:?}");
}

#[test]
fn hostile_names_and_thousands_of_tests_fit() {
    let names: Vec<String> = (0..3_000).map(|at| format!("test{at}{}", "<🦀".repeat(40))).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), 0.3)).collect();
    for report in [hostile(), changed(&many)] {
        let there = [comment(1, OWN, "<!-- perfreg:perfreg -->\n")];
        let plan = planned(&report, &there, When::Always);
        let (Step::Change(1, body), Some(alert)) = (plan.sticky, plan.alert) else { panic!() };
        for text in [body, alert] {
            assert!(text.chars().count() <= COMMENT, "{}", text.chars().count());
            assert!(told(&text).len() <= MOST && !told(&text).is_empty());
            // The two hidden lines are the only ones.
            assert_eq!(text.matches("<!--").count(), 2, "{text}");
            for harmful in ["<script", "@everyone", "\u{202e}", "\u{1b}", "](http", "#77"] {
                let ours = text.matches("](https://forge.example/").count();
                let found = text.matches(harmful).count();
                assert!(found == 0 || harmful == "](http" && found == ours, "{harmful}: {text}");
            }
        }
    }
    // Where so much was told, more is no news.
    let there = [comment(1, OWN, &{
        let Plan { sticky: Step::Create(body), .. } = planned(&changed(&many), &[], When::Always)
        else {
            panic!()
        };
        body
    })];
    let plan = planned(&changed(&many), &there, When::Always);
    assert_eq!(plan, Plan { sticky: Step::Keep, alert: None });
}
