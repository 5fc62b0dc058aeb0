//! What the programs that a project brings along have no business to know: build scripts, tests and
//! whatever watches them run with the environment of this process, but for this.

use std::ffi::OsStr;
use std::process::Command;

/// The variables that say how the store that is shared lets somebody in.
pub(crate) const SECRETS: [&str; 2] = ["PERFREG_STORE", "PGPASSWORD"];

/// A call of `program` that does not get them.
pub(crate) fn call_without_secrets(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in SECRETS {
        command.env_remove(name);
    }
    command
}
