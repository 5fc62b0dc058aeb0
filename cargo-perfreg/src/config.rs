//! `perfreg.toml`: what a workspace settles once for everybody.

use std::path::Path;

use serde::Deserialize;

use crate::error::Error;

/// Where the file may lie, below the root of the workspace.
const PLACES: [&str; 2] = ["perfreg.toml", ".config/perfreg.toml"];

/// The settings; everything has a default.
#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// The table `[run]`.
    #[serde(default)]
    pub(crate) run: Run,
    /// The table `[baselines]`.
    #[serde(default)]
    pub(crate) baselines: Baselines,
}

/// The table `[run]`.
#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Run {
    /// The packages to measure where the command line names none; all of them if empty.
    #[serde(default)]
    pub(crate) packages: Vec<String>,
}

/// The table `[baselines]`.
#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Baselines {
    /// Hosts, by a part of their text, whose times are committed to `gt/`.
    #[serde(default)]
    pub(crate) commit_time_for: Vec<String>,
}

impl Config {
    /// The settings of the workspace at `root`; the defaults if it has no file.
    ///
    /// # Errors
    /// If there are two files, or one that is not in order.
    pub(crate) fn of_workspace(root: &Path) -> Result<Self, Error> {
        let mut found = PLACES.iter().map(|place| root.join(place)).filter(|path| path.is_file());
        match (found.next(), found.next()) {
            (None, _) => Ok(Self::default()),
            (Some(path), None) => Self::read(&path),
            (Some(one), Some(other)) => Err(Error::usage(format!(
                "there are two configurations, {} and {}; keep one",
                one.display(),
                other.display()
            ))),
        }
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, &e))?;
        // The message of toml shows the line, and the keys that it would have understood.
        toml::from_str(&text).map_err(|e| Error::usage(format!("{}: {e}", path.display())))
    }

    /// Whether times of the host that prints as `host` are committed.
    pub(crate) fn commits_time_of(&self, host: &str) -> bool {
        self.baselines.commit_time_for.iter().any(|part| host.contains(part.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_workspace(files: &[(&str, &str)]) -> Result<Config, String> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let shown = root.path().display().to_string();
        Config::of_workspace(root.path()).map_err(|e| e.to_string().replace(&shown, "ROOT"))
    }

    #[test]
    fn hosts_match_by_a_part_of_their_text() {
        let text = "[baselines]\ncommit-time-for = ['EPYC 7B13', 'cpu 150 %']";
        let check = |host: &str, expected: bool| {
            for place in PLACES {
                let config = in_workspace(&[(place, text)]).unwrap();
                assert_eq!(config.commits_time_of(host), expected, "{host} by {place}");
            }
            assert!(!in_workspace(&[]).unwrap().commits_time_of(host), "no file names {host}");
        };
        check("linux-x86_64, AMD EPYC 7B13, 2 cores", true);
        check("linux-x86_64, Xeon, 2 cores, cpu 150 %", true);
        check("linux-x86_64, Xeon, 2 cores", false);
    }

    #[test]
    fn a_wrong_file_is_explained() {
        let check = |files: &[(&str, &str)], part: &str| {
            let message = in_workspace(files).unwrap_err();
            assert!(message.contains(part), "{message} lacks {part}");
        };
        let unknown = [("perfreg.toml", "[baselines]\ncommit-times = []")];
        check(&unknown, "ROOT/perfreg.toml: TOML parse error at line 2");
        check(&unknown, "unknown field `commit-times`, expected `commit-time-for`");
        check(&[(PLACES[1], "x = 1")], "unknown field `x`, expected `run` or `baselines`");
        check(&[(PLACES[0], ""), (PLACES[1], "")], "there are two configurations");
    }
}
