//! `run --profile-with`: a script stands for the profiler.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::project::{Project, decided, with};

/// Writes down how and where it was called, and becomes what it was to start.
const PROFILER: &str =
    "#!/bin/sh\nprintf '%s\\n' \"$@\" > called.txt\nenv > seen.txt\nshift 2\nexec \"$@\"\n";

#[test]
#[ignore = "measures: an optimised build of a project, a minute"]
fn one_worker_runs_through_the_profiler_and_nothing_is_kept() {
    let project = Project::measuring("profile");
    project.write("profiler.sh", PROFILER);
    fs::set_permissions(project.path("profiler.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let check = |words: &[&str], code: i32, parts: &[&str]| {
        let _ = fs::remove_file(project.path("called.txt"));
        let words = [&["run", "--budget", "200ms"], words].concat();
        let secrets = [("PERFREG_STORE", "postgres://ci:hunter2@h/d"), ("PGPASSWORD", "hunter2")];
        let said = decided(|| with(project.perfreg_command(&words), &secrets)).expect(code);
        for part in parts {
            assert!(said.mentions(part), "{words:?} lacks `{part}`: {said}");
        }
        fs::read_to_string(project.path("called.txt")).unwrap_or_default()
    };
    let profiler = ["--profile-with", "./profiler.sh -o 'a b'"];
    let checksum = [&profiler[..], &["--exact", "checksum"]].concat();
    let called = check(&checksum, 0, &["called.txt", "nothing was judged"]);
    let called: Vec<&str> = called.lines().collect();
    assert_eq!(called[..2], ["-o", "a b"]);
    assert!(called[2].contains("perf-"), "{called:?}");
    assert_eq!(called[3..5], ["--exact", "checksum"]);
    let seen = project.read("seen.txt");
    assert!(seen.contains("PERFREG_WORKER=") && !seen.contains("hunter2"), "{seen}");

    let sort = [&profiler[..], &["--exact", "sort"]].concat();
    assert_eq!(check(&sort, 2, &["--case has to name one of its cases: 20, 80"]), "");
    let called = check(&[&sort[..], &["--case", "80"]].concat(), 0, &["perf::sort [80]"]);
    assert!(called.contains("\nsort\n"), "{called}");
    let several = ["looks at one test, and 3 are selected", "perf::parse", "perf::sort"];
    assert_eq!(check(&profiler, 2, &several), "");
    let missing = ["--exact", "checksum", "--profile-with", "no-such-profiler -g"];
    check(&missing, 2, &["cannot find \"no-such-profiler\": no folder of PATH has it"]);
    let idle = ["--exact", "checksum", "--profile-with", "true"];
    check(&idle, 100, &["without a result"]);
    assert!(!project.path(".perfreg").exists(), "a number was kept");
}
