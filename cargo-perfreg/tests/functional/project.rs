//! A crate outside the workspace, as a user would have it, and the commands they would type.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The root of the workspace that holds perfreg.
pub(crate) const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The target folder of projects that build perfreg, which is compiled once for all of them.
pub(crate) const SHARED_TARGET: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/functional");

/// What the outer cargo, nextest or CI would tell the inner one, and a user's shell would not.
const LEAKING: [&str; 12] = [
    "CARGO",
    "GITHUB",
    "GITLAB",
    "CI_",
    "GH_",
    "PERFREG",
    "NEXTEST",
    "__CARGO",
    "RUSTFLAGS",
    "RUST_TEST",
    "OUT_DIR",
    "LD_LIBRARY_PATH",
];
/// Where the toolchain and the registry lie stays known.
const KEPT: [&str; 1] = ["CARGO_HOME"];

/// A generated crate in a directory of its own, removed at the end.
pub(crate) struct Project {
    root: TempDir,
    target: PathBuf,
}

impl Project {
    /// A crate `sample` with nothing but its manifest and these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("target");
        let project = Self { root, target };
        project.write("Cargo.toml", &manifest("sample", ""));
        project.write("src/lib.rs", "//! A sample.\n");
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    /// A crate with three performance tests, `parse`, `sort` with two cases, and `checksum`, each
    /// with work that [`Self::set_work`] sets.
    ///
    /// `name` is the caller's own. These projects share a target folder, so that perfreg is
    /// compiled once, and there cargo tells packages apart by name, not by where they lie.
    pub(crate) fn measuring(name: &str) -> Self {
        let workspace = Path::new(WORKSPACE).canonicalize().unwrap();
        let mut project = Self::new(&[("src/lib.rs", LIBRARY), ("tests/perf.rs", TESTS)]);
        let dependency = format!("perfreg = {{ path = {workspace:?} }}\n");
        project.write("Cargo.toml", &manifest(&format!("sample-{name}"), &dependency));
        project.target = SHARED_TARGET.into();
        // The same versions as the workspace: what it has built can be built here.
        std::fs::copy(workspace.join("Cargo.lock"), project.path("Cargo.lock")).unwrap();
        project
    }

    /// A crate without dependencies, which can get perfreg without the registry; `name` is the
    /// caller's own, as of [`Self::measuring`].
    pub(crate) fn empty(name: &str) -> Self {
        let mut project = Self::new(&[("Cargo.toml", &manifest(name, ""))]);
        project.target = SHARED_TARGET.into();
        std::fs::copy(Path::new(WORKSPACE).join("Cargo.lock"), project.path("Cargo.lock")).unwrap();
        project
    }

    /// Sets the work of the function `name`, in percent of what it began with.
    pub(crate) fn set_work(&self, name: &str, percent: u32) {
        let constant = format!("const {}_WORK: u64 = ", name.to_uppercase());
        let text = self.read("src/lib.rs");
        let (before, rest) = text.split_once(&constant).expect("the sample has a constant for it");
        let (_, after) = rest.split_once(';').unwrap();
        self.write("src/lib.rs", &format!("{before}{constant}{percent};{after}"));
    }

    /// Where a file of the project lies.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// Writes a file of the project.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Reads a file of the project.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// `cargo test --release`, or what else of cargo the words say; see [`decided`].
    pub(crate) fn cargo(&self, words: &[&str]) -> Said {
        decided(|| self.cargo_command(words))
    }

    /// The command behind [`Self::cargo`], not yet started.
    pub(crate) fn cargo_command(&self, words: &[&str]) -> Command {
        self.command("cargo", words)
    }

    /// `cargo perfreg …` with the real binary; see [`decided`].
    pub(crate) fn perfreg(&self, words: &[&str]) -> Said {
        decided(|| self.perfreg_command(words))
    }

    /// The command behind [`Self::perfreg`], not yet started.
    pub(crate) fn perfreg_command(&self, words: &[&str]) -> Command {
        // cargo passes the name of the subcommand first.
        let words: Vec<_> = ["perfreg"].iter().chain(words).collect();
        self.command(env!("CARGO_BIN_EXE_cargo-perfreg"), &words)
    }

