//! The suite's executable without a GPU: what it says on a machine that has none, and a whole run on the
//! scripted driver, whose kernels compute nothing and take as long as its script says.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

mod scripted;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use perfreg_core::store::BaselineFile;
use scripted::{build, code, holds_what_the_stored_one_does, is_about, libraries, suite, text};
use serde_json::Value;

#[test]
fn help_needs_no_gpu() {
    let folder = tempfile::tempdir().unwrap();
    let help = suite(&["--help"], folder.path()).output().unwrap();
    assert_eq!(code(&help), 0);
    assert!(text(&help.stdout).contains("--peers FILE"));
}

#[test]
fn a_wrong_command_line_names_the_option() {
    let folder = tempfile::tempdir().unwrap();
    let check = |words: &[&str], expected: &str| {
        let output = suite(words, folder.path()).output().unwrap();
        assert_eq!(code(&output), 2, "{words:?}");
        let said = text(&output.stderr);
        assert_eq!(said, format!("error: {expected}; --help tells what there is\n"));
    };
    check(&[], "no command");
    check(&["measure"], "there is no command `measure`");
    check(&["run"], "--out: a folder is needed");
    check(&["run", "--out", "x", "--gpu", "1"], "there is no option `--gpu`");
    check(&["run", "--out"], "`--out` lacks its value");
    check(&["run", "--out", "x", "--cases", "2048,77"], "--cases: there is no case of length `77`");
    check(&["run", "--out", "x", "--rounds", "0"], "--rounds: 0 would measure nothing");
    check(&["run", "--out", "x", "--rounds", "-1"], "--rounds: `-1` is no number");
    check(&["merge", "a.json"], "--out: a folder is needed, before the reports");
    check(&["merge", "--out", "x"], "merge: reports are needed");
    check(
        &["run", "--out", "x", "--python", "p"],
        "--python and --peers: both are needed, or neither",
    );
}

#[test]
fn without_a_gpu_a_run_says_so_in_a_line_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // An empty driver: this machine may have a real one.
    build(folder.path(), "libcuda.so.1", "");
    let output = suite(&["run", "--out", "results"], folder.path())
        .env("LD_LIBRARY_PATH", folder.path())
        .output()
        .unwrap();
    assert_eq!(code(&output), 4);
    assert_eq!(text(&output.stdout), "");
    let expected =
        "nothing was measured: the driver's library has no function `cuDriverGetVersion`\n";
    assert_eq!(text(&output.stderr), expected);
    assert!(!folder.path().join("results").exists());
}

#[test]
fn the_carried_folder_starts_from_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let carried = folder.path().join("carried");
    std::fs::create_dir(&carried).unwrap();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts");
    for file in ["run", "peers.py"] {
        std::fs::copy(scripts.join(file), carried.join(file)).unwrap();
    }
    std::fs::copy(env!("CARGO_BIN_EXE_dilated_suite"), carried.join("dilated_suite")).unwrap();
    build(folder.path(), "libcuda.so.1", "");
    let start = |words: &[&str]| {
        let mut command = Command::new(carried.join("run"));
        command.args(words).current_dir(folder.path()).env("LD_LIBRARY_PATH", folder.path());
        command.output().unwrap()
    };
    let help = start(&["--help"]);
    assert!(text(&help.stdout).contains("4  there is no GPU here"), "{}", text(&help.stderr));
    let output = start(&["results", "--rounds", "3"]);
    assert_eq!(code(&output), 4, "{}", text(&output.stderr));
    assert!(text(&output.stderr).starts_with("nothing was measured: "));
}

/// What a run on the scripted driver left behind, and what it printed.
struct Run {
    folder: tempfile::TempDir,
    code: i32,
    report: Value,
    table: String,
}

fn run(words: &[&str]) -> Run {
    run_on(words, "1")
}

/// On so many devices; what is read is of the first.
fn run_on(words: &[&str], devices: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec!["run", "--out", "results", "--cases", "2048", "--checks", "few"];
    all.extend(words);
    let output = suite(&all, folder.path())
        .env("LD_LIBRARY_PATH", libraries())
        .env("PERFREG_NVRTC", libraries())
        .env("TMPDIR", folder.path())
        .env("SCRIPTED_DEVICES", devices)
        .output()
        .unwrap();
    let results = folder.path().join("results");
    let of_first = results.join("device-0");
    let results = if of_first.is_dir() { of_first } else { results };
    let read = |name: &str| std::fs::read_to_string(results.join(name));
    let report = read("report.json").unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let table = read("table.txt").unwrap();
    assert!(text(&output.stdout).starts_with(&table));
    let (code, report) = (code(&output), serde_json::from_str(&report).unwrap());
    Run { folder, code, report, table }
}

