//! What several machines measured, in one workspace.

use std::fs;

use perfreg_core::Verdict::{Regressed, Unchanged};
use perfreg_core::model::{Outcome, Run};
use perfreg_core::{HostKey, Verdict};

use crate::project::Project;
use crate::scripted::{TESTS, record_of};

/// Leaves in `source` what a machine on `platform` measured of the test.
fn leave(project: &Project, source: &str, name: &str, platform: &str, verdict: Verdict) {
    let host = HostKey::new(platform, "Script", 1, None);
    let run = Run { host, ..record_of(name, Outcome::Measured, &[verdict]) };
    let text = serde_json::to_string(&run).unwrap();
    project.write(&format!("{source}/{name}-{platform}.json"), &text);
}

#[test]
fn shards_and_platforms_become_one_workspace() {
    let project = Project::new(&[]);
    leave(&project, "one/.perfreg/runs", TESTS[0], "linux-x86_64", Unchanged);
    leave(&project, "one/.perfreg/history/runs", TESTS[0], "linux-x86_64", Unchanged);
    project.write("one/.perfreg/baselines/gt/perf.json", "{}");
    leave(&project, "two", TESTS[1], "linux-x86_64", Regressed);
    leave(&project, "two", TESTS[0], "macos-aarch64", Unchanged);
    let skipped = record_of(TESTS[2], Outcome::Skipped { reason: "no GPU".into() }, &[]);
    project.write("two/skipped.json", &serde_json::to_string(&skipped).unwrap());
    for _ in 0..2 {
        let said = project.perfreg(&["merge", "one", "two"]).expect(0);
        let told = "merged 4 runs of 3 tests on 2 hosts out of 2 sources";
        assert!(said.stdout.contains(told), "{said}");
        let last = project.perfreg(&["last"]).expect(0);
        assert_eq!(last.stdout.matches("scripted::first").count(), 2, "{last}");
        assert!(last.mentions("regressed") && last.mentions("skipped: no GPU"), "{last}");
        let history = project.perfreg(&["history", "list"]).expect(0);
        assert_eq!(history.stdout.lines().count(), 3, "{history}");
    }
}

#[test]
fn what_contradicts_itself_is_refused_whole() {
    let project = Project::new(&[]);
    leave(&project, "one", TESTS[0], "linux-x86_64", Unchanged);
    leave(&project, "two", TESTS[0], "linux-x86_64", Regressed);
    leave(&project, "two", TESTS[1], "linux-x86_64", Unchanged);
    let said = project.perfreg(&["merge", "one", "two"]).expect(2);
    assert!(said.stderr.contains("scripted::first on linux-x86_64"), "{said}");
    assert!(said.stderr.contains(": in one (of 2026-01-02T03:04:05Z) and in two"), "{said}");
    assert!(!said.stderr.contains("scripted::second"), "{said}");
    let nothing = project.perfreg(&["last"]).expect(0);
    assert!(nothing.mentions("no run is recorded"), "{nothing}");
    // The same artifact given twice is the same mistake.
    fs::create_dir_all(project.path("copy")).unwrap();
    let record = "first-linux-x86_64.json";
    fs::copy(project.path(&format!("one/{record}")), project.path(&format!("copy/{record}")))
        .unwrap();
    project.perfreg(&["merge", "one", "copy"]).expect(2);
    let first = project.perfreg(&["merge", "one", "two", "--on-conflict", "keep-first"]).expect(0);
    assert!(first.mentions("merged 2 runs of 2 tests on 1 host out of 2 sources"), "{first}");
    assert!(!project.perfreg(&["last"]).expect(0).mentions("regressed"));
}

#[test]
fn what_is_no_record_is_named_and_nothing_is_kept() {
    let project = Project::new(&[]);
    leave(&project, "one", TESTS[0], "linux-x86_64", Unchanged);
    let whole = project.read("one/first-linux-x86_64.json");
    project.write("one/torn.json", &whole[..whole.len() / 2]);
    project.write("one/newer.json", &whole.replace("perfreg-run/1", "perfreg-run/9"));
    project.write("one/notes.txt", "not looked at");
    let said = project.perfreg(&["merge", "one"]).expect(2);
    for part in ["torn.json: ", "newer.json: has schema `perfreg-run/9`"] {
        assert!(said.stderr.contains(part), "{said}");
    }
    assert!(!said.stderr.contains("notes.txt"), "{said}");
    assert!(project.perfreg(&["last"]).expect(0).mentions("no run is recorded"));
    project.perfreg(&["merge", "nowhere"]).expect(70);
    project.perfreg(&["merge"]).expect(2);
}
