//! The machine and its build tools, as far as two times need them to agree.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::model::{HostKey, Revision, Toolchain};

/// How the code around this crate was compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Build {
    /// Optimised, so that times mean something.
    Optimised,
    /// Not worth timing, and why.
    NotWorthTiming(&'static str),
}

/// What the build script saw of the compilation.
pub(crate) fn build() -> Build {
    if cfg!(miri) {
        Build::NotWorthTiming("this is Miri")
    } else if cfg!(perfreg_coverage) || std::env::var_os("LLVM_PROFILE_FILE").is_some() {
        Build::NotWorthTiming("the code is instrumented for coverage")
    } else if env!("PERFREG_OPT_LEVEL") == "0" {
        Build::NotWorthTiming("the code is not optimised")
    } else {
        Build::Optimised
    }
}

/// True if the crate that `spin` was compiled in is optimised; the build script saw only this one.
///
/// `spin` sums the numbers below its argument, which an optimiser does without a loop.
pub(crate) fn is_optimised(spin: fn(u64) -> u64) -> bool {
    const TRIES: usize = 5;
    const RESOLUTION: Duration = Duration::from_micros(1);
    let least = |rounds: u64| {
        let once = || {
            let begun = Instant::now();
            black_box(spin(black_box(rounds)));
            begun.elapsed()
        };
        (0..TRIES).map(|_| once()).min().unwrap_or_default()
    };
    least(100_000) < least(100).max(RESOLUTION) * 10
}

/// The compiler and profile of this build; `features` as the command line named them, and
/// the seed of a deterministic run.
pub fn toolchain(features: &str, seed: Option<u64>) -> Toolchain {
    Toolchain {
        rustc: env!("PERFREG_RUSTC").to_owned(),
        profile: env!("PERFREG_PROFILE").to_owned(),
        features: features.to_owned(),
        seed,
    }
}

/// Who can tell of devices of this machine, by the crate that knows them.
static DEVICES: Mutex<BTreeMap<&'static str, Found>> = Mutex::new(BTreeMap::new());

type Found = fn() -> String;

/// Has `cargo perfreg doctor` print what `found` tells of this machine's devices, a line of JSON with its
/// schema.
///
/// For crates that measure on a device: a test that uses `of`, the crate, has this called in its
/// executable before the tool asks it, such as by its `skip_if`.
pub fn tell_devices(of: &'static str, found: fn() -> String) {
    DEVICES.lock().unwrap_or_else(PoisonError::into_inner).insert(of, found);
}

/// What was told of this machine's devices, a line of JSON a crate.
pub fn devices() -> Vec<String> {
    let all: Vec<Found> =
        DEVICES.lock().unwrap_or_else(PoisonError::into_inner).values().copied().collect();
    all.into_iter().map(|found| found()).collect()
}

/// This machine.
pub fn host() -> HostKey {
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
    HostKey::new(&platform, &cpu_model(), cores, cgroup_limit())
}

fn cpu_model() -> String {
    read("/proc/cpuinfo")
        .and_then(|text| model_in_cpuinfo(&text))
        .or_else(model_from_sysctl)
        .or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok().filter(|_| cfg!(windows)))
        .unwrap_or_else(|| "unknown CPU".to_owned())
}

/// x86 names the model; ARM gives an implementer and a part number.
fn model_in_cpuinfo(text: &str) -> Option<String> {
    let field = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name && !value.trim().is_empty()).then(|| value.trim().to_owned())
        })
    };
    let x86 = || {
        let name = field("model name")?;
        // Hypervisors shorten the name: family, model and stepping tell generations apart.
        let part = |key: &str| field(key).unwrap_or_else(|| "?".to_owned());
        let detail = format!("{}/{}/{}", part("cpu family"), part("model"), part("stepping"));
        Some(format!("{} ({detail})", name.split_whitespace().collect::<Vec<_>>().join(" ")))
    };
    let arm = || Some(format!("ARM {} part {}", field("CPU implementer")?, field("CPU part")?));
    x86().or_else(arm)
}

fn model_from_sysctl() -> Option<String> {
    if !cfg!(target_vendor = "apple") {
        return None;
    }
    output(Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]))
}

