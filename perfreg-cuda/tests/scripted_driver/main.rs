//! The device layer on a driver without a device: which calls it makes in which order, what it does
//! when one is refused, and that nothing is left when all is dropped.
//!
//! It says nothing of a real device: what the calls do there, this driver only plays.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

mod libraries;
mod scenes;

use std::process::Command;

use libraries::libraries;

/// What a scene printed and what the driver wrote down.
struct Played {
    printed: String,
    log: Vec<String>,
    passed: bool,
}

/// Plays a scene of `scenes.rs` in a process of its own, where the loader finds the libraries.
fn play(scene: &str, variables: &[(&str, &str)]) -> Played {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("scenes::{scene}"), "--include-ignored", "--nocapture"])
        .env("LD_LIBRARY_PATH", libraries())
        .env("PERFREG_NVRTC", libraries())
        .env("SCRIPTED_LOG", &log)
        .env("TMPDIR", folder.path())
        // Nothing real is measured, so nobody else has to wait.
        .env("PERFREG_LOCK_FILE", folder.path().join("lock"))
        .env("PERFREG_UPDATE", "no")
        .env_remove("CI")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let log = std::fs::read_to_string(log).unwrap_or_default();
    Played {
        printed: text(&output.stdout) + &text(&output.stderr),
        log: log.lines().map(str::to_owned).collect(),
        passed: output.status.success(),
    }
}

impl Played {
    #[track_caller]
    fn line(&self, begin: &str) -> &str {
        let found = self.printed.lines().find_map(|line| line.split_once(begin));
        found.unwrap_or_else(|| panic!("no `{begin}` in:\n{}", self.printed)).1
    }
}

#[test]
fn a_forward_pass_is_one_launch_and_leaves_nothing_behind() {
    let played = play("forward", &[]);
    assert!(played.passed, "{}", played.printed);
    let launches: Vec<_> = played.log.iter().filter(|line| line.starts_with("launch")).collect();
    // 32 tiles of 64 queries a head, 8 heads, and both stages of keys and values.
    assert_eq!(launches, ["launch portable_forward 32 8 1 threads 128 shared 32768"]);
    assert!(played.log.contains(&"function attribute 8 = 32768".to_owned()), "{:?}", played.log);
    assert_eq!(played.log.last().unwrap(), "alive 0");
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let played = play("wrong_tensors", &[]);
    assert!(played.passed, "{}", played.printed);
}

#[test]
fn tensors_of_another_device_are_named() {
    let played = play("other_device", &[("SCRIPTED_DEVICES", "2")]);
    assert!(played.passed, "{}", played.printed);
    assert_eq!(played.line("ERROR "), "values: it lies on another device");
    assert!(!played.log.iter().any(|line| line.starts_with("launch")), "{:?}", played.log);
}

#[test]
fn streams_of_many_threads_leave_nothing_behind() {
    let played = play("streams", &[]);
    assert!(played.passed, "{}", played.printed);
    let launches = played.log.iter().filter(|line| line.starts_with("launch portable_forward"));
    assert_eq!((launches.count(), played.log.last().unwrap().as_str()), (8, "alive 0"));
}

#[test]
fn there_is_no_device_99() {
    let played = play("ordinal", &[]);
    assert_eq!(played.line("ERROR "), "ordinal: 99, and there are 1 devices, counted from 0");
}

