//! Limits on real measurements: met, missed, of the attribute and of `perfreg.toml`.

use crate::project::{Project, Said};

/// A project whose test has `limits` and records `accuracy`.
fn project(name: &str, limits: &str, accuracy: &str) -> Project {
    let project = Project::measuring(name);
    write_tests(&project, limits, accuracy);
    project
}

fn write_tests(project: &Project, limits: &str, accuracy: &str) {
    let tests = format!(
        r#"//! Tests with limits.

use std::hint::black_box;

use perfreg::{{Bencher, Direction, Throughput, Unit, perf_regression}};

#[perf_regression(baseline = "gt/perf.json", limits = [{limits}])]
fn parse(b: Bencher) {{
    b.record("accuracy", {accuracy}, Unit::Dimensionless, Direction::HigherIsBetter);
    b.throughput(Throughput::Items(8)).bench(|| sample::parse(black_box(1)));
}}
"#
    );
    project.write("tests/perf.rs", &tests);
}

#[track_caller]
fn check(said: Said, code: i32, parts: &[&str]) {
    let said = said.expect(code);
    for part in parts {
        assert!(said.mentions(part), "`{part}` is missing in {said}");
    }
}

#[test]
#[ignore = "measures: optimised builds of a project, a minute"]
fn a_limit_fails_whatever_the_baseline_says() {
    let met = r#""under 5 s" => "patience", "over 10 events/s" => "the contract", "accuracy -0.002" => "retraining""#;
    let project = project("limits", met, "0.9987");
    let table = ["under 5 s", "over 10 events/s", "accuracy -0.002", "met", "no baseline"];
    check(project.perfreg(&["run"]), 0, &table);

    // Within what the limit allows, though any change of an exact number counts otherwise.
    write_tests(&project, met, "0.9967");
    check(project.perfreg(&["run"]), 0, &["differs by no more than 0.002 in any launch"]);
    write_tests(&project, met, "0.9966");
    check(project.perfreg(&["run"]), 1, &["1 regressed", "more than 0.002", "missed"]);

    let missed = r#""over 1_000_000_000_000 events/s" => "the contract""#;
    write_tests(&project, missed, "0.9987");
    let story = ["perf::parse misses its limit: over 1_000_000_000_000 events/s", "the contract"];
    check(project.perfreg(&["run"]), 1, &["1 beyond a limit"]);
    check(project.perfreg(&["run"]), 1, &story);
    check(project.cargo(&["test", "--release"]), 101, &story);
    check(project.perfreg(&["run", "--fail-on", "never"]), 0, &["1 beyond a limit"]);
    let last = ["limit is", "missed", "because"];
    check(project.perfreg(&["last"]), 0, &last);
    check(
        project.perfreg(&["run", "--message-format", "json"]),
        1,
        &["\"ended\":\"beyond_a_limit\"", "\"state\":\"missed\""],
    );

    // Of the file, besides those of the attribute; a rate without an amount is an error.
    write_tests(&project, r#""under 5 s" => "patience""#, "0.9987");
    let limit = |limit: &str| {
        let table = format!("limits = [{{ limit = '{limit}', reason = 'a frame' }}]");
        project.write("perfreg.toml", &format!("[[override]]\ntest = '*::parse'\n{table}\n"));
    };
    limit("thread_cpu_time at most 1 ns");
    check(project.perfreg(&["run"]), 1, &["thread_cpu_time at most 1 ns", "a frame", "under 5 s"]);
    check(project.perfreg(&["config", "show"]), 0, &["under 5 s, because patience  attribute"]);
    limit("over 10 MB/s");
    check(project.perfreg(&["run"]), 100, &["b.throughput(Throughput::Bytes(…))"]);
    limit("accuracy +0.1");
    check(project.perfreg(&["run"]), 100, &["allows what would be a gain: turn the sign"]);
}
