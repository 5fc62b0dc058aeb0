//! Workspaces of every shape: where their tests are found, and where their baselines lie.
//!
//! One generated workspace has all shapes at once, for each crate of it is built with optimisation.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::project::{Project, SHARED_TARGET, Said, WORKSPACE};
use crate::scripted::{self, Script};

/// The root, whose own path contains a blank.
const ROOT: &str = "a home";

/// A workspace without a package at its root.
fn shapes() -> Project {
    let project = Project::new(&[]);
    for name in ["Cargo.toml", "src/lib.rs"] {
        fs::remove_file(project.path(name)).unwrap();
    }
    let write = |path: &str, text: &str| project.write(&format!("{ROOT}/{path}"), text);
    write("Cargo.toml", MANIFEST);
    fs::copy(Path::new(WORKSPACE).join("Cargo.lock"), project.path(&format!("{ROOT}/Cargo.lock")))
        .unwrap();
    write(".cargo/config.toml", &format!("[build]\ntarget-dir = {SHARED_TARGET:?}\n"));
    let package = |folder: &str, name: &str, more: &str| {
        let text =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        let more =
            more.replace("PERFREG", &fs::canonicalize(WORKSPACE).unwrap().display().to_string());
        write(&format!("{folder}/Cargo.toml"), &format!("{text}{more}"));
        write(&format!("{folder}/src/lib.rs"), "//! A sample.\n");
    };
    let twin = |size: &str, prelude: &str| TWIN.replace("SIZE", size).replace("PRELUDE", prelude);
    package("plain", "shapes-plain", PLAIN);
    write("plain/src/lib.rs", UNIT);
    write("plain/src/main.rs", "//! A binary of the library's name.\n\nfn main() {}\n");
    write("plain/tests/perf.rs", &twin("1.0", "perfreg"));
    write(
        "plain/tests/more.rs",
        &twin("2.0", "perfreg").replace("baseline = \"gt/perf.json\", ", ""),
    );
    write("plain/tests/elsewhere/start.rs", FEATURED);
    write(
        "plain/tests/own.rs",
        "//! Of a harness of its own.\n\nfn main() { panic!(\"started\") }\n",
    );
    // As a crate has it that was a project of its own before.
    write("plain/Cargo.lock", "version = 4\n");
    package("deep/nested/inner", "shapes-inner", RENAMED);
    let renamed = twin("3.0", "pr").replace("baseline =", "crate = pr, baseline =");
    write("deep/nested/inner/tests/perf.rs", &renamed);
    package("with blank/spaced", "shapes-spaced", CORE);
    write("with blank/spaced/tests/perf.rs", &twin("4.0", "perfreg_core"));
    package("macros", "shapes-macros", MACROS);
    write("macros/src/lib.rs", MACRO);
    package("../beside", "shapes-beside", BESIDE);
    write("../beside/tests/perf.rs", &twin("5.0", "perfreg"));
    package("excluded", "shapes-excluded", DEV);
    fs::copy(
        Path::new(WORKSPACE).join("Cargo.lock"),
        project.path(&format!("{ROOT}/excluded/Cargo.lock")),
    )
    .unwrap();
    write("excluded/tests/perf.rs", &twin("6.0", "perfreg"));
    project
}

/// `command` in a folder of the project, with the target folder that its configuration names.
fn inside(project: &Project, folder: &str, mut command: Command) -> Said {
    command.current_dir(project.path(folder)).env_remove("CARGO_TARGET_DIR");
    Said::from(command.output().unwrap())
}

/// `cargo perfreg` in a folder of the workspace.
fn perfreg(project: &Project, folder: &str, words: &[&str]) -> Said {
    inside(project, &format!("{ROOT}/{folder}"), project.perfreg_command(words))
}

/// Every test of the workspace, as `package target test`.
const ALL: [&str; 7] = [
    "shapes-beside perf twin",
    "shapes-inner perf twin",
    "shapes-macros shapes_macros tests::expand",
    "shapes-plain more twin",
    "shapes-plain perf twin",
    "shapes-plain shapes_plain tests::unit",
    "shapes-spaced perf twin",
];

/// The identifiers in JSON objects, sorted.
fn ids<'a>(objects: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let mut ids: Vec<_> = objects
        .into_iter()
        .map(|object| {
            ["package", "target", "test"].map(|key| object[key].as_str().unwrap()).join(" ")
        })
        .collect();
    ids.sort();
    ids
}