    /// Any program, in the project and with its environment alone.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, program: &str, words: &[S]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(self.root.path());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let leaks = text == "CI" || LEAKING.iter().any(|prefix| text.starts_with(prefix));
            if leaks && !KEPT.contains(&&*text) {
                command.env_remove(&name);
            }
        }
        command.env("CARGO_TARGET_DIR", &self.target);
        command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_COLOR", "never");
        command
    }
}

/// What `command` says in the end: again, as a user would, while another machine on the same core
/// leaves a verdict open, or a run without undisturbed launches. That says nothing of what is tested,
/// and a red verdict is never asked twice.
pub(crate) fn decided(command: impl Fn() -> Command) -> Said {
    until(|| Said::from(command().output().unwrap()), |said| !said.is_left_open())
}

/// What `run` says in the end: again, after a while, until that is an answer, for it may take a moment
/// in which no neighbour is there.
#[track_caller]
pub(crate) fn until(run: impl Fn() -> Said, is_answer: impl Fn(&Said) -> bool) -> Said {
    const PATIENCE: usize = 10;
    const PAUSE: Duration = Duration::from_secs(4);
    for _ in 1..PATIENCE {
        let said = run();
        if is_answer(&said) {
            return said;
        }
        eprintln!("again, for that is no answer: {said}");
        thread::sleep(PAUSE);
    }
    run()
}

/// `command` with these variables of the environment.
pub(crate) fn with(mut command: Command, variables: &[(&str, &str)]) -> Command {
    command.envs(variables.iter().copied());
    command
}

/// The library is called `sample`, whatever the package is called.
fn manifest(package: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{package}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\nname = \"sample\"\n\n[features]\nextra = []\n\n\
         [dev-dependencies]\n{dependencies}\n[workspace]\n"
    )
}

/// What a command said.
pub(crate) struct Said {
    /// The exit code; none if it was killed.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("all output is UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Said {
    /// Goes on if the command exited with `code`; shows everything it said otherwise.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Whether a neighbour kept a verdict from being reached, and there was none that is red.
    pub(crate) fn is_left_open(&self) -> bool {
        let crowded = "launches shared their core with a busy neighbour";
        let undecided = [
            "but a second one after a pause",
            "rounds decide neither way",
            "on either side that have their core for themselves, and there are",
        ];
        let is_open = |line: &str| {
            let is_undecided = undecided.iter().any(|reason| line.contains(reason));
            // What is no slower even beside a neighbour is unchanged, and will be.
            line.contains(crowded) && !line.contains("unchanged")
                || line.contains("inconclusive") && is_undecided
        };
        self.code == Some(0) && self.stdout.lines().chain(self.stderr.lines()).any(is_open)
    }

    /// Whether it said `part` anywhere.
    pub(crate) fn mentions(&self, part: &str) -> bool {
        self.stdout.contains(part) || self.stderr.contains(part)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { code, stdout, stderr } = self;
        write!(f, "exit {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}

/// Each round depends on the one before and touches no memory: 10 % more rounds are 10 % more time,
/// wherever the code happens to lie.
const LIBRARY: &str = r"//! Work of a cost that can be set.

const PARSE_WORK: u64 = 100;
const SORT_WORK: u64 = 100;
const CHECKSUM_WORK: u64 = 100;

/// Some 10 µs.
pub fn parse(seed: u64) -> u64 {
    spin(seed, PARSE_WORK * 50)
}

/// Grows with `len`.
pub fn sort(seed: u64, len: u64) -> u64 {
    spin(seed, SORT_WORK * len)
}

/// Some 20 µs.
pub fn checksum(seed: u64) -> u64 {
    spin(seed, CHECKSUM_WORK * 100)
}

fn spin(mut state: u64, rounds: u64) -> u64 {
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    state
}
";

const TESTS: &str = r#"//! The performance tests of the sample.

use std::hint::black_box;

use perfreg::{Bencher, perf_regression};

#[perf_regression(baseline = "gt/perf.json")]
fn parse() -> u64 {
    sample::parse(black_box(1))
}

#[perf_regression(baseline = "gt/perf.json", args = [20, 80])]
fn sort(b: Bencher, len: u64) {
    b.bench(|| sample::sort(black_box(1), len));
}

#[perf_regression(baseline = "gt/perf.json")]
fn checksum(b: Bencher) {
    b.bench(|| sample::checksum(black_box(1)));
}
"#;
