//! A regression against stored numbers, asked again of the commit that they are of.

use crate::creep::scaled;
use crate::diff::{commit, git, repository};
use crate::project::{Project, SHARED_TARGET};

const LOCAL: &str = ".perfreg/baselines/sample-settle/gt/perf.json";

#[track_caller]
fn check(project: &Project, words: &[&str], code: i32, parts: &[&str]) {
    let all = ["run", "checksum", "--no-progress", "--target-dir", SHARED_TARGET];
    let said = project.perfreg(&[&all[..], words].concat()).expect(code);
    for part in parts {
        assert!(said.mentions(part), "{words:?} lacks `{part}`: {said}");
    }
}

#[test]
#[ignore = "measures: optimised builds of two states of a project, minutes"]
fn launches_in_turns_tell_the_machine_from_the_code() {
    let project = repository("settle");
    // The first build writes the versions of the project itself.
    project.perfreg(&["list"]).expect(0);
    commit(&project, "locked");
    check(&project, &[], 0, &["1 new"]);
    let baseline = project.read(LOCAL);

    // As if the machine had been five times as fast: no neighbour costs that much.
    project.write(LOCAL, &scaled(&baseline, 0.2));
    check(&project, &[], 1, &["1 regressed", "cargo perfreg run --settle builds the"]);
    let machine = "the machine changed since the baseline, not the code: commit ";
    check(&project, &["--settle"], 0, &["1 inconclusive", machine]);
    project.write("perfreg.toml", "[run]\nsettle = true\n");
    project.set_work("parse", 120);
    check(&project, &[], 0, &["1 inconclusive", machine]);
    std::fs::remove_file(project.path("perfreg.toml")).unwrap();

    // The code became slower, and the machine is what it was.
    project.write(LOCAL, &baseline);
    project.set_work("checksum", 400);
    check(&project, &["--settle"], 1, &["1 regressed", "; in turns with commit ", ", too"]);

    // What cannot be built leaves the verdict, and says why.
    let settle = |text: String, why: &str| {
        project.write(LOCAL, &text);
        check(&project, &["--settle"], 1, &["1 regressed", why]);
    };
    let hash = git(&project, &["rev-parse", "--short=12", "HEAD"]).stdout.trim().to_owned();
    let of = |other: &str| baseline.replace(&hash, other);
    let unknown = "not settled with commit 0123456789ab: \"0123456789ab\" is no revision of this";
    settle(of("0123456789ab"), unknown);
    let dirty = format!("\"commit\":\"{hash}\",\"dirty\":true");
    let changed = "not settled: its baseline was measured with changes that were not committed";
    settle(baseline.replace(&format!("\"commit\":\"{hash}\""), &dirty), changed);
    let library = project.read("src/lib.rs");
    project.write("src/lib.rs", "not Rust");
    commit(&project, "broken");
    project.write("src/lib.rs", &library);
    let broken = git(&project, &["rev-parse", "--short=12", "HEAD"]).stdout.trim().to_owned();
    let unbuilt = format!("not settled with commit {broken}: the tests could not be built");
    settle(of(&broken), &unbuilt);
}
