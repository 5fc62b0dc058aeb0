//! The module graph of the crate points one way: a room imports only rooms on lines above its own.
//!
//! Rooms on one line do not see each other, so the graph has no cycle.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the leaves to the shell.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["logging", "stats"],
    &["model"],
    &["judge", "measure", "probe", "store", "report"],
    &["harness"],
    &["private"],
];

#[test]
fn every_import_points_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut upward = BTreeSet::new();
    let mut files = 0;
    for file in rust_files(&src) {
        let inside = file.strip_prefix(&src).expect("listed under src");
        let room = room_of(inside);
        if room == "lib" {
            continue;
        }
        files += 1;
        let layer = layer_of(&room).unwrap_or_else(|| panic!("`{room}` has no place in LAYERS"));
        let text = fs::read_to_string(&file).expect("readable source");
        for imported in imported_rooms(&text).into_iter().filter(|other| *other != room) {
            if layer_of(&imported).is_some_and(|other| other >= layer) {
                upward.insert(format!("{}: `{room}` imports `{imported}`", inside.display()));
            }
        }
    }
    assert!(files > 20, "only {files} files were looked at");
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
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&src) {
        let text = fs::read_to_string(&file).expect("readable source");
        assert!(!text.contains("super::super::"), "{}: name the room instead", file.display());
    }
}

fn room_of(inside: &Path) -> String {
    let first = inside.iter().next().and_then(|part| part.to_str()).expect("utf-8 path");
    first.trim_end_matches(".rs").to_owned()
}

fn layer_of(room: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&room))
}

/// The first path segment after each `crate::`, looking inside one level of braces.
fn imported_rooms(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, found) in text.match_indices("crate::") {
        let rest = &text[at + found.len()..];
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(top_level_items(group).into_iter().map(first_word)),
            None => {
                rooms.insert(first_word(rest));
            }
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

fn top_level_items(group: &str) -> Vec<&str> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

fn first_word(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("readable folder") {
        let path = entry.expect("readable entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
