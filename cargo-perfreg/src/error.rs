//! Why a command stopped before it had a result.

use std::fmt;
use std::path::Path;

use crate::exit_code::ExitCode;

/// A message for the person at the terminal and the exit code that goes with it.
#[derive(Debug)]
pub(crate) struct Error {
    code: ExitCode,
    message: String,
}

impl Error {
    /// The command line, the configuration or the project is not what it has to be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: ExitCode::Usage, message: message.into() }
    }

    /// cargo could not build the tests; it has said why itself.
    pub(crate) fn build_failed() -> Self {
        let message = "the tests could not be built; nothing was measured".to_owned();
        Self { code: ExitCode::BuildFailed, message }
    }

    /// Something failed that no command line could have prevented.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self { code: ExitCode::Internal, message: message.into() }
    }

    /// The operating system refused `what`, such as "read", on `path`.
    pub(crate) fn io(what: &str, path: &Path, cause: &std::io::Error) -> Self {
        Self::internal(format!("cannot {what} {}: {cause}", path.display()))
    }

    /// The same with what may be the reason.
    pub(crate) fn hint(self, hint: &str) -> Self {
        Self { message: format!("{}; {hint}", self.message), ..self }
    }

    /// The exit code of the process.
    pub(crate) fn code(&self) -> ExitCode {
        self.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<perfreg_core::Error> for Error {
    fn from(error: perfreg_core::Error) -> Self {
        // Malformed files under gt/ and .perfreg/ are for the user to repair.
        let theirs = error.is_usage() || error.is_data() || error.is_mismatch();
        if theirs { Self::usage(error.to_string()) } else { Self::internal(error.to_string()) }
    }
}
