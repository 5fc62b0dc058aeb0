//! The same code in other layouts: the workspace built again, with a linker that is told in which
//! order to put the functions.
//!
//! Cargo keeps what was built through different wrappers apart, so that dependencies are built once
//! and an executable of every layout stays.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use cargo_metadata::Metadata;

use crate::cargo::Cargo;
use crate::cli::BuildArgs;
use crate::error::Error;
use crate::executable::Executable;

/// The round that is being measured, as all who start workers for it see it.
pub(crate) type Round = Rc<Cell<usize>>;

/// The seeds of one side's layouts: no seed is of both, for equal seeds lay almost equal code out
/// alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seeds {
    first: usize,
    count: usize,
}

impl Seeds {
    /// Those of `count` layouts of the base.
    pub(crate) fn of_base(count: usize) -> Self {
        Self { first: 1, count }
    }

    /// Those of `count` layouts of the head.
    pub(crate) fn of_head(count: usize) -> Self {
        Self { first: 1 + count, count }
    }
}

/// Builds the tests once for every seed; wrappers of the compiler go into `folder`.
///
/// # Errors
/// If this system's linker is not known to order functions, or a build fails.
pub(crate) fn build(
    cargo: &Cargo,
    args: &BuildArgs,
    metadata: &Metadata,
    folder: &Path,
    seeds: Seeds,
) -> Result<Vec<Vec<Executable>>, Error> {
    if !cfg!(target_os = "linux") {
        return Err(Error::usage("--layouts needs a linker that orders functions: LLD, on Linux"));
    }
    let last = seeds.first + seeds.count;
    let one = |seed: usize| {
        eprintln!("linking layout {} of {}", seed - seeds.first + 1, seeds.count);
        let wrapper = write_wrapper(folder, seed)?;
        let built = cargo.through(wrapper).build_tests(args, metadata);
        built.map_err(|error| {
            error.hint("--layouts needs LLD, which orders functions as it is told")
        })
    };
    (seeds.first..last).map(one).collect()
}

/// A program that calls the compiler as it is told and adds the order of this seed.
fn write_wrapper(folder: &Path, seed: usize) -> Result<PathBuf, Error> {
    let path = folder.join(format!("layout-{seed}"));
    let script =
        format!("#!/bin/sh\nexec \"$@\" '-Clink-arg=-Wl,--shuffle-sections=.text*={seed}'\n");
    // A file that is written while an earlier build still runs it could not be run.
    if fs::read_to_string(&path).is_ok_and(|now| now == script) {
        return Ok(path);
    }
    fs::write(&path, script).map_err(|e| Error::io("write", &path, &e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&path, permissions)
            .map_err(|e| Error::io("make runnable", &path, &e))?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::{Seeds, write_wrapper};

    #[test]
    fn no_seed_is_of_both_sides() {
        let (base, head) = (Seeds::of_base(16), Seeds::of_head(16));
        assert_eq!((base.first, head.first), (1, base.first + base.count));
    }

    #[cfg(unix)]
    #[test]
    fn a_wrapper_adds_a_word_for_the_linker() {
        let folder = tempfile::tempdir().unwrap();
        let wrapper = write_wrapper(folder.path(), 7).unwrap();
        assert_eq!(write_wrapper(folder.path(), 7).unwrap(), wrapper);
        let said = std::process::Command::new(wrapper).args(["echo", "a b"]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said, "a b -Clink-arg=-Wl,--shuffle-sections=.text*=7\n");
    }
}