#[test]
fn a_run_tells_what_is_wrong_and_what_is_missing() {
    let Run { folder, code, report, table } = run(&["--rounds", "2"]);
    // These kernels write nothing, which has to be seen.
    assert_eq!(code, 1, "{table}");
    assert!(table.contains("correct: 0 of 10\n  WRONG portable_forward_d64_q"), "{table}");
    let checked = report["correctness"]["checked"].as_array().unwrap();
    assert!(checked.iter().all(|one| one["right"] == false && one["output_error"].is_null()));
    assert!(!report["correctness"]["not_checked"].as_array().unwrap().is_empty());

    assert_eq!(report["schema"], "perfreg-dilated-suite/1");
    assert_eq!(report["host"]["gpu"]["name"], "Scripted");
    assert_eq!(report["host"]["gpu"]["driver"], "580.1");
    let floor = report["floor"].as_array().unwrap();
    assert!(floor.len() == 4 && floor.iter().all(|ns| is_about(ns, 2_000.0)), "{floor:?}");
    // 16 caches of 4 KiB, read and written, in 10 microseconds.
    let copy = &report["ceilings"]["copy_bytes_per_second"]["value"];
    assert!(is_about(copy, 13_107_200_000.0), "{copy}");

    let case = &report["cases"][0];
    assert_eq!(
        (&case["name"], &case["flops"]),
        (&"b1_s2048_h8_d64".into(), &3_758_096_384_u64.into())
    );
    for ours in case["ours"].as_array().unwrap() {
        let launches = ours["launches"].as_array().unwrap();
        assert_eq!(launches.len(), 2);
        let series = launches[0]["Ok"]["series"].as_array().unwrap();
        let time = series.iter().find(|one| one[0]["name"] == "device_time").unwrap();
        assert!(time[1].as_array().unwrap().iter().all(|ns| is_about(ns, 40_000.0)), "{time}");
    }
    assert!(
        table.contains("portable             cold 40.00 us (94.0 TFLOP/s)  hot 40.00 us"),
        "{table}"
    );

    assert!(table.contains("hot 40.00 us (94.0 TFLOP/s)  2.00 mJ a call"), "{table}");

    // No Python was given, so every peer is named with that.
    let peers = case["peers"].as_array().unwrap();
    assert_eq!(peers.len(), 10);
    assert!(peers.iter().all(|peer| peer["missing"] == "no Python was given"), "{table}");
    assert!(
        table.contains("  strided graph        not measured: no Python was given\n"),
        "{table}"
    );
    assert_eq!(case["ratios"], serde_json::json!([]));

    let baselines = folder.path().join("results/gt/scripted/attention.json");
    let file = BaselineFile::read(&baselines).unwrap().unwrap();
    let entry = &file.hosts()[0];
    assert_eq!(entry.host.gpu.as_ref().unwrap().name, "Scripted");
    let of_case = entry.case("suite::dilated_attention::portable", "b1_s2048_h8_d64").unwrap();
    let time = of_case.metric("device_time").unwrap();
    assert_eq!(time.launches.len(), 2);
    assert!(is_about(&time.launches[0].q10.into(), 40_000.0));
    assert!(entry.case("suite::dilated_attention::naive", "b1_s2048_h8_d64").is_some());
    // What was written for the peers is gone.
    assert!(!folder.path().join("results/numbers-b1_s2048_h8_d64").exists());
}