#[test]
fn each_process_of_a_job_has_a_device_of_its_own() {
    let play = |variables: &[(&str, &str)]| {
        play("rank", &[variables, &[("SCRIPTED_DEVICES", "2"), ("WORLD_SIZE", "4")]].concat())
    };
    let uuid = |byte: &str| {
        let bytes = |count| byte.repeat(count);
        let parts = [bytes(4), bytes(2), bytes(2), bytes(2), bytes(6)];
        format!("GPU-{} of 2", parts.join("-"))
    };
    assert_eq!(play(&[("RANK", "0")]).line("RANK "), uuid("ab"));
    assert_eq!(play(&[("RANK", "3")]).line("RANK "), uuid("ac"));
    assert_eq!(play(&[("RANK", "3"), ("LOCAL_RANK", "0")]).line("RANK "), uuid("ab"));
    let wrong = play(&[("RANK", "3"), ("LOCAL_RANK", "2")]);
    assert_eq!(wrong.line("ERROR "), "ordinal: 2, and there are 2 devices, counted from 0");
    let wrong = play(&[("RANK", "4")]);
    assert_eq!(wrong.line("ERROR "), "RANK: 4 of 4 processes, counted from 0");
}

#[test]
fn what_the_driver_refuses_is_an_error_that_says_what_was_wanted() {
    let check = |refused: &str, expected: &str| {
        let played = play("forward", &[("SCRIPTED_REFUSE", refused)]);
        assert_eq!(played.line("ERROR "), expected);
        assert!(played.passed, "{}", played.printed);
    };
    check(
        "cuMemAllocAsync=2",
        "cannot allocate 2097152 bytes on Scripted: CUDA_ERROR_OUT_OF_MEMORY",
    );
    check(
        "cuModuleLoadData=209",
        "cannot load the kernel portable_forward: CUDA_ERROR_NO_BINARY_FOR_GPU",
    );
    check(
        "cuLaunchKernel=701",
        "cannot launch portable_forward: CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
    );
    check("cuDevicePrimaryCtxRetain=2", "cannot open device 0: CUDA_ERROR_OUT_OF_MEMORY");
}

#[test]
fn libraries_that_are_removed_are_not_missed() {
    let check = |library: &str, when: &str, clock: &str| {
        let copy = tempfile::tempdir().unwrap();
        for library in ["libcuda.so.1", "libnvrtc.so.13", "libnvidia-ml.so.1"] {
            std::fs::copy(libraries().join(library), copy.path().join(library)).unwrap();
        }
        let at = copy.path().to_str().unwrap();
        let gone = copy.path().join(library);
        let (found, removed) = (("LD_LIBRARY_PATH", at), (when, gone.to_str().unwrap()));
        let played = play("forward", &[found, ("PERFREG_NVRTC", at), removed]);
        let printed = &played.printed;
        assert!(played.passed && !printed.contains("ERROR"), "{library} {when}: {printed}");
        assert!(!gone.exists());
        assert_eq!(played.line("CLOCK "), clock, "{library} {when}");
        assert_eq!(played.log.last().unwrap(), "alive 0");
    };
    for when in ["SCRIPTED_REMOVE_WHEN_FOUND", "SCRIPTED_REMOVE_WHEN_OPEN"] {
        check("libcuda.so.1", when, "Some(1500)");
        check("libnvrtc.so.13", when, "Some(1500)");
    }
    // Health is looked for when a device is opened; without it, its readings are missing.
    check("libnvidia-ml.so.1", "SCRIPTED_REMOVE_WHEN_FOUND", "None");
    check("libnvidia-ml.so.1", "SCRIPTED_REMOVE_WHEN_OPEN", "Some(1500)");
}

#[test]
fn memory_in_use_is_that_of_the_pool() {
    let played = play("memory", &[]);
    // A tensor of 2 MiB is there, another was; the pool has 32 MiB, the largest piece elsewhere 100.
    let expected = "2097152 of 33554432, peak 4194304, fragmentation 0.9375, largest 104857600";
    assert_eq!(played.line("MEMORY "), expected);
    assert_eq!(played.log.iter().filter(|line| line.starts_with("pool")).count(), 2);
}

#[test]
fn what_a_test_leaves_allocated_is_told_with_its_name() {
    let played = play("leak", &[]);
    assert!(played.passed, "{}", played.printed);
    let expected = "`second` left 2097152 bytes allocated on Scripted";
    assert_eq!(played.line("ERROR "), expected);
    let expected = "perfreg: scenes::leak left 2097152 bytes allocated on Scripted";
    assert!(played.printed.contains(expected), "{}", played.printed);
    assert!(!play("forward", &[]).printed.contains(" left "));
}