/// What `list --json` printed.
fn listed(said: &Said) -> Vec<String> {
    ids(serde_json::from_str::<Value>(&said.stdout).unwrap().as_array().unwrap())
}

/// The tests that `run --message-format json` told of, and how all of them ended.
fn ended(said: &Said) -> (Vec<String>, Vec<String>) {
    let lines: Vec<Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let tests = || lines.iter().filter(|line| line["reason"] == "test-ended");
    let mut how: Vec<_> = tests().map(|line| line["ended"].as_str().unwrap().to_owned()).collect();
    how.sort();
    how.dedup();
    (ids(tests()), how)
}

#[test]
#[ignore = "measures for minutes: run with --release --ignored"]
fn workspaces_of_every_shape_are_measured() {
    let project = shapes();
    let json = ["run", "--message-format", "json"];
    let said = perfreg(&project, "deep/nested/inner", &json).expect(0);
    assert_eq!(ended(&said), (ALL.map(str::to_owned).to_vec(), vec!["new".to_owned()]), "{said}");
    // The sizes differ, so tests that shared an entry would be compared with each other's.
    let said = perfreg(&project, "", &json).expect(0);
    assert_eq!(ended(&said).1, ["unchanged"], "{said}");
    let baselines = [
        "beside/gt/perf.json",
        "inner/gt/perf.json",
        "macros/gt/shapes_macros.json",
        "plain/gt/more.json",
        "plain/gt/perf.json",
        "plain/gt/shapes_plain.json",
        "spaced/gt/perf.json",
    ];
    for name in baselines {
        let path = project.path(&format!("{ROOT}/.perfreg/baselines/shapes-{name}"));
        assert!(path.is_file(), "there is no {}", path.display());
    }
    for folder in ["plain", "deep/nested/inner", "../beside"] {
        assert!(!project.path(&format!("{ROOT}/{folder}/.perfreg")).exists(), "in {folder}");
    }
    under_cargo_and_nextest(&project);
    selected(&project);
    excluded(&project);
    beside_a_binary_of_its_name(&project);
    // Last, for it moves the workspace.
    archived(&project);
}

/// cargo and nextest alone find the baselines that the tool made.
fn under_cargo_and_nextest(project: &Project) {
    let packages = ["-p", "shapes-inner", "-p", "shapes-spaced", "-p", "shapes-beside"];
    for runner in [&["test", "--release"][..], &["nextest", "run", "--release"]] {
        let command = project.cargo_command(&[runner, &packages].concat());
        let begun = records(project);
        inside(project, ROOT, command).expect(0);
        assert_eq!(records(project), begun + 3, "{runner:?}");
    }
    assert!(!perfreg(project, "", &["last"]).expect(0).mentions(" new "));
}

/// How many run records of the twins there are.
fn records(project: &Project) -> usize {
    let of = |package: &str| format!("{ROOT}/.perfreg/runs/shapes-{package}/perf/twin");
    let folders = ["inner", "spaced", "beside"].map(|package| project.path(&of(package)));
    folders.iter().map(|folder| fs::read_dir(folder).unwrap().count()).sum()
}

/// Packages, features, manifests and folders choose what is built.
fn selected(project: &Project) {
    let list = |words: &[&str]| perfreg(project, "plain/src", &[&["list"], words].concat());
    let manifest = project.path(&format!("{ROOT}/with blank/spaced/Cargo.toml"));
    let mut command = project.perfreg_command(&["list", "--json", "--manifest-path"]);
    command.arg(manifest).args(["-p", "shapes-spaced"]);
    let outside = project.path("outside");
    fs::create_dir_all(&outside).unwrap();
    command.current_dir(outside).env("CARGO_TARGET_DIR", SHARED_TARGET);
    let said = Said::from(command.output().unwrap()).expect(0);
    assert_eq!(listed(&said), ["shapes-spaced perf twin"]);
    let said = list(&["-p", "shapes-inner"]).expect(0);
    assert_eq!(said.stdout, "shapes-inner: perf::twin\n");
    let said = list(&["-p", "shapes-plain", "--features", "extra", "--json"]).expect(0);
    assert!(listed(&said).contains(&"shapes-plain renamed_target featured".to_owned()), "{said}");
    assert!(
        list(&["-p", "shapes-inner", "featured"]).expect(2).mentions("no annotated test matches")
    );
    // What the command line says wins over the configuration.
    project.write(&format!("{ROOT}/.cargo/config.toml"), "[build]\ntarget-dir = 'unwanted'\n");
    list(&["-p", "shapes-inner", "--target-dir", SHARED_TARGET]).expect(0);
    assert!(!project.path(&format!("{ROOT}/unwanted")).exists());
    let config = format!("[build]\ntarget-dir = {SHARED_TARGET:?}\n");
    project.write(&format!("{ROOT}/.cargo/config.toml"), &config);
}

