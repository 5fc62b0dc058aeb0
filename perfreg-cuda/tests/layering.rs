//! The module graph of the crate points one way: a room imports only rooms on lines above its own.

use std::fs;
use std::path::{Path, PathBuf};

/// From the leaves to the shell.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["library"],
    &["nvrtc"],
    &["cubin", "probe", "timing"],
    &["device"],
    &["attention", "bench"],
];

/// The only files that may hold `unsafe`: what calls NVIDIA's functions.
const UNSAFE: &[&str] = &[
    "attention/launch.rs",
    "bench/clocks.rs",
    "device/blocker.rs",
    "device/function.rs",
    "device/gpu.rs",
    "device/graph.rs",
    "device/memory.rs",
    "device/tensor.rs",
    "library/open.rs",
    "nvrtc/api.rs",
    "probe/driver.rs",
];

#[test]
fn every_import_points_down() {
    let mut files = 0;
    for (inside, text) in sources() {
        let room = first_word(&inside);
        if room == "lib" {
            continue;
        }
        files += 1;
        let layer = layer_of(&room).unwrap_or_else(|| panic!("`{room}` has no place in LAYERS"));
        for (at, found) in text.match_indices("crate::") {
            let imported = first_word(&text[at + found.len()..]);
            assert!(
                !imported.is_empty(),
                "{inside}: one room an import, so that this test reads it"
            );
            let below = layer_of(&imported).is_none_or(|other| other < layer);
            assert!(imported == room || below, "{inside}: `{room}` imports `{imported}`");
        }
    }
    assert!(files > 20, "only {files} files were looked at");
}

#[test]
fn unsafe_stays_where_nvidias_functions_are_called() {
    let found: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| text.contains("unsafe_code"))
        .map(|(inside, _)| inside)
        .collect();
    assert_eq!(found, UNSAFE);
}

/// Every source file, by its path in `src`, in order.
fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources: Vec<_> = rust_files(&src)
        .into_iter()
        .map(|file| {
            let inside = file.strip_prefix(&src).expect("listed under src").display().to_string();
            (inside, fs::read_to_string(&file).expect("readable source"))
        })
        .collect();
    sources.sort();
    sources
}

fn layer_of(room: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&room))
}

fn first_word(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
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
