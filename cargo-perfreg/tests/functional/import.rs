//! What other tools measured: taken in, looked at and compared by the real command. Nothing is measured.

use std::path::{Path, PathBuf};

use perfreg_core::model::Run;

use crate::project::Project;

/// A file of another tool.
fn tool(path: &str) -> String {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tools").join(path);
    assert!(place.exists(), "{path}");
    place.to_string_lossy().into_owned()
}

/// hyperfine's two commands, each time `factor` times as long.
fn scaled(factor: f64) -> String {
    let text = std::fs::read_to_string(tool("hyperfine/two.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    for result in json["results"].as_array_mut().unwrap() {
        for name in ["mean", "median", "stddev", "user", "system", "min", "max"] {
            result[name] = (result[name].as_f64().unwrap() * factor).into();
        }
        for time in result["times"].as_array_mut().unwrap() {
            *time = (time.as_f64().unwrap() * factor).into();
        }
    }
    json.to_string()
}

fn documents(project: &Project) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![project.path(".perfreg/history/runs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[test]
fn what_is_imported_is_part_of_the_history_once() {
    let project = Project::new(&[]);
    let files = [
        tool("criterion/tree"),
        tool("pytest-benchmark/storage"),
        tool("hyperfine/two.json"),
        tool("google-benchmark/bencher_two.json"),
        tool("plain/pages_iterator@8794e2ec.json"),
        tool("nvbench/with-samples.json"),
        tool("go-bench/go_output.txt"),
        tool("libtest-bench/many.txt"),
        tool("github-action-benchmark/data.js"),
        tool("bencher-bmf/report_latency.json"),
        tool("implementations/history.json"),
    ];
    let words: Vec<&str> = ["import"].into_iter().chain(files.iter().map(String::as_str)).collect();
    for _ in 0..2 {
        let said = project.perfreg(&words).expect(0);
        assert!(said.stdout.contains("imported 62 runs of 30 tests"), "{said}");
        assert!(said.stdout.contains("go_output.txt: go, 1 run of 5 tests, 10 series\n"), "{said}");
        let guess = "go_output.txt: taken to be better when lower (--better): auxMetricUnits";
        assert!(said.stderr.contains(guess), "{said}");
        assert_eq!(documents(&project).len(), 62);
    }
    let listed = project.perfreg(&["history", "list"]).expect(0);
    assert_eq!(listed.stdout.lines().count(), 62, "{listed}");
    let storage = "pytest_benchmark::tests/test_normal.py::test_xfast_parametrized";
    let trend = project.perfreg(&["trend", storage]).expect(0);
    assert!(trend.mentions("30 runs"), "{trend}");
    let report = project.perfreg(&["report"]).expect(0);
    assert!(report.mentions("imported from two.json: 27 samples"), "{report}");
    assert!(report.mentions("imported from many.txt: a median without samples"), "{report}");
    project.perfreg(&["dashboard"]).expect(0);
    // Nobody makes them baselines of tests by mistake.
    let accepted = project.perfreg(&["accept", "--commit-time"]).expect(0);
    assert!(accepted.mentions("nothing is pending"), "{accepted}");
    for path in documents(&project) {
        let run: Run = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(run.schema, Run::IMPORTED_SCHEMA);
    }
}

#[test]
fn a_baseline_of_another_tool_judges_what_comes_after() {
    let project = Project::new(&[]);
    for (name, factor) in [("a.json", 1.0), ("b.json", 1.1), ("ms.json", 1000.0)] {
        project.write(name, &scaled(factor));
    }
    let check = |words: &[&str], code: i32, part: &str| {
        let said = project.perfreg(words).expect(code);
        assert!(said.mentions(part), "{words:?} lacks {part}: {said}");
    };
    check(&["import", "a.json", "--baseline", "before"], 0, "saved 2 tests as `before`");
    check(&["import", "a.json", "--here", "--commit", "abc123"], 0, "imported 2 runs of 2 tests");
    check(&["history", "list"], 0, "abc123");
    check(&["import", "a.json"], 0, "imported 2 runs");
    check(&["baseline", "compare", "before"], 0, "by the threshold of 5 % alone, no test");
    // A file without a date is of when it was written.
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    let file = std::fs::File::options().write(true).open(project.path("b.json")).unwrap();
    file.set_modified(later).unwrap();
    check(&["import", "b.json"], 0, "imported 2 runs");
    check(&["baseline", "compare", "before"], 1, "regressed");

    let file = std::fs::File::options().write(true).open(project.path("ms.json")).unwrap();
    file.set_modified(later + std::time::Duration::from_secs(60)).unwrap();
    check(&["import", "ms.json"], 0, "imported 2 runs");
    check(&["baseline", "compare", "before"], 2, "is about 1000 times what was saved");

    check(&["compare", "a.json", "a.json"], 0, "4 compared by specified: 0 regressed");
    check(&["compare", "a.json", "b.json"], 1, "4 regressed");
    check(&["compare", "b.json", "a.json", "--rule", "mean-effect"], 0, "4 improved");
    check(&["compare", "a.json", "b.json", "--rule", "min:12%"], 2, "the file does not say `min`");
    check(&["compare", ".perfreg/saved/before.json", "b.json"], 1, "4 regressed");
    check(&["compare", "a.json", "ms.json"], 2, "every series is about 1000 times the baseline's");
    check(&["compare", "a.json", "ms.json", "--same-units"], 1, "4 regressed");
    let other = tool("hyperfine/one.json");
    check(&["compare", "a.json", &other], 4, "nothing compared: the files share no series");
}

#[test]
fn a_platforms_own_thresholds_hold() {
    let project = Project::new(&[]);
    let baseline = tool("platforms/baselines.json.backup.20250925_172731");
    project.write(
        "now.json",
        r#"{"rust_implementation": {"throughput_tokens_per_second": 112.0, "latency_p50_ms": 89.2}}"#,
    );
    let text = std::fs::read_to_string(&baseline).unwrap();
    let strict = text.replacen(
        "\"throughput_decrease_percent\": 15.0",
        "\"throughput_decrease_percent\": 10.0",
        1,
    );
    project.write("strict.json", &strict);
    let check = |baseline: &str, code: i32, part: &str| {
        let words = ["--rule", "levels", "--host", "linux-x86_64", "--allow-missing"];
        let said = project
            .perfreg(&[&["compare", baseline, "now.json"], &words[..]].concat())
            .expect(code);
        assert!(said.mentions(part), "{said}");
    };
    check(&baseline, 0, "warning  Throughput decreased by 10.6%");
    check("strict.json", 1, "critical  Throughput decreased by 10.6%");
    let placeholder = tool("platforms/baselines.json");
    check(&placeholder, 2, "is a placeholder, no measurement");
    let said = project.perfreg(&["import", &placeholder, "--host", "macos"]).expect(0);
    assert!(said.mentions("platforms, 2 runs of 2 tests"), "{said}");
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_kept() {
    let project = Project::new(&[
        ("cut.json", "{\"results\": [{\"command\": \"a\", \"times\": [1, 2"),
        ("notes.txt", "nothing measured"),
        ("old.json", "{\"source\": \"timeout_fallback\", \"benchmarks\": []}"),
    ]);
    let good = tool("hyperfine/two.json");
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../perfreg-core/tests/data/formats/run-1.json");
    let check = |words: &[&str], part: &str| {
        let said = project.perfreg(&[&["import"], words].concat()).expect(2);
        assert!(said.stderr.contains(part), "{said}");
    };
    check(&[&good, "cut.json"], "cut.json: results[0].times[2]: EOF while parsing a list");
    check(&[&good, "notes.txt"], "notes.txt: is of no known format:\n  plain: is no JSON\n");
    check(&[&good, "old.json"], "old.json: is a placeholder");
    check(&[&good, "none.json"], "cannot read none.json");
    check(&[&good, "--format", "nvbench"], "has no `devices`");
    check(&[&good, "--format", "excel"], "known are plain, criterion, pytest-benchmark");
    check(&[own], "is perfreg's own, `perfreg-run/1`; `cargo perfreg merge` takes in records");
    check(&["src"], "src: is a folder without a `.json` file");
    assert!(!project.path(".perfreg/history/runs").exists());
    assert!(project.perfreg(&["last"]).expect(0).mentions("no run is recorded"));
}

#[test]
fn what_is_exported_is_imported_again() {
    let project = Project::new(&[("a.json", &scaled(1.0))]);
    let nothing = project.perfreg(&["export", "--format", "csv"]).expect(4);
    assert!(nothing.stderr.contains("nothing was measured yet"), "{nothing}");
    project.perfreg(&["import", "a.json", &tool("pytest-benchmark/storage")]).expect(0);
    for format in ["github-action-benchmark", "bencher"] {
        project.perfreg(&["export", "--format", format, "-o", "out.json"]).expect(0);
        let said = project.perfreg(&["compare", "out.json", "out.json"]).expect(0);
        assert!(said.mentions("5 compared by specified: 0 regressed"), "{said}");
        let said = project.perfreg(&["import", "out.json", "--baseline", format]).expect(0);
        assert!(said.mentions(&format!("out.json: {format}, 1 run of ")), "{said}");
    }
    let csv = project.perfreg(&["export", "--format", "csv", "sleep 0.1"]).expect(0);
    assert_eq!(csv.stdout.lines().count(), 3, "{csv}");
    let all = project.perfreg(&["export", "--format", "csv", "--history"]).expect(0);
    assert_eq!(all.stdout.lines().count(), 1 + 4 + 30, "{all}");
    let metrics = project.perfreg(&["export", "--format", "openmetrics"]).expect(0);
    assert!(metrics.stdout.ends_with("# EOF\n"), "{metrics}");
    let none = project.perfreg(&["export", "--format", "parquet"]).expect(2);
    assert!(none.stderr.contains("name a file with --output"), "{none}");
    let words = ["export", "--format", "parquet", "--history", "-o", "out.parquet"];
    project.perfreg(&words).expect(0);
    let bytes = std::fs::read(project.path("out.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    let unknown = project.perfreg(&["export", "--format", "csv", "nobody"]).expect(2);
    assert!(unknown.stderr.contains("is called \"nobody\""), "{unknown}");
}
