//! What must not hide: a check that no longer takes place, and a baseline that creeps.

use crate::project::{Project, until};

/// The sample's `parse` with `allocations` strings beside it, counted if there is an allocator.
fn test(allocator: &str, options: &str, strings: u32) -> String {
    format!(
        r#"//! Counts what it allocates.

use std::hint::black_box;

use perfreg::perf_regression;

{allocator}

#[perf_regression(baseline = "gt/perf.json"{options})]
fn parse() -> u64 {{
    for _ in 0..{strings} {{
        black_box(String::with_capacity(black_box(8)));
    }}
    sample::parse(black_box(1))
}}
"#
    )
}

const COUNTING: &str =
    "#[global_allocator]\nstatic ALLOC: perfreg::AllocCounter = perfreg::AllocCounter::system();";

fn provenance(project: &Project, file: &str) -> String {
    let text = project.read(file);
    let line = text.lines().find(|line| line.contains("\"measured\"")).unwrap();
    line.to_owned()
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn a_metric_that_is_gone_is_missed_and_one_that_is_accepted_moves_alone() {
    let project = Project::measuring("hidden");
    let measure = ["test", "--release", "--test", "perf"];
    project.write("tests/perf.rs", &test(COUNTING, "", 2));
    project.cargo(&measure).expect(0);
    project.perfreg(&["accept", "-m", "two strings"]).expect(0);
    let local = ".perfreg/baselines/sample-hidden/gt/perf.json";
    let before = provenance(&project, local);

    // One string more is 50 % more allocations and next to no time.
    project.write("tests/perf.rs", &test(COUNTING, "", 3));
    let said = project.cargo(&measure).expect(101);
    assert!(said.mentions("allocations +50.0 %"), "{said}");
    project.perfreg(&["accept", "-m", "three strings"]).expect(0);
    assert!(project.read("gt/perf.json").contains("three strings"));
    assert_eq!(provenance(&project, local), before, "the time was not what was accepted");
    project.cargo(&measure).expect(0);

    project.write("tests/perf.rs", &test("", "", 3));
    let said = project.cargo(&measure).expect(101);
    let gone = "no longer measures `allocations`, which gt/perf.json holds for it";
    assert!(said.mentions(gone), "{said}");
    // To list what is meant is an answer.
    project.write("tests/perf.rs", &test("", ", metrics = [time]", 3));
    project.cargo(&measure).expect(0);
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn three_launches_convict_and_half_a_build_is_not_measured() {
    let project = Project::measuring("launches");
    let measure = ["test", "--release", "--test", "perf"];
    project.write("tests/perf.rs", &test("", ", launches = 3", 0));
    let local = ".perfreg/baselines/sample-launches/gt/perf.json";
    let ten = "\"launches\":10";
    let anew = || {
        // Nothing is there the first time.
        let _ = std::fs::remove_dir_all(project.path(".perfreg"));
        project.cargo(&measure).expect(0)
    };
    until(anew, |_| std::fs::read_to_string(project.path(local)).is_ok_and(|k| k.contains(ten)));
    project.cargo(&measure).expect(0);
    let kept = project.read(local);
    assert!(kept.contains(ten), "{kept}");

    // Dependencies are optimised and so is perfreg; the crate under test is not.
    let manifest = project.read("Cargo.toml");
    let mixed = format!("{manifest}\n[profile.dev.package.\"*\"]\nopt-level = 3\n");
    project.write("Cargo.toml", &mixed);
    let said = project.cargo(&["test", "--test", "perf"]).expect(0);
    assert!(said.mentions("this crate is not optimised"), "{said}");
    assert_eq!(project.read(local), kept);
    // Where the crate itself is optimised, it is measured, whatever the profile is called.
    project.write("Cargo.toml", &format!("{mixed}\n[profile.dev]\nopt-level = 1\n"));
    let said = project.cargo(&["test", "--test", "perf"]).expect(0);
    assert!(said.mentions("not comparable") && said.mentions("debug"), "{said}");
    assert_eq!(project.read(local), kept);

    project.set_work("parse", 400);
    let said = project.cargo(&measure).expect(101);
    assert!(said.mentions("regressed: thread_cpu_time +"), "{said}");
}
