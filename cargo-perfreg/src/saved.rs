//! Runs kept under a name, to compare with later: `.perfreg/saved/NAME.json`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use perfreg_core::model::Run;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files::write_whole;

const SCHEMA: &str = "perfreg-saved/1";
/// As the other, with runs that were imported, which say so.
const IMPORTED_SCHEMA: &str = "perfreg-saved/2";

/// Whether this version reads sets of this format.
pub(crate) fn reads(schema: &str) -> bool {
    [SCHEMA, IMPORTED_SCHEMA].contains(&schema)
}

/// The name of a set of runs, which is a file name too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SetName(String);

impl FromStr for SetName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        match !text.is_empty() && !text.starts_with('.') && text.chars().all(is_plain) {
            true => Ok(Self(text.to_owned())),
            false => Err("a name is of letters, digits, `.`, `_` and `-`".to_owned()),
        }
    }
}

impl fmt::Display for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Serialize, Deserialize)]
struct Set {
    schema: String,
    runs: Vec<Run>,
}

fn path(root: &Path, name: &SetName) -> PathBuf {
    root.join(".perfreg/saved").join(format!("{name}.json"))
}

/// Keeps `runs` as the set `name` of the workspace at `root`, in place of an older one.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn save(root: &Path, name: &SetName, runs: Vec<Run>) -> Result<PathBuf, Error> {
    let path = path(root, name);
    let is_imported = runs.iter().any(|run| run.origin.is_some());
    let schema = if is_imported { IMPORTED_SCHEMA } else { SCHEMA }.to_owned();
    let set = Set { schema, runs };
    let text = serde_json::to_string(&set)
        .map_err(|cause| Error::internal(format!("cannot write JSON: {cause}")))?;
    // The set of this name may be the only one there is.
    write_whole(&path, text.as_bytes())?;
    Ok(path)
}

/// The runs of the set `name`.
///
/// # Errors
/// If there is none, with the names there are, or it cannot be read.
pub(crate) fn read(root: &Path, name: &SetName) -> Result<Vec<Run>, Error> {
    let path = path(root, name);
    let text = match fs::read_to_string(&path) {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::usage(match names(&path).join(", ") {
                known if known.is_empty() => {
                    format!(
                        "nothing is saved as `{name}`; `cargo perfreg baseline save {name}` does"
                    )
                }
                known => format!("nothing is saved as `{name}`; there are: {known}"),
            }));
        }
        text => text.map_err(|e| Error::io("read", &path, &e))?,
    };
    parse(&text).map_err(|why| Error::usage(format!("{}: {why}", path.display())))
}

/// The runs of a set.
///
/// # Errors
/// What is wrong with it, as a fragment.
pub(crate) fn parse(text: &str) -> Result<Vec<Run>, String> {
    let set: Set = serde_json::from_str(text).map_err(|cause| cause.to_string())?;
    match set.schema.as_str() {
        known if reads(known) => Ok(set.runs),
        other => Err(format!(
            "has schema `{other}`, this version reads `{SCHEMA}` and `{IMPORTED_SCHEMA}`"
        )),
    }
}

fn names(missing: &Path) -> Vec<String> {
    let entries = missing.parent().and_then(|folder| fs::read_dir(folder).ok());
    let mut names: Vec<String> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::{SetName, parse, read, save};
    use crate::testing::run;

    #[test]
    fn names_are_file_names() {
        let check = |text: &str, expected: bool| {
            assert_eq!(text.parse::<SetName>().is_ok(), expected, "{text}");
        };
        check("before-the-rewrite_2.1", true);
        check("", false);
        check("..", false);
        check("a/b", false);
        check("a b", false);
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let root = tempfile::tempdir().unwrap();
        let name = |text: &str| text.parse::<SetName>().unwrap();
        let missing = |text: &str| read(root.path(), &name(text)).unwrap_err().to_string();
        assert!(missing("a").contains("baseline save a"));
        save(root.path(), &name("b"), vec![run("sort", vec![])]).unwrap();
        assert!(missing("a").contains("there are: b"));
        assert_eq!(read(root.path(), &name("b")).unwrap(), [run("sort", vec![])]);
        let text = |name: &str| {
            std::fs::read_to_string(root.path().join(format!(".perfreg/saved/{name}.json")))
                .unwrap()
        };
        assert!(text("b").contains("perfreg-saved/1"), "who reads that alone can read it");
        let imported = parse(include_str!("../tests/data/saved-2.json")).unwrap();
        save(root.path(), &name("i"), imported.clone()).unwrap();
        assert!(text("i").contains("perfreg-saved/2"));
        assert_eq!(read(root.path(), &name("i")).unwrap(), imported);
        std::fs::write(root.path().join(".perfreg/saved/c.json"), "{").unwrap();
        assert!(missing("c").contains("c.json: EOF"));
    }

    #[test]
    fn the_stored_sample_is_read() {
        let runs = parse(include_str!("../tests/data/saved-1.json")).unwrap();
        assert_eq!(runs.len(), 1);
        assert_eq!(runs[0].cases[0].launches.len(), 10);
        let runs = parse(include_str!("../tests/data/saved-2.json")).unwrap();
        assert!(runs.iter().all(|run| run.origin.is_some()));
        let newer = r#"{"schema": "perfreg-saved/9", "runs": []}"#;
        assert!(parse(newer).unwrap_err().contains("perfreg-saved/9"));
    }
}
