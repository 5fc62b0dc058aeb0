//! Whether the gate can be trusted here: `selftest` and `doctor`.

use crate::project::Project;

#[test]
#[ignore = "measures: optimised builds of a project, a minute"]
fn the_gate_is_put_to_the_test() {
    let project = Project::measuring("selftest");
    let check = |words: &[&str], code: i32, parts: &[&str]| {
        let said = project.perfreg(words).expect(code);
        for part in parts {
            assert!(said.mentions(part), "{words:?} lacks `{part}`: {said}");
        }
    };
    let works = ["slowed by 10 % it is red", "as it is it is not", "the gate works"];
    check(&["selftest", "checksum", "--slowdown", "10%"], 0, &works);
    let blind = ["the gate cannot see 5 % with a threshold of 200 %", "does not work"];
    check(&["selftest", "checksum", "--threshold", "200%"], 1, &blind);
    check(&["selftest", "nothing"], 2, &["no annotated test matches"]);

    let story = ["load ", "perf::checksum [default]", "false alarms", "visible", "threshold = "];
    check(&["doctor", "checksum", "--tune", "--budget", "3s"], 0, &story);
}
