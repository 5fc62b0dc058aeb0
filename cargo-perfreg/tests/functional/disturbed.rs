//! What happens to a measurement that is disturbed: neighbours that keep every core busy, another
//! run at the same time, a baseline that cannot be written, a kill at any moment.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::neighbours::Neighbours;
use crate::project::{Project, Said, decided, with};

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn unchanged_code_is_never_red_with_every_core_busy() {
    const RUNS: usize = 8;
    let project = Project::measuring("busy-cores");
    project.perfreg(&["run"]).expect(0);
    let _neighbours = Neighbours::one_per_core();
    for run in 0..RUNS {
        // What is left open is no answer to wait for here.
        let mut nextest = project.cargo_command(&["nextest", "run", "--release", "--no-fail-fast"]);
        let said = Said::from(nextest.output().unwrap());
        assert_eq!(said.code, Some(0), "run {run} of {RUNS}: {said}");
    }
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn two_runs_wait_for_each_other() {
    let project = Project::measuring("two-runs");
    project.cargo(&["test", "--release", "--no-run"]).expect(0);
    let first = spawn(&mut project.cargo_command(&["test", "--release", "--test", "perf"]));
    wait_until(|| project.path(".perfreg/runs").is_dir() || lock_is_held(&project));
    let mut second = project.cargo_command(&["test", "--release", "--test", "perf"]);
    let second = Said::from(second.output().unwrap());
    let first = Said::from(first.wait_with_output().unwrap()).expect(0);
    let second = second.expect(0);
    // Whoever came second says for whom it waits.
    let waited = |said: &Said| said.stderr.contains("waiting for the machine: process ");
    assert!(waited(&first) || waited(&second), "{first}\n{second}");
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn a_file_that_cannot_be_written_is_named() {
    let project = Project::measuring("unwritable");
    project.perfreg(&["run", "parse"]).expect(0);
    // A folder of that name can be written over by nobody, not even by root.
    std::fs::create_dir_all(project.path("gt/perf.json")).unwrap();
    let said = project.cargo(&["test", "--release", "--test", "perf", "parse"]);
    assert!(said.code != Some(0) && said.mentions("gt/perf.json"), "{said}");
    std::fs::remove_dir(project.path("gt/perf.json")).unwrap();
    project.set_work("parse", 400);
    project.perfreg(&["run", "parse"]).expect(1);
    let before = project.read(".perfreg/baselines/sample-unwritable/gt/perf.json");
    std::fs::remove_dir_all(project.path("gt")).unwrap();
    std::fs::write(project.path("gt"), "no folder").unwrap();
    let said = project.perfreg(&["accept", "--commit-time", "-m", "more work"]);
    assert!(said.code != Some(0) && said.mentions("gt"), "{said}");
    assert_eq!(project.read(".perfreg/baselines/sample-unwritable/gt/perf.json"), before);
    assert!(project.perfreg(&["pending"]).stdout.contains("perf::parse"), "nothing is lost");
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn nothing_is_written_in_ci() {
    let project = Project::measuring("in-ci");
    let command = || project.cargo_command(&["test", "--release", "--test", "perf"]);
    let said = decided(|| with(command(), &[("CI", "true")])).expect(0);
    assert!(said.stderr.contains("new: thread_cpu_time"), "{said}");
    assert!(!project.path("gt").exists() && !project.path(".perfreg/baselines").exists());
    assert!(!project.path(".perfreg/pending").exists());
}

/// A kill takes effect at once and runs no clean-up, as a crash or a power cut would.
#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn a_kill_at_any_moment_leaves_whole_files_and_no_workers() {
    const KILLS: u32 = 100;
    let project = Project::measuring("killed");
    project.perfreg(&["run", "parse"]).expect(0);
    project.perfreg(&["accept", "-m", "first"]).stdout.clear();
    let whole_before = baselines(project.path("").as_path());
    assert!(!whole_before.is_empty());
    let run = time(|| drop(project.perfreg(&["run", "parse"])));
    for kill in 0..KILLS {
        // Measuring that writes baselines at its end, and accepting alone, in turns.
        let (words, span): (&[&str], _) = match kill % 2 {
            0 => (&["run", "parse"], run),
            _ => (&["accept", "-m", "again"], Duration::from_millis(40)),
        };
        let mut command = project.perfreg_command(words);
        let mut child = spawn(command.env("PERFREG_UPDATE", "always"));
        // A low-discrepancy sequence covers the span more evenly than random numbers would.
        let share = (f64::from(kill) * 0.618_033_988_749_895).fract();
        thread::sleep(span.mul_f64(share));
        child.kill().unwrap();
        child.wait().unwrap();
        for path in baselines(project.path("").as_path()) {
            let read = perfreg_core::store::BaselineFile::read(&path);
            assert!(matches!(read, Ok(Some(_))), "kill {kill}: {}: {read:?}", path.display());
        }
        wait_until(|| workers(&project).is_empty());
    }
    project.perfreg(&["run", "parse"]).expect(0);
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn measuring_ends_when_cargo_is_killed() {
    let project = Project::measuring("orphaned");
    // Long enough that it is not done before it is killed.
    project.write(
        "tests/perf.rs",
        &project.read("tests/perf.rs").replace("json\"", "json\", launches = 300"),
    );
    project.cargo(&["test", "--release", "--no-run"]).expect(0);
    let test = || spawn(&mut project.cargo_command(&["test", "--release", "--test", "perf"]));
    // The one that measures has a worker, the other one waits for the machine.
    let mut cargos = Vec::new();
    for processes in [2, 3] {
        let cargo = test();
        wait_until(|| workers(&project).len() >= processes);
        cargos.push(cargo);
    }
    for cargo in &mut cargos {
        cargo.kill().unwrap();
        cargo.wait().unwrap();
    }
    wait_until(|| workers(&project).is_empty());
    assert!(!project.path(".perfreg/baselines").exists(), "a broken run is no baseline");
}

fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

pub(crate) fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for what has to come; a test that waits in vain has failed.
#[track_caller]
pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    let patience = Duration::from_secs(20);
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < patience, "waited {patience:?} in vain");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Every baseline file of the project.
fn baselines(root: &Path) -> Vec<std::path::PathBuf> {
    ["gt/perf.json", ".perfreg/baselines/sample-killed/gt/perf.json"]
        .iter()
        .map(|name| root.join(name))
        .filter(|path| path.exists())
        .collect()
}

/// The processes that run test executables of this project: its folder is their working folder.
pub(crate) fn workers(project: &Project) -> Vec<String> {
    let root = project.path("").canonicalize().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let ours = |process: &std::fs::DirEntry| {
        let path = process.path();
        let folder = std::fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&root));
        let test = std::fs::read_link(path.join("exe")).is_ok_and(|exe| {
            exe.file_name().is_some_and(|n| n.to_string_lossy().starts_with("perf-"))
        });
        folder && test
    };
    processes.filter(ours).map(|p| p.file_name().to_string_lossy().into_owned()).collect()
}

fn lock_is_held(project: &Project) -> bool {
    !workers(project).is_empty()
}
