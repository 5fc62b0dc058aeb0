//! Waiting that no CPU clock shows, on a quiet machine and on a busy one.

use crate::neighbours::Neighbours;
use crate::project::Project;

const TESTS: &str = r#"//! Two milliseconds of work, and a rest of PAUSE.

use std::hint::black_box;
use std::time::Duration;

use perfreg::perf_regression;

const PAUSE: u64 = 0;

#[perf_regression(baseline = "gt/perf.json")]
fn work() -> u64 {
    let mut state = 1;
    for _ in 0..200 {
        state = sample::parse(black_box(state));
    }
    if PAUSE > 0 {
        std::thread::sleep(Duration::from_micros(PAUSE));
    }
    state
}
"#;

#[test]
#[cfg(target_os = "linux")]
#[ignore = "measures: optimised builds of a project, with every core busy besides"]
fn a_new_wait_is_a_regression_though_no_cpu_works_more() {
    let project = Project::measuring("waiting");
    project.write("tests/perf.rs", TESTS);
    project.perfreg(&["run"]).expect(0);
    project.perfreg(&["run"]).expect(0);
    {
        // Neighbours that take the CPU are not a wait of the work's own.
        let _busy = Neighbours::one_per_core();
        project.perfreg(&["run"]).expect(0);
    }
    project.write("tests/perf.rs", &TESTS.replace("PAUSE: u64 = 0", "PAUSE: u64 = 400"));
    let check = || {
        let said = project.perfreg(&["run"]).expect(1);
        for part in ["perf::work regressed: wall_time", "a lock, a sleep or a device"] {
            assert!(said.mentions(part), "{part} is missing: {said}");
        }
    };
    check();
    {
        let _busy = Neighbours::one_per_core();
        check();
    }
    project.perfreg(&["accept", "-m", "it has to wait"]).expect(0);
    project.perfreg(&["run"]).expect(0);
}
