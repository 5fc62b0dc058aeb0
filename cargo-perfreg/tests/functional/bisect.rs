//! Repositories of a dozen commits, in which a test becomes worse somewhere.

use crate::diff::{commit, git};
use crate::project::{Project, SHARED_TARGET, Said, until};

/// A repository with one commit for each of `states`, after a first one; each sets files.
fn repository(name: &str, first: &[(&str, String)], states: &[Vec<(&str, String)>]) -> Project {
    let project = Project::measuring(name);
    project.write(".gitignore", "target\n");
    git(&project, &["init", "--quiet", "--initial-branch=main"]);
    let all = [first].into_iter().chain(states.iter().map(Vec::as_slice));
    for (at, files) in all.enumerate() {
        files.iter().for_each(|(path, text)| project.write(path, text));
        project.write("notes.txt", &format!("{at}\n"));
        commit(&project, &format!("Change {at}"));
        git(&project, &["tag", &format!("change-{at}")]);
    }
    project
}

fn perfreg(project: &Project, words: &[&str]) -> Said {
    // Shared, so that perfreg is compiled once a side.
    let target = ["--target-dir", SHARED_TARGET];
    project.perfreg(&[words, &["--no-progress"], &target].concat())
}

#[track_caller]
fn check(project: &Project, words: &[&str], code: i32, parts: &[&str]) -> String {
    let said = perfreg(project, &[&["bisect"], words].concat()).expect(code);
    for part in parts {
        assert!(said.mentions(part), "{words:?} lacks `{part}`: {said}");
    }
    said.stdout
}

/// The hash of the commit with this number.
fn hash(project: &Project, at: usize) -> String {
    git(project, &["rev-parse", &format!("change-{at}")]).stdout.trim().to_owned()
}

/// The tests that a table calls regressed.
fn regressed(table: &str) -> Vec<String> {
    let lines = table.lines().filter(|line| line.contains(" regressed "));
    let mut tests: Vec<String> =
        lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect();
    tests.sort();
    tests.dedup();
    tests
}

/// Times and counts that the code under test states itself: nothing here depends on the machine.
const SCRIPTED: &str = r#"//! The performance tests of the sample.

use std::time::Duration;

use perfreg::{Bencher, Direction, Unit, perf_regression};

#[perf_regression(baseline = "gt/perf.json")]
fn parse(b: Bencher) {
    b.bench_timed(|| Duration::from_nanos(sample::PARSE));
}

#[perf_regression(baseline = "gt/perf.json")]
fn render(b: Bencher) {
    b.bench_timed(|| Duration::from_nanos(sample::RENDER));
}

#[perf_regression(baseline = "gt/perf.json")]
fn load(b: Bencher) {
    b.record("pages", sample::PAGES, Unit::Count, Direction::LowerIsBetter);
    b.bench_timed(|| Duration::from_nanos(700_000));
}

#[perf_regression(baseline = "gt/perf.json")]
fn checksum(b: Bencher) {
    b.bench_timed(|| Duration::from_nanos(900_000));
}
"#;

fn stated(parse: u32, render: u32, pages: u32) -> Vec<(&'static str, String)> {
    let text = format!(
        "//! What everything costs.\n\n\
         /// Nanoseconds.\npub const PARSE: u64 = {parse};\n\
         /// Nanoseconds.\npub const RENDER: u64 = {render};\n\
         /// Pages that are read.\npub const PAGES: f64 = {pages}.0;\n"
    );
    vec![("src/lib.rs", text)]
}

fn scripted() -> Project {
    let broken = || vec![("src/lib.rs", "no rust\n".to_owned())];
    let mut first = stated(1_000_000, 2_000_000, 3);
    first.push(("tests/perf.rs", SCRIPTED.to_owned()));
    repository(
        "bisect-scripted",
        &first,
        &[
            vec![],
            stated(1_000_000, 2_000_000, 6),
            vec![],
            broken(),
            stated(1_000_000, 2_000_000, 6),
            stated(1_200_000, 2_000_000, 6),
            vec![],
            broken(),
            stated(1_200_000, 2_100_000, 6),
            vec![],
            vec![],
            vec![],
        ],
    )
}

#[test]
#[ignore = "builds every commit of a repository with optimisation, minutes"]
fn the_commit_is_found_and_broken_ones_are_stepped_over() {
    let project = scripted();
    let first = hash(&project, 0);
    let search = |test: &str, code: i32, parts: &[&str]| {
        check(&project, &[test, "--good", &first, "--bad", "main"], code, parts)
    };
    let found = |at: usize| format!("{} is the first bad commit", hash(&project, at));

    let pages = [&found(2), "default pages: worse, 3 -> 6", "risk of"];
    search("load", 0, &pages);
    // What is asked again is known; and git comes to the same end by the same answers.
    let known = search("perf::load", 0, &[&found(2)]);
    assert!(!known.contains("it is over"), "another word for the test is another search: {known}");
    search("perf::load", 0, &[&found(2), "it is over"]);
    assert_eq!(git(&project, &["status", "--porcelain"]).stdout, "");
    let replayed = git(&project, &["bisect", "replay", ".perfreg/bisect/log"]);
    assert!(replayed.mentions(&found(2)), "{replayed}");
    git(&project, &["bisect", "reset"]);

    search("parse", 0, &[&found(6), "+20.0 %", "skip", "could not be built"]);
    // Somebody stopped it before the last commit.
    let state = project.read(".perfreg/bisect/state.json");
    let mut state: serde_json::Value = serde_json::from_str(&state).unwrap();
    state["steps"].as_array_mut().unwrap().pop();
    project.write(".perfreg/bisect/state.json", &state.to_string());
    search("render", 2, &["another search is under way", "--restart"]);
    search("parse", 0, &[&found(6), "goes on after"]);

    let among = ["the first bad commit is one of these", "# only skipped commits left to test"];
    let text = search("render", 5, &among);
    let possible: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# possible first bad commit: "))
        .collect();
    let expected = [9, 8].map(|at| format!("[{}] Change {at}", hash(&project, at)));
    assert_eq!(possible, expected, "{text}");

    let said = perfreg(&project, &["diff", &first, "main"]).expect(1);
    assert_eq!(regressed(&said.stdout), ["perf::load", "perf::parse", "perf::render"], "{said}");
}