/// A crate that the workspace excludes is a workspace of its own.
fn excluded(project: &Project) {
    let said = perfreg(project, "excluded", &["run", "--message-format", "json"]).expect(0);
    assert_eq!(ended(&said).0, ["shapes-excluded perf twin"], "{said}");
    let baseline = ".perfreg/baselines/shapes-excluded/gt/perf.json";
    assert!(project.path(&format!("{ROOT}/excluded/{baseline}")).is_file());
}

/// A library and a binary of one name may both have tests, but not the same ones.
fn beside_a_binary_of_its_name(project: &Project) {
    let path = format!("{ROOT}/plain/src/main.rs");
    let before = project.read(&path);
    project.write(&path, &format!("{UNIT}\nfn main() {{}}\n"));
    let said = perfreg(project, "", &["list", "-p", "shapes-plain"]).expect(2);
    assert!(said.mentions("are of two targets with one name"), "{said}");
    project.write(&path, &before);
}

/// Test binaries that were built elsewhere find the baselines of the sources they are told of.
fn archived(project: &Project) {
    let archive = project.path("tests.tar.zst");
    let mut command = project.cargo_command(&["nextest", "archive", "--release"]);
    command.args(["-p", "shapes-inner", "-p", "shapes-spaced", "--archive-file"]).arg(&archive);
    inside(project, ROOT, command).expect(0);
    let moved = project.path("moved");
    fs::rename(project.path(ROOT), &moved).unwrap();
    let beside = project.read("beside/Cargo.toml").replace(ROOT, "moved");
    project.write("beside/Cargo.toml", &beside);
    let mut command = project.cargo_command(&["nextest", "run", "--archive-file"]);
    command.arg(&archive).arg("--workspace-remap").arg(&moved);
    inside(project, "", command).expect(0);
    let said = inside(project, "moved", project.perfreg_command(&["last"])).expect(0);
    assert!(said.mentions("shapes-inner") && !said.mentions(" new "), "{said}");
    let kept = fs::read_dir(moved.join(".perfreg/runs/shapes-inner/perf/twin")).unwrap().count();
    assert_eq!(kept, 5, "two by the tool, one each by cargo, nextest and from the archive");
    assert!(!project.path(ROOT).exists(), "the folder of the build is written to");
}

#[test]
fn profiles_of_ones_own_are_built() {
    let project = scripted::project();
    let manifest = project.read("Cargo.toml");
    project.write("Cargo.toml", &format!("{manifest}\n[profile.swift]\ninherits = \"release\"\n"));
    let script = Script::judged("first", &[perfreg_core::Verdict::Unchanged]);
    scripted::prepare(&project, "first", &script);
    project.perfreg(&["run", "first", "--profile", "swift"]).expect(0);
    assert!(project.path("target/swift/deps").is_dir());
}

#[test]
fn the_first_test_of_a_virtual_workspace_needs_a_package() {
    let project = Project::new(&[(
        "Cargo.toml",
        "[workspace]\nmembers = ['one', 'two']\nexclude = ['fake']\n",
    )]);
    for (name, dependency) in
        [("one", "pr = { package = 'perfreg', path = '../fake' }"), ("two", "")]
    {
        let text = format!(
            "[package]\nname = '{name}'\nversion = '0.1.0'\nautotests = false\n\n\
             [dev-dependencies]\n{dependency}\n"
        );
        project.write(&format!("{name}/Cargo.toml"), &text);
        project.write(&format!("{name}/src/lib.rs"), "//! Nothing yet.\n");
    }
    let fake = "[package]\nname = 'perfreg'\nversion = '0.1.0'\n\n[workspace]\n";
    project.write("fake/Cargo.toml", fake);
    project.write("fake/src/lib.rs", "//! Stands for perfreg.\n");
    let check = |words: &[&str], part: &str| {
        let said = project.perfreg(&[&["init"], words].concat()).expect(2);
        assert!(said.mentions(part), "{part} is not in\n{said}");
        assert!(!project.path("perfreg.toml").exists(), "{said}");
    };
    check(&[], "say with -p PACKAGE which one gets the first test; there are: one, two");
    check(&["-p", "three"], "no package \"three\"; there are: one, two");
    // The registry is out of reach, and nothing is half done.
    check(&["-p", "two"], "cargo add --dev perfreg failed");
    let said = project.perfreg(&["init", "-p", "one"]).expect(0);
    for part in ["kept the dependency of one", "wrote one/tests/perf.rs", "`autotests` is off"] {
        assert!(said.mentions(part), "{part} is not in\n{said}");
    }
    assert!(project.read("one/tests/perf.rs").contains("#[perf_regression(crate = pr, baseline"));
    let mut command = project.perfreg_command(&["init", "--path", "../../fake"]);
    let said = Said::from(command.current_dir(project.path("two/src")).output().unwrap()).expect(0);
    for part in ["added perfreg to the dev-dependencies of two", "kept perfreg.toml"] {
        assert!(said.mentions(part), "{part} is not in\n{said}");
    }
    let manifest = project.read("two/Cargo.toml");
    assert!(manifest.contains("perfreg = { path = \"../fake\" }"), "{manifest}");
}

