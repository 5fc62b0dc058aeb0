//! The executable, the scripted libraries and the stored documents, for tests of the suite.

#[path = "../../../tests/scripted_driver/libraries.rs"]
mod libraries;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

pub(crate) use libraries::{build, libraries};
use serde_json::Value;

/// The executable in a folder where nothing is, and no library of NVIDIA's anywhere.
pub(crate) fn suite(words: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dilated_suite"));
    command.args(words).current_dir(folder).env_remove("LD_LIBRARY_PATH");
    command.env("PERFREG_NVRTC", folder.join("none"));
    command
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A time passes through the milliseconds of a driver, in single precision.
pub(crate) fn is_about(found: &Value, expected: f64) -> bool {
    (found.as_f64().unwrap() / expected - 1.0).abs() < 1e-6
}

/// Where there is a value in a document; the elements of an array lie in one place.
fn paths(value: &Value, at: &str, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| paths(field, &format!("{at}.{name}"), all));
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| paths(element, &format!("{at}[]"), all));
        }
        _ => _ = all.insert(at.to_owned()),
    }
}

pub(crate) fn stored(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Who reads such documents finds what was in the stored one, which is in more than `at_least` places.
pub(crate) fn holds_what_the_stored_one_does(document: &Value, name: &str, at_least: usize) {
    let stored = stored(name);
    let (mut before, mut now) = (BTreeSet::new(), BTreeSet::new());
    paths(&stored, "", &mut before);
    paths(document, "", &mut now);
    let gone: Vec<_> = before.difference(&now).collect();
    assert!(before.len() > at_least && gone.is_empty(), "{gone:?} of {}", before.len());
    assert_eq!(document["schema"], stored["schema"]);
}