/// The CPU quota of control group version 2 or 1, if there is one.
fn cgroup_limit() -> Option<String> {
    let v2 = || quota_v2(&read("/sys/fs/cgroup/cpu.max")?);
    let v1 = || {
        let quota: f64 = read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")?.trim().parse().ok()?;
        let period: f64 = read("/sys/fs/cgroup/cpu/cpu.cfs_period_us")?.trim().parse().ok()?;
        (quota > 0.0).then(|| percent(quota / period))
    };
    v2().or_else(v1)
}

fn quota_v2(text: &str) -> Option<String> {
    let (quota, period) = text.trim().split_once(' ')?;
    Some(percent(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?))
}

fn percent(cpus: f64) -> String {
    format!("CPU quota {:.0} %", cpus * 100.0)
}

/// The commit at `folder`, if it is in a git repository and git is there to ask.
pub(crate) fn revision(folder: &Path) -> Option<Revision> {
    let git = |words: &[&str]| output(Command::new("git").args(words).current_dir(folder));
    let described = git(&["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"])?;
    let (commit, dirty) = match described.strip_suffix("-dirty") {
        Some(commit) => (commit.to_owned(), true),
        None => (described, false),
    };
    let branch = git(&["symbolic-ref", "--quiet", "--short", "HEAD"]);
    Some(Revision { dirty, branch, ..commit_facts(folder, &commit) })
}

/// What git at `folder` says of a commit: its subject and when it was written.
pub fn commit_facts(folder: &Path, commit: &str) -> Revision {
    let git = |words: &[&str]| output(Command::new("git").args(words).current_dir(folder));
    // The date has no blank, whatever the subject has.
    let facts = git(&["log", "-1", "--no-show-signature", "--format=%aI %s", commit, "--"]);
    let (authored, subject) = match facts.as_deref().map(|facts| facts.split_once(' ')) {
        Some(Some((date, subject))) => (Some(date.to_owned()), Some(subject.to_owned())),
        Some(None) => (facts, None),
        None => (None, None),
    };
    Revision { commit: commit.to_owned(), dirty: false, branch: None, subject, authored }
}

/// True if the sources in the repository around `folder` are those of `commit`, but for the file
/// `except`; false if git cannot tell.
///
/// Files that git neither has nor ignores are sources too, and so are versions of dependencies that
/// it was told to ignore.
pub(crate) fn is_source_of(folder: &Path, commit: &str, except: &Path) -> bool {
    let is_hash = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.args(words).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null()).output()
    };
    let ends_with = |words: &[&str], code: i32| {
        git(words).is_ok_and(|said| said.status.code() == Some(code) && said.stdout.is_empty())
    };
    let Some(top) =
        output(Command::new("git").args(["rev-parse", "--show-toplevel"]).current_dir(folder))
    else {
        return false;
    };
    let but = relative(except, Path::new(&top)).map(|path| format!(":(top,exclude,literal){path}"));
    let places: Vec<&str> = ["--", ":(top)"].into_iter().chain(but.as_deref()).collect();
    is_hash
        && ends_with(&[&["diff", "--quiet", commit], &places[..]].concat(), 0)
        && ends_with(&[&["ls-files", "--others", "--exclude-standard"], &places[..]].concat(), 0)
        && ends_with(&["check-ignore", "--quiet", "Cargo.lock"], 1)
}