#[test]
fn what_a_call_allocates_and_leaves_are_metrics() {
    let played = play("timed_with_leak", &[("PERFREG", "measure"), ("PERFREG_LAUNCHES", "3")]);
    assert!(played.passed, "{}", played.printed);
    for expected in ["device_extra_bytes 64 KiB", "device_left_bytes 64 KiB"] {
        assert!(played.printed.contains(expected), "{expected}: {}", played.printed);
    }
}

#[test]
fn health_is_that_of_the_device() {
    let told = "1500 of 1980 MHz, 41 degrees, 123 W, 7 J, throttling";
    let host = "Scripted 9.0 (driver 580.1, 1980/3201 MHz, ECC on, MIG off)";
    let played = play("health", &[]);
    assert_eq!(played.line("HEALTH "), format!("{told} No, {host}"));
    let played = play("health", &[("SCRIPTED_THROTTLED", "1"), ("SCRIPTED_DRIVER", "590.2")]);
    assert_eq!(played.line("HEALTH "), format!("{told} Yes, {}", host.replace("580.1", "590.2")));
    // Nothing but a library that has none of the functions.
    let folder = tempfile::tempdir().unwrap();
    for library in ["libcuda.so.1", "libnvrtc.so.13"] {
        std::fs::copy(libraries().join(library), folder.path().join(library)).unwrap();
    }
    std::fs::write(folder.path().join("libnvidia-ml.so.1"), "no library").unwrap();
    let played = play("health", &[("LD_LIBRARY_PATH", folder.path().to_str().unwrap())]);
    let silent = "unknown, throttling Unknown, Scripted 9.0 (driver unknown)";
    assert_eq!(played.line("HEALTH "), silent);
}

/// What counters tell, or why they do not.
fn readings(variables: &[(&str, &str)]) -> Vec<String> {
    let played = play("readings", variables);
    assert!(played.passed, "{}", played.printed);
    assert_eq!(played.log.last().unwrap(), "alive 0");
    let told = played.printed.lines().filter_map(|line| line.split_once("READING "));
    told.map(|(_, told)| told.to_owned()).collect()
}

/// What a device that does not support something is refused with.
const REFUSED: &str = "NVML refused: the requested operation is not available on the target device";

#[test]
fn what_a_device_tells_of_itself_is_measured() {
    // 130 calls for 260 mJ.
    let expected = [
        "device_energy 2.0 mJ",
        "device_power_violation 25.0 %",
        "device_thermal_violation 0.0 %",
        "device_tensor_use 62.5 %",
        "device_dram_use 38.0 %",
        "device_memory_busy 31.0 %",
    ];
    assert_eq!(readings(&[]), expected);
}

#[test]
fn what_a_device_does_not_tell_is_missing_with_the_reason() {
    let check = |lacks: &str, missing: &[(usize, &str)]| {
        let told = readings(&[("SCRIPTED_LACKS", lacks)]);
        for (at, reason) in missing {
            assert!(told[*at].ends_with(reason), "{lacks}: {told:?}");
        }
        let without = told.iter().filter(|told| told.contains("missing")).count();
        assert_eq!((told.len(), without), (6, missing.len()), "{lacks}: {told:?}");
    };
    check("nvmlDeviceGetTotalEnergyConsumption", &[(0, REFUSED)]);
    check("nvmlDeviceGetViolationStatus", &[(1, REFUSED), (2, REFUSED)]);
    let older = "the device has no performance monitoring (Hopper and later have)";
    check("monitoring", &[(3, older), (4, older)]);
    check("nvmlGpmSampleGet", &[(3, REFUSED), (4, REFUSED)]);
    check("bandwidth", &[(4, REFUSED)]);
    check("nvmlDeviceGetUtilizationRates", &[(5, REFUSED)]);
}

