//! `cargo perfreg init`: what a project needs, written where nothing stands yet.

mod dependency;
mod home;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::cli::InitArgs;
use crate::config::PLACES;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::git::Git;

use dependency::Dependency;
use home::home;

/// The first test, below the folder of its package.
const TEST: &str = "tests/perf.rs";
const TEST_TEXT: &str = include_str!("init/perf.rs");
/// What nextest should know, below the root of the workspace.
const NEXTEST: &str = ".config/nextest.toml";
const NEXTEST_TEXT: &str = include_str!("init/nextest.toml");
const CONFIG_TEXT: &str = include_str!("init/perfreg.toml");
/// The workflow, below the root of the repository: elsewhere nobody looks for it.
const WORKFLOW: &str = ".github/workflows/perfreg.yml";
const WORKFLOW_TEXT: &str = include_str!("init/workflow.yml");

/// Adds the dependency, and writes the files that are not there.
///
/// # Errors
/// If there is no workspace, nothing says which package is meant, a file cannot be written, or cargo
/// cannot add the dependency.
pub(crate) fn run(args: &InitArgs, context: &Context) -> Result<ExitCode, Error> {
    let metadata = context.cargo.metadata()?;
    let root = metadata.workspace_root.as_std_path();
    let here = context.cargo.manifest_folder()?;
    let package = home(&metadata, args.package.as_deref(), &here)?;
    let dependency = match Dependency::of(package) {
        Some(dependency) => {
            context.print(&format!("kept the dependency of {} on perfreg\n", package.name))?;
            dependency
        }
        None => {
            context.cargo.add_perfreg(&package.manifest_path, args.path.as_deref())?;
            let name = &package.name;
            context.print(&format!("added perfreg to the dev-dependencies of {name}\n"))?;
            Dependency::added()
        }
    };
    let folder = package.manifest_path.as_std_path().parent().unwrap_or(root);
    let test = folder.join(TEST);
    let shown = test.strip_prefix(root).unwrap_or(&test).display().to_string();
    let written = write_new(&test, &dependency.said_in(TEST_TEXT))?;
    context.print(&told(&shown, &written))?;
    // A second configuration would be an error, wherever the first stands.
    let place = PLACES.iter().find(|place| root.join(place).is_file()).unwrap_or(&PLACES[0]);
    context.print(&told(place, &write_new(&root.join(place), CONFIG_TEXT)?))?;
    let git = Git::of(root).ok();
    let below = git.as_ref().and_then(|git| git.below(root)).unwrap_or_default();
    let top = git.as_ref().map_or(root, Git::root);
    let workflow = write_new(&top.join(WORKFLOW), &workflow(&below))?;
    context.print(&told(WORKFLOW, &workflow))?;
    let nextest = root.join(NEXTEST);
    let written = write_new(&nextest, NEXTEST_TEXT)?;
    context.print(&told(NEXTEST, &written))?;
    if let (Written::StandsThere, false) = (written, groups_tests(&nextest)?) {
        let why = "so that nextest runs no two measured tests side by side";
        context.print(&format!("add to it, {why}:\n\n{NEXTEST_TEXT}\n"))?;
    }
    if !is_target(context, &test)? {
        let entry = "[[test]]\nname = \"perf\"\npath = \"tests/perf.rs\"";
        let why = "for its `autotests` is off, and cargo does not see the first test";
        context.print(&format!("add to {}, {why}:\n\n{entry}\n\n", package.manifest_path))?;
    }
    context.print("next: cargo perfreg run\n")?;
    Ok(ExitCode::Fine)
}

/// The workflow of a workspace in the folder `below` that of its repository.
fn workflow(below: &Path) -> String {
    if below == Path::new("") {
        return WORKFLOW_TEXT.to_owned();
    }
    WORKFLOW_TEXT.replace(
        "    steps:\n",
        &format!(
            "    defaults:\n      run:\n        working-directory: {:?}\n    steps:\n",
            below.display().to_string().replace('\\', "/")
        ),
    )
}

enum Written {
    Yes,
    StandsThere,
}

fn told(name: &str, written: &Written) -> String {
    match written {
        Written::Yes => format!("wrote {name}\n"),
        Written::StandsThere => format!("kept {name}, which is there already\n"),
    }
}

/// Writes a file that does not exist; one that does is somebody's work.
fn write_new(path: &Path, text: &str) -> Result<Written, Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|cause| Error::io("create", folder, &cause))?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes()).map_err(|cause| Error::io("write", path, &cause))?;
            Ok(Written::Yes)
        }
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(Written::StandsThere),
        Err(cause) => Err(Error::io("write", path, &cause)),
    }
}

/// Whether nextest's configuration puts tests into a group of one at a time.
fn groups_tests(path: &Path) -> Result<bool, Error> {
    let text = fs::read_to_string(path).map_err(|cause| Error::io("read", path, &cause))?;
    let table: toml::Table = toml::from_str(&text)
        .map_err(|cause| Error::usage(format!("{}: {cause}", path.display())))?;
    let groups = table.get("test-groups").and_then(toml::Value::as_table);
    let alone =
        |group: &toml::Value| group.get("max-threads").and_then(toml::Value::as_integer) == Some(1);
    Ok(groups.is_some_and(|groups| groups.values().any(alone)))
}

/// Whether cargo builds the file at `test`.
fn is_target(context: &Context, test: &Path) -> Result<bool, Error> {
    let metadata = context.cargo.metadata()?;
    let mut targets = metadata.packages.iter().flat_map(|package| &package.targets);
    Ok(targets.any(|target| target.src_path.as_std_path() == test))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{CONFIG_TEXT, NEXTEST_TEXT, Written, groups_tests, workflow, write_new};
    use crate::config::Config;

    #[test]
    fn what_is_written_is_in_order() {
        toml::from_str::<Config>(CONFIG_TEXT).unwrap();
    }

    #[test]
    fn a_workspace_within_a_repository_has_its_workflow_at_the_top() {
        assert!(!workflow(Path::new("")).contains("working-directory"));
        let text = workflow(Path::new("rust/app"));
        assert!(text.contains("        working-directory: \"rust/app\"\n    steps:"), "{text}");
    }

    #[test]
    fn a_group_of_one_at_a_time_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nextest.toml");
        let check = |text: &str, expected: Option<bool>| {
            fs::write(&path, text).unwrap();
            assert_eq!(groups_tests(&path).ok(), expected, "{text}");
        };
        check(NEXTEST_TEXT, Some(true));
        check("[test-groups]\nheavy = { max-threads = 4 }\n", Some(false));
        check("# nothing yet\n", Some(false));
        check("[test-groups", None);
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.toml");
        assert!(matches!(write_new(&path, "one").unwrap(), Written::Yes));
        assert!(matches!(write_new(&path, "two").unwrap(), Written::StandsThere));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    }
}
