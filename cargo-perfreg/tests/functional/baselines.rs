//! Where baselines are written, by what `PERFREG_UPDATE` and `accept` say.

use crate::project::{Project, Said, WORKSPACE, decided, until, with};

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
    let command = || project.cargo_command(&["test", "--release", "--test", "perf"]);
    decided(|| with(command(), &[("PERFREG_UPDATE", update)])).expect(code);
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
    project.set_work("parse", 400);
    check(&project, "no", 101, ["allocations", "thread_cpu_time"]);
    check(&project, "always", 0, ["allocations", "thread_cpu_time"]);
    check(&project, "no", 0, ["allocations", "thread_cpu_time"]);
    // Once the times of this host are committed, it is those that are compared and replaced.
    project.perfreg(&["accept", "--commit-time", "-m", "for all"]).expect(0);
    assert_eq!(metrics(&project)[0], "allocations thread_cpu_time");
    project.set_work("parse", 1500);
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
fn baselines_are_saved_generated_and_cleared() {
    let project = Project::measuring("generate");
    let perfreg = |words: &[&str], code: i32, parts: &[&str]| {
        let said = project.perfreg(words).expect(code);
        for part in parts {
            assert!(said.mentions(part), "{words:?} lacks `{part}`: {said}");
        }
    };
    perfreg(&["baseline", "save", "before"], 2, &["no test was measured yet"]);
    // New, or unchanged since a neighbour let one of them wait for another run.
    perfreg(&["run"], 0, &["3 selected: "]);
    perfreg(
        &["baseline", "save", "before"],
        0,
        &["saved perf::sort", "wrote .perfreg/saved/before.json"],
    );
    perfreg(&["baseline", "compare", "befor"], 2, &["there are: before"]);
    perfreg(&["baseline", "compare", "before"], 0, &["perf::sort", "unchanged"]);
    project.set_work("sort", 400);
    perfreg(&["run"], 1, &["1 regressed"]);
    perfreg(&["baseline", "compare", "before", "parse"], 0, &["unchanged"]);
    perfreg(&["baseline", "compare", "before"], 1, &["regressed"]);

    let generate =
        ["baseline", "generate", "--sessions", "2", "--pause", "0s", "-m", "new machine"];
    let copies =
        [&generate[..], &["--launches", "10", "--timeout", "60", "--commit-time"]].concat();
    // A session beside a neighbour is left out, and a test without any has no baseline.
    let is_whole = |said: &Said| said.code == Some(0) && said.mentions(": 2 sessions");
    let said = until(|| Said::from(project.perfreg_command(&copies).output().unwrap()), is_whole);
    let said = said.expect(0);
    for part in ["perf::sort: ", "kept a copy: .perfreg/backup/", "wrote gt/perf.json"] {
        assert!(said.mentions(part), "{copies:?} lacks `{part}`: {said}");
    }
    let text = project.read("gt/perf.json");
    assert_eq!(text.matches("\"reason\":\"new machine\"").count(), 4, "{text}");
    perfreg(&["run"], 0, &["3 unchanged"]);
    perfreg(&["baseline", "show", "checksum"], 0, &["accepted: new machine"]);

    perfreg(&["baseline", "unreferenced"], 0, &["every entry is of a test that is there"]);
    let tests = project.read("tests/perf.rs").replace("fn parse(", "fn parse_all(");
    project.write("tests/perf.rs", &tests.replace("args = [20, 80]", "args = [20]"));
    perfreg(&["run", "sort", "checksum"], 0, &["2 unchanged"]);
    let gone = ["gt/perf.json: parse [default]", "gt/perf.json: sort [80]"];
    perfreg(&["baseline", "unreferenced"], 0, &[&gone[..], &["--remove removes them"]].concat());
    perfreg(&["baseline", "unreferenced", "--remove"], 0, &gone);
    perfreg(&["baseline", "unreferenced"], 0, &["every entry is of a test that is there"]);
    assert_eq!(project.read("gt/perf.json").matches("\"case\"").count(), 2);
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn a_project_can_begin_with_init() {
    let project = Project::empty("sample-init");
    let init = |words: &[&str]| project.perfreg(&[&["init"], words].concat()).expect(0);
    let said = init(&["--path", WORKSPACE]);
    let added = "added perfreg to the dev-dependencies of sample-init\n";
    let wrote = ["tests/perf.rs", "perfreg.toml", ".github/workflows/perfreg.yml"]
        .map(|name| format!("wrote {name}\n"))
        .concat();
    let nextest = "wrote .config/nextest.toml\n";
    assert_eq!(said.stdout, format!("{added}{wrote}{nextest}next: cargo perfreg run\n"));
    let said = project.perfreg(&["run"]).expect(0);
    assert!(said.mentions("1 new"), "{said}");
    let groups = ["nextest", "show-config", "test-groups", "--release"];
    let said = project.cargo(&groups).expect(0);
    assert!(said.mentions("performance (max threads = 1)") && said.mentions("first"), "{said}");

    let said = init(&[]);
    assert!(said.mentions("kept tests/perf.rs") && !said.mentions("wrote"), "{said}");
    assert!(said.mentions("kept the dependency") && !said.mentions("add to"), "{said}");
    project.write(".config/nextest.toml", "# mine\n");
    let said = init(&[]);
    let advice = "kept .config/nextest.toml, which is there already\nadd to it";
    assert!(said.mentions(advice) && said.mentions("[test-groups]\nperformance"), "{said}");
    assert_eq!(project.read(".config/nextest.toml"), "# mine\n");
}
