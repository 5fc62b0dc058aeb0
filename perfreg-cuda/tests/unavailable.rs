//! Machines that lack something, played by libraries that the tests build: always a reason, never a
//! panic.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

#[path = "scripted_driver/libraries.rs"]
#[expect(dead_code, reason = "the machines here lack something of what is scripted there")]
mod libraries;

use std::process::Command;

use libraries::build;

/// Asks in a process of its own, for the loader reads its search path once.
#[test]
#[ignore = "run by the other tests, with libraries of theirs to find"]
fn ask() {
    let reason = perfreg_cuda::unavailable();
    // What `cargo perfreg doctor` prints.
    let devices = perfreg_core::probe::devices();
    assert!(devices.len() == 1 && devices[0].starts_with("{\"schema\":\"perfreg-cuda-probe/1\""));
    println!("REASON {}", reason.map_or("none".to_owned(), |reason| reason.to_string()));
}

/// The reason given where the loader finds these libraries, and NVRTC is said to be at `nvrtc`.
fn reason_with(libraries: &[(&str, &str)], nvrtc: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in libraries {
        build(folder.path(), name, source);
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ask", "--include-ignored", "--nocapture"])
        .env("LD_LIBRARY_PATH", folder.path())
        .env("PERFREG_NVRTC", folder.path().join(nvrtc))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let line = text.lines().find_map(|line| line.split_once("REASON ").map(|(_, reason)| reason));
    line.unwrap_or_else(|| panic!("no reason in {text}"))
        .replace(&folder.path().display().to_string(), "HERE")
}

/// A driver of this version whose `cuInit` returns this code and which lists these devices.
fn driver(version: i32, init: i32, capability: i32) -> String {
    format!(
        r#"
        use std::ffi::{{c_char, c_int, c_uint}};
        #[unsafe(no_mangle)]
        pub extern "C" fn cuDriverGetVersion(v: &mut c_int) -> c_int {{ *v = {version}; 0 }}
        #[unsafe(no_mangle)]
        pub extern "C" fn cuInit(_: c_uint) -> c_int {{ {init} }}
        #[unsafe(no_mangle)]
        pub extern "C" fn cuDeviceGetCount(n: &mut c_int) -> c_int {{ *n = 1; 0 }}
        #[unsafe(no_mangle)]
        pub extern "C" fn cuDeviceGet(d: &mut c_int, at: c_int) -> c_int {{ *d = at; 0 }}
        #[unsafe(no_mangle)]
        pub extern "C" fn cuDeviceGetName(_: *mut c_char, _: c_int, _: c_int) -> c_int {{ 0 }}
        #[unsafe(no_mangle)]
        pub extern "C" fn cuDeviceGetAttribute(v: &mut c_int, which: c_int, _: c_int) -> c_int {{
            *v = if which == 75 {{ {capability} }} else {{ 0 }};
            0
        }}
        "#
    )
}

#[test]
fn a_library_that_is_no_driver_is_a_reason() {
    let reason = reason_with(&[("libcuda.so.1", "")], "none");
    assert_eq!(reason, "the driver's library has no function `cuDriverGetVersion`");
}

#[test]
fn asking_never_panics_whatever_this_machine_has() {
    let reason = reason_with(&[], "none");
    assert!(!reason.is_empty());
}

#[test]
fn an_old_driver_and_an_old_device_are_reasons() {
    let check = |driver: String, expected: &str| {
        assert_eq!(reason_with(&[("libcuda.so.1", &driver)], "none"), expected);
    };
    check(driver(12_020, 0, 9), "the driver knows CUDA 12.2, and 13.0 is needed");
    check(driver(13_000, 803, 9), "the CUDA driver refused cuInit: code 803");
    check(driver(13_000, 0, 7), " has compute capability 7.0, and 8.0 is needed");
}

#[test]
fn a_missing_or_a_broken_compiler_is_a_reason() {
    let good = driver(13_000, 0, 9);
    let reason = reason_with(&[("libcuda.so.1", &good)], "none");
    let expected = "no NVRTC, the compiler of kernels (tried HERE/none, HERE/none/libnvrtc.so.13";
    assert!(reason.starts_with(expected), "{reason}");
    let libraries = [("libcuda.so.1", good.as_str()), ("libnvrtc.so.13", "")];
    let reason = reason_with(&libraries, "libnvrtc.so.13");
    let expected = "HERE/libnvrtc.so.13: it has no function `nvrtcVersion`; it is too old";
    assert_eq!(reason, expected);
    let reason = reason_with(&libraries, "source.rs");
    assert!(reason.contains("source.rs: "), "{reason}");
}
