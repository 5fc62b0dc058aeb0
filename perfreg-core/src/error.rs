//! The one error type of the crate: opaque, with predicates for what a caller can act on.
//!
//! The lowest leaf of the module graph: every room turns what went wrong into an [`Error`] here, so
//! that no room has to know another one's errors.

use std::fmt;
use std::path::{Path, PathBuf};

/// What went wrong, as a fragment that names the path or the name it speaks of.
///
/// The type is opaque; ask it with the predicates. Its `Display` includes the causes, outermost
/// first, because test output shows one line.
///
/// ```
/// let error = perfreg_core::PerformanceData::from_json_str("[]").unwrap_err();
/// assert!(error.is_data());
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: Kind,
    message: String,
    path: Option<PathBuf>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What a caller can act on; each has its predicate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Data,
    Mismatch,
    NothingCompared,
    Io,
    Usage,
    Measurement,
    TimedOut,
}

impl Error {
    /// The input is not what its format asks for.
    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self::new(Kind::Data, message)
    }

    /// Two sides that should have the same shape do not.
    pub(crate) fn mismatch(message: impl Into<String>) -> Self {
        Self::new(Kind::Mismatch, message)
    }

    /// A gate looked at nothing.
    pub(crate) fn nothing_compared(message: impl Into<String>) -> Self {
        Self::new(Kind::NothingCompared, message)
    }

    /// The operating system refused `what`, such as "read", on `path`.
    pub(crate) fn io(what: &str, path: &Path, cause: std::io::Error) -> Self {
        let mut error = Self::new(Kind::Io, format!("cannot {what}"));
        error.inner.path = Some(path.to_owned());
        error.inner.cause = Some(Box::new(cause));
        error
    }

    /// The caller asked for something that cannot be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A measurement could not be made.
    pub(crate) fn measurement(message: impl Into<String>) -> Self {
        Self::new(Kind::Measurement, message)
    }

    /// A measurement took longer than it may.
    pub(crate) fn timed_out(message: impl Into<String>) -> Self {
        Self::new(Kind::TimedOut, message)
    }

    /// The same error, said of `path`.
    pub(crate) fn at(mut self, path: &Path) -> Self {
        self.inner.path.get_or_insert_with(|| path.to_owned());
        self
    }

    /// The same error, said of `whom`, such as "the baseline".
    pub(crate) fn of(mut self, whom: &str) -> Self {
        self.inner.message = format!("{whom}: {}", self.inner.message);
        self
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { inner: Box::new(Inner { kind, message: message.into(), path: None, cause: None }) }
    }

    /// True if the input was malformed: not the format, a bad sample, a duplicate key.
    pub fn is_data(&self) -> bool {
        self.inner.kind == Kind::Data
    }

    /// True if the two sides of a comparison have different sections or subsections.
    pub fn is_mismatch(&self) -> bool {
        self.inner.kind == Kind::Mismatch
    }

    /// True if there was nothing to compare, so that a pass would have meant nothing.
    pub fn is_nothing_compared(&self) -> bool {
        self.inner.kind == Kind::NothingCompared
    }

    /// True if a file could not be read or written.
    pub fn is_io(&self) -> bool {
        self.inner.kind == Kind::Io
    }

    /// True if an option or a call was wrong.
    pub fn is_usage(&self) -> bool {
        self.inner.kind == Kind::Usage
    }

    /// True if a measurement failed: a worker died, timed out or left no result.
    pub fn is_measurement(&self) -> bool {
        matches!(self.inner.kind, Kind::Measurement | Kind::TimedOut)
    }

    /// True if a measurement took longer than it may.
    pub fn is_timed_out(&self) -> bool {
        self.inner.kind == Kind::TimedOut
    }

    /// The file the error speaks of, if any.
    pub fn path(&self) -> Option<&Path> {
        self.inner.path.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.inner.path, self.inner.kind) {
            (Some(path), Kind::Io) => write!(f, "{} {}", self.inner.message, path.display())?,
            (Some(path), _) => write!(f, "{}: {}", path.display(), self.inner.message)?,
            (None, _) => f.write_str(&self.inner.message)?,
        }
        match &self.inner.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `fn main() -> Result<(), Error>` and libtest print this one.
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
