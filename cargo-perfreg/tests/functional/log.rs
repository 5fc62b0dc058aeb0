//! What `PERFREG_LOG` makes the tool and the tests tell of their doings.

use perfreg_core::Verdict;

use crate::project::{Project, Said, decided, with};
use crate::scripted::{Script, prepare, project};

/// Runs `first` of a scripted project at a level.
fn scripted(project: &Project, level: &str) -> Said {
    prepare(project, "first", &Script::judged("first", &[Verdict::Unchanged]));
    let mut command = project.perfreg_command(&["run", "first", "--launches", "12"]);
    Said::from(command.env("PERFREG_LOG", level).output().unwrap())
}

#[test]
fn each_level_tells_more_than_the_one_below() {
    let project = project();
    let check = |level: &str, told: &[&str], untold: &[&str]| {
        let said = scripted(&project, level).expect(0);
        for part in told {
            let line = format!("perfreg: {part}");
            assert!(said.stderr.lines().any(|l| l.starts_with(&line)), "{level}: {part}\n{said}");
        }
        for part in untold {
            assert!(!said.stderr.contains(part), "{level}: {part}\n{said}");
        }
        assert!(!said.stdout.contains("perfreg: "), "{said}");
    };
    let settings = "scripted::first: threshold 5% (default), launches 12 (command line), budget 2s";
    check("", &[], &["perfreg: "]);
    check("warn", &[], &["perfreg: "]);
    check("info", &["build: ", "found ", settings], &["found scripted::first", "test: "]);
    check("debug", &["build: ", "found scripted::first at tests/scripted.rs:1"], &["test: "]);
    check("trace", &["build: ", "found scripted::first", "test: "], &[]);
}

#[test]
fn a_level_that_there_is_not_stops_the_tool() {
    let said = scripted(&project(), "loud").expect(2);
    let expected = "error: environment variable PERFREG_LOG is `loud`; expected `error`, `warn`, \
                    `info`, `debug` or `trace`";
    assert!(said.stderr.contains(expected), "{said}");
}

/// Checks what is told of the launches of `perf::parse`, of which there are ten at least.
#[track_caller]
fn check_launches(said: &Said) {
    let is_told = |launch: u32| {
        let begin = format!("perfreg: perf::parse [default] launch {launch}: wall_time ");
        said.stderr.lines().any(|line| line.starts_with(&begin) && line.contains("crowding"))
    };
    assert!((1..=10).all(is_told), "{said}");
}

#[test]
#[ignore = "measures for seconds: run with --release --ignored"]
fn a_measured_test_tells_its_launches() {
    let project = Project::measuring("log");
    let cargo = |level: &str| {
        let command = || project.cargo_command(&["test", "--release", "--test", "perf", "parse"]);
        decided(|| with(command(), &[("PERFREG_LOG", level)]))
    };
    let told = |said: &Said, part: &str| said.stderr.contains(&format!("perfreg: {part}"));
    let silent = cargo("").expect(0);
    assert!(!told(&silent, "perf::parse [default]"), "{silent}");
    let info = cargo("info").expect(0);
    assert!(told(&info, "read .perfreg/baselines/") && told(&info, "there is no gt/perf.json"));
    assert!(told(&info, "perf::parse [default]: thread_cpu_time: a baseline of "), "{info}");
    assert!(told(&info, "perf::parse [default]: bought 10 launches"), "{info}");
    assert!(!told(&info, "perf::parse [default] launch 1"), "{info}");
    let debug = cargo("debug").expect(0);
    check_launches(&debug);
    assert!(told(&debug, "perf::parse [default]: thread_cpu_time is "), "{debug}");
    let trace = cargo("trace").expect(0);
    assert!(told(&trace, "worker: ") && trace.stderr.contains("PERFREG_WORKER="), "{trace}");
    assert!(trace.stderr.contains(" samples of "), "{trace}");
    let unknown = cargo("loud");
    assert!(unknown.code != Some(0) && unknown.mentions("PERFREG_LOG is `loud`"), "{unknown}");
    // The tool hands on what the test told it.
    let mut command = project.perfreg_command(&["run", "parse"]);
    check_launches(&Said::from(command.env("PERFREG_LOG", "debug").output().unwrap()).expect(0));
}
