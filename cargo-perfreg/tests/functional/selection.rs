//! Which tests are measured, and what is said when there are none.

use perfreg_core::Verdict;

use crate::project::Project;
use crate::scripted::{Script, TESTS, prepare, project};

/// Runs with `words`; which tests were started, in order of their names.
#[track_caller]
fn check(project: &Project, words: &[&str], code: i32, started: &[&str]) {
    let _ = std::fs::remove_dir_all(project.path("seen"));
    let words: Vec<_> = ["run"].iter().chain(words).copied().collect();
    let said = project.perfreg(&words).expect(code);
    let seen = |name: &&&str| project.path(&format!("seen/{name}")).exists();
    let seen: Vec<_> = TESTS.iter().filter(seen).copied().collect();
    assert_eq!(seen, started, "{words:?}\n{said}");
}

#[test]
fn filters_select() {
    let project = project();
    for name in TESTS {
        prepare(&project, name, &Script::judged(name, &[Verdict::Unchanged]));
    }
    check(&project, &[], 0, &["first", "second"]);
    check(&project, &["--include-ignored"], 0, &["first", "second", "third"]);
    check(&project, &["scripted::"], 0, &["first", "second"]);
    check(&project, &["irs", "nothing"], 2, &[]);
    check(&project, &["irs"], 0, &["first"]);
    check(&project, &["fir", "sec"], 0, &["first", "second"]);
    check(&project, &["--exact", "fir"], 2, &[]);
    check(&project, &["--exact", "first"], 0, &["first"]);
    check(&project, &["--exact", "scripted::first"], 0, &["first"]);
    check(&project, &["third"], 4, &[]);
    check(&project, &["third", "--include-ignored"], 0, &["third"]);
    check(&project, &["-p", "sample", "first"], 0, &["first"]);
    check(&project, &["-p", "nobody"], 2, &[]);
    project.write("perfreg.toml", "[run]\npackages = ['nobody']\n");
    check(&project, &[], 2, &[]);
    check(&project, &["--workspace", "first"], 0, &["first"]);
    check(&project, &["-p", "sample", "first"], 0, &["first"]);
    std::fs::remove_file(project.path("perfreg.toml")).unwrap();
    check(&project, &["--no-such-option"], 2, &[]);
    check(&project, &["--profile", "nobody"], 2, &[]);
}

#[test]
fn shards_together_are_the_whole() {
    let project = project();
    for name in TESTS {
        prepare(&project, name, &Script::judged(name, &[Verdict::Unchanged]));
    }
    let all = "--include-ignored";
    check(&project, &[all, "--shard", "1/1"], 0, &["first", "second", "third"]);
    check(&project, &[all, "--shard", "1/2"], 0, &["third"]);
    check(&project, &[all, "--shard", "2/2"], 0, &["first", "second"]);
    check(&project, &[all, "--shard", "2/2", "second"], 0, &["second"]);
    // A shard may be empty where the selection is not.
    check(&project, &["--shard", "1/2"], 0, &[]);
    check(&project, &["--shard", "1/2", "third"], 4, &[]);
    let said = project.perfreg(&["run", "--shard", "1/2"]).expect(0);
    assert!(said.stderr.contains("shard 1/2: 0 of 2 selected tests"), "{said}");
    for wrong in ["0/3", "4/3", "1", "a/b"] {
        check(&project, &["--shard", wrong], 2, &[]);
    }
}

#[test]
fn a_filter_for_nothing_names_what_there_is() {
    let said = project().perfreg(&["run", "frist"]).expect(2);
    assert!(said.stderr.contains("no annotated test matches \"frist\""), "{said}");
    TESTS.iter().for_each(|name| assert!(said.stderr.contains(name), "{said}"));
}

#[test]
fn what_the_macro_registers_is_found_in_source_order() {
    let said = Project::measuring("registered").perfreg(&["run", "nothing"]).expect(2);
    let names: Vec<_> =
        said.stderr.lines().filter_map(|line| line.strip_prefix("  perf::")).collect();
    assert_eq!(names, ["parse", "sort", "checksum"], "{said}");
}

#[test]
fn a_project_without_annotated_tests_is_not_green() {
    let plain = "#[test]\nfn plain() { panic!(\"never started\") }\n";
    let said = Project::new(&[("tests/plain.rs", plain)]).perfreg(&["run"]).expect(4);
    assert!(said.stderr.contains("no test here carries #[perf_regression]"), "{said}");
}

#[test]
fn outside_a_project_there_is_nothing_to_run() {
    let nowhere = Project::new(&[]);
    std::fs::remove_file(nowhere.path("Cargo.toml")).unwrap();
    let said = nowhere.perfreg(&["run"]).expect(2);
    assert!(said.stderr.contains("Cargo.toml"), "{said}");
}

#[test]
fn deciding_needs_something_pending() {
    let project = project();
    let check = |words: &[&str], code: i32, part: &str| {
        let said = project.perfreg(words).expect(code);
        assert!(said.mentions(part), "{part:?} is not in\n{said}");
    };
    check(&["pending"], 0, "nothing is pending");
    check(&["pending", "--json"], 0, "[]");
    check(&["accept", "-m", "why"], 0, "nothing is pending");
    check(&["accept", "first", "-m", "why"], 2, "nothing is pending for \"first\"");
    check(&["reject"], 0, "nothing is pending");
    check(&["reject", "first"], 2, "nothing is pending for \"first\"");
    check(&["last"], 0, "no run is recorded");
    project.write("perfreg.toml", "[baselines]\ncommit-time = []\n");
    check(&["accept"], 2, "expected `commit-time-for`");
}
