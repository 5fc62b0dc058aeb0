//! Two states of a repository, built and measured side by side.

use crate::project::{Project, SHARED_TARGET, Said};

pub(crate) fn git(project: &Project, words: &[&str]) -> Said {
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
    Said::from(project.command("git", &[&identity, words].concat()).output().unwrap()).expect(0)
}

pub(crate) fn commit(project: &Project, message: &str) {
    git(project, &["add", "--all"]);
    git(project, &["commit", "--quiet", "-m", message]);
}

/// A measuring project in a repository of one commit.
pub(crate) fn repository(name: &str) -> Project {
    let project = Project::measuring(name);
    project.write(".gitignore", "target\n");
    git(&project, &["init", "--quiet", "--initial-branch=main"]);
    commit(&project, "begin");
    project
}

#[track_caller]
fn check(project: &Project, words: &[&str], code: i32, parts: &[&str]) -> String {
    // Shared, so that perfreg is compiled once a side.
    let target = ["--target-dir", SHARED_TARGET];
    let words = [&["diff"], words, &["--no-progress"], &target].concat();
    let said = project.perfreg(&words).expect(code);
    for part in parts {
        assert!(said.mentions(part), "{words:?} lacks `{part}`: {said}");
    }
    said.stdout
}

#[test]
#[ignore = "measures: optimised builds of two states of a project, minutes"]
fn what_became_slower_is_named_and_nothing_else() {
    let project = repository("diff");
    check(&project, &["HEAD"], 0, &["both are the same source", "0 regressed"]);

    // Not committed, and in a file that is not even added.
    project.set_work("sort", 106);
    project.write("notes.txt", "not to be lost");
    let text = check(&project, &["HEAD"], 1, &["HEAD (", "-> working tree", "1 regressed"]);
    let regressed: Vec<_> = text.lines().filter(|line| line.contains("regressed ")).collect();
    assert!(regressed.iter().all(|line| line.contains("sort")), "{text}");
    assert_eq!(project.read("notes.txt"), "not to be lost");

    // The other way round it is a gain.
    commit(&project, "slower");
    git(&project, &["checkout", "--quiet", "--detach"]);
    check(&project, &["HEAD", "HEAD~1", "-t", "sort"], 0, &["1 improved"]);
    check(&project, &["main~1", "main", "-t", "parse"], 0, &["0 regressed, 1 unchanged"]);
    assert_eq!(git(&project, &["worktree", "list"]).stdout.lines().count(), 1);
    assert_eq!(git(&project, &["status", "--porcelain"]).stdout, "");

    // Each comparison is history, under its newer side, and no baseline of anything.
    let base = git(&project, &["rev-parse", "main~1"]).stdout;
    let listed = project.perfreg(&["history", "list", "-t", "sort", "--json"]).expect(0);
    let runs: Vec<serde_json::Value> = serde_json::from_str(&listed.stdout).unwrap();
    let told: Vec<_> = runs
        .iter()
        .map(|run| (run["verdict"].as_str().unwrap(), run["revision"]["dirty"] == true))
        .collect();
    assert_eq!(told.last(), Some(&("unchanged", false)), "{listed}");
    assert!(told.contains(&("regressed", true)) && told[0] == ("improved", false), "{listed}");
    assert_eq!(runs[0]["revision"]["commit"], base.trim(), "{listed}");
    assert_eq!(runs[0]["revision"]["subject"], "begin", "{listed}");
    let shown = project.perfreg(&["trend", "sort", "--json"]).expect(0);
    assert!(shown.mentions("\"profile\": \"release by diff\""), "{shown}");
    let kept = project.perfreg(&["accept"]).expect(0);
    assert!(kept.mentions("nothing is pending"), "{kept}");
}

#[test]
#[ignore = "measures: optimised builds of two states of a project, minutes"]
fn what_cannot_be_compared_says_why() {
    let project = repository("diff-unlike");
    let tests = project.read("tests/perf.rs");
    let changed = tests
        .replace("fn parse() -> u64", "fn parse() -> Option<u64>")
        .replace("sample::parse(black_box(1))", "Some(sample::parse(black_box(1)))")
        .replace("fn checksum(b", "fn checksum_all(b")
        .replace("args = [20, 80]", "args = [20, 160]");
    project.write("tests/perf.rs", &changed);
    check(
        &project,
        &["HEAD"],
        4,
        &[
            "unmeasured perf::parse: not comparable: its signature was",
            "skipped perf::checksum_all: new: HEAD",
            "removed perf::sort [80]",
            "new perf::sort [160]",
            "removed perf::checksum",
        ],
    );
    check(&project, &["v9"], 2, &["\"v9\" is no revision"]);
    check(&project, &["HEAD", "-t", "nothing"], 2, &["no annotated test matches \"nothing\""]);
    project.write("src/lib.rs", "no rust");
    check(&project, &["HEAD"], 101, &["could not be built"]);
}

/// An interrupt from the keyboard reaches every process of the group; a kill runs no clean-up at all.
#[test]
#[cfg(unix)]
#[ignore = "measures: optimised builds of two states of a project, minutes"]
fn what_is_interrupted_leaves_nothing_in_the_way() {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use crate::disturbed::{spawn, wait_until, workers};

    let project = repository("diff-interrupted");
    project.set_work("sort", 130);
    let target = ["--target-dir", SHARED_TARGET];
    let words = [&["diff", "HEAD", "--no-progress"], &target[..]].concat();
    // What is found does not matter here, and a busy neighbour may leave it undecided.
    let ends = || {
        let said = project.perfreg(&[&words[..], &["-t", "sort", "--budget", "4s"]].concat());
        assert!(matches!(said.code, Some(0 | 1)) && said.mentions("1 selected"), "{said}");
    };
    // Both are built from here on, so that an interruption meets a measurement.
    ends();
    for signal in ["-INT", "-KILL"] {
        let child = spawn(project.perfreg_command(&words).process_group(0));
        wait_until(|| !workers(&project).is_empty());
        // The group, as a terminal does it; a kill takes the tool alone.
        let whom =
            if signal == "-INT" { format!("-{}", child.id()) } else { child.id().to_string() };
        let killed = Command::new("kill").args([signal, "--", &whom]).status().unwrap();
        assert!(killed.success(), "kill {signal} {whom}");
        let said = Said::from(child.wait_with_output().unwrap());
        assert_ne!(said.code, Some(0), "{signal}: {said}");
        wait_until(|| workers(&project).is_empty());
        assert_eq!(git(&project, &["worktree", "list"]).stdout.lines().count(), 1);
        let status = git(&project, &["status", "--porcelain"]).stdout;
        assert_eq!(status.lines().count(), 1, "only the change itself: {status}");
    }
    // Nothing waits for a lock that nobody holds.
    ends();
}