#[test]
fn every_shell_gets_completions() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = project.perfreg(&["completions", shell]).expect(0);
        let words = ["perfreg", "baseline", "message-format"];
        assert!(words.iter().all(|word| said.stdout.contains(word)), "{shell}: {said}");
        if shell == "bash" {
            project.write("completions.sh", &said.stdout);
            let checked = project.command("bash", &["-n", "completions.sh"]).output().unwrap();
            Said::from(checked).expect(0);
        }
    }
    project.perfreg(&["completions", "tcsh"]).expect(2);
}

const MANIFEST: &str = r#"[workspace]
resolver = "3"
members = ["plain", "deep/nested/inner", "with blank/spaced", "macros", "../beside"]
exclude = ["excluded"]
"#;

const DEV: &str = "[dev-dependencies]\nperfreg = { path = \"PERFREG\" }\n";

const PLAIN: &str = r#"
[features]
extra = []

[[test]]
name = "renamed-target"
path = "tests/elsewhere/start.rs"

[[test]]
name = "own"
harness = false

[dev-dependencies]
perfreg = { path = "PERFREG" }
"#;

const RENAMED: &str = r#"
[dev-dependencies]
pr = { package = "perfreg", path = "PERFREG" }
"#;

const CORE: &str = r#"
[dev-dependencies]
perfreg-core = { path = "PERFREG/perfreg-core" }
"#;

const MACROS: &str = r#"
[lib]
proc-macro = true

[dev-dependencies]
perfreg = { path = "PERFREG" }
"#;

const BESIDE: &str = r#"workspace = "../a home"

[dev-dependencies]
perfreg = { path = "PERFREG" }
"#;

/// A test of one name in many targets; what it judges repeats exactly.
const TWIN: &str = r#"//! A performance test.

use PRELUDE::{Bencher, Direction, Unit, perf_regression};

#[perf_regression(baseline = "gt/perf.json", metrics = ["size"], launches = 3)]
fn twin(b: Bencher) {
    b.record("size", SIZE, Unit::Bytes, Direction::LowerIsBetter);
    b.bench(|| std::hint::black_box(1) + 1);
}
"#;

const UNIT: &str = r#"//! With a test beside private code.

#[cfg(test)]
mod tests {
    use perfreg::{Bencher, Direction, Unit, perf_regression};

    #[perf_regression(metrics = ["size"], launches = 3)]
    fn unit(b: Bencher) {
        b.record("size", 7.0, Unit::Bytes, Direction::LowerIsBetter);
        b.bench(|| std::hint::black_box(1) + 1);
    }
}
"#;

const MACRO: &str = r#"//! Macros, which other crates of the workspace could use.

use proc_macro::TokenStream;

/// What it is given.
#[proc_macro]
pub fn same(tokens: TokenStream) -> TokenStream {
    tokens
}

#[cfg(test)]
mod tests {
    use perfreg::{Bencher, Direction, Unit, perf_regression};

    #[perf_regression(metrics = ["size"], launches = 3)]
    fn expand(b: Bencher) {
        b.record("size", 8.0, Unit::Bytes, Direction::LowerIsBetter);
        b.bench(|| std::hint::black_box(1) + 1);
    }
}
"#;

const FEATURED: &str = r#"//! A target with a name and a path of its own.

#[cfg(feature = "extra")]
#[perfreg::perf_regression(metrics = ["size"], launches = 3)]
fn featured(b: perfreg::Bencher) {
    b.record("size", 9.0, perfreg::Unit::Bytes, perfreg::Direction::LowerIsBetter);
    b.bench(|| std::hint::black_box(1) + 1);
}
"#;
