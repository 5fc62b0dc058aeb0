//! The module graph of the crate points one way: a room imports only rooms on lines above its own.
//!
//! Rooms on one line do not see each other, so the graph has no cycle.

mod imports;

use std::fs;
use std::path::Path;

use imports::{Source, imported_rooms};

/// From the leaves to the shell.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["fixtures", "logging", "stats"],
    &["model"],
    &["judge", "measure", "probe", "store", "report"],
    &["harness"],
    &["private"],
];

#[test]
fn every_import_points_down() {
    let sources = sources();
    assert!(sources.len() > 20, "only {} files were looked at", sources.len());
    let upward = imports::upward(&sources, LAYERS);
    assert!(upward.is_empty(), "imports against the layering:\n{upward:#?}");
}

/// A macro's crate can neither lend code nor borrow it.
#[test]
fn limits_are_read_alike_by_the_macro() {
    let read = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let (own, other) = ("src/model/limit_text.rs", "../perfreg-macros/src/limit_text.rs");
    assert!(read(own) == read(other), "{own} and {other} are copies of each other");
}

#[test]
fn the_reader_of_imports_sees_them() {
    let check = |text: &str, expected: &[&str]| {
        assert_eq!(imported_rooms(text).iter().collect::<Vec<_>>(), expected, "{text}");
    };
    check("use crate::model::Run;", &["model"]);
    check("use crate::{error::Error, store::{a, b}, judge};", &["error", "judge", "store"]);
    check("let x = crate::stats::median(&v);", &["stats"]);
    check("use super::super::measure;", &[]);
}

#[test]
fn no_file_reaches_past_its_room_by_super() {
    for Source { inside, text } in sources() {
        assert!(!text.contains("super::super::"), "{inside}: name the room instead");
    }
}

fn sources() -> Vec<Source> {
    imports::sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}
