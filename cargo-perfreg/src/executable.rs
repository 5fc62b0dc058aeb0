//! A test executable: what is in it, and the surroundings in which cargo would run it.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::camino::Utf8PathBuf;
use cargo_metadata::{BuildScript, Package, Target};

use crate::error::Error;
use crate::registry::{self, Registration};
use crate::secrets::call_without_secrets;

/// Where the system's loader looks for shared libraries.
const LIBRARY_PATH: &str = if cfg!(windows) {
    "PATH"
} else if cfg!(target_os = "macos") {
    "DYLD_FALLBACK_LIBRARY_PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// A test executable.
#[derive(Clone, Debug)]
pub(crate) struct Executable {
    path: PathBuf,
    crate_name: String,
    package: String,
    root: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Executable {
    /// The executable at `path`, built from `target` of `package`.
    pub(crate) fn new(
        path: PathBuf,
        target: &Target,
        package: &Package,
        script: Option<&BuildScript>,
        linked: &[&Utf8PathBuf],
    ) -> Self {
        let manifest = package.manifest_path.as_std_path();
        let root = manifest.parent().unwrap_or(Path::new(".")).to_owned();
        let mut environment = package_environment(package, &root);
        if let Some(script) = script {
            let own = script.env.iter().map(|(name, value)| (name.into(), value.into()));
            environment.extend(own);
            environment.push(("OUT_DIR".into(), script.out_dir.as_str().into()));
        }
        // Of all targets, these alone are linked with the standard library as a shared one.
        let standard = target.is_proc_macro().then(standard_library).flatten();
        environment.extend(library_path(&path, linked, standard));
        Self {
            path,
            crate_name: target.name.replace('-', "_"),
            package: package.name.to_string(),
            root,
            environment,
        }
    }

    /// The folder of the package.
    pub(crate) fn package_folder(&self) -> &Path {
        &self.root
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether both were built from the same target.
    pub(crate) fn is_of_target(&self, other: &Self) -> bool {
        (&self.package, &self.crate_name) == (&other.package, &other.crate_name)
    }

    /// A call of the executable as `cargo test` would make it.
    pub(crate) fn command(&self) -> Command {
        let mut command = call_without_secrets(&self.path);
        // This process may have inherited the surroundings of another package.
        for name in ["OUT_DIR", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"] {
            command.env_remove(name);
        }
        command.current_dir(&self.root);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A call of the executable for a worker, whatever role this process's environment names.
    pub(crate) fn worker(&self) -> Command {
        let mut command = self.command();
        command.env_remove("PERFREG");
        command
    }

    /// The annotated tests in the executable.
    ///
    /// # Errors
    /// If the file cannot be read, or was built with another version of perfreg.
    pub(crate) fn registrations(&self) -> Result<Vec<Registration>, Error> {
        let mut found = registry::read(&self.path)?;
        // A library that is linked into a test may bring the records of its own tests along.
        found.retain(|r| r.id.target == self.crate_name && r.id.package == self.package);
        Ok(found)
    }

    /// The paths of the tests that carry `#[ignore]`.
    ///
    /// # Errors
    /// If the executable does not list its tests, as with a test harness of its own.
    pub(crate) fn ignored(&self) -> Result<HashSet<String>, Error> {
        let mut command = self.command();
        command.args(["--list", "--format", "terse", "--ignored"]);
        let output = command.output().map_err(|e| Error::io("start", &self.path, &e))?;
        if !output.status.success() {
            let path = self.path.display();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Error::usage(format!("{path} does not list its tests: {}", said.trim())));
        }
        Ok(listed(&String::from_utf8_lossy(&output.stdout)))
    }
}

/// The tests in the output of `--list --format terse`.
fn listed(output: &str) -> HashSet<String> {
    output.lines().filter_map(|line| line.strip_suffix(": test")).map(ToOwned::to_owned).collect()
}

/// The variables about the package that cargo sets for its tests.
fn package_environment(package: &Package, root: &Path) -> Vec<(OsString, OsString)> {
    let version = &package.version;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut environment: Vec<(OsString, OsString)> = vec![
        ("CARGO_MANIFEST_DIR".into(), root.into()),
        ("CARGO_MANIFEST_PATH".into(), package.manifest_path.as_str().into()),
    ];
    environment.extend(
        [
            ("CARGO_PKG_NAME", package.name.to_string()),
            ("CARGO_PKG_VERSION", version.to_string()),
            ("CARGO_PKG_VERSION_MAJOR", version.major.to_string()),
            ("CARGO_PKG_VERSION_MINOR", version.minor.to_string()),
            ("CARGO_PKG_VERSION_PATCH", version.patch.to_string()),
            ("CARGO_PKG_VERSION_PRE", version.pre.to_string()),
            ("CARGO_PKG_AUTHORS", package.authors.join(":")),
            ("CARGO_PKG_DESCRIPTION", text(&package.description)),
            ("CARGO_PKG_HOMEPAGE", text(&package.homepage)),
            ("CARGO_PKG_REPOSITORY", text(&package.repository)),
            ("CARGO_PKG_LICENSE", text(&package.license)),
        ]
        .map(|(name, value)| (name.into(), value.into())),
    );
    environment
}

/// The folder of the compiler's shared libraries; without a compiler to ask, the loader's own places
/// have to do.
fn standard_library() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = call_without_secrets(rustc).args(["--print", "target-libdir"]).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(folder.trim_end()))
}

/// The path for shared libraries: beside the executable, where build scripts said, then as it was.
fn library_path(
    executable: &Path,
    linked: &[&Utf8PathBuf],
    standard: Option<PathBuf>,
) -> Option<(OsString, OsString)> {
    let inherited = std::env::var_os(LIBRARY_PATH);
    let beside = executable.ancestors().skip(1).take(2).map(Path::to_owned);
    let built = executable.ancestors().nth(2).unwrap_or(executable);
    let linked = linked
        .iter()
        // `native=/path`, as rustc's -L takes it.
        .map(|path| path.as_str().split_once('=').map_or(path.as_str(), |(_, path)| path))
        .map(PathBuf::from)
        // Like cargo: the system's own libraries are found without help.
        .filter(|path| path.starts_with(built));
    let before = inherited.as_deref().unwrap_or(OsStr::new(""));
    let before = std::env::split_paths(before).filter(|path| !path.as_os_str().is_empty());
    let joined = std::env::join_paths(beside.chain(linked).chain(standard).chain(before)).ok()?;
    Some((LIBRARY_PATH.into(), joined))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_are_listed() {
        let check = |output: &str, expected: &[&str]| {
            let mut found: Vec<_> = listed(output).into_iter().collect();
            found.sort();
            assert_eq!(found, expected, "{output:?}");
        };
        check("", &[]);
        check("a::b: test\nc: benchmark\nd: test\n", &["a::b", "d"]);
        check("\n2 tests, 0 benchmarks\n", &[]);
    }
}
