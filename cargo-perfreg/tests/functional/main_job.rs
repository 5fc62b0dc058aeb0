//! The main job with real work and real measuring: a baseline, peace, a slowdown of 10 % found in
//! the right test, the decision to accept it, and peace again.

use crate::project::{Project, Said, until};

/// The tests of the sample.
const TESTS: [&str; 3] = ["parse", "sort", "checksum"];
/// How often identical code has to pass.
const PEACEFUL_RUNS: usize = 5;

/// The tests that failed in the output of libtest or nextest.
fn failed(said: &Said) -> Vec<&'static str> {
    let red = |name: &&str| {
        let libtest = said.stdout.contains(&format!("test {name} ... FAILED"));
        let nextest = said.stderr.lines().any(|line| {
            line.trim_start().starts_with("FAIL") && line.ends_with(&format!("perf {name}"))
        });
        libtest || nextest
    };
    TESTS.into_iter().filter(red).collect()
}

/// Runs `words` of cargo; exactly the tests `red` fail.
#[track_caller]
fn check(project: &Project, words: &[&str], red: &[&str]) {
    let said = project.cargo(words);
    assert_eq!(failed(&said), red, "{words:?}\n{said}");
    assert_eq!(said.code == Some(0), red.is_empty(), "{words:?}\n{said}");
}

/// A project whose baseline is established.
fn established(name: &str) -> Project {
    let project = Project::measuring(name);
    project.perfreg(&["run"]).expect(0);
    project.perfreg(&["accept", "-m", "first numbers"]).expect(0);
    project
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn cargo_test_stays_green_until_the_code_gets_slower() {
    let test: &[&str] = &["test", "--release"];
    let project = Project::measuring("libtest");
    check(&project, test, &[]);
    project.perfreg(&["accept", "-m", "first numbers"]).expect(0);
    for _ in 0..PEACEFUL_RUNS {
        check(&project, test, &[]);
    }
    project.set_work("parse", 110);
    check(&project, test, &["parse"]);
    let pending = project.perfreg(&["pending"]).expect(0);
    assert!(pending.stdout.contains("perf::parse"), "{pending}");
    assert!(!pending.stdout.contains("perf::sort"), "{pending}");
    let accepted = project.perfreg(&["accept", "parse", "-m", "parses more"]).expect(0);
    assert!(accepted.stdout.contains("accepted perf::parse default"), "{accepted}");
    check(&project, test, &[]);
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn the_tool_finds_the_case_that_got_slower() {
    let project = established("tool");
    let said = project.perfreg(&["run"]).expect(0);
    assert!(said.stdout.contains("3 selected: 0 regressed"), "{said}");
    project.set_work("sort", 110);
    // A neighbour may leave either case open while the other is found.
    let red = |words: &'static [&str]| {
        let project = &project;
        move || project.perfreg(words).expect(1)
    };
    let is_found =
        |case: &str, said: &Said| said.stdout.contains(&format!("perf::sort [{case}] regressed"));
    let said = until(red(&["run"]), |said| is_found("80", said));
    assert!(said.stdout.contains("3 selected: 1 regressed"), "{said}");
    assert!(said.stdout.contains("perf::sort [80] regressed"), "{said}");
    let last = project.perfreg(&["last"]).expect(0);
    assert!(last.stdout.contains("perf::sort") && last.stdout.contains("regressed"), "{last}");
    // Thrown away, it is as slow as before; accepted, it is the new normal.
    project.perfreg(&["reject"]).expect(0);
    until(red(&["run", "sort"]), |said| is_found("20", said) && is_found("80", said));
    project.perfreg(&["accept", "sort", "-m", "sorts more"]).expect(0);
    project.perfreg(&["run", "sort"]).expect(0);
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn times_of_named_hosts_are_committed() {
    let project = established("committed");
    let hosts = format!("[baselines]\ncommit-time-for = [\"{}\"]\n", std::env::consts::ARCH);
    project.write(".config/perfreg.toml", &hosts);
    project.set_work("parse", 110);
    project.perfreg(&["run"]).expect(1);
    let accepted = project.perfreg(&["accept", "-m", "parses more"]).expect(0);
    assert!(accepted.stdout.contains("wrote gt/perf.json"), "{accepted}");
    assert!(project.read("gt/perf.json").contains("parses more"));
    let said = project.perfreg(&["run"]).expect(0);
    assert!(said.stdout.contains("3 unchanged"), "{said}");
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn a_demanded_baseline_is_not_made_on_the_way() {
    let project = Project::measuring("demanded");
    for _ in 0..2 {
        let said = project.perfreg(&["run", "parse", "--require-baseline"]).expect(3);
        assert!(said.stdout.contains("1 missing"), "{said}");
    }
    project.perfreg(&["run", "parse"]).expect(0);
    project.perfreg(&["run", "parse", "--require-baseline"]).expect(0);
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn nextest_sees_the_same() {
    let project = established("nextest");
    let nextest: &[&str] = &["nextest", "run", "--release", "--no-fail-fast"];
    check(&project, nextest, &[]);
    project.set_work("checksum", 110);
    check(&project, nextest, &["checksum"]);
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn ten_percent_less_work_is_an_improvement() {
    let project = established("faster");
    project.set_work("checksum", 90);
    let said = project.perfreg(&["run"]).expect(0);
    assert!(said.stdout.contains("1 improved"), "{said}");
}
