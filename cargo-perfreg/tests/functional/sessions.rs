//! A baseline gains sessions by runs of the same sources, and by nothing else.

use crate::diff::{commit, repository};
use crate::project::{Project, Said, decided, with};

const LOCAL: &str = ".perfreg/baselines/sample-sessions/gt/perf.json";
const BESIDE: &str = ".perfreg/sessions/sample-sessions/gt/perf.json";

/// Every session of the file as if it had been in another year.
fn put_back(project: &Project, file: &str) {
    let text = project.read(file);
    let years = ["[[\"20", "],[\"20"];
    let old = years.iter().fold(text, |text, year| {
        let parts: Vec<&str> = text.split(year).collect();
        let (first, rest) = parts.split_first().unwrap();
        rest.iter().fold((*first).to_owned(), |text, part| format!("{text}{year}01{}", &part[2..]))
    });
    project.write(file, &old);
}

/// What a run says that measures `checksum` alone.
#[track_caller]
fn run(project: &Project, update: &str) -> Said {
    let command = || project.perfreg_command(&["run", "checksum", "--no-progress"]);
    let variables = [("PERFREG_UPDATE", update), ("PERFREG_LOG", "debug")];
    let said = decided(|| with(command(), &variables)).expect(0);
    assert!(said.mentions("1 unchanged"), "{said}");
    said
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn runs_of_the_same_sources_become_sessions() {
    let project = repository("sessions");
    // The first build writes the versions of the project itself.
    project.perfreg(&["list"]).expect(0);
    commit(&project, "locked");
    project.perfreg(&["run", "checksum"]).expect(0);
    let joined = "joined its baseline";
    let check = |update: &str, file: &str, expected: &str| {
        let before = std::fs::read_to_string(project.path(file)).unwrap_or_default();
        let said = run(&project, update);
        let after = std::fs::read_to_string(project.path(file)).unwrap_or_default();
        assert_eq!(said.mentions(joined), !expected.is_empty(), "{said}");
        assert!(said.mentions(expected), "{said} lacks {expected}");
        assert_eq!(before != after, !expected.is_empty(), "{file}: {said}");
    };
    check("pending", LOCAL, "");
    put_back(&project, LOCAL);
    check("no", LOCAL, "");
    check("pending", LOCAL, "joined its baseline: 2 of 5 sessions");
    check("pending", LOCAL, "");
    put_back(&project, LOCAL);
    project.write("src/new.rs", "//! What git does not know yet.\n");
    check("pending", LOCAL, "");
    std::fs::remove_file(project.path("src/new.rs")).unwrap();
    project.set_work("parse", 101);
    check("pending", LOCAL, "");
    project.set_work("parse", 100);
    check("pending", LOCAL, "joined its baseline: 3 of 5 sessions");

    // A committed entry stays as it was decided, and what joins it lies beside.
    project.perfreg(&["accept", "--commit-time", "-m", "all of it"]).expect(0);
    std::fs::remove_file(project.path(LOCAL)).unwrap();
    put_back(&project, "gt/perf.json");
    commit(&project, "baselines");
    let committed = project.read("gt/perf.json");
    check("pending", BESIDE, "joined its baseline, kept on this machine: 2 of 5 sessions");
    check("pending", BESIDE, "");
    put_back(&project, BESIDE);
    check("pending", BESIDE, "joined its baseline, kept on this machine: 3 of 5 sessions");
    assert_eq!(project.read("gt/perf.json"), committed);
}
