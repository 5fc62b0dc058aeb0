//! A call of one program through another, which gets it as its last words, and where that one lies.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `call` through `program`, whose own words come first; folder and environment are those of `call`.
pub fn through(
    program: &Path,
    arguments: impl IntoIterator<Item = OsString>,
    call: &Command,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).arg(call.get_program()).args(call.get_args());
    if let Some(folder) = call.get_current_dir() {
        command.current_dir(folder);
    }
    for (name, value) in call.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// Where the program of this name lies, by the folders of `PATH`.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let searched = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&searched).map(|folder| folder.join(&file)).find(|path| path.is_file())
}
