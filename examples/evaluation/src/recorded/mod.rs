//! The rules on data that others recorded: identical code, and code that was slowed down.

mod contended;
mod cycles;
mod nightly;

use std::fs;
use std::path::{Path, PathBuf};

use crate::arguments::{Arguments, Extent};
use crate::table::Table;

/// All tables of the part; `tell` gets each as soon as it is there.
///
/// # Errors
/// In words, if a file cannot be read, or what `tell` says.
pub(crate) fn run(
    arguments: &Arguments,
    mut tell: impl FnMut(Table) -> Result<(), String>,
) -> Result<(), String> {
    let checks = match arguments.extent {
        Extent::Full => contended::Checks { unchanged: 600, slowed: 200 },
        Extent::Quick => contended::Checks { unchanged: 60, slowed: 20 },
    };
    tell(contended::table(checks, arguments.seed)?)?;
    tell(nightly::table()?)?;
    tell(cycles::table(arguments.seed)?)
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The JSON files in `folder` and below, in the order of their names.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            files.extend(json_files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
