//! The launches themselves, from tensors to tensors, where the interpreter takes the device's place.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// The library, built: `cargo test` of all targets has done so, and of one alone has not.
fn driver() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--workspace", "--example", "emulated_driver"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success());
    // Tests lie in `deps`, beside `examples`.
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().with_file_name("examples").join("libemulated_driver.so")
}

#[test]
fn what_is_launched_on_an_emulated_device_is_right() {
    let Some(nvrtc) = std::env::var_os("PERFREG_NVRTC") else {
        let name = "emulated::what_is_launched_on_an_emulated_device_is_right";
        let why = "PERFREG_NVRTC names no compiler of kernels";
        writeln!(std::io::stderr(), "skipped {name}: {why}").unwrap();
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(driver(), folder.path().join("libcuda.so.1")).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "correctness::small_problems_are_computed_as_the_definition_says"])
        .arg("--nocapture")
        .env("LD_LIBRARY_PATH", folder.path())
        .env("PERFREG_NVRTC", nvrtc)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let mut right: Vec<&str> =
        said.lines().filter_map(|line| Some(line.split_once("RIGHT ")?.1)).collect();
    right.sort_unstable();
    let expected = [
        "naive_backward_queries_d128_causal, naive_backward_keys_d128_causal",
        "naive_backward_queries_d128_detached_causal, naive_backward_keys_d128_detached_causal",
        "naive_backward_queries_d64, naive_backward_keys_d64",
        "naive_backward_queries_d64_detached, naive_backward_keys_d64_detached",
        "naive_forward_d128_causal",
        "naive_forward_d64",
        "portable_forward_d128_q64_bf16_causal",
        "portable_forward_d128_q64_f16_causal",
        "portable_forward_d64_q64_bf16",
        "portable_forward_d64_q64_f16",
    ];
    assert_eq!(right, expected, "{said}");
    assert!(!said.contains(" left "), "{said}");
}
