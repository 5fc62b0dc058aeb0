//! What a measured test finds around it, and what is left when the tool is killed.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use perfreg_core::Verdict;

use crate::project::{Project, Said, with};
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
    let demands = ["PERFREG_STRICT", "PERFREG_REQUIRE_BASELINE", "PERFREG_UPDATE"];
    assert!(!demands.iter().any(|name| seen.contains(name)), "{seen}");
}

#[test]
fn nothing_that_the_project_brings_along_learns_of_the_store() {
    let project = project();
    prepare(&project, "first", &Script::judged("first", &[Verdict::Unchanged]));
    project.write("build.rs", BUILD_SCRIPT);
    let secrets =
        [("PERFREG_STORE", "postgres://ci:hunter2@127.0.0.1:1/perf"), ("PGPASSWORD", "hunter2")];
    let command = with(project.perfreg_command(&["run", "first"]), &secrets);
    let said = Said::from({ command }.output().unwrap()).expect(0);
    // perfreg itself knows of it.
    assert!(said.mentions("the store postgres://ci@127.0.0.1:1/perf"), "{said}");
    for file in ["seen/first", "built"] {
        let seen = project.read(file);
        assert!(seen.contains("CARGO_MANIFEST_DIR="), "{seen}");
        assert!(!seen.contains("hunter2"), "{file}: {seen}");
    }
}

/// Leaves its environment in a file.
const BUILD_SCRIPT: &str = r#"fn main() {
    let seen: String = std::env::vars().map(|(name, value)| format!("{name}={value}\n")).collect();
    std::fs::write("built", seen).unwrap();
}
"#;

#[test]
fn options_and_the_environment_demand_the_same() {
    let project = project();
    prepare(&project, "first", &Script::judged("first", &[Verdict::New]));
    let check = |option: &str, variable: &str, code: i32| {
        project.perfreg(&["run", "first", option]).expect(code);
        assert!(project.read("seen/first").contains(&format!("{variable}=1")), "{option}");
        let mut command = project.perfreg_command(&["run", "first"]);
        let status = command.env(variable, "1").output().unwrap().status;
        assert_eq!(status.code(), Some(code), "{variable}");
    };
    check("--require-baseline", "PERFREG_REQUIRE_BASELINE", 3);
    prepare(&project, "first", &Script::judged("first", &[Verdict::Inconclusive]));
    check("--strict", "PERFREG_STRICT", 5);
}

#[test]
fn what_becomes_the_baseline_anyway_is_no_regression() {
    let project = project();
    prepare(&project, "first", &Script::judged("first", &[Verdict::Regressed]));
    let mut command = project.perfreg_command(&["run", "first"]);
    let status = command.env("PERFREG_UPDATE", "always").output().unwrap().status;
    assert_eq!(status.code(), Some(0));
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
    let mut tool = project.perfreg_command(&["run", "first"]);
    let mut tool = tool.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(await_file(&project.path("seen/first")), "the test never began");
    // Held open as long as the tool lives.
    std::thread::sleep(Duration::from_millis(200));
    assert!(!project.path("seen/first.ended").exists(), "the lifeline was never there");
    tool.kill().unwrap();
    tool.wait().unwrap();
    assert!(await_file(&project.path("seen/first.ended")), "the test lives on");
}

const DRAWN: &str = r#"//! Works on data of a seed.

use perfreg::fixtures::{self, Size};
use perfreg::{Bencher, perf_regression};

#[perf_regression(baseline = "gt/perf.json", args = [Size::Tiny, Size::Small])]
fn sum(b: Bencher, size: Size) {
    if let Ok(threads) = std::env::var("RAYON_NUM_THREADS") {
        assert_eq!((threads.as_str(), fixtures::seed()), ("1", 7));
    }
    let numbers = fixtures::numbers(size, fixtures::seed());
    b.bench(|| numbers.iter().fold(0_u64, |sum, number| sum.rotate_left(5) ^ number));
}
"#;

#[test]
#[ignore = "measures: an optimised build of a project"]
fn a_deterministic_run_is_compared_with_its_like() {
    let project = Project::measuring("deterministic");
    project.write("tests/perf.rs", DRAWN);
    project.perfreg(&["run", "--deterministic=7"]).expect(0);
    let said = project.perfreg(&["run", "--deterministic=7"]).expect(0);
    assert!(said.mentions("1 unchanged"), "{said}");
    let said = project.perfreg(&["run"]).expect(0);
    assert!(said.mentions("release, deterministic with seed 7, and this is"), "{said}");
    let said = project.perfreg(&["run", "--deterministic=x"]).expect(2);
    assert!(said.mentions("invalid value 'x' for '--deterministic"), "{said}");
}
