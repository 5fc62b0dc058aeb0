//! Small steps, each accepted, that add up since the last release.

use serde_json::Value;

use crate::diff::{commit, git, repository};
use crate::project::{Project, Said, until};

const BASELINE: &str = "gt/perf.json";
const STEPS: i32 = 6;

/// The baseline with every time `factor` times what it was.
pub(crate) fn scaled(text: &str, factor: f64) -> String {
    fn scale(value: &mut Value, factor: f64) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| scale(value, factor)),
            _ => *value = (value.as_f64().unwrap() * factor).into(),
        }
    }
    let mut file: Value = serde_json::from_str(text).unwrap();
    for clock in ["thread_cpu_time", "wall_time"] {
        let of = file.pointer_mut(&format!("/hosts/0/cases/0/metrics/{clock}")).unwrap();
        for column in ["every", "q10", "min", "median", "mean", "p95", "p99"] {
            of.get_mut(column).into_iter().for_each(|column| scale(column, factor));
        }
    }
    serde_json::to_string(&file).unwrap()
}

/// A run that finds the test unchanged: a noisy moment decides nothing, and then nothing is noted.
#[track_caller]
fn unchanged(project: &Project, words: &[&str]) -> Said {
    let run = || Said::from(project.perfreg_command(words).output().unwrap()).expect(0);
    let said =
        until(run, |said| !said.mentions("inconclusive") && !said.mentions("shared their core"));
    assert!(said.mentions("unchanged"), "{said}");
    said
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn accepted_steps_add_up_since_the_last_tag() {
    let project = repository("creep");
    project.perfreg(&["run", "checksum"]).expect(0);
    project.perfreg(&["accept", "--commit-time", "-m", "begin"]).expect(0);
    let now = project.read(BASELINE);
    // Each of 1.5 %, which no run convicts; together they are 9.3 %.
    for step in 0..=STEPS {
        project.write(BASELINE, &scaled(&now, 1.015_f64.powi(step - STEPS)));
        commit(&project, "a step");
        if step == 0 {
            git(&project, &["tag", "v1.0.0"]);
        }
    }
    let run = ["run", "checksum", "--no-progress"];
    let (note, steps) = ("note: perf::checksum [default] thread_cpu_time: +", "6 accepted steps");
    let said = unchanged(&project, &run);
    assert!(said.mentions("1 unchanged") && said.mentions(note), "{said}");
    assert!(said.mentions(" since v1.0.0, by ") && said.mentions(steps), "{said}");
    let json = unchanged(&project, &[&run[..], &["--message-format", "json"]].concat());
    let ended: Value = serde_json::from_str(json.stdout.lines().next().unwrap()).unwrap();
    let since = &ended["judgements"][0]["since_release"];
    assert_eq!((&since["tag"], &since["steps"]), (&"v1.0.0".into(), &STEPS.into()), "{json}");

    let check = |word: &str| {
        let said = unchanged(&project, &run);
        assert!(said.mentions("1 unchanged") && !said.mentions("note: "), "{word}: {said}");
    };
    project.write("perfreg.toml", "[run]\nrelease-tags = ''\n");
    check("not wanted");
    std::fs::remove_file(project.path("perfreg.toml")).unwrap();
    git(&project, &["tag", "v1.1.0"]);
    check("nothing since the last release");
    git(&project, &["tag", "--delete", "v1.0.0", "v1.1.0"]);
    check("no release");
}
