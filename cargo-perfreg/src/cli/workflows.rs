//! The ready workflows: every command in them is one of ours, and none does more than it has to.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use yaml_rust2::{Yaml, YamlLoader};

use crate::cli::Cli;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn read(path: &Path) -> Yaml {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut documents =
        YamlLoader::load_from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(documents.len(), 1, "{}", path.display());
    documents.remove(0)
}

fn workflows(service: &str) -> Vec<(PathBuf, Yaml)> {
    let folder = Path::new(ROOT).join("docs/workflows").join(service);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// Everything below `yaml` that stands under the key `name`.
fn all<'a>(yaml: &'a Yaml, name: &str, found: &mut Vec<&'a Yaml>) {
    match yaml {
        Yaml::Array(items) => items.iter().for_each(|item| all(item, name, found)),
        Yaml::Hash(pairs) => {
            for (key, value) in pairs {
                if key.as_str() == Some(name) {
                    found.push(value);
                }
                all(value, name, found);
            }
        }
        _ => {}
    }
}

fn under<'a>(yaml: &'a Yaml, name: &str) -> Vec<&'a Yaml> {
    let mut found = Vec::new();
    all(yaml, name, &mut found);
    found
}

/// The commands of ours in a script, each with what the shell would put in place of its variables.
fn commands(script: &str) -> Vec<String> {
    let lines = script.lines().filter_map(|line| line.split_once("cargo perfreg "));
    let whole = lines.map(|(_, rest)| rest.split([')', ';', '|']).next().unwrap_or_default());
    whole.map(|command| command.replace("${{ matrix.shard }}", "1/2")).collect()
}

#[track_caller]
fn check(path: &Path, script: &str) -> usize {
    let commands = commands(script);
    for command in &commands {
        let words = shlex::split(command).unwrap_or_else(|| panic!("{command}"));
        let words = std::iter::once("cargo-perfreg".to_owned()).chain(words);
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("{}: `{command}`: {error}", path.display());
        }
    }
    commands.len()
}

#[test]
fn workflows_of_github_are_in_order() {
    let action = read(&Path::new(ROOT).join("action.yml"));
    let (mut commands, mut uses) = (0, 0);
    let mut workflows = workflows("github");
    assert_eq!(workflows.len(), 7);
    let of_init = Path::new(ROOT).join("cargo-perfreg/src/commands/init/workflow.yml");
    workflows.push((of_init.clone(), read(&of_init)));
    for (path, workflow) in &workflows {
        let name = path.display();
        assert!(workflow["permissions"].as_hash().is_some(), "{name} says what it may do");
        for rights in under(workflow, "permissions") {
            for (right, how) in rights.as_hash().unwrap() {
                let writes = how.as_str() == Some("write");
                assert!(!writes || right.as_str() != Some("actions"), "{name}: {right:?}");
            }
        }
        // With the rights of the main branch, and the code of anybody.
        assert!(workflow["on"]["pull_request_target"].is_badvalue(), "{name}");
        if !workflow["on"]["pull_request"].is_badvalue() {
            let rights = workflow["permissions"].as_hash().unwrap();
            assert!(rights.values().all(|how| how.as_str() == Some("read")), "{name}");
        }
        let trusted = !workflow["on"]["workflow_run"].is_badvalue();
        for step in under(workflow, "uses") {
            let (action, version) = step.as_str().unwrap().split_once('@').unwrap();
            let major = version.strip_prefix('v').and_then(|major| major.parse::<u8>().ok());
            assert!(major.is_some(), "{name}: {action}@{version}");
            assert!(!(trusted && action == "actions/checkout"), "{name} checks nothing out");
            uses += 1;
        }
        for step in under(workflow, "steps").into_iter().flat_map(|steps| steps.as_vec().unwrap()) {
            if step["uses"].as_str() == Some("perfreg/perfreg@v0") {
                for input in step["with"].as_hash().into_iter().flat_map(|with| with.keys()) {
                    assert!(!action["inputs"][input.as_str().unwrap()].is_badvalue(), "{input:?}");
                }
            }
        }
        for script in under(workflow, "run").into_iter().filter_map(Yaml::as_str) {
            // What stands in an expression becomes code of the script.
            let expressions = script.split("${{").skip(1);
            assert!(expressions.clone().all(|of| of.starts_with(" matrix.")), "{name}: {script}");
            commands += check(path, script);
        }
    }
    assert_eq!((commands, uses), (12, 31));
}

#[test]
fn the_history_of_main_is_handed_on_whatever_becomes_of_the_job() {
    let workflow = read(&Path::new(ROOT).join("docs/workflows/github/main.yml"));
    let steps = workflow["jobs"]["measure"]["steps"].as_vec().unwrap();
    let place = |part: &str| {
        let is_it = |step: &Yaml| {
            [&step["uses"], &step["run"]]
                .iter()
                .any(|what| what.as_str().is_some_and(|w| w.contains(part)))
        };
        steps.iter().position(is_it).unwrap_or_else(|| panic!("no step has {part}"))
    };
    let places = ["actions/cache/restore@", "cargo perfreg run ", "actions/cache/save@"].map(place);
    assert!(places.is_sorted(), "{places:?}");
    let [restore, save] = [places[0], places[2]].map(|at| &steps[at]);
    assert_eq!(save["if"].as_str(), Some("always()"));
    for what in ["path", "key"] {
        assert_eq!(restore["with"][what], save["with"][what], "{what}");
    }
    let paths: Vec<_> = save["with"]["path"].as_str().unwrap().lines().collect();
    assert_eq!(paths, [".perfreg/history", ".perfreg/pushed"]);
}

#[test]
fn the_pipeline_of_gitlab_is_in_order() {
    let mut commands = 0;
    for (path, pipeline) in workflows("gitlab") {
        for lines in under(&pipeline, "script") {
            for line in lines.as_vec().unwrap() {
                commands += check(&path, line.as_str().unwrap());
            }
        }
        let stages = pipeline["stages"].as_vec().unwrap();
        for stage in under(&pipeline, "stage") {
            assert!(stages.contains(stage), "{stage:?}");
        }
    }
    assert_eq!(commands, 7);
}
