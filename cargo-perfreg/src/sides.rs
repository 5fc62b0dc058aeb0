//! Two states of the source, each built for itself: the folder `.perfreg/diff/`.
//!
//! Both are built at one path, a link that points to one or the other. The path of a package is part
//! of the names of everything in it; with two paths the linker would lay out unchanged functions in
//! another order, and that alone moves times by percents.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use perfreg_core::logging::Log;
use perfreg_core::store::Workspace;

use crate::cargo::Cargo;
use crate::cli::BuildArgs;
use crate::error::Error;
use crate::executable::Executable;
use crate::git::{Git, Snapshot};
use crate::layouts::{self, Round, Seeds};

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    Base,
    Head,
}

impl Which {
    fn folder(self) -> &'static str {
        match self {
            Which::Base => "base",
            Which::Head => "head",
        }
    }
}

/// The folder in which both sides are built, ours alone while this lives.
#[derive(Debug)]
pub(crate) struct Bench {
    folder: PathBuf,
    /// The workspace within the repository.
    workspace: PathBuf,
    git: Git,
    _lock: File,
}

/// One state of the source, built.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) snapshot: Snapshot,
    pub(crate) executables: Vec<Executable>,
    /// The executables in other layouts, if they are measured in several.
    layouts: Vec<Vec<Executable>>,
    which: Which,
    bench: Rc<Bench>,
}

impl Bench {
    /// The bench of the workspace at `root`.
    ///
    /// # Errors
    /// If another comparison uses it, or the workspace lies in no repository.
    pub(crate) fn of(root: &Path) -> Result<Self, Error> {
        let root = root.canonicalize().map_err(|e| Error::io("find", root, &e))?;
        let git = Git::of(&root)?;
        let top = git.root().canonicalize().map_err(|e| Error::io("find", git.root(), &e))?;
        let workspace = root.strip_prefix(&top).unwrap_or(Path::new("")).to_owned();
        // Makes the folder `.perfreg/`, which git does not see.
        drop(Workspace::at(&root).lock()?);
        let folder = root.join(".perfreg/diff");
        fs::create_dir_all(&folder).map_err(|e| Error::io("create folder", &folder, &e))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(|e| Error::io("create", &path, &e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, workspace, git, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::usage(format!(
                "another comparison builds in {}; wait for it to end",
                folder.display()
            ))),
            Err(TryLockError::Error(cause)) => Err(Error::io("lock", &path, &cause)),
        }
    }

    /// The repository.
    pub(crate) fn git(&self) -> &Git {
        &self.git
    }

    /// Where both sides seem to lie.
    fn link(&self, which: Which) -> PathBuf {
        // Elsewhere links need rights that not everybody has; the two keep paths of their own.
        if cfg!(unix) { self.folder.join("tree") } else { self.folder.join(which.folder()) }
    }

    /// Makes the common path that of `which`.
    fn point_to(&self, which: Which) -> Result<(), Error> {
        #[cfg(unix)]
        {
            let link = self.link(which);
            let target = Path::new(which.folder());
            if fs::read_link(&link).is_ok_and(|now| now == target) {
                return Ok(());
            }
            let new = self.folder.join("tree.new");
            let _ = fs::remove_file(&new);
            std::os::unix::fs::symlink(target, &new).map_err(|e| Error::io("link", &new, &e))?;
            fs::rename(&new, &link).map_err(|e| Error::io("rename", &new, &e))?;
        }
        let _ = which;
        Ok(())
    }

    /// Checks `snapshot` out and builds its tests.
    ///
    /// # Errors
    /// If it cannot be checked out or built.
    pub(crate) fn build(
        self: &Rc<Self>,
        which: Which,
        snapshot: Snapshot,
        args: &BuildArgs,
        log: Log,
    ) -> Result<Side, Error> {
        self.build_in(which, snapshot, args, None, log)
    }

    /// As [`Self::build`], and in layouts that these seeds draw, a round of launches each.
    ///
    /// # Errors
    /// If it cannot be checked out, built, or linked so.
    pub(crate) fn build_in(
        self: &Rc<Self>,
        which: Which,
        snapshot: Snapshot,
        args: &BuildArgs,
        layouts: Option<Seeds>,
        log: Log,
    ) -> Result<Side, Error> {
        self.git.export(&snapshot.tree, &self.folder.join(which.folder()))?;
        self.point_to(which)?;
        let manifest = self.link(which).join(&self.workspace).join("Cargo.toml");
        if !manifest.is_file() {
            return Err(Error::usage(format!(
                "{} has no {}",
                snapshot.shown(),
                self.workspace.join("Cargo.toml").display()
            )));
        }
        let own = self.folder.join(format!("target-{}", which.folder()));
        let target_dir = match &args.target_dir {
            Some(given) => given.join(which.folder()),
            None => own,
        };
        let args = BuildArgs { target_dir: Some(target_dir), ..args.clone() };
        let cargo = Cargo::of_process(Some(manifest), log);
        let metadata = cargo.metadata()?;
        eprintln!("building {}", snapshot.shown());
        let executables = cargo.build_tests(&args, &metadata)?;
        let build = |seeds| layouts::build(&cargo, &args, &metadata, &self.folder, seeds);
        let layouts = layouts.map(build).transpose()?.unwrap_or_default();
        Ok(Side { snapshot, executables, layouts, which, bench: Rc::clone(self) })
    }
}

impl Side {
    /// What starts `executable`, which finds its files where they were when it was built; of several
    /// layouts that of the round.
    pub(crate) fn call(
        self: &Rc<Self>,
        executable: &Executable,
        round: &Round,
    ) -> impl Fn() -> Command + use<> + 'static {
        let of_layout = |layout: &Vec<Executable>| {
            layout.iter().find(|one| one.is_of_target(executable)).cloned()
        };
        let layouts: Vec<Executable> = self.layouts.iter().filter_map(of_layout).collect();
        let (side, round, executable) = (Rc::clone(self), Rc::clone(round), executable.clone());
        move || {
            // What cannot be linked shows as files that the test does not find.
            let _ = side.bench.point_to(side.which);
            let at = round.get() % layouts.len().max(1);
            layouts.get(at).unwrap_or(&executable).worker()
        }
    }
}
