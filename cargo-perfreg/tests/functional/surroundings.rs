//! What a measured test finds around it, and what is left when the tool is killed.

use std::path::Path;
use std::time::{Duration, Instant};

use perfreg_core::Verdict;

use crate::scripted::{Script, prepare, project};

#[test]
fn a_test_runs_as_under_cargo_test() {
    let project = project();
    prepare(&project, "first", &Script::judged("first", &[Verdict::Unchanged]));
    // Our own process may have been started by another package's tests.
    let mut command = project.perfreg_command(&["run", "first", "--features", "extra"]);
    assert!(command.env("CARGO_MANIFEST_DIR", "/elsewhere").output().unwrap().status.success());
    let seen = project.read("seen/first");
    let root = project.path("").canonicalize().unwrap();
    let check = |line: &str| assert!(seen.lines().any(|l| l == line), "no {line} in\n{seen}");
    check("PERFREG=measure");
    check("PERFREG_LIFELINE=1");
    check("PERFREG_FEATURES=extra");
    check(&format!("CARGO_MANIFEST_DIR={}", root.display()));
    check(&format!("CARGO_MANIFEST_PATH={}", root.join("Cargo.toml").display()));
    assert!(seen.contains("PERFREG_OUTCOME="), "{seen}");
    assert!(!seen.contains("PERFREG_UPDATE="), "{seen}");
}

#[test]
fn a_run_that_demands_a_baseline_makes_none() {
    let project = project();
    prepare(&project, "first", &Script::judged("first", &[Verdict::New]));
    project.perfreg(&["run", "first", "--require-baseline"]).expect(3);
    assert!(project.read("seen/first").contains("PERFREG_UPDATE=no"));
}

/// Waits until the file is there; a test that waits forever would tell nothing.
fn await_file(path: &Path) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(120) {
        if path.exists() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn nothing_outlives_a_killed_tool() {
    let project = project();
    prepare(&project, "first", &Script { waits: true, ..Script::default() });
    let mut tool = project.perfreg_command(&["run", "first"]).spawn().unwrap();
    assert!(await_file(&project.path("seen/first")), "the test never began");
    // Held open as long as the tool lives.
    std::thread::sleep(Duration::from_millis(200));
    assert!(!project.path("seen/first.ended").exists(), "the lifeline was never there");
    tool.kill().unwrap();
    tool.wait().unwrap();
    assert!(await_file(&project.path("seen/first.ended")), "the test lives on");
}
