//! Instructions as a metric, by the CPU's counter or by callgrind, and the layouts that they leave out.

use std::process::Command;

use crate::diff::{commit, git};
use crate::project::{Project, SHARED_TARGET, Said};

/// Whether somebody can count here; says why not, and fails where that was promised.
fn can_be_counted() -> bool {
    let found = Command::new("valgrind").arg("--version").output();
    let promised = std::env::var_os("PERFREG_REQUIRE_VALGRIND").is_some();
    match found {
        Ok(output) if output.status.success() => true,
        _ if promised => panic!("there is no valgrind"),
        _ => {
            eprintln!("not run: there is no valgrind");
            false
        }
    }
}

/// The project's tests with `options`, counting instructions.
fn list(project: &Project, options: &str) {
    let tests = project.read("tests/perf.rs");
    project.write("tests/perf.rs", &tests.replace("json\"", &format!("json\", {options}")));
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn one_percent_more_instructions_are_a_regression() {
    if !can_be_counted() {
        return;
    }
    let project = Project::measuring("instructions");
    list(&project, "metrics = [instructions], launches = 3");
    let measure = ["test", "--release", "--test", "perf"];
    let kept = |name: &str| {
        let baseline = project.read("gt/perf.json");
        assert!(baseline.contains(name), "{baseline}");
    };
    project.cargo(&measure).expect(0);
    project.perfreg(&["accept"]).expect(0);
    kept("instructions");
    project.cargo(&measure).expect(0);

    project.set_work("parse", 101);
    let said = project.cargo(&measure).expect(101);
    assert!(said.mentions("perf::parse regressed: "), "{said}");
    assert!(said.mentions("instructions +1.0 %"), "{said}");
    assert!(!said.mentions("perf::sort regressed"), "{said}");

    project.perfreg(&["accept", "-m", "worth it"]).expect(0);
    project.set_work("parse", 90);
    let said = project.cargo(&measure).expect(0);
    assert!(said.mentions("perf::parse improved: "), "{said}");
}

#[test]
#[ignore = "measures: optimised builds of two states in several layouts, minutes"]
fn layouts_are_part_of_the_spread() {
    if cfg!(not(target_os = "linux")) {
        return eprintln!("not run: the linker here is not known to order functions");
    }
    let project = Project::measuring("layouts");
    project.write(".gitignore", "target\n");
    git(&project, &["init", "--quiet", "--initial-branch=main"]);
    commit(&project, "begin");
    project.set_work("sort", 140);
    let target = ["--target-dir", SHARED_TARGET];
    let words = ["diff", "HEAD", "--no-progress", "--layouts", "7", "-t", "parse"];
    let said = project.perfreg(&[&words[..], &target].concat()).expect(0);
    assert!(said.mentions("linking layout 7 of 7"), "{said}");
    assert!(said.mentions("1 selected: 0 regressed, 1 unchanged"), "{said}");
    // Seven of seven are no proof yet, whatever the change.
    let words = ["diff", "HEAD", "--no-progress", "--layouts", "7", "-t", "sort"];
    let said =
        Said::from(project.perfreg_command(&[&words[..], &target].concat()).output().unwrap());
    assert!(said.mentions("0 regressed, 1 inconclusive") && said.mentions("+4"), "{said}");
    let few = [&["diff", "HEAD", "--layouts", "3"], &target[..]].concat();
    let said = project.perfreg(&few).expect(2);
    assert!(said.mentions("3 is not in 7..=50"), "{said}");
}