#[test]
fn counters_that_wrap_or_stand_still_tell_nothing() {
    let check = |counters: &str, why: &str| {
        let told = readings(&[("SCRIPTED_COUNTERS", counters)]);
        for at in 0..3 {
            assert!(told[at].ends_with(&format!("missing: {why}")), "{counters}: {told:?}");
        }
        assert_eq!(told[5], "device_memory_busy 31.0 %");
    };
    check("still", "the counter hardly moved while the device worked");
    check("wrap", "the counter went back");
}

#[test]
fn a_test_records_what_the_device_tells_and_passes_without_it() {
    let variables = [("PERFREG", "measure"), ("PERFREG_LAUNCHES", "3")];
    let played = play("timed_with_energy", &variables);
    assert!(played.passed, "{}", played.printed);
    assert!(played.printed.contains("device_energy 2 mJ"), "{}", played.printed);
    assert!(!played.printed.contains("device_tensor_use"), "{}", played.printed);
    assert!(!played.printed.contains("not judged"), "{}", played.printed);
    let lacks = ("SCRIPTED_LACKS", "nvmlDeviceGetTotalEnergyConsumption");
    let played = play("timed_with_energy", &[variables[0], variables[1], lacks]);
    assert!(played.passed, "{}", played.printed);
    assert!(!played.printed.contains("device_energy 2 mJ"), "{}", played.printed);
    let untold = "device_energy is listed and not judged: the device told it in no launch";
    assert_eq!(played.printed.matches(untold).count(), 1, "{}", played.printed);
}

#[test]
fn a_device_that_slows_itself_down_all_the_time_is_an_error() {
    let variables =
        [("PERFREG", "measure"), ("PERFREG_LAUNCHES", "3"), ("SCRIPTED_THROTTLED", "1")];
    let played = play("timed", &variables);
    assert!(!played.passed);
    let expected =
        "0 of 21 samples count, and 10 are needed: 21 were taken while the device slowed";
    assert!(played.printed.contains(expected), "{}", played.printed);
}

#[test]
fn baselines_of_gpus_lie_apart_and_another_driver_is_told() {
    let kept = tempfile::tempdir().unwrap();
    let at = kept.path().to_str().unwrap();
    let run = |driver: &str| {
        let variables = [
            ("PERFREG", "measure"),
            ("PERFREG_LAUNCHES", "3"),
            ("PERFREG_UPDATE", "pending"),
            ("SCRIPTED_DRIVER", driver),
            ("CARGO_TARGET_DIR", at),
            ("CARGO_PKG_NAME", "perfreg-cuda"),
            ("CARGO_MANIFEST_DIR", at),
        ];
        play("timed", &variables)
    };
    let played = run("580.1");
    assert!(played.passed, "{}", played.printed);
    assert!(played.printed.contains("kept as this machine's baseline"), "{}", played.printed);
    let played = run("580.1");
    assert!(played.passed && !played.printed.contains("not comparable"), "{}", played.printed);
    let played = run("590.2");
    assert!(played.passed, "{}", played.printed);
    let expected = "has it from Scripted 9.0 (driver 580.1, 1980/3201 MHz, ECC on, MIG off), and this is \
                    Scripted 9.0 (driver 590.2";
    assert!(played.printed.contains(expected), "{}", played.printed);
}

#[test]
fn a_slower_clock_is_no_regression_of_the_work() {
    let kept = tempfile::tempdir().unwrap();
    let at = kept.path().to_str().unwrap();
    let run = |megahertz: &str| {
        let variables = [
            ("PERFREG", "measure"),
            ("PERFREG_UPDATE", "pending"),
            ("PERFREG_LOG", "debug"),
            ("SCRIPTED_MHZ", megahertz),
            ("CARGO_PKG_NAME", "perfreg-cuda"),
            ("CARGO_MANIFEST_DIR", at),
        ];
        play("timed", &variables)
    };
    let first = run("1500");
    assert!(first.passed, "{}", first.printed);
    let slower = run("1200");
    assert!(slower.passed, "{}", slower.printed);
    for time in ["device_time", "device_time_hot"] {
        let expected = format!("{time} is inconclusive by");
        assert!(slower.printed.contains(&expected), "{}", slower.printed);
    }
    let why = "but not in cycles (+0.0 %): the device's clock may be the reason";
    assert!(slower.printed.contains(why), "{}", slower.printed);
}

