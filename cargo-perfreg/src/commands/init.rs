//! `cargo perfreg init`: what a project needs, written where nothing stands yet.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Command;

use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;

/// What is written, below the root of the workspace.
const FILES: [(&str, &str); 4] = [
    ("perfreg.toml", include_str!("init/perfreg.toml")),
    ("tests/perf.rs", include_str!("init/perf.rs")),
    (".config/nextest.toml", include_str!("init/nextest.toml")),
    (".github/workflows/perfreg.yml", include_str!("init/workflow.yml")),
];

/// Writes the files that are not there, and adds the dependency.
///
/// # Errors
/// If there is no workspace, a file cannot be written, or cargo cannot add the dependency.
pub(crate) fn run(context: &Context) -> Result<ExitCode, Error> {
    let metadata = context.cargo.metadata()?;
    let root = metadata.workspace_root.as_std_path();
    // A virtual workspace has no package at its root for the first test to be of.
    let package = metadata.root_package();
    let depends = package.is_some_and(|package| {
        package.dependencies.iter().any(|one| one.name.starts_with("perfreg"))
    });
    for (name, text) in FILES {
        if name == "tests/perf.rs" && package.is_none() {
            let line = "skipped tests/perf.rs: the workspace has no package at its root; add a test to a member\n";
            context.print(line)?;
            continue;
        }
        context.print(&match write_new(&root.join(name), text)? {
            Written::Yes => format!("wrote {name}\n"),
            Written::StandsThere => format!("kept {name}, which is there already\n"),
        })?;
    }
    if package.is_some() && !depends {
        add_dependency(root)?;
        context.print("added perfreg to the dev-dependencies\n")?;
    }
    context.print("next: cargo perfreg run\n")?;
    Ok(ExitCode::Fine)
}

enum Written {
    Yes,
    StandsThere,
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

fn add_dependency(root: &Path) -> Result<(), Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["add", "--dev", "perfreg", "--quiet"])
        .current_dir(root)
        .status()
        .map_err(|cause| Error::internal(format!("cannot start cargo add: {cause}")))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::usage("cargo add --dev perfreg failed; add the dependency by hand"))
}

#[cfg(test)]
mod tests {
    use super::{FILES, Written, write_new};
    use crate::config::Config;

    #[test]
    fn what_is_written_is_in_order() {
        let (_, configuration) = FILES[0];
        toml::from_str::<Config>(configuration).unwrap();
        let (_, nextest) = FILES[2];
        toml::from_str::<toml::Table>(nextest).unwrap();
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.toml");
        assert!(matches!(write_new(&path, "one").unwrap(), Written::Yes));
        assert!(matches!(write_new(&path, "two").unwrap(), Written::StandsThere));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
    }
}
