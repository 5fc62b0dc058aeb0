//! The guide, followed by the letter: each chapter's files are written and its commands typed, in their order, in
//! a project that begins where the chapter "Your first test" ends.
//!
//! What a chapter shows of an answer has to be in it, a line each; `…` stands for anything. `src/cli/guide.rs` holds
//! the rest of the guide to what it says.

#[expect(
    dead_code,
    reason = "what is only read and not run is held to it by the tests of the command line"
)]
#[path = "../../src/cli/guide/page.rs"]
mod page;

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::project::{Project, SHARED_TARGET, Said, WORKSPACE};
use page::{Page, Typed, pages};

/// Where the project of every chapter comes from.
const FIRST: &str = "first-test.md";
/// The project's folder.
const FOLDER: &str = "shop";
/// What other tools left there, of `tests/data/tools`, in chapters that speak of it.
const LEFT: [(&str, &str); 6] = [
    ("target/criterion", "criterion/tree"),
    (".benchmarks", "pytest-benchmark/storage"),
    ("target/0001.json", "pytest-benchmark/generated/0001_baseline.json"),
    ("target/0002.json", "pytest-benchmark/generated/0002_baseline.json"),
    ("target/hyperfine.json", "hyperfine/two.json"),
    ("target/data.js", "github-action-benchmark/data.js"),
];
/// What is not committed.
const IGNORED: &str = "/target\n";

macro_rules! chapters {
    ($($name:ident: $file:literal,)*) => {
        const RUN: &[&str] = &[$($file),*];
        $(
            #[test]
            #[cfg(unix)]
            #[ignore = "measures: optimised builds of a project, seconds"]
            fn $name() {
                follow($file);
            }
        )*
    };
}

chapters! {
    first_test: "first-test.md",
    metrics: "metrics.md",
    verdicts: "verdicts.md",
    noise_and_power: "noise-and-power.md",
    baselines: "baselines.md",
    comparing_commits: "comparing-commits.md",
    looking_back: "looking-back.md",
    ci: "ci.md",
    other_tools: "other-tools.md",
    custom_harness: "custom-harness.md",
    migrating: "migrating.md",
    troubleshooting: "troubleshooting.md",
    reference: "reference.md",
}

#[test]
fn every_chapter_with_commands_is_run() {
    let with_commands = pages().into_iter().filter(|page| page.blocks.iter().any(is_run));
    let names: Vec<_> = with_commands.map(|page| page.name).collect();
    assert_eq!(names, RUN);
}

fn is_run(block: &page::Block) -> bool {
    block.language() == "console" && block.left_out.is_none()
}

fn follow(name: &str) {
    let begin = Instant::now();
    let pages = pages();
    let of = |name: &str| pages.iter().find(|page| page.name == name).expect("it is a chapter");
    let project = repository();
    if name != FIRST {
        write_files(&project, of(FIRST));
        // The versions of the project itself are written by whoever asks first.
        type_in(&project, "cargo metadata --format-version 1 > target/metadata.json").expect(0);
        type_in(&project, "git add --all && git commit --quiet -m 'The first tests'").expect(0);
        share_builds(&project);
    }
    let mut typed = 0;
    for block in &of(name).blocks {
        if let Some(why) = &block.left_out {
            eprintln!("{name}:{}: not run or compiled: {why}", block.line);
        } else if let Some(file) = block.file() {
            project.write(&format!("{FOLDER}/{file}"), &block.text);
        } else if is_run(block) {
            for one in block.typed() {
                leave(&project, &one.command);
                check(&project, name, &one);
                typed += 1;
            }
        }
    }
    eprintln!("{name}: {typed} commands, {:.1} s", begin.elapsed().as_secs_f64());
}

/// A repository with nothing in it, in a folder where the registry's perfreg is the one of this workspace.
fn repository() -> Project {
    let project = Project::empty(FOLDER);
    for file in ["Cargo.toml", "src/lib.rs"] {
        std::fs::remove_file(project.path(file)).unwrap();
    }
    let workspace = Path::new(WORKSPACE).canonicalize().unwrap();
    let patch = format!("[patch.crates-io]\nperfreg = {{ path = {workspace:?} }}\n");
    project.write(".cargo/config.toml", &patch);
    project.write(&format!("{FOLDER}/.gitignore"), IGNORED);
    std::fs::rename(project.path("Cargo.lock"), project.path(&format!("{FOLDER}/Cargo.lock")))
        .unwrap();
    std::fs::create_dir(project.path(&format!("{FOLDER}/target"))).unwrap();
    type_in(&project, "git init --quiet --initial-branch=main").expect(0);
    project
}