#[test]
fn a_sample_is_flushed_held_and_between_clocks_and_events() {
    let played = play("timed", &[("PERFREG", "measure"), ("PERFREG_LAUNCHES", "3")]);
    assert!(played.passed, "{}", played.printed);
    let hold = played.log.iter().position(|line| line.starts_with("hold")).unwrap();
    let sample: Vec<&str> = played.log[hold - 1..hold + 6].iter().map(String::as_str).collect();
    assert_eq!(
        sample,
        [
            // Twice the cache, or a mebibyte.
            "set 1048576 bytes to 0",
            "hold until 1 by 0",
            "launch read_clocks 264 1 1 threads 32 shared 0",
            "event",
            "launch portable_forward 32 8 1 threads 128 shared 32768",
            "event",
            "launch read_clocks 264 1 1 threads 32 shared 0",
        ]
    );
    // Events are made for timing.
    assert!(!played.log.iter().any(|line| line.starts_with("event with") && !line.ends_with(" 0")));
    assert_eq!(played.log.last().unwrap(), "alive 0");
}

#[test]
fn times_are_those_of_the_device() {
    let played = play("timed", &[("PERFREG", "measure"), ("PERFREG_LAUNCHES", "3")]);
    assert!(played.passed, "{}", played.printed);
    // The script's clock is 1.5 GHz; beside one call there is no time to read it, but after it there is.
    let expected = [
        "device_time 40.00 µs",
        "device_cycles 60000",
        "device_time_hot 40.00 µs",
        "device_cycles_hot 60000",
        "device_extra_bytes 0 B",
        "device_left_bytes 0 B",
    ];
    for expected in expected {
        assert!(played.printed.contains(expected), "{expected}: {}", played.printed);
    }
}

#[test]
fn work_that_waits_is_neither_held_nor_repeated_in_a_graph() {
    let variables = [("PERFREG", "measure"), ("PERFREG_LAUNCHES", "3")];
    let played = play("timed_with_waiting", &variables);
    assert!(played.passed, "{}", played.printed);
    assert!(played.printed.contains("device_time 40.00 µs"), "{}", played.printed);
    assert!(!played.printed.contains("device_time_hot"), "{}", played.printed);
    // The stream is held for the kernel that does nothing alone.
    let held = played.log.iter().position(|line| line.starts_with("hold")).unwrap();
    assert!(played.log[held + 3].starts_with("launch nothing"), "{:?}", played.log[held + 3]);
}

#[test]
fn work_that_the_stream_does_not_get_is_an_error() {
    let variables = [("PERFREG", "measure"), ("PERFREG_LAUNCHES", "3")];
    let played = play("timed_elsewhere", &variables);
    let expected = "the work hands nothing over to the stream that it is given";
    assert!(!played.passed && played.printed.contains(expected), "{}", played.printed);
}

#[test]
fn work_of_many_launches_is_not_held() {
    let variables = [("PERFREG", "measure"), ("PERFREG_LAUNCHES", "3"), ("SCRIPTED_NODES", "2000")];
    let played = play("timed", &variables);
    assert!(played.passed, "{}", played.printed);
    assert!(played.printed.contains("device_time_hot 40.00 µs"), "{}", played.printed);
    let held = played.log.iter().position(|line| line.starts_with("hold")).unwrap();
    assert!(played.log[held + 3].starts_with("launch nothing"), "{:?}", played.log[held + 3]);
}
