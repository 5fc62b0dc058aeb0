//! Red, reviewed by keys in a terminal, green; and the ratchet that an accepted improvement is.

use std::io::Write;
use std::process::Stdio;

use crate::project::{Project, Said};

/// `cargo perfreg review` in a terminal of its own, with these keys.
fn review(project: &Project, keys: &str) -> Said {
    let tool = env!("CARGO_BIN_EXE_cargo-perfreg");
    let mut command = project.command("script", &["-qec", &format!("{tool} review"), "/dev/null"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
    Said::from(child.wait_with_output().unwrap())
}

#[test]
#[ignore = "measures for minutes, and needs script(1) for a terminal: run with --release --ignored"]
fn keys_decide_what_becomes_the_baseline() {
    let project = Project::measuring("review");
    let measure = ["test", "--release", "--test", "perf"];
    project.cargo(&measure).expect(0);
    // By more than any neighbour costs: this is about keys.
    project.set_work("checksum", 400);
    project.set_work("parse", 400);
    let said = project.cargo(&measure).expect(101);
    assert!(said.mentions("checksum regressed") && said.mentions("parse regressed"), "{said}");

    let said = project.perfreg(&["review"]).expect(0);
    assert!(said.mentions("cargo perfreg accept perf::checksum -m"), "no terminal: {said}");
    let said = review(&project, "amore checks\nr").expect(0);
    assert!(said.mentions("1 accepted, 1 rejected, 0 still pending"), "{said}");
    let local = project.read(".perfreg/baselines/sample-review/gt/perf.json");
    assert!(local.contains("more checks"), "{local}");
    let said = project.cargo(&measure).expect(101);
    assert!(!said.mentions("checksum regressed") && said.mentions("parse regressed"), "{said}");
    project.perfreg(&["reject"]).expect(0);

    project.set_work("parse", 70);
    let run = ["run", "parse", "--fail-on-improvement"];
    let said = project.perfreg(&run).expect(1);
    assert!(said.mentions("1 improved"), "{said}");
    project.perfreg(&["accept", "-m", "fewer rounds"]).expect(0);
    project.perfreg(&run).expect(0);
    project.set_work("parse", 300);
    project.perfreg(&["run", "parse"]).expect(1);
}

/// Two hosts that each accepted `count` allocations, as git merges them.
const COUNTED: &str = r#"//! Counts its allocations.

use std::hint::black_box;

use perfreg::perf_regression;

#[global_allocator]
static ALLOC: perfreg::AllocCounter = perfreg::AllocCounter::system();

#[perf_regression(baseline = "gt/perf.json", metrics = [allocations])]
fn strings() {
    for _ in 0..COUNT {
        black_box(String::with_capacity(black_box(8)));
    }
}
"#;

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn a_merge_conflict_is_repaired_by_accepting() {
    let project = Project::measuring("conflict");
    let measure = ["test", "--release", "--test", "perf"];
    let accepted = |count: u32| {
        project.write("tests/perf.rs", &COUNTED.replace("COUNT", &count.to_string()));
        project.cargo(&measure);
        project.perfreg(&["accept", "-m", &format!("{count} strings")]).expect(0);
        project.read("gt/perf.json")
    };
    // Both may fall into the same second; theirs is to be the newer one.
    let (ours, theirs) = (accepted(3), accepted(4).replace("[[\"2", "[[\"3"));
    let mut conflict = String::new();
    for (one, other) in ours.lines().zip(theirs.lines()) {
        conflict += &match one == other {
            true => format!("{one}\n"),
            false => format!("<<<<<<< HEAD\n{one}\n=======\n{other}\n>>>>>>> theirs\n"),
        };
    }
    assert!(conflict.contains("<<<<<<<"), "{ours}{theirs}");
    project.write("gt/perf.json", &conflict);
    let said = project.cargo(&measure).expect(101);
    assert!(said.mentions("gt/perf.json") && said.mentions("marks of a merge conflict"), "{said}");
    let said = project.perfreg(&["accept"]).expect(0);
    assert!(said.mentions("repaired gt/perf.json"), "{said}");
    // The newer side stayed, and is what the code does.
    assert_eq!(project.read("gt/perf.json"), theirs);
    project.cargo(&measure).expect(0);

    // Another machine's entry of the same platform stands beside ours and is not touched.
    let beside = theirs.replace("\"cpu\":\"", "\"cpu\":\"another ");
    let (head, entry) = theirs.split_once('\n').unwrap();
    let other = beside.split_once('\n').unwrap().1.trim_end().trim_end_matches("]}").trim_end();
    project.write("gt/perf.json", &format!("{head}\n{other},\n{entry}"));
    project.write("tests/perf.rs", &COUNTED.replace("COUNT", "5"));
    project.cargo(&measure).expect(101);
    project.perfreg(&["accept", "-m", "five strings"]).expect(0);
    let text = project.read("gt/perf.json");
    assert!(text.contains("another ") && text.contains("4 strings"), "{text}");
    assert!(text.contains("five strings"), "{text}");
    project.cargo(&measure).expect(0);
}
