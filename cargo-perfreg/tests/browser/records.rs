//! A workspace with a history that a file prepared: two machines, a step, an accepted change, names of
//! anybody's making, and a baseline with its launches.

use std::path::{Path, PathBuf};
use std::process::Command;

use perfreg_core::model::{
    Case, Change, FollowUp, Health, Judgement, Launch, Metric, Outcome, Revision, Run, Series,
    Toolchain,
};
use perfreg_core::store::{Acceptance, TimeBaseline, Workspace, text_of_record};
use perfreg_core::{HostKey, Samples, TestId, Verdict};
use sha2::{Digest as _, Sha256};

/// What a name must not do.
pub(crate) const HOSTILE: &str = "</script><script>window.harmed = 1</script><img src=x onerror='window.harmed = 2'>\u{202e}\
     \n\"`${1}%{x}<b>bold</b>=cmd() 🦀 نص";

/// A folder with both pages in it.
pub(crate) struct Pages {
    folder: tempfile::TempDir,
}

impl Pages {
    /// The pages of the prepared history.
    pub(crate) fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |file: &str| folder.path().join(file);
        std::fs::create_dir_all(at("src")).unwrap();
        std::fs::write(at("src/lib.rs"), "").unwrap();
        let manifest = "[package]\nname = \"sample\"\nedition = \"2024\"\n\n[workspace]\n";
        std::fs::write(at("Cargo.toml"), manifest).unwrap();
        let git = |words: &[&str]| {
            let said = Command::new("git").args(words).current_dir(folder.path()).output().unwrap();
            assert!(said.status.success(), "{said:?}");
        };
        git(&["init", "--quiet"]);
        git(&["remote", "add", "origin", "https://name:secret@github.com/owner/sample.git"]);
        keep_history(&Workspace::at(folder.path()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-perfreg"));
        command.args(["perfreg", "dashboard", "--output-dir", "pages"]).current_dir(folder.path());
        let said = command.env_remove("CARGO_TARGET_DIR").output().unwrap();
        assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
        Self { folder }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        let path = self.folder.path().canonicalize().unwrap().join("pages").join(file);
        assert!(path.is_file(), "{}", path.display());
        path
    }
}

const RUNS: usize = 40;

fn keep_history(workspace: &Workspace) {
    for nth in 0..RUNS {
        let level = if nth < RUNS / 2 { 1.0 } else { 1.3 };
        for (at, cpu) in ["AMD EPYC 7B13", "Intel Xeon 8480"].iter().enumerate() {
            // The other machine saw half of them, and was merged.
            if at == 0 || nth % 2 == 0 {
                let mut run = run("parsers::quick", nth, level * (1.0 + 0.4 * at as f64));
                run.host = HostKey::new("linux-x86_64", cpu, 2, None);
                if at == 0 && nth == RUNS / 2 - 1 {
                    let acceptance =
                        Acceptance { reason: Some(HOSTILE.into()), time: TimeBaseline::Local };
                    workspace.accept(&run, &acceptance).unwrap();
                }
                keep(workspace, nth, &run, at);
            }
        }
        keep(workspace, nth, &run("parsers::thorough", nth, 2.1), 0);
        let slashless = HOSTILE.replace('/', "");
        for name in [HOSTILE, &slashless, &format!("{HOSTILE}{}", "x".repeat(10_000))] {
            keep(workspace, nth, &run(name, nth, 0.8), 0);
        }
        let mut accepted = run("accepted", nth, level);
        // Whoever made these records kept no samples.
        accepted.cases.iter_mut().for_each(|case| case.launches.clear());
        if nth == RUNS / 2 {
            accepted.follow_up = FollowUp::Accepted;
            accepted
                .cases
                .iter_mut()
                .for_each(|case| case.judgements[0].verdict = Verdict::Regressed);
        }
        keep(workspace, nth, &accepted, 0);
    }
}

/// Every run goes to the history, where no name becomes one of a file; the last ones of each test and
/// machine are records as well, if they can be.
fn keep(workspace: &Workspace, nth: usize, run: &Run, machine: usize) {
    let text = text_of_record(run);
    let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = workspace.make_folder().unwrap().join("history/runs").join(&digest[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{digest}.json")), text).unwrap();
    if nth >= RUNS - 2 && !run.id.test.contains('/') {
        match machine {
            0 => workspace.keep_record(run).unwrap(),
            _ => workspace.keep_merged_record(run, &nth.to_string()).unwrap(),
        };
    }
}

/// The `nth` run of a test whose cases cost `level` times what they cost at first.
fn run(test: &str, nth: usize, level: f64) -> Run {
    let wobble = 1.0 + 0.01 * ((nth * 7 % 11) as f64 / 11.0 - 0.5);
    let case = |size: u32| case(size, f64::from(size) * level * wobble, f64::from(size));
    Run {
        schema: Run::SCHEMA.to_owned(),
        id: TestId::new("sample", "perf", test),
        file: "tests/perf.rs".to_owned(),
        line: None,
        started: format!("2026-01-{:02}T{:02}:00:00Z", 1 + nth / 4, nth % 4 * 6),
        seconds: 0.1,
        host: HostKey::new("linux-x86_64", "AMD EPYC 7B13", 2, None),
        toolchain: Toolchain {
            rustc: if nth < 10 { "1.94.0" } else { "1.95.0" }.to_owned(),
            profile: "release".to_owned(),
            features: String::new(),
            seed: None,
        },
        revision: Some(Revision {
            commit: format!("{:08x}{}", nth + 0xabcd_ef00, "0".repeat(32)),
            dirty: nth == RUNS - 1,
            branch: Some(if nth % 5 == 4 { HOSTILE.to_owned() } else { "main".to_owned() }),
            subject: Some(format!("Change {nth} {HOSTILE}{}", "x".repeat(10_000))),
            authored: None,
        }),
        package_folder: String::new(),
        baseline: "gt/perf.json".to_owned(),
        outcome: Outcome::Measured,
        follow_up: FollowUp::Nothing,
        cases: vec![case(1_000), case(30_000)],
        origin: None,
    }
}

fn case(size: u32, value: f64, before: f64) -> Case {
    let metric = Metric::time(Metric::WALL_TIME);
    let launch = |at: u32| {
        let samples =
            (0..50).map(|nth| value * (1.0 + 0.0004 * f64::from((nth * 13 + at * 29) % 47)));
        Launch {
            series: vec![Series {
                metric: metric.clone(),
                samples: Samples::new(samples.collect()).unwrap(),
            }],
            iterations_per_sample: 1,
            throughput: None,
            single_calls: None,
            gpu: None,
            health: Health::default(),
        }
    };
    let change = value / before - 1.0;
    let verdict = match change {
        change if change > 0.05 => Verdict::Regressed,
        change if change < -0.05 => Verdict::Improved,
        _ => Verdict::Unchanged,
    };
    let judgement = |metric: Metric, verdict, current: f64, before: f64| Judgement {
        metric,
        verdict,
        baseline: Some(before),
        current,
        change: Some(Change {
            estimate: current / before - 1.0,
            low: change - 0.01,
            high: change + 0.01,
        }),
        threshold: 0.05,
        reason: None,
        launches: 10,
        baseline_launches: Some(10),
        why: format!("the file says so: {HOSTILE}"),
        against: None,
    };
    let allocations = Metric::built_in(Metric::ALLOCATIONS).unwrap();
    Case {
        name: size.to_string(),
        launches: (0..10).map(launch).collect(),
        judgements: vec![
            judgement(metric.clone(), verdict, value, before),
            judgement(allocations, Verdict::Unchanged, f64::from(size), f64::from(size)),
        ],
        targets: vec![],
    }
}

/// Where pages lie that another test made.
pub(crate) fn made_elsewhere() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("PERFREG_PAGES") else { return Vec::new() };
    let folder = Path::new(&folder).canonicalize().expect("PERFREG_PAGES names a folder");
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
