//! The folder `.perfreg/` at the root of a cargo workspace: local baselines, run records, and what
//! awaits a decision.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::model::{Run, TestId};
use crate::store::atomic::write_atomically;
use crate::store::pending::Pending;
use crate::store::records::{read_run, text_of_record};

/// A cargo workspace, as the owner of its `.perfreg/` folder.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace of `package`, which has the source `file`, as `file!()` says it.
    ///
    /// cargo compiles in the root of the workspace, so a relative `file` says where that is, whatever
    /// else lies on the way: a member may still have the `Cargo.lock` of the time before it was one.
    /// Members beside the root have absolute paths, and a manifest that names it. Without sources,
    /// as where an archive was unpacked, it is the nearest folder upwards with a `Cargo.lock`.
    pub fn of_source(package: &Path, file: &Path) -> Self {
        let has = |name: &Path| package.ancestors().find(|folder| folder.join(name).is_file());
        let told =
            if file.is_relative() { has(file).map(Path::to_owned) } else { named_by(package) };
        let locked = || has(Path::new("Cargo.lock")).unwrap_or(package).to_owned();
        Self { root: told.unwrap_or_else(locked) }
    }

    /// The workspace with this root.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder of the workspace's `Cargo.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path as the reader of a message knows it: relative to the workspace if it lies inside.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// This machine's own baseline for the tests of `id`'s package that name `baseline`.
    pub fn local_baseline(&self, id: &TestId, baseline: &str) -> PathBuf {
        self.folder().join("baselines").join(&id.package).join(baseline)
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.root.join(".perfreg")
    }

    /// The folder `.perfreg/`, made where it is not there yet; it keeps itself out of git.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make_folder(&self) -> Result<PathBuf, Error> {
        let folder = self.folder();
        fs::create_dir_all(&folder).map_err(|e| Error::io("create folder", &folder, e))?;
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            write_atomically(&ignore, b"# perfreg's own: local baselines and run records.\n*\n")?;
        }
        Ok(folder)
    }

    /// Holds off every other writer of this workspace's baselines until the guard is dropped.
    ///
    /// # Errors
    /// If the lock file cannot be made or locked.
    pub fn lock(&self) -> Result<WorkspaceLock, Error> {
        let path = self.make_folder()?.join("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|e| Error::io("open", &path, e))?;
        file.lock().map_err(|e| Error::io("lock", &path, e))?;
        Ok(WorkspaceLock { _file: file })
    }

    pub(crate) fn pending_file(&self, id: &TestId) -> PathBuf {
        let name = format!("{}.json", file_name(&id.test));
        let (package, target) = (file_name(&id.package), file_name(&id.target));
        self.folder().join("pending").join(package).join(target).join(name)
    }

    /// Keeps `run` as awaiting a decision, in place of what awaited one of the same test.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep_pending(&self, run: &Run) -> Result<(), Error> {
        self.make_folder()?;
        let path = self.pending_file(&run.id);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| Error::io("create folder", folder, e))?;
        }
        write_atomically(&path, text_of_record(run).as_bytes())
    }

    /// Forgets what awaited a decision about this test, if anything did.
    ///
    /// # Errors
    /// If the file is there and cannot be removed.
    pub fn drop_pending(&self, id: &TestId) -> Result<(), Error> {
        let path = self.pending_file(id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::io("remove", &path, error))
            }
            _ => Ok(()),
        }
    }

    /// What awaits a decision, sorted by test.
    ///
    /// # Errors
    /// If a file cannot be read, or is not a run record.
    #[inline] // Only the command line tool reads records: let it compile the parsing.
    pub fn pending(&self) -> Result<Vec<Pending>, Error> {
        let mut pending = Vec::new();
        for package in folders(&self.folder().join("pending"))? {
            for target in folders(&package)? {
                for path in json_files(&target)? {
                    pending.push(Pending::new(self.clone(), read_run(&path)?));
                }
            }
        }
        pending.sort_by(|a, b| a.run().id.cmp(&b.run().id));
        Ok(pending)
    }
}

/// While it lives, no other process changes baselines of the workspace.
#[derive(Debug)]
pub struct WorkspaceLock {
    _file: File,
}

/// The root that the manifest of `package` names: nothing else in one is a `workspace` with a text.
fn named_by(package: &Path) -> Option<PathBuf> {
    let manifest = fs::read_to_string(package.join("Cargo.toml")).ok()?;
    let mut named = manifest.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let quoted = value.trim_start().strip_prefix(['"', '\''])?.split(['"', '\'']).next();
        quoted.filter(|_| ["workspace", "package.workspace"].contains(&key.trim()))
    });
    package.join(named.next()?).canonicalize().ok()
}

/// `a::b` may not be a file name everywhere; `.` may, and stands in no Rust path. Names of other machines and
/// other tools may be anything, and lead nowhere else.
pub(super) fn file_name(test: &str) -> String {
    /// Bytes of a name that stay; file systems take 255, and a stamp is added.
    const LONGEST: usize = 120;
    let name = test.replace("::", ".");
    let is_plain = |c: char| c.is_alphanumeric() || "._-".contains(c);
    if name.len() <= LONGEST && !name.starts_with('.') && name.chars().all(is_plain) {
        return name;
    }
    // Names of other tools hold anything; two of them must not meet in one folder.
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let begin: String = name.chars().take(LONGEST / 2).map(plain).collect();
    format!("{begin}-{:016x}", fingerprint(test))
}

/// 64 bits that stay the same from version to version (Fowler, Noll and Vo: FNV-1a).
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

pub(super) fn folders(of: &Path) -> Result<Vec<PathBuf>, Error> {
    entries(of, Path::is_dir)
}

pub(super) fn json_files(of: &Path) -> Result<Vec<PathBuf>, Error> {
    entries(of, |path| path.extension().is_some_and(|e| e == "json"))
}

/// Sorted; a folder that does not exist has nothing in it.
fn entries(of: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Error> {
    let listing = match fs::read_dir(of) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(|e| Error::io("list", of, e))?,
    };
    let mut found = Vec::new();
    for entry in listing {
        let path = entry.map_err(|e| Error::io("list", of, e))?.path();
        if wanted(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Workspace;

    #[test]
    fn the_root_is_where_cargo_compiled() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        for (file, text) in [
            ("home/Cargo.lock", ""),
            ("home/crates/a b/tests/perf.rs", ""),
            // What a crate brings along that became a member later.
            ("home/crates/a b/Cargo.lock", ""),
            ("home/excluded/Cargo.lock", ""),
            ("home/excluded/tests/perf.rs", ""),
            ("beside/Cargo.toml", "[package]\nworkspace = \"../home\" # its own\n"),
            ("alone/Cargo.toml", "[dependencies]\nx = { workspace = true }\n"),
        ] {
            let file = top.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let check = |package: &str, file: &str, expected: &str| {
            let file = file.replace('$', &top.display().to_string());
            let workspace = Workspace::of_source(&top.join(package), Path::new(&file));
            assert_eq!(workspace.root(), top.join(expected), "{file} of {package}");
        };
        check("home/crates/a b", "crates/a b/tests/perf.rs", "home");
        check("home/crates/a b", "tests/perf.rs", "home/crates/a b");
        check("home/excluded", "tests/perf.rs", "home/excluded");
        check("home/crates", "gone.rs", "home");
        check("beside", "$/beside/tests/perf.rs", "home");
        check("alone", "$/alone/tests/perf.rs", "alone");
    }
}
