//! The suite's executable as one of several processes, and their reports as one.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

mod scripted;

use perfreg_core::store::BaselineFile;
use scripted::{
    build, code, holds_what_the_stored_one_does, is_about, libraries, stored, suite, text,
};
use serde_json::Value;

/// The stored report as that of a process, times so often as long.
fn report_of(place: (usize, usize), longer: f64) -> Value {
    let mut report = stored("report-1.json");
    report["rank"] = serde_json::json!({ "rank": place.0, "world": place.1 });
    for check in report["correctness"]["checked"].as_array_mut().unwrap() {
        check["right"] = true.into();
    }
    for ours in report["cases"][0]["ours"].as_array_mut().unwrap() {
        for launch in ours["launches"].as_array_mut().unwrap() {
            for series in launch["Ok"]["series"].as_array_mut().unwrap() {
                for sample in series[1].as_array_mut().unwrap() {
                    *sample = (sample.as_f64().unwrap() * longer).into();
                }
            }
        }
    }
    report["cases"][0]["ours"][0]["output_error"] = 0.001.into();
    report
}

/// What `merge` says of these reports, and what it leaves behind.
fn merged(reports: &[Value]) -> (i32, String, Option<Value>, Option<BaselineFile>) {
    let folder = tempfile::tempdir().unwrap();
    let mut words = vec!["merge".to_owned(), "--out".to_owned(), "merged".to_owned()];
    for (at, report) in reports.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{at}.json")), report.to_string()).unwrap();
        words.push(format!("{at}.json"));
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = suite(&words, folder.path()).output().unwrap();
    let document = std::fs::read_to_string(folder.path().join("merged/merged.json"));
    let document = document.ok().map(|text| serde_json::from_str(&text).unwrap());
    let baselines = folder.path().join("merged/gt/scripted/attention.json");
    let baselines = BaselineFile::read(&baselines).unwrap();
    (code(&output), text(&output.stdout) + &text(&output.stderr), document, baselines)
}

#[test]
fn of_several_processes_the_slowest_is_judged() {
    let (code, said, document, baselines) =
        merged(&[report_of((1, 2), 2.0), report_of((0, 2), 1.0)]);
    assert_eq!(code, 0, "{said}");
    let line =
        "b1_s2048_h8_d64 portable: rank 1 is the slowest: 80.00 us, 2.00 times the fastest\n";
    assert!(said.contains(line), "{said}");
    let document = document.unwrap();
    let one = &document["cases"][0];
    assert_eq!((&one["slowest"], &document["ranks"][1]["rank"]), (&1.into(), &1.into()));
    assert!(is_about(&one["times"][0], 40_000.0) && is_about(&one["times"][1], 80_000.0), "{one}");
    holds_what_the_stored_one_does(&document, "merged-1.json", 20);
    // What the tests are to compare with is what the slowest measured.
    let baselines = baselines.unwrap();
    let entry = &baselines.hosts()[0];
    let portable = entry.case("suite::dilated_attention::portable", "b1_s2048_h8_d64").unwrap();
    let time = portable.metric("device_time_hot").unwrap();
    assert_eq!((baselines.hosts().len(), time.launches.len()), (1, 1));
    assert!(is_about(&time.launches[0].q10.into(), 80_000.0));

    // One that failed is before any that did not, and one that is wrong makes all wrong.
    let mut failed = report_of((0, 2), 1.0);
    failed["cases"][0]["ours"][0]["launches"][0] = serde_json::json!({ "Err": "it broke" });
    let (code, said, _, baselines) = merged(&[failed, report_of((1, 2), 2.0)]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("b1_s2048_h8_d64 portable: rank 0 failed\n"), "{said}");
    // How long it takes then, nobody knows; the plain kernel's launches are all there.
    let baselines = baselines.unwrap();
    let has = |test| baselines.hosts()[0].case(test, "b1_s2048_h8_d64").is_some();
    assert!(!has("suite::dilated_attention::portable") && has("suite::dilated_attention::naive"));
    let is_seen = |wrong: Value| {
        let (code, said, ..) = merged(&[wrong, report_of((1, 2), 2.0)]);
        assert!(code == 1 && said.contains("  WRONG on rank 0\n"), "{said}");
    };
    let mut wrong = report_of((0, 2), 1.0);
    wrong["correctness"]["checked"][0]["right"] = false.into();
    is_seen(wrong);
    for error in [0.004.into(), Value::Null] {
        let mut wrong = report_of((0, 2), 1.0);
        wrong["cases"][0]["ours"][0]["output_error"] = error;
        is_seen(wrong);
    }
}

