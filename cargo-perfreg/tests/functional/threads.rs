//! Work on other threads: on the clock of the process and on the wall.

use crate::project::Project;

const TESTS: &str = r#"//! Two threads, of which the caller's takes longer.

use std::hint::black_box;

use perfreg::perf_regression;

const OTHER: u32 = 40;

fn work(rounds: u32) -> u64 {
    (0..rounds).fold(1, |state, _| sample::parse(black_box(state)))
}

#[perf_regression(baseline = "gt/perf.json")]
fn both() -> u64 {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| work(OTHER));
        work(100) + other.join().unwrap()
    })
}
"#;

#[test]
#[ignore = "measures: optimised builds of a project"]
fn more_work_on_another_thread_is_seen_though_nobody_waits_for_it() {
    let project = Project::measuring("threads");
    project.write("tests/perf.rs", TESTS);
    project.perfreg(&["run"]).expect(0);
    let said = project.perfreg(&["run"]).expect(0);
    for part in ["process_cpu_time", "wall_time", "the work uses other threads"] {
        assert!(said.mentions(part), "{part} is missing: {said}");
    }
    project.write("tests/perf.rs", &TESTS.replace("OTHER: u32 = 40", "OTHER: u32 = 90"));
    let said = project.perfreg(&["run"]).expect(1);
    assert!(said.mentions("perf::both regressed: process_cpu_time +"), "{said}");
}
