//! Where baselines are written, by what `PERFREG_UPDATE` and `accept` say.

use crate::project::{Project, Said};

const COUNTING: &str = r#"//! A test with an allocator that counts.

use std::hint::black_box;

use perfreg::{AllocCounter, perf_regression};

#[global_allocator]
static ALLOC: AllocCounter = AllocCounter::system();

#[perf_regression(baseline = "gt/perf.json")]
fn parse() -> u64 {
    sample::parse(black_box(1))
}
"#;

/// Which metrics of the committed and of the local file there are.
fn metrics(project: &Project) -> [String; 2] {
    ["gt/perf.json", ".perfreg/baselines/sample-updates/gt/perf.json"].map(|name| {
        let text = std::fs::read_to_string(project.path(name)).unwrap_or_default();
        let known = ["allocations", "thread_cpu_time"];
        let found = known.iter().filter(|metric| text.contains(&format!("\"{metric}\"")));
        found.copied().collect::<Vec<_>>().join(" ")
    })
}

#[track_caller]
fn check(project: &Project, update: &str, code: i32, expected: [&str; 2]) {
    let mut command = project.cargo_command(&["test", "--release", "--test", "perf"]);
    Said::from(command.env("PERFREG_UPDATE", update).output().unwrap()).expect(code);
    assert_eq!(metrics(project), expected, "PERFREG_UPDATE={update}");
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn baselines_go_where_they_are_told() {
    let project = Project::measuring("updates");
    project.write("tests/perf.rs", COUNTING);
    check(&project, "no", 0, ["", ""]);
    check(&project, "pending", 0, ["", "allocations thread_cpu_time"]);
    std::fs::remove_dir_all(project.path(".perfreg")).unwrap();
    check(&project, "new", 0, ["allocations", "thread_cpu_time"]);
    project.set_work("parse", 130);
    check(&project, "no", 101, ["allocations", "thread_cpu_time"]);
    check(&project, "always", 0, ["allocations", "thread_cpu_time"]);
    check(&project, "no", 0, ["allocations", "thread_cpu_time"]);
    // Once the times of this host are committed, it is those that are compared and replaced.
    project.perfreg(&["accept", "--commit-time", "-m", "for all"]).expect(0);
    assert_eq!(metrics(&project)[0], "allocations thread_cpu_time");
    project.set_work("parse", 170);
    check(&project, "pending", 101, ["allocations thread_cpu_time", "thread_cpu_time"]);
    project.perfreg(&["accept", "-m", "more work"]).expect(0);
    check(&project, "pending", 0, ["allocations thread_cpu_time", "thread_cpu_time"]);
    assert!(project.read("gt/perf.json").contains("more work"));

    let said = project.perfreg(&["baseline", "show"]).expect(0);
    assert!(said.mentions("perf::parse default thread_cpu_time") && said.mentions("more work"));
    project.perfreg(&["baseline", "check", "parse"]).expect(0);
    let said = project.perfreg(&["baseline", "show", "sort"]).expect(2);
    assert!(said.mentions("no test that ran is called \"sort\""), "{said}");
    let said = project.perfreg(&["baseline", "reset"]).expect(0);
    assert!(said.mentions("forgot perf::parse default in .perfreg"), "{said}");
    assert_eq!(metrics(&project), ["allocations thread_cpu_time", ""]);
    project.perfreg(&["baseline", "reset", "--committed"]).expect(0);
    assert_eq!(metrics(&project), ["", ""]);
    let said = project.perfreg(&["baseline", "show"]).expect(0);
    assert!(said.mentions("there are no baselines"), "{said}");
    check(&project, "pending", 0, ["", "allocations thread_cpu_time"]);
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn a_project_can_begin_with_init() {
    let project = Project::measuring("init");
    std::fs::remove_file(project.path("tests/perf.rs")).unwrap();
    project.write(".config/nextest.toml", "# mine\n");
    let said = project.perfreg(&["init"]).expect(0);
    for part in ["wrote perfreg.toml", "wrote tests/perf.rs", "kept .config/nextest.toml"] {
        assert!(said.mentions(part), "{said}");
    }
    assert_eq!(project.read(".config/nextest.toml"), "# mine\n");
    let said = project.perfreg(&["run"]).expect(0);
    assert!(said.mentions("1 new"), "{said}");
    let said = project.perfreg(&["init"]).expect(0);
    assert!(said.mentions("kept tests/perf.rs") && !said.mentions("wrote"), "{said}");
    let said = project.perfreg(&["completions", "bash"]).expect(0);
    assert!(said.stdout.contains("complete -F"), "{said}");
}
