//! Building libraries of C functions for the loader to find: those of this folder, and others.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Compiles a source into the library of this name; an empty one loads and has no function.
pub(crate) fn build(folder: &Path, name: &str, source: &str) {
    let path = folder.join("source.rs");
    std::fs::write(&path, source).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let built = Command::new(rustc)
        .arg(&path)
        .args(["--crate-type=cdylib", "--edition=2024", "-C", "panic=abort", "-o"])
        .arg(folder.join(name))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}

/// The folder of the scripted driver, compiler and health, built once.
pub(crate) fn libraries() -> &'static Path {
    static FOLDER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        build(&path, "libcuda.so.1", include_str!("driver.rs"));
        build(&path, "libnvrtc.so.13", include_str!("compiler.rs"));
        build(&path, "libnvidia-ml.so.1", include_str!("health.rs"));
        (folder, path)
    });
    path
}