/// What is compiled for a device is compiled, and given to the driver that only plays one.
#[test]
fn a_run_takes_nvidias_own_compiler() {
    let Some(nvrtc) = std::env::var_os("PERFREG_NVRTC") else {
        let why =
            "skipped a_run_takes_nvidias_own_compiler: PERFREG_NVRTC names no compiler of kernels";
        writeln!(std::io::stderr(), "{why}").unwrap();
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let words = ["run", "--out", ".", "--cases", "2048", "--checks", "few", "--rounds", "1"];
    let output = suite(&words, folder.path())
        .env("LD_LIBRARY_PATH", libraries())
        .env("PERFREG_NVRTC", &nvrtc)
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let report = std::fs::read_to_string(folder.path().join("report.json"));
    let report = report.unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let report: Value = serde_json::from_str(&report).unwrap();
    let path = report["probe"]["nvrtc_path"].as_str().unwrap();
    assert!(Path::new(path).starts_with(&nvrtc), "{path}");
    let ours = report["cases"][0]["ours"].as_array().unwrap();
    let launches: Vec<&Value> = ours.iter().map(|ours| &ours["launches"][0]["Ok"]).collect();
    assert!(launches.len() == 2 && !launches.contains(&&Value::Null), "{ours:?}");
}

#[test]
fn the_short_case_has_the_definition_on_the_cpu_beside_the_kernels() {
    let Run { folder, report, .. } = run(&["--rounds", "1", "--cases", "256"]);
    let case = &report["cases"][0];
    let ours = case["ours"].as_array().unwrap();
    let names: Vec<&Value> = ours.iter().map(|ours| &ours["implementation"]).collect();
    assert_eq!(names, ["portable", "naive", "reference"]);
    let series = ours[2]["launches"][0]["Ok"]["series"].as_array().unwrap();
    assert_eq!((series.len(), &series[0][0]["name"]), (1, &"device_time".into()));
    let samples = series[0][1].as_array().unwrap();
    assert!(samples.len() >= 3 && samples.iter().all(|ns| ns.as_f64().unwrap() > 0.0));
    let baselines = folder.path().join("results/gt/scripted/attention.json");
    let file = BaselineFile::read(&baselines).unwrap().unwrap();
    let of_case = file.hosts()[0].case("suite::dilated_attention::reference", "b1_s256_h8_d64");
    assert!(of_case.unwrap().metric("device_time").is_some());
}

#[test]
fn what_was_measured_before_a_run_fails_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    // The device has 100 MiB in a piece.
    let words =
        ["run", "--out", ".", "--checks", "few", "--rounds", "1", "--cases", "2048,1048576"];
    let output = suite(&words, folder.path())
        .env("LD_LIBRARY_PATH", libraries())
        .env("PERFREG_NVRTC", libraries())
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    assert_eq!(code(&output), 1);
    let expected =
        "error: cannot allocate 2147483648 bytes on Scripted: CUDA_ERROR_OUT_OF_MEMORY\n";
    assert!(text(&output.stderr).ends_with(expected), "{}", text(&output.stderr));
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let names: Vec<&Value> =
        report["cases"].as_array().unwrap().iter().map(|case| &case["name"]).collect();
    assert_eq!(names, ["b1_s2048_h8_d64"]);
    assert!(folder.path().join("gt/scripted/attention.json").is_file());
}

/// A peer that takes three times as long as the scripted kernels, another that fails, and noise.
const PEERS: &str = r#"
echo "a library says hello"
while read -r question; do
    case $question in
        *begin*) answer='{"torch": "0.0"}' ;;
        *matmul*) answer='4.0e14' ;;
        *prepare*) answer='[
            {"name": "strided graph", "about": "a", "missing": null, "output_error": 0.002},
            {"name": "flex graph", "about": "b", "missing": null, "output_error": 0.002},
            {"name": "flex eager", "about": "b", "missing": "it does not compile", "output_error": null}]' ;;
        *strided*) answer='{"cold": [120000, 120000], "hot": [80000]}' ;;
        *) printf 'perfreg-peers/1 {"missing": "it broke"}\n'; continue ;;
    esac
    printf 'perfreg-peers/1 {"answer": %s}\n' "$(printf '%s' "$answer" | tr '\n' ' ')"
done
"#;

fn run_with_peers(script: &str, rounds: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let peers = folder.path().join("peers.sh");
    std::fs::write(&peers, script).unwrap();
    run(&["--rounds", rounds, "--python", "/bin/sh", "--peers", peers.to_str().unwrap()])
}

#[test]
fn peers_take_turns_and_those_that_cannot_are_named() {
    let Run { report, table, .. } = run_with_peers(PEERS, "8");
    let line = "  strided graph        cold     120.00 us     3.00 times ours (99 % 3.00 to 3.00, 8 rounds, off by 2.0e-3)";
    assert!(table.contains(line), "{table}");
    assert!(
        table.contains("strided graph        hot       80.00 us     2.00 times ours"),
        "{table}"
    );
    assert!(table.contains("flex graph           not measured: it broke\n"), "{table}");
    assert!(table.contains("flex eager           not measured: it does not compile\n"), "{table}");
    assert!(table.contains("reference eager      not measured: it was not named\n"), "{table}");
    assert!(table.contains("matmul: 400.00 TFLOP/s\n"), "{table}");
    assert!(table.contains("(94.0 TFLOP/s, 23 % of the ceiling)"), "{table}");
    let ratios = report["cases"][0]["ratios"].as_array().unwrap();
    assert_eq!((ratios.len(), &ratios[0]["spread"]), (2, &"interval99".into()));

    holds_what_the_stored_one_does(&report, "report-1.json", 60);
}

