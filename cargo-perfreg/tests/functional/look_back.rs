//! The history of a project, through the real binary: documents of runs that a file prepared, and of
//! runs that really measured.

use perfreg_core::Verdict;
use perfreg_core::model::{Health, Launch, Metric, Outcome, Revision, Run, Series};
use perfreg_core::store::Workspace;
use perfreg_core::{Direction, Samples, Unit};

use crate::project::Project;
use crate::scripted::record_of;

const HOSTILE: &str = "<script>alert('1')</script>\u{1b}[31m\u{202e}\n🦀";

/// Keeps a run of `test` at the `nth` commit whose cases cost what `cost` says of their sizes.
fn keep(project: &Project, test: &str, nth: usize, cost: impl Fn(f64) -> f64) {
    let mut run = record_of(test, Outcome::Measured, &[Verdict::Unchanged]);
    run.started = format!("2026-01-{:02}T{:02}:00:00Z", 1 + nth / 24, nth % 24);
    run.revision = Some(Revision {
        commit: format!("{:08x}{}", nth + 0xabcd_ef00, "0".repeat(32)),
        dirty: false,
        branch: Some(HOSTILE.to_owned()),
        subject: Some(format!("{HOSTILE}{}", "x".repeat(10_000))),
        authored: None,
    });
    let case = run.cases.remove(0);
    run.cases = [100.0, 300.0, 1000.0, 3000.0]
        .iter()
        .map(|size| {
            let mut case = case.clone();
            case.name = format!("{size}");
            let noise = 1.0 + (nth * 7 % 5) as f64 * 0.001;
            case.judgements[0].current = cost(*size) * noise;
            let metric = Metric::new(Metric::TIME, Unit::Nanoseconds, Direction::LowerIsBetter);
            let samples = Samples::new(vec![cost(*size) * noise]).unwrap();
            case.launches = vec![Launch {
                series: vec![Series { metric, samples }],
                iterations_per_sample: 1,
                throughput: None,
                single_calls: None,
                gpu: None,
                health: Health::default(),
            }];
            case
        })
        .collect();
    Workspace::at(&project.path("")).keep_record(&run).unwrap();
}

fn history() -> Project {
    let project = Project::new(&[]);
    project.cargo(&["generate-lockfile"]).expect(0);
    for nth in 0..18 {
        keep(&project, "sort", nth, |n| if nth < 9 { n * n.log2() } else { 0.3 * n * n });
        keep(&project, "parse", nth, |n| n);
    }
    project
}

#[test]
fn a_history_is_listed_told_and_pruned() {
    let project = history();
    let listed = project.perfreg(&["history", "list"]).expect(0);
    assert_eq!(listed.stdout.lines().count(), 36, "{listed}");
    assert!(!listed.mentions("\u{1b}") && !listed.mentions("\u{202e}"), "{listed}");
    assert!(listed.stdout.lines().all(|line| line.chars().count() < 300), "{listed}");
    let listed = project.perfreg(&["history", "list", "--test", "sort", "--json"]).expect(0);
    let runs: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(runs.as_array().unwrap().len(), 18);
    assert_eq!(runs[0]["revision"]["branch"], HOSTILE);
    let digest = runs[0]["digest"].as_str().unwrap();

    let document = project.perfreg(&["history", "show", &digest[..10], "--json"]).expect(0);
    let run: Run = serde_json::from_str(&document.stdout).unwrap();
    assert_eq!(run.started, "2026-01-01T17:00:00Z");
    let shown = project.perfreg(&["history", "show", "latest"]).expect(0);
    assert!(shown.stdout.contains("scripted::") && shown.stdout.contains("abcdef11"), "{shown}");
    project.perfreg(&["history", "show", "zzz"]).expect(2);
    project.perfreg(&["history", "list", "--test", "sotr"]).expect(2);

    let told = project.perfreg(&["trend", "sort"]).expect(0);
    assert!(told.stdout.contains("critical regression"), "{told}");
    // The ninth commit is the first slow one.
    assert!(told.stdout.contains("in abcdef080000..abcdef090000, by abcdef090000"), "{told}");
    assert!(told.stdout.contains("4 series, 4 analysed anew"), "{told}");
    let again = project.perfreg(&["trend", "sort", "--fail-on", "critical"]).expect(1);
    assert!(again.stdout.contains("4 series, 0 analysed anew"), "{again}");
    project.perfreg(&["trend", "parse", "--fail-on", "warning"]).expect(0);
    let json = project.perfreg(&["trend", "--json"]).expect(0);
    let trends: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(trends["series"].as_array().unwrap().len(), 8);

    let prune = ["history", "prune", "--older-than", "90d", "--keep", "2"];
    let dry = project.perfreg(&[&prune[..], &["--dry-run"]].concat()).expect(0);
    let pruned = project.perfreg(&prune).expect(0);
    let words = pruned.stdout.replace("removed", "would remove");
    assert!(dry.stdout.ends_with(&words), "{dry}\n{pruned}");
    assert!(pruned.stdout.contains("because they show a change"), "{pruned}");
    let left = project.perfreg(&["history", "list", "--test", "parse"]).expect(0);
    assert_eq!(left.stdout.lines().count(), 2, "{left}");
    // The step is still seen, and nothing comes back from the records of the last runs.
    let told = project.perfreg(&["trend", "--fail-on", "critical"]).expect(1);
    assert!(told.stdout.contains("by abcdef090000"), "{told}");
    project.perfreg(&["history", "prune"]).expect(2);
}

