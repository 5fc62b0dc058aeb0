//! The tail of a test's calls, on request: it sees what the typical call does not.

use crate::project::{Project, Said, until};

const TESTS: &str = r#"//! Calls that are alike, but for one of 64.

use std::hint::black_box;

use perfreg::{Bencher, perf_regression};

const WORK: u32 = 1;
const RARE: u32 = 1;

#[perf_regression(baseline = "gt/perf.json", metrics = [time, p99])]
fn calls(b: Bencher) {
    let mut calls = 0_u32;
    b.bench(move || {
        calls += 1;
        let rounds = if calls.is_multiple_of(64) { WORK * RARE } else { WORK };
        (0..rounds).fold(1, |state, _| sample::parse(black_box(state)))
    });
}
"#;

/// A run and one that is compared with it. A baseline that a neighbour left too few launches of is
/// begun again: no later run can do without them.
fn twice(project: &Project) -> Said {
    let run = || project.perfreg(&["run"]).expect(0);
    let anew = || {
        // Nothing is there the first time.
        let _ = std::fs::remove_dir_all(project.path(".perfreg"));
        run();
        run()
    };
    until(anew, |said| !said.mentions("and the baseline has"))
}

#[test]
#[ignore = "measures: optimised builds of a project"]
fn one_call_of_64_regresses_the_tail_alone() {
    let project = Project::measuring("tails");
    project.write("tests/perf.rs", TESTS);
    let said = twice(&project);
    assert!(said.mentions("thread_cpu_time_p99") && !said.mentions("tail unchecked"), "{said}");
    // By more than a neighbour costs.
    project.write("tests/perf.rs", &TESTS.replace("RARE: u32 = 1", "RARE: u32 = 8"));
    let said = project.perfreg(&["run"]).expect(1);
    assert!(said.mentions("regressed: thread_cpu_time_p99 +"), "{said}");
    assert!(!said.mentions("regressed: thread_cpu_time +"), "{said}");
    project.write("tests/perf.rs", &TESTS.replace("WORK: u32 = 1", "WORK: u32 = 200"));
    let said = project.perfreg(&["run"]);
    assert!(said.mentions("tail unchecked: p99 needs 1000 calls a launch, and "), "{said}");
    assert!(!said.mentions("regressed: thread_cpu_time_p99"), "{said}");
}
