//! Which rooms of a crate import which: read from its source files, for the crates' tests of layering.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A source file: its path in `src`, and its text.
pub(crate) struct Source {
    pub(crate) inside: String,
    pub(crate) text: String,
}

/// Every source file in `src`, in order.
pub(crate) fn sources(src: &Path) -> Vec<Source> {
    let source = |file: PathBuf| {
        let inside = file.strip_prefix(src).expect("listed under src").display().to_string();
        Source { inside, text: fs::read_to_string(&file).expect("readable source") }
    };
    let mut sources: Vec<Source> = rust_files(src).into_iter().map(source).collect();
    sources.sort_by(|a, b| a.inside.cmp(&b.inside));
    sources
}

/// Imports against `layers`, which go from the leaves to the shell; rooms on one line do not see each
/// other.
///
/// # Panics
/// If a room has no place in the layers.
pub(crate) fn upward(sources: &[Source], layers: &[&[&str]]) -> BTreeSet<String> {
    let layer_of = |room: &str| layers.iter().position(|layer| layer.contains(&room));
    let mut upward = BTreeSet::new();
    for Source { inside, text } in sources {
        let room = first_word(inside);
        if room == "lib" {
            continue;
        }
        let layer = layer_of(&room).unwrap_or_else(|| panic!("`{room}` has no place in LAYERS"));
        for imported in imported_rooms(text).into_iter().filter(|other| *other != room) {
            if layer_of(&imported).is_some_and(|other| other >= layer) {
                upward.insert(format!("{inside}: `{room}` imports `{imported}`"));
            }
        }
    }
    upward
}

/// The first path segment after each `crate::`, looking inside one level of braces.
pub(crate) fn imported_rooms(text: &str) -> BTreeSet<String> {
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
