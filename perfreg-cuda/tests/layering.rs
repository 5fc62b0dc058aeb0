//! The module graph of the crate points one way: a room imports only rooms on lines above its own.

#[path = "../../perfreg-core/tests/imports/mod.rs"]
mod imports;

use std::path::Path;

use imports::Source;

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
    let sources = sources();
    assert!(sources.len() > 20, "only {} files were looked at", sources.len());
    let upward = imports::upward(&sources, LAYERS);
    assert!(upward.is_empty(), "imports against the layering:\n{upward:#?}");
}

#[test]
fn unsafe_stays_where_nvidias_functions_are_called() {
    let holds = |source: &Source| source.text.contains("unsafe_code");
    let found: Vec<String> =
        sources().into_iter().filter(holds).map(|source| source.inside).collect();
    assert_eq!(found, UNSAFE);
}

fn sources() -> Vec<Source> {
    imports::sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}