fn write_files(project: &Project, page: &Page) {
    for block in &page.blocks {
        if let (Some(file), None) = (block.file(), &block.left_out) {
            project.write(&format!("{FOLDER}/{file}"), &block.text);
        }
    }
}

/// What compares commits builds perfreg once a side, for all chapters.
#[cfg(unix)]
fn share_builds(project: &Project) {
    let folder = project.path(&format!("{FOLDER}/.perfreg/diff"));
    std::fs::create_dir_all(&folder).unwrap();
    project.write(&format!("{FOLDER}/.perfreg/.gitignore"), "*\n");
    for side in ["base", "head"] {
        let shared = Path::new(SHARED_TARGET).join(side);
        std::fs::create_dir_all(&shared).unwrap();
        std::os::unix::fs::symlink(shared, folder.join(format!("target-{side}"))).unwrap();
    }
}

/// Puts what `command` speaks of where it looks for it.
fn leave(project: &Project, command: &str) {
    for (place, sample) in LEFT.iter().filter(|(place, _)| command.contains(place)) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tools").join(sample);
        let to = project.path(&format!("{FOLDER}/{place}"));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let copied = Command::new("cp").arg("-rT").arg(&from).arg(&to).status().unwrap();
        assert!(copied.success(), "{}", from.display());
    }
}

fn type_in(project: &Project, command: &str) -> Said {
    let mut shell =
        project.command("bash", &["--noprofile", "--norc", "-eo", "pipefail", "-c", command]);
    let tool = Path::new(env!("CARGO_BIN_EXE_cargo-perfreg")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::iter::once(tool.to_owned()).chain(std::env::split_paths(&path));
    shell.env("PATH", std::env::join_paths(path).unwrap());
    for who in ["AUTHOR", "COMMITTER"] {
        shell.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.com");
    }
    shell.current_dir(project.path(FOLDER));
    Said::from(shell.output().unwrap())
}

/// Types a command until it answers as the guide says; only what a neighbour left open is asked again.
fn check(project: &Project, page: &str, typed: &Typed) {
    const PATIENCE: usize = 10;
    const PAUSE: Duration = Duration::from_secs(4);
    for attempt in 1.. {
        let said = type_in(project, &typed.command);
        let missing = typed.shown.iter().find(|line| !answers(&said, line));
        if said.code == Some(typed.exit) && missing.is_none() {
            return;
        }
        let place = format!("{page}:{}: `{}`", typed.line, typed.command);
        let expected = missing.map(|line| format!("\nit lacks: {line}")).unwrap_or_default();
        let is_final = attempt == PATIENCE || !said.is_left_open();
        assert!(!is_final, "{place} should exit with {}: {said}{expected}", typed.exit);
        eprintln!("{place} again, for that is no answer: {said}");
        thread::sleep(PAUSE);
    }
}

/// Whether what was said has the line `shown`, wherever its blanks are.
fn answers(said: &Said, shown: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = words(shown);
    let is_like = |line: &str| {
        let mut rest = line;
        let mut parts = shown.split('…').peekable();
        let mut is_first = true;
        while let Some(part) = parts.next() {
            let at = match (is_first, parts.peek()) {
                (true, None) => (rest == part).then_some(0),
                (true, Some(_)) => rest.starts_with(part).then_some(0),
                (false, None) => rest.ends_with(part).then(|| rest.len() - part.len()),
                (false, Some(_)) => rest.find(part),
            };
            let Some(at) = at else { return false };
            rest = &rest[at + part.len()..];
            is_first = false;
        }
        true
    };
    shown.is_empty()
        || said.stdout.lines().chain(said.stderr.lines()).any(|line| is_like(&words(line)))
}

#[test]
fn an_answer_is_held_to_what_is_shown() {
    let said = |text: &str| Said { code: Some(0), stdout: text.to_owned(), stderr: String::new() };
    let check = |shown: &str, expected: bool| {
        assert_eq!(answers(&said("one  two three\nfour 4.5 µs"), shown), expected, "{shown}");
    };
    check("one two three", true);
    check("one   two three", true);
    check("one two", false);
    check("one … three", true);
    check("… three", true);
    check("one …", true);
    check("four … µs", true);
    check("four … ms", false);
    check("two …", false);
    check("one … four", false);
    check("…", true);
    check("", true);
}