/// `path` below `top`, as git writes it.
fn relative(path: &Path, top: &Path) -> Option<String> {
    let top = top.canonicalize().ok()?;
    // The file need not be there, and its folder may be reached by a link.
    let mut folder = path.parent()?.to_owned();
    let mut below = std::path::PathBuf::from(path.file_name()?);
    while !folder.exists() {
        below = Path::new(folder.file_name()?).join(below);
        folder = folder.parent()?.to_owned();
    }
    let inside = folder.canonicalize().ok()?.strip_prefix(&top).ok()?.join(below);
    Some(inside.to_str()?.replace('\\', "/"))
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    // What is not UTF-8 in a commit's subject is no reason to know nothing of the commit.
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::{is_optimised, model_in_cpuinfo, quota_v2, revision};

    pub(crate) fn git(folder: &Path, words: &[&str]) {
        let mut command = Command::new("git");
        // Whoever runs these tests has habits of their own.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
        let said = command.args(who).args(words).current_dir(folder).output().unwrap();
        assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
    }

    #[test]
    fn a_commit_comes_with_its_facts() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(revision(folder), None);
        git(folder, &["init", "--quiet", "--initial-branch=<b>'\u{1f980}"]);
        let subject = format!("<script>alert(\"1\")</script> \u{202e} {}", "x".repeat(10_000));
        let date = "--date=2026-01-02T03:04:05+02:00";
        git(folder, &["commit", "--quiet", "--allow-empty", date, "-m", &subject]);
        let seen = revision(folder).unwrap();
        assert_eq!((seen.commit.len(), seen.dirty), (40, false));
        assert_eq!(seen.branch.as_deref(), Some("<b>'\u{1f980}"));
        assert_eq!(seen.subject.as_deref(), Some(subject.as_str()));
        assert_eq!(seen.authored.as_deref(), Some("2026-01-02T03:04:05+02:00"));

        git(folder, &["checkout", "--quiet", "--detach"]);
        git(folder, &["commit", "--quiet", "--allow-empty", "--allow-empty-message", "-m", ""]);
        let seen = revision(folder).unwrap();
        assert_eq!((seen.branch, seen.subject), (None, None));
        assert!(seen.authored.is_some());
    }

    #[test]
    fn the_sources_of_a_commit_are_told_from_all_others() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        git(root, &["init", "--quiet"]);
        write("app/src/lib.rs", "1");
        write("app/Cargo.lock", "1");
        git(root, &["add", "--all"]);
        git(root, &["commit", "--quiet", "-m", "one"]);
        let commit = revision(root).unwrap().commit;
        let baseline = root.join("app/gt/x.json");
        let is_source = |commit: &str| super::is_source_of(&root.join("app"), commit, &baseline);
        assert!(is_source(&commit) && is_source(&commit[..12]));
        assert!(!is_source("--quiet") && !is_source("HEAD") && !is_source(&"0".repeat(40)));
        // The baseline itself may come later.
        write("app/gt/x.json", "{}");
        assert!(is_source(&commit));
        git(root, &["add", "--all"]);
        git(root, &["commit", "--quiet", "-m", "two"]);
        assert!(is_source(&commit));
        let check = |name: &str, text: &str| {
            write(name, text);
            assert!(!is_source(&commit), "{name}");
            git(root, &["stash", "--quiet", "--include-untracked"]);
            assert!(is_source(&commit), "{name}");
        };
        check("app/src/lib.rs", "2");
        check("app/src/new.rs", "2");
        check("beside.rs", "2");
        check("app/gt/other.json", "2");
        let without_lock = || super::is_source_of(root, &commit, &baseline);
        assert!(without_lock());
        write(".git/info/exclude", "Cargo.lock");
        assert!(!without_lock(), "versions that git does not see");
        assert!(is_source(&commit), "what git has it sees");
        assert!(!super::is_source_of(Path::new("/"), &commit, &baseline));
    }

    #[test]
    fn devices_are_told_once_a_crate() {
        assert_eq!(super::devices(), [""; 0]);
        super::tell_devices("gpus", || "{\"schema\":\"gpus/1\"}".to_owned());
        super::tell_devices("gpus", || "{\"schema\":\"gpus/1\"}".to_owned());
        assert_eq!(super::devices(), ["{\"schema\":\"gpus/1\"}"]);
    }

    #[test]
    fn reads_cpu_models() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(model_in_cpuinfo(text).as_deref(), expected, "{text:?}");
        };
        check(
            "cpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Intel(R)  Xeon(R) CPU\nstepping\t: 7\n",
            Some("Intel(R) Xeon(R) CPU (6/85/7)"),
        );
        check("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", Some("ARM 0x41 part 0xd0c"));
        check("model name\t:\n", None);
        check("", None);
    }

    #[test]
    fn a_loop_that_is_run_betrays_a_build_without_optimisation() {
        let stays =
            |rounds| (0..rounds).fold(0_u64, |sum, i| std::hint::black_box(sum.wrapping_add(i)));
        let goes = |rounds: u64| rounds.wrapping_mul(rounds.wrapping_sub(1)) / 2;
        assert_eq!(stays(100), goes(100));
        assert!(!is_optimised(stays));
        assert!(is_optimised(goes));
    }

    #[test]
    fn reads_quotas() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(quota_v2(text).as_deref(), expected, "{text:?}");
        };
        check("150000 100000\n", Some("CPU quota 150 %"));
        check("max 100000\n", None);
        check("", None);
    }
}
