//! What `cargo perfreg run` exits with, and says, for everything that a test can come to.

use perfreg_core::Verdict::{
    Improved, Inconclusive, Missing, New, NotComparable, Regressed, Unchanged,
};
use perfreg_core::model::Outcome;

use crate::project::Project;
use crate::scripted::{Script, prepare, project, project_of_schema};

/// Runs with these options after `first` and `second` were prepared; the code and what is said.
#[track_caller]
fn check(
    project: &Project,
    scripts: &[Script; 2],
    options: &[&str],
    code: i32,
    mentioned: &[&str],
) {
    for (name, script) in ["first", "second"].iter().zip(scripts) {
        prepare(project, name, script);
    }
    let words: Vec<_> = ["run"].iter().chain(options).copied().collect();
    let said = project.perfreg(&words).expect(code);
    for part in mentioned {
        assert!(said.mentions(part), "{part:?} is not in\n{said}");
    }
}

fn skipped(name: &str) -> Script {
    Script::ended(name, Outcome::Skipped { reason: "no GPU here".into() })
}

#[test]
fn verdicts_decide() {
    let project = project();
    let first = |verdicts| Script::judged("first", verdicts);
    let second = |verdicts| Script::judged("second", verdicts);
    let green = || second(&[Unchanged]);
    let run = |first, second, options: &[&str], code, mentioned: &[&str]| {
        check(&project, &[first, second], options, code, mentioned);
    };
    run(first(&[Unchanged]), green(), &[], 0, &["2 selected: 0 regressed, 2 unchanged"]);
    run(
        first(&[Unchanged, Regressed]),
        green(),
        &[],
        1,
        &[
            "2 selected: 1 regressed, 1 unchanged; 1 ignored",
            "the script says regressed",
            "cargo perfreg accept scripted::first -m",
            "1.500 µs",
        ],
    );
    run(first(&[Regressed]), green(), &["--report-only"], 0, &["1 regressed"]);
    run(first(&[New]), second(&[Improved]), &[], 0, &["1 improved, 1 new"]);
    run(first(&[New]), green(), &["--require-baseline"], 3, &["1 new"]);
    run(first(&[Missing]), green(), &[], 3, &["1 missing"]);
    run(first(&[NotComparable]), green(), &["--strict"], 0, &["1 not comparable"]);
    run(first(&[Inconclusive]), green(), &[], 0, &["1 inconclusive"]);
    run(first(&[Inconclusive]), green(), &["--strict"], 5, &["1 inconclusive"]);
}

#[test]
fn tests_without_a_verdict_decide_too() {
    let project = project();
    let green = || Script::judged("second", &[Unchanged]);
    let red = || Script::judged("second", &[Regressed]);
    let run = |first, second, options: &[&str], code, mentioned: &[&str]| {
        check(&project, &[first, second], options, code, mentioned);
    };
    let silent = Script::default;
    run(silent(), green(), &[], 4, &["unmeasured scripted::first", "1 unmeasured"]);
    run(silent(), red(), &[], 1, &["1 unmeasured"]);
    run(Script::ended("first", Outcome::Smoke), green(), &[], 4, &["1 unmeasured"]);
    run(skipped("first"), green(), &[], 0, &["skipped scripted::first: no GPU here"]);
    run(skipped("first"), green(), &["--strict"], 4, &["1 skipped"]);
    run(skipped("first"), skipped("second"), &[], 4, &["2 skipped"]);
    let fails = Script { fails: true, ..Script::default() };
    run(fails, red(), &[], 100, &["first is talking", "first fails as told", "1 failed"]);
    let late = Script::ended("first", Outcome::TimedOut { reason: "after 300 s".into() });
    run(late, green(), &[], 4, &["1 timed out", "timed out scripted::first: after 300 s"]);
    let failed = Script::ended("first", Outcome::Failed { reason: "a worker died".into() });
    run(failed, green(), &[], 100, &["failed scripted::first: a worker died"]);
    let torn = Script { record: Some("{".into()), ..Script::default() };
    run(torn, green(), &[], 100, &["a record that cannot be read"]);
    let other = Script { record: Some("{\"schema\":\"perfreg-run/9\"}".into()), ..silent() };
    run(other, green(), &[], 2, &["perfreg-run/9"]);
}

#[test]
fn what_passes_keeps_quiet() {
    let project = project();
    prepare(&project, "first", &Script::judged("first", &[Unchanged]));
    let said = project.perfreg(&["run", "first"]).expect(0);
    assert!(!said.mentions("is talking"), "{said}");
    assert!(said.stderr.contains("1/1 scripted::first"), "{said}");
    let said = project.perfreg(&["run", "first", "--no-progress"]).expect(0);
    assert!(!said.stderr.contains("1/1"), "{said}");
}

#[test]
fn a_panic_is_no_regression() {
    let project = Project::measuring("panics");
    project.write(
        "tests/perf.rs",
        "#[perfreg::perf_regression]\nfn broken() { assert_eq!(sample::parse(0), 1) }\n",
    );
    let said = project.perfreg(&["run"]).expect(100);
    assert!(said.stdout.contains("failed perf::broken: "), "{said}");
    let last = project.perfreg(&["last"]).expect(0);
    assert!(last.stdout.contains("perf::broken: failed: "), "{last}");
}

#[test]
fn a_failed_build_is_not_a_regression() {
    let project = Project::new(&[("tests/perf.rs", "fn broken( {}\n")]);
    let said = project.perfreg(&["run"]).expect(101);
    // The compiler's own words, for people.
    assert!(said.stderr.contains("tests/perf.rs:1"), "{said}");
}

#[test]
fn records_of_another_version_are_named() {
    let said = project_of_schema("perfreg-test/9").perfreg(&["run"]).expect(2);
    assert!(said.stderr.contains("perfreg-test/9"), "{said}");
}
