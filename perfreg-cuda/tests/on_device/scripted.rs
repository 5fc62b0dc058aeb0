//! What the suite's tests record where a GPU is only played.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::libraries::libraries;

/// The page of comparisons shows tests of one module side by side that have a metric and a host in common.
#[test]
fn the_definition_on_the_cpu_is_recorded_as_the_kernels_are() {
    let kept = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "suite::dilated_attention::reference", "--nocapture"])
        .env("LD_LIBRARY_PATH", libraries())
        .env("PERFREG_NVRTC", libraries())
        .env("PERFREG", "measure")
        // Nothing real is measured, so nobody else has to wait.
        .env("PERFREG_LOCK_FILE", kept.path().join("lock"))
        .env("CARGO_PKG_NAME", env!("CARGO_PKG_NAME"))
        .env("CARGO_MANIFEST_DIR", kept.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let records = files_in(&kept.path().join(".perfreg/runs"));
    let record = std::fs::read(&records[0]).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!((records.len(), &record["host"]["gpu"]["name"]), (1, &"Scripted".into()));
    let judged = record["cases"][0]["judgements"].as_array().unwrap().iter();
    let metrics: Vec<&Value> = judged.map(|one| &one["metric"]["name"]).collect();
    assert_eq!(metrics, ["device_time"]);
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}
