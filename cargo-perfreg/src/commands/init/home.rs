//! Which package of a workspace gets the first test.

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, Package};

use crate::error::Error;

/// The package called `name`; without a name the one whose folder is `here`, a folder without links
/// in its path, or the nearest above it.
///
/// # Errors
/// If there is no such package, as at the root of a virtual workspace.
pub(super) fn home<'a>(
    metadata: &'a Metadata,
    name: Option<&str>,
    here: &Path,
) -> Result<&'a Package, Error> {
    let members = metadata.workspace_packages();
    let found = match name {
        Some(name) => members.iter().find(|package| package.name.as_str() == name),
        None => {
            let around = members.iter().filter(|package| here.starts_with(folder(package)));
            around.max_by_key(|package| folder(package).components().count())
        }
    };
    if let Some(package) = found {
        return Ok(package);
    }
    let mut names: Vec<_> = members.iter().map(|package| package.name.as_str()).collect();
    names.sort_unstable();
    let known = names.join(", ");
    Err(Error::usage(match name {
        Some(name) => format!("the workspace has no package {name:?}; there are: {known}"),
        None => format!(
            "the workspace has no package at its root: say with -p PACKAGE which one gets the first \
             test; there are: {known}"
        ),
    }))
}

fn folder(package: &Package) -> PathBuf {
    let manifest = package.manifest_path.as_std_path();
    let folder = manifest.parent().unwrap_or(manifest);
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}
