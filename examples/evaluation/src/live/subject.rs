//! The executable that holds the kernels' tests, and its workers at a slowdown.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use perfreg_core::harness::Workers;
use perfreg_core::logging::Log;
use perfreg_evaluation::kernels::{ALL, SLOWDOWN};
use serde_json::Value;

/// The test executable of the kernels.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    executable: PathBuf,
    folder: PathBuf,
}

/// The names of the kernels.
pub(super) fn kernels() -> [&'static str; ALL.len()] {
    ALL.map(|(name, _)| name)
}

/// Where cargo is to build what only the evaluation needs.
pub(crate) fn cargo_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/evaluation")
}

impl Subject {
    /// Builds the kernels' tests, as `cargo test --release` does.
    ///
    /// # Errors
    /// In words, if that fails.
    pub(crate) fn build() -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let arguments =
            ["test", "--release", "--package", "perfreg-evaluation", "--test", "kernels"];
        let executable = cargo_executable(folder, &arguments, "kernels")?;
        Ok(Self::new(executable, folder))
    }

    /// An executable with the kernels' tests, of the package in `folder`.
    pub(crate) fn new(executable: PathBuf, folder: &Path) -> Self {
        Self { executable, folder: folder.to_owned() }
    }

    /// Workers of the kernel's test that really do so many percent more.
    ///
    /// # Errors
    /// In words, if there is no place for their results.
    pub(crate) fn workers(&self, kernel: &str, slowdown: u32) -> Result<Workers, String> {
        let Self { executable, folder } = self.clone();
        let call = move || {
            let mut command = Command::new(&executable);
            // Slowdowns have one digit each, so that the environment is of one size on either side.
            command.current_dir(&folder).env(SLOWDOWN, slowdown.to_string()).env_remove("PERFREG");
            command
        };
        let timeout = Duration::from_secs(120);
        Workers::new(kernel, call, timeout, Log::default()).map_err(|error| error.to_string())
    }
}

/// Builds with cargo in `folder` and returns the executable of the target called `target`.
///
/// # Errors
/// In words, with the end of what cargo said.
pub(crate) fn cargo_executable(
    folder: &Path,
    arguments: &[&str],
    target: &str,
) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .args(["--no-run", "--message-format", "json"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().collect();
        let end = lines[lines.len().saturating_sub(5)..].join("; ");
        return Err(format!("cargo {} failed: {end}", arguments.join(" ")));
    }
    executable_of(&String::from_utf8_lossy(&output.stdout), target)
        .ok_or_else(|| format!("cargo {} built no executable {target}", arguments.join(" ")))
}

/// The executable of the target, in cargo's messages.
fn executable_of(messages: &str, target: &str) -> Option<PathBuf> {
    messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let name = message.get("target")?.get("name")?.as_str()?;
        let executable = message.get("executable")?.as_str()?;
        (name == target).then(|| PathBuf::from(executable))
    })
}

#[cfg(test)]
mod tests {
    use super::executable_of;

    #[test]
    fn cargo_says_where_it_is() {
        let messages = r#"not json
{"reason":"compiler-artifact","target":{"name":"kernels"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"other"},"executable":"/t/other-1"}
{"reason":"compiler-artifact","target":{"name":"kernels"},"executable":"/t/kernels-2"}"#;
        let found = executable_of(messages, "kernels").unwrap();
        assert_eq!(found.to_str(), Some("/t/kernels-2"));
        assert_eq!(executable_of(messages, "third"), None);
    }
}
