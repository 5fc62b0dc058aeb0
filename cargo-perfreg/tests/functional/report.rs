//! The last runs as a document, through the real binary: of records that a file prepared, and of runs
//! that really measured.

use perfreg_core::Verdict::{self, Improved, Regressed, Unchanged};
use perfreg_core::model::Outcome;
use perfreg_core::store::Workspace;
use serde_json::Value;

use crate::project::{Project, Said};
use crate::scripted::record_of;

/// Keeps a run of `test` on a day of January; the record's path.
fn keep(project: &Project, test: &str, day: u32, verdict: Verdict) -> std::path::PathBuf {
    let mut run = record_of(test, Outcome::Measured, &[verdict]);
    run.started = format!("2026-01-{day:02}T00:00:00Z");
    Workspace::at(&project.path("")).keep_record(&run).unwrap()
}

fn project() -> Project {
    let project = Project::new(&[]);
    project.cargo(&["generate-lockfile"]).expect(0);
    project
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn the_last_runs_are_told_without_a_build() {
    let project = project();
    let said = project.perfreg(&["report"]).expect(4);
    assert!(said.mentions("no run is recorded"), "{said}");
    assert!(!project.path(".perfreg").exists(), "who only looks makes nothing");
    for day in 1..=3 {
        keep(&project, "slow", day, if day < 3 { Unchanged } else { Regressed });
    }
    keep(&project, "fast`er", 1, Improved);

    let text = project.perfreg(&["report"]).expect(0);
    for part in ["2 selected: 1 regressed, 1 improved", "1.800 µs", "cargo perfreg accept"] {
        assert!(text.stdout.contains(part), "{part:?} is not in\n{text}");
    }
    project.perfreg(&["report", "--fail-on", "warning"]).expect(1);
    project.perfreg(&["report", "--fail-on", "critical"]).expect(0);
    project.perfreg(&["report", "--fail-on", "warning", "fast"]).expect(0);
    let said = project.perfreg(&["report", "solw"]).expect(2);
    assert!(
        said.stderr.contains("there are:\n") && said.stderr.contains("scripted::slow"),
        "{said}"
    );

    // The index is asked as it is, and what ran since it was made is the last value.
    let recent = |said: &Said| json(said)["tests"][1]["cases"][0]["metrics"][0]["recent"].clone();
    let as_json = ["report", "--format", "json"];
    assert_eq!(recent(&project.perfreg(&as_json).expect(0)), serde_json::json!([1800.0]));
    project.perfreg(&["history", "list"]).expect(0);
    let with_history = project.perfreg(&as_json).expect(0);
    assert_eq!(recent(&with_history), serde_json::json!([1515.0, 1515.0, 1800.0]));
    keep(&project, "slow", 4, Unchanged);
    let later = project.perfreg(&as_json).expect(0);
    assert_eq!(recent(&later).as_array().unwrap().len(), 4);
    assert_eq!(json(&later)["counts"]["ended"]["unchanged"], 1);

    let written = |format: &str, file: &str| {
        let said = project.perfreg(&["report", "--format", format, "-o", file]).expect(0);
        assert_eq!(said.stdout, "");
        project.read(file)
    };
    let markdown = written("markdown", "out/comment.md");
    assert!(
        markdown.starts_with("<!-- perfreg-report -->\n## perfreg: no regression"),
        "{markdown}"
    );
    assert!(markdown.contains("<code>scripted&#58;&#58;fast&#96;er</code>"), "{markdown}");
    let junit = written("junit", "junit.xml");
    assert!(junit.contains("<testsuite name=\"sample::scripted\" tests=\"2\""), "{junit}");
    assert!(!project.path("target").exists(), "nothing was built");
}

#[test]
fn a_damaged_record_is_named_and_fails() {
    let project = project();
    keep(&project, "fine", 1, Unchanged);
    keep(&project, "torn", 1, Unchanged);
    let newest = keep(&project, "torn", 2, Unchanged);
    let good = std::fs::read_to_string(&newest).unwrap();
    let check = |bytes: &[u8], why: &str| {
        std::fs::write(&newest, bytes).unwrap();
        for format in ["text", "markdown", "json", "junit"] {
            let said = project.perfreg(&["report", "--format", format]).expect(2);
            let line = said.stderr.lines().find(|line| line.contains("torn")).unwrap_or_default();
            assert!(line.starts_with("warning: left out") && line.contains(why), "{said}");
            assert!(said.stdout.contains("fine") && said.stdout.contains("torn/2026"), "{said}");
        }
        project.perfreg(&["report", "--fail-on", "warning"]).expect(2);
    };
    check(&good.as_bytes()[..good.len() / 2], "EOF");
    check(good.replace("perfreg-run/1", "perfreg-run/9").as_bytes(), "perfreg-run/9");
    check(b"[1, 2]", "invalid type");
    check(b"\xff\x00\x1b[2J", "UTF-8");
    std::fs::remove_file(&newest).unwrap();
    project.perfreg(&["report"]).expect(0);
}

#[test]
#[ignore = "measures: optimised builds of a project"]
fn what_is_measured_is_reported() {
    let project = Project::measuring("report");
    project.perfreg(&["run", "parse"]).expect(0);
    project.perfreg(&["run", "parse"]).expect(0);
    let said = project.perfreg(&["report", "--format", "json", "--fail-on", "warning"]).expect(0);
    let document = json(&said);
    let schema = include_str!("../../schemas/perfreg-report-1.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert_eq!(errors, [""; 0], "{said}");
    let metric = &document["tests"][0]["cases"][0]["metrics"][0];
    let of = |name: &str| metric["percentiles"][name].as_f64().unwrap();
    assert!(0.0 < of("p50") && of("p50") <= of("p95") && of("p95") <= of("p99"), "{metric}");
    let records =
        std::fs::read_dir(project.path(".perfreg/runs/sample-report/perf/parse")).unwrap();
    assert_eq!(metric["recent"].as_array().unwrap().len(), records.count(), "{metric}");
    let comment = project.perfreg(&["report", "--format", "markdown"]).expect(0);
    assert!(comment.stdout.contains("Percentiles, throughput and memory"), "{comment}");
}
