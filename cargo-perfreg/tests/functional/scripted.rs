//! A project whose tests measure nothing: they leave the record that a file prepared for them.
//!
//! It has no dependency on perfreg, so what it shows is the contract between the tool and the
//! harness, spelled out: the link section, the environment, the record, the lifeline.

use perfreg_core::model::{Case, Change, FollowUp, Judgement, Metric, Outcome, Run, Toolchain};
use perfreg_core::{HostKey, TestId, Verdict};

use crate::project::Project;

/// The tests of the project.
pub(crate) const TESTS: [&str; 3] = ["first", "second", "third"];

/// A project with the tests `first`, `second` and, ignored, `third`, in the target `scripted`.
pub(crate) fn project() -> Project {
    let tests: String = TESTS.iter().map(|name| test(name, "perfreg-test/1")).collect();
    let tests = tests.replace("#[test]\nfn third", "#[test]\n#[ignore]\nfn third");
    Project::new(&[("tests/scripted.rs", &format!("{PRELUDE}{tests}"))])
}

/// A project with one test, registered in the format `schema`.
pub(crate) fn project_of_schema(schema: &str) -> Project {
    Project::new(&[("tests/scripted.rs", &format!("{PRELUDE}{}", test("first", schema)))])
}

/// Prepares what the test `name` does when it is measured next.
pub(crate) fn prepare(project: &Project, name: &str, script: &Script) {
    let _ = std::fs::remove_dir_all(project.path(&format!("script/{name}")));
    if let Some(record) = &script.record {
        project.write(&format!("script/{name}/record.json"), record);
    }
    for (wanted, file) in [(script.fails, "fails"), (script.waits, "waits")] {
        if wanted {
            project.write(&format!("script/{name}/{file}"), "");
        }
    }
}

/// What a scripted test does.
#[derive(Default)]
pub(crate) struct Script {
    /// Leaves this record.
    pub(crate) record: Option<String>,
    /// Panics in the end.
    pub(crate) fails: bool,
    /// Waits until its standard input closes.
    pub(crate) waits: bool,
}

impl Script {
    /// A measured test with these verdicts; it fails as a real one would.
    pub(crate) fn judged(name: &str, verdicts: &[Verdict]) -> Self {
        let fails = verdicts.contains(&Verdict::Regressed);
        let judgements = verdicts.iter().map(|verdict| judgement(*verdict)).collect();
        Self { record: Some(record(name, Outcome::Measured, judgements)), fails, waits: false }
    }

    /// A test that ended without a measurement.
    pub(crate) fn ended(name: &str, outcome: Outcome) -> Self {
        let fails = matches!(outcome, Outcome::Failed { .. } | Outcome::TimedOut { .. });
        Self { record: Some(record(name, outcome, vec![])), fails, waits: false }
    }
}

fn judgement(verdict: Verdict) -> Judgement {
    let estimate = match verdict {
        Verdict::Regressed => Some(0.2),
        Verdict::Improved => Some(-0.2),
        Verdict::Unchanged | Verdict::Inconclusive => Some(0.01),
        _ => None,
    };
    Judgement {
        metric: Metric::time(Metric::TIME),
        verdict,
        baseline: estimate.map(|_| 1500.0),
        current: 1500.0 * (1.0 + estimate.unwrap_or(0.0)),
        change: estimate.map(|at| Change { estimate: at, low: at - 0.01, high: at + 0.01 }),
        threshold: 0.05,
        reason: None,
        launches: 10,
        baseline_launches: estimate.map(|_| 20),
        why: format!("the script says {verdict}"),
        against: None,
    }
}

fn record(name: &str, outcome: Outcome, judgements: Vec<Judgement>) -> String {
    serde_json::to_string(&run(name, outcome, judgements)).unwrap()
}

/// The record of a test that ended so, with these verdicts.
pub(crate) fn record_of(name: &str, outcome: Outcome, verdicts: &[Verdict]) -> Run {
    run(name, outcome, verdicts.iter().map(|verdict| judgement(*verdict)).collect())
}

fn run(name: &str, outcome: Outcome, judgements: Vec<Judgement>) -> Run {
    Run {
        schema: Run::SCHEMA.to_owned(),
        id: TestId::new("sample", "scripted", name),
        file: "tests/scripted.rs".to_owned(),
        line: Some(1),
        started: "2026-01-02T03:04:05Z".to_owned(),
        seconds: 0.1,
        host: HostKey::new("linux-x86_64", "Script", 1, None),
        toolchain: Toolchain {
            rustc: "1.95.0".to_owned(),
            profile: "release".to_owned(),
            features: String::new(),
            seed: None,
        },
        revision: None,
        package_folder: String::new(),
        baseline: "gt/scripted.json".to_owned(),
        outcome,
        follow_up: FollowUp::Awaits,
        cases: vec![Case {
            name: "default".to_owned(),
            launches: vec![],
            judgements,
            targets: vec![],
        }],
        origin: None,
    }
}

/// The source of a test that registers itself as the macro would.
fn test(name: &str, schema: &str) -> String {
    let fields = [schema, "scripted", name, "sample", "tests/scripted.rs", "1", "gt/x.json", ""];
    let length = fields.iter().map(|field| field.len() + 1).sum::<usize>() + 1;
    let record = format!("\\x1e{}\\n", fields.join("\\x1f"));
    format!(
        r#"
#[test]
fn {name}() {{
    #[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__perfreg"))]
    #[cfg_attr(windows, unsafe(link_section = ".perfreg"))]
    #[cfg_attr(not(any(target_os = "macos", windows)), unsafe(link_section = "perfreg"))]
    #[used]
    static RECORD: [u8; {length}] = *b"{record}";
    std::hint::black_box(&RECORD);
    play("{name}");
}}
"#
    )
}

const PRELUDE: &str = r#"//! Tests that do what files say.

use std::io::Read as _;
use std::path::Path;

fn play(name: &str) {
    println!("{name} is talking");
    let script = Path::new("script").join(name);
    // Relative paths: found only if the working directory is the package's.
    std::fs::create_dir_all("seen").unwrap();
    let seen: String = std::env::vars()
        .filter(|(name, _)| ["PERFREG", "PG", "CARGO_MANIFEST"].iter().any(|p| name.starts_with(p)))
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    std::fs::write(format!("seen/{name}"), seen).unwrap();
    if script.join("waits").exists() {
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        std::fs::write(format!("seen/{name}.ended"), "").unwrap();
    }
    if script.join("record.json").exists() {
        let outcome = std::env::var("PERFREG_OUTCOME").unwrap();
        std::fs::copy(script.join("record.json"), outcome).unwrap();
    }
    if script.join("fails").exists() {
        panic!("{name} fails as told");
    }
}
"#;