#[test]
fn a_law_is_told_and_compared() {
    let project = history();
    let told = project.perfreg(&["predict", "sort", "--at", "1e6"]).expect(0);
    assert!(told.stdout.contains("time: n^2, by 4 sizes from 100 to 3000"), "{told}");
    assert!(told.stdout.contains("at 1000000: 301.2 s"), "{told}");
    let runs = project.perfreg(&["history", "list", "--test", "sort", "--json"]).expect(0);
    let runs: serde_json::Value = serde_json::from_str(&runs.stdout).unwrap();
    let oldest = runs[17]["digest"].as_str().unwrap();
    let told = project.perfreg(&["predict", "sort", "--against", oldest]).expect(1);
    assert!(told.stdout.contains("regressed: the law was n log n and is n^2"), "{told}");
    let told = project.perfreg(&["predict", "sort", "--against", "last"]).expect(0);
    assert!(told.stdout.contains("the law is unchanged"), "{told}");
    project.perfreg(&["predict", "sort", "--at=-5"]).expect(2);
    project.perfreg(&["predict", "nothing"]).expect(2);
}

#[test]
fn what_is_damaged_is_named_and_left_out() {
    let project = history();
    project.perfreg(&["history", "rebuild"]).expect(0);
    let files = |place: &str| -> Vec<std::path::PathBuf> {
        let folders = std::fs::read_dir(project.path(place)).unwrap();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
        files.map(|file| file.unwrap().path()).collect()
    };
    let documents = files(".perfreg/history/runs");
    assert_eq!(documents.len(), 36);
    // Nothing is stored twice.
    #[cfg(unix)]
    for document in &documents {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(document.metadata().unwrap().nlink(), 2, "{}", document.display());
    }
    let replace = |at: usize, text: &str| {
        std::fs::remove_file(&documents[at]).unwrap();
        std::fs::write(&documents[at], text).unwrap();
    };
    let good = std::fs::read_to_string(&documents[3]).unwrap();
    replace(0, &good[..good.len() / 2]);
    replace(1, &good.replace("perfreg-run/1", "perfreg-run/9"));
    replace(2, "what is this?");
    replace(3, &good.replace("\"seconds\":0.1", "\"seconds\":0.2"));
    // The index holds what it was made of, until it is made again.
    project.perfreg(&["history", "list"]).expect(0);
    let said = project.perfreg(&["history", "rebuild"]).expect(2);
    assert!(said.stdout.contains("left out 4"), "{said}");
    for (at, what) in [(0, "EOF"), (1, "perfreg-run/9"), (2, "expected"), (3, "was changed")] {
        let name = documents[at].file_name().unwrap().to_string_lossy();
        let line = said.stderr.lines().find(|line| line.contains(&*name)).unwrap_or_default();
        assert!(line.contains(what), "{line} lacks {what}\n{said}");
    }
    project.perfreg(&["trend"]).expect(0);
    project.perfreg(&["trend", "parse", "--fail-on", "critical"]).expect(2);
    // An index that is none is made again.
    for damage in ["no database", ""] {
        project.write(".perfreg/history.sqlite", damage);
        let listed = project.perfreg(&["history", "list"]).expect(0);
        assert_eq!(listed.stdout.lines().count(), 32, "{listed}");
    }
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn what_is_measured_is_history() {
    let project = Project::measuring("history");
    let git = |words: &[&str]| {
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
        let words: Vec<_> = who.iter().chain(words).collect();
        let said = project.command("git", &words).output().unwrap();
        assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "src", "tests", "Cargo.toml"]);
    git(&["commit", "--quiet", "-m", "<b>First</b>"]);
    project.perfreg(&["run", "parse"]).expect(0);
    let listed = project.perfreg(&["history", "list", "--branch", "main"]).expect(0);
    assert!(listed.stdout.contains("on main: <b>First</b>"), "{listed}");
    // A real document is of the published schema.
    let document = project.perfreg(&["history", "show", "latest", "--json"]).expect(0);
    let schema = include_str!("../../schemas/perfreg-run-1.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let document = serde_json::from_str(&document.stdout).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    // An accepted change begins an epoch, with its reason.
    project.set_work("parse", 400);
    project.perfreg(&["run", "parse"]).expect(1);
    project.perfreg(&["accept", "parse", "-m", "parses more"]).expect(0);
    let told = project.perfreg(&["trend", "parse"]).expect(0);
    assert!(told.stdout.contains("accepted +") && told.stdout.contains("parses more"), "{told}");
}