#[test]
fn reports_that_are_not_of_one_job_are_refused() {
    let check = |reports: &[Value], expected: &str| {
        let (code, said, document, _) = merged(reports);
        assert_eq!((code, said, document), (1, format!("error: {expected}\n"), None));
    };
    let of = |rank, world| report_of((rank, world), 1.0);
    check(&[of(0, 2)], "rank 1 of 2 has no report");
    check(&[of(0, 2), of(0, 2)], "rank 0 has 2 reports");
    check(&[of(0, 2), of(1, 3)], "rank 1 is of 3 processes, others of 2");
    check(&[stored("report-1.json")], "0.json: the report is of no job of several processes");
    check(
        &[stored("scaling-1.json")],
        "0.json: `perfreg-dilated-scaling/1` is not perfreg-dilated-suite/1",
    );
    let mut unknown = report_of((0, 1), 1.0);
    unknown["cases"][0]["name"] = "b1_s77_h8_d64".into();
    check(&[unknown], "`b1_s77_h8_d64` is no case of the suite");
    let mut other = of(1, 2);
    other["cases"][0]["name"] = "b1_s4096_h8_d64".into();
    check(&[of(0, 2), other], "rank 1 lacks portable of b1_s2048_h8_d64");
}

#[test]
fn a_process_of_several_measures_its_own_device_and_writes_its_own_report() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str], variables: &[(&str, &str)]| {
        let all = [&["run", "--out", "results", "--cases", "2048", "--checks", "few"], words];
        let mut command = suite(&all.concat(), folder.path());
        command.env("LD_LIBRARY_PATH", libraries()).env("PERFREG_NVRTC", libraries());
        command.env("TMPDIR", folder.path()).env("SCRIPTED_DEVICES", "2");
        command.envs(variables.iter().copied()).output().unwrap()
    };
    for rank in ["0", "1"] {
        let output = run(&["--rounds", "1"], &[("RANK", rank), ("WORLD_SIZE", "2")]);
        let path = folder.path().join(format!("results/rank-{rank}/report.json"));
        let report =
            std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        let report: Value = serde_json::from_str(&report).unwrap();
        let place = format!(r#"{{"rank":{rank},"world":2}}"#);
        assert_eq!(report["rank"].to_string(), place);
        // NVML knows the first device alone.
        let told = &report["cases"][0]["ours"][0]["launches"][0]["Ok"]["missing"];
        assert_eq!(told["device_energy"].is_null(), rank == "0", "{told}");
    }
    let output = run(&["--device", "all"], &[("RANK", "0"), ("WORLD_SIZE", "2")]);
    assert_eq!(code(&output), 2);
    assert_eq!(text(&output.stderr), "error: --device: `all` is for one process, and here are 2\n");
    let output = run(&[], &[("RANK", "2"), ("WORLD_SIZE", "2")]);
    assert_eq!(code(&output), 2);
    assert_eq!(text(&output.stderr), "error: RANK: 2 of 2 processes, counted from 0\n");
}

#[test]
fn without_a_gpu_a_process_of_several_says_so_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // An empty driver: this machine may have a real one.
    build(folder.path(), "libcuda.so.1", "");
    let run = |rank: &str| {
        let mut command = suite(&["run", "--out", "results"], folder.path());
        command.env("LD_LIBRARY_PATH", folder.path()).env("RANK", rank).env("WORLD_SIZE", "2");
        command.output().unwrap()
    };
    let output = run("1");
    assert_eq!(code(&output), 4);
    assert!(text(&output.stderr).starts_with("nothing was measured: "), "{output:?}");
    let output = run("one");
    assert_eq!(code(&output), 2);
    assert_eq!(text(&output.stderr), "error: RANK: `one` is no number\n");
    assert!(!folder.path().join("results").exists());
}
