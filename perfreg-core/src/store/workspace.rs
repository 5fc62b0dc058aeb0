//! Placeholder: the signatures that the command line tool calls.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::model::Run;

/// The root of a cargo workspace and its `.perfreg/`.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The nearest ancestor of `from` with a Cargo.lock, else `from`.
    pub fn find(from: &Path) -> Self {
        let root = from.ancestors().find(|path| path.join("Cargo.lock").is_file());
        Self::at(root.unwrap_or(from))
    }

    /// The workspace at `root`.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Where the workspace lies.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What awaits a decision, by test.
    ///
    /// # Errors
    /// Never, yet.
    pub fn pending(&self) -> Result<Vec<Pending>, Error> {
        Ok(Vec::new())
    }

    /// The newest record of every test, by test.
    ///
    /// # Errors
    /// Never, yet.
    pub fn last_runs(&self) -> Result<Vec<Run>, Error> {
        Ok(Vec::new())
    }
}

/// Cases of a run that await a decision.
#[derive(Debug)]
pub struct Pending {
    run: Run,
}

impl Pending {
    /// The run, with only the cases that await a decision.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Makes the numbers the baseline; the files written.
    ///
    /// # Errors
    /// Never, yet.
    pub fn accept(&self, _acceptance: &Acceptance) -> Result<Vec<PathBuf>, Error> {
        Ok(Vec::new())
    }

    /// Throws the numbers away.
    ///
    /// # Errors
    /// Never, yet.
    pub fn reject(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// How pending numbers are accepted.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// Why.
    pub reason: Option<String>,
    /// Where times of this host go.
    pub time: TimeBaseline,
}

/// Where times of this host go.
#[derive(Clone, Copy, Debug)]
pub enum TimeBaseline {
    /// Into `.perfreg/`.
    Local,
    /// Into `gt/`.
    Committed,
}