#[test]
#[ignore = "builds two commits of a repository with optimisation, a minute"]
fn ends_that_are_none_are_told() {
    let project = scripted();
    let (first, third) = (hash(&project, 0), hash(&project, 3));
    let fails = |words: &[&str], code: i32, part: &str| {
        check(&project, words, code, &[part]);
    };
    fails(&["load", "--good", "main", "--bad", &first], 2, "the other way round");
    fails(&["load", "--good", "v9", "--bad", "main"], 2, "\"v9\" is no revision");
    fails(&["lo", "--good", &first, "--bad", &first], 2, "are one commit");
    fails(&["r", "--good", &first, "--bad", &third], 2, "means several tests");
    fails(&["x", "--good", &first, "--bad", &third], 2, "no annotated test of the good end");
    fails(&["parse", "--good", &first, "--bad", &third], 2, "no worse than the good one");
    let unknown = ["load", "--good", &first, "--bad", &third, "--metric", "pens"];
    fails(&unknown, 100, "metric `pens` is asked for");
    fails(&["load", "--good", &first, "--bad", "main~8"], 101, "could not be built");
    assert!(!project.path(".perfreg/bisect/state.json").exists(), "nothing was found");
}

/// A parser of lines such as `key = 12 + 3`, with the work of its parts as constants.
const PARSER: &str = r#"//! A small parser.

/// How long the hash of a number is stirred.
const NUMBER_ROUNDS: u32 = 100;
/// How long the hash of a key is stirred.
const KEY_ROUNDS: u32 = 100;

/// The sum of all values, each of them stirred.
pub fn values(text: &str) -> u64 {
    let value = |line: &str| {
        let (_, right) = line.split_once('=')?;
        right.split('+').map(|number| number.trim().parse::<u64>().ok()).sum::<Option<u64>>()
    };
    text.lines().filter_map(value).fold(1, |sum, value| stir(sum ^ value, NUMBER_ROUNDS))
}

/// The hash of all keys.
pub fn hash(text: &str) -> u64 {
    text.lines().fold(1, |hash, line| {
        let key = line.split('=').next().unwrap_or_default().trim();
        stir(hash ^ key.len() as u64, KEY_ROUNDS)
    })
}

/// The keys, each as text of its own.
pub fn keys(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| Some(owned(line.split_once('=')?.0.trim()))).collect()
}

fn owned(key: &str) -> String {
    key.to_owned()
}

/// How many lines there are, slowly.
pub fn lines(text: &str) -> u64 {
    text.lines().fold(1, |count, _| stir(count, 100))
}

fn stir(mut state: u64, rounds: u32) -> u64 {
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    state
}
"#;

const PARSER_TESTS: &str = r#"//! The performance tests of the parser.

use std::hint::black_box;

use perfreg::{AllocCounter, perf_regression};

#[global_allocator]
static ALLOC: AllocCounter = AllocCounter::system();

const TEXT: &str = "one = 1 + 2\ntwo = 3\nthree = 4 + 5 + 6\nfour = 7\n\nfive = 8 + 9\nsix = 10\n";

#[perf_regression(baseline = "gt/perf.json")]
fn values() -> u64 {
    sample::values(black_box(TEXT))
}

#[perf_regression(baseline = "gt/perf.json")]
fn hash() -> u64 {
    sample::hash(black_box(TEXT))
}

#[perf_regression(baseline = "gt/perf.json", metrics = [allocations])]
fn keys() -> usize {
    sample::keys(black_box(TEXT)).len()
}

#[perf_regression(baseline = "gt/perf.json")]
fn lines() -> u64 {
    sample::lines(black_box(TEXT))
}
"#;

#[test]
#[ignore = "measures: optimised builds of a dozen commits, minutes"]
fn real_work_that_became_more_is_found() {
    let mut text = PARSER.to_owned();
    let mut changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
        vec![("src/lib.rs", text.clone())]
    };
    let first = [("src/lib.rs", PARSER.to_owned()), ("tests/perf.rs", PARSER_TESTS.to_owned())];
    let states = [
        vec![],
        changed("A small parser.", "A parser of lines."),
        vec![],
        changed("KEY_ROUNDS: u32 = 100", "KEY_ROUNDS: u32 = 106"),
        vec![],
        vec![],
        changed("NUMBER_ROUNDS: u32 = 100", "NUMBER_ROUNDS: u32 = 122"),
        vec![],
        changed("How many lines there are, slowly.", "The number of lines, slowly."),
        vec![],
        changed("key.to_owned()", "std::hint::black_box(key.to_owned()).as_str().to_owned()"),
        vec![],
    ];
    let project = repository("bisect-real", &first, &states);
    let begin = hash(&project, 0);
    for (test, culprit) in [("values", 7), ("hash", 4), ("keys", 11)] {
        let found = format!("{} is the first bad commit", hash(&project, culprit));
        check(&project, &[test, "--good", &begin, "--bad", "main"], 0, &[&found]);
    }
    let diff = || perfreg(&project, &["diff", &begin, "main"]).expect(1);
    let said = until(diff, |said| !said.stdout.contains(" inconclusive "));
    assert_eq!(regressed(&said.stdout), ["perf::hash", "perf::keys", "perf::values"], "{said}");
}