/// The peers' own script, with a `PyTorch` that only plays a GPU.
#[test]
fn peers_are_timed_cold_and_hot_eager_and_replayed() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|told| told.status.success()) {
        let why =
            "skipped peers_are_timed_cold_and_hot_eager_and_replayed: there is no python3 here";
        writeln!(std::io::stderr(), "{why}").unwrap();
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripted/timed_peers.py");
    let script = script.to_str().unwrap();
    let Run { folder, report, table, .. } =
        run(&["--rounds", "2", "--python", "python3", "--peers", script]);
    assert!(table.contains("peers: cuda 0.0, cudnn 9, gpu Scripted, python 3."), "{table}");
    assert!(table.contains("matmul: 399.82 TFLOP/s\n"), "{table}");
    let peers = report["cases"][0]["peers"].as_array().unwrap();
    let check = |name: &str, expected: Result<f64, &str>| {
        let peer = peers.iter().find(|peer| peer["name"] == name).unwrap();
        let rounds = peer["rounds"].as_array().unwrap();
        let nanoseconds = match expected {
            Ok(nanoseconds) => nanoseconds,
            Err(why) => {
                assert_eq!((&peer["missing"], rounds.len()), (&why.into(), 0), "{name}");
                return;
            }
        };
        assert!(peer["missing"].is_null() && rounds.len() == 2, "{peer}");
        for samples in rounds.iter().flat_map(|round| [&round["cold"], &round["hot"]]) {
            let samples = samples.as_array().unwrap();
            let right = samples.iter().filter(|sample| is_about(sample, nanoseconds));
            assert!(samples.len() >= 5 && right.count() == samples.len(), "{name}: {samples:?}");
        }
    };
    check("sdpa_gather eager", Ok(100_000.0));
    check("sdpa_gather graph", Ok(80_000.0));
    check("strided eager", Ok(200_000.0));
    check("strided graph", Ok(160_000.0));
    check("flex eager", Err("RuntimeError: it does not compile"));
    check("flex graph", Err("RuntimeError: it does not compile"));
    check("flex_permuted eager", Err("it computes something else: off by nan"));
    check("flex_permuted graph", Err("it computes something else: off by nan"));
    check("reference eager", Ok(500_000.0));
    let capturing =
        "it cannot be captured: RuntimeError: operation not permitted when stream is capturing";
    check("reference graph", Err(capturing));

    // What precedes the events around a sample: flushes and waits come before the first one.
    let events = std::fs::read_to_string(folder.path().join("events")).unwrap();
    let events: Vec<&str> =
        events.lines().map(|line| line.strip_prefix("event after ").unwrap()).collect();
    let (pairs, _) = events.as_chunks::<2>();
    let seen: BTreeSet<&[&str; 2]> = pairs.iter().collect();
    let expected = [
        // Eager and cold; replayed and cold; the product of matrices; replayed and hot; eager and hot.
        ["a flush", "nothing"],
        ["a flush and a wait", "a replay"],
        ["a flush and a wait", "nothing"],
        ["a wait", "a replay"],
        ["nothing", "nothing"],
    ];
    assert_eq!(seen.into_iter().copied().collect::<Vec<_>>(), expected);
}

#[test]
fn each_device_has_a_folder_and_they_are_measured_together() {
    let Run { folder, .. } = run_on(&["--rounds", "1", "--device", "all"], "2");
    let results = folder.path().join("results");
    for device in ["device-0", "device-1"] {
        assert!(results.join(device).join("gt/scripted/attention.json").is_file(), "{device}");
    }
    let scaling = std::fs::read_to_string(results.join("scaling.json")).unwrap();
    let scaling: Value = serde_json::from_str(&scaling).unwrap();
    assert_eq!(scaling["schema"], "perfreg-dilated-scaling/1");
    let case = &scaling["cases"][0];
    assert!(is_about(&case["speedup"], 2.0), "{case}");
    assert!(is_about(&case["devices"][1]["together"], 40_000.0), "{case}");
    holds_what_the_stored_one_does(&scaling, "scaling-1.json", 6);
}

#[test]
fn a_device_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = suite(&["run", "--out", "results", "--device", "99"], folder.path())
        .env("LD_LIBRARY_PATH", libraries())
        .env("PERFREG_NVRTC", libraries())
        .output()
        .unwrap();
    assert_eq!(code(&output), 1);
    let expected = "error: ordinal: 99, and there are 1 devices, counted from 0\n";
    assert_eq!(text(&output.stderr), expected);
}

#[test]
fn peers_that_end_are_missing_and_the_run_goes_on() {
    let Run { report, table, .. } = run_with_peers("exit 3", "1");
    let expected = "peers: none: the peers' process ended (exit status: 3)\n";
    assert!(table.contains(expected), "{table}");
    assert_eq!(report["cases"][0]["ours"][0]["launches"].as_array().unwrap().len(), 1);
}
