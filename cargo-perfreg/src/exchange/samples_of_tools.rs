//! Real files of every tool: what is read of them, and that they compare with themselves as they must.

use std::path::Path;

use perfreg_core::Verdict::{Improved, Regressed, Unchanged};
use perfreg_core::{Direction, Verdict};
use serde_json::Value;

use super::{Choice, Facts, Format, Given, given, runs_of};
use crate::comparison::{Comparison, compare};
use crate::history::Document;
use crate::rules::{Levels, Rule};
use crate::series::{Basis, Side, of_run, read};
use crate::units::unit_change;
use crate::without_samples::no_test;

/// The folder of the files, each with its source and licence beside it.
pub(crate) const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tools");

/// What can be read, and what is in it.
pub(crate) const READABLE: [(&str, &str, &str); 40] = [
    ("plain/pages_iterator@8794e2ec.json", "", "plain, 1 run of 6 tests, 6 series"),
    (
        "plain/wormhole_b0__constructor@d7f5bddf.partial.json",
        "",
        "plain, 1 run of 1 test, 10 series",
    ),
    ("criterion/0_base", "", "criterion, 1 run of 1 test, 1 series"),
    ("criterion/0_new", "", "criterion, 1 run of 1 test, 1 series"),
    ("criterion/0_new/sample.json", "", "criterion, 1 run of 1 test, 1 series"),
    ("criterion/tree", "", "criterion, 1 run of 2 tests, 9 series"),
    ("criterion/tree", "base", "criterion, 1 run of 2 tests, 9 series"),
    (
        "pytest-benchmark/bencher_four.json",
        "",
        "pytest-benchmark, 1 run of 4 tests, 4 series, 3 without samples: only thresholds can judge those",
    ),
    (
        "pytest-benchmark/gha_pytest_output.json",
        "",
        "pytest-benchmark, 1 run of 2 tests, 2 series without samples: thresholds can judge them, no test can",
    ),
    (
        "pytest-benchmark/gha_pytest_several_units.json",
        "",
        "pytest-benchmark, 1 run of 4 tests, 4 series, 3 without samples: only thresholds can judge those",
    ),
    (
        "pytest-benchmark/storage_0030.json",
        "",
        "pytest-benchmark, 1 run of 1 test, 1 series without samples: thresholds can judge them, no test can",
    ),
    (
        "pytest-benchmark/generated/0001_baseline.json",
        "",
        "pytest-benchmark, 1 run of 3 tests, 3 series without samples: thresholds can judge them, no test can",
    ),
    (
        "pytest-benchmark/generated/0002_baseline.json",
        "",
        "pytest-benchmark, 1 run of 3 tests, 3 series without samples: thresholds can judge them, no test can",
    ),
    (
        "pytest-benchmark/generated/0003_baseline.json",
        "",
        "pytest-benchmark, 1 run of 3 tests, 3 series",
    ),
    (
        "hyperfine/one.json",
        "",
        "hyperfine, 1 run of 1 test, 2 series, 1 without samples: only thresholds can judge those",
    ),
    (
        "hyperfine/two.json",
        "",
        "hyperfine, 1 run of 2 tests, 4 series, 2 without samples: only thresholds can judge those",
    ),
    ("google-benchmark/bencher_two.json", "", "google-benchmark, 1 run of 2 tests, 4 series"),
    (
        "google-benchmark/gha_googlecpp_output.json",
        "",
        "google-benchmark, 1 run of 2 tests, 4 series",
    ),
    (
        "google-benchmark/test3_run0.json",
        "",
        "google-benchmark, 1 run of 4 tests, 8 series, 4 without samples: only thresholds can judge those",
    ),
    (
        "nvbench/test_ref.json",
        "",
        "nvbench, 2 runs of 3 tests, 38 series without samples: thresholds can judge them, no test can",
    ),
    (
        "nvbench/test_cmp.json",
        "",
        "nvbench, 2 runs of 3 tests, 38 series without samples: thresholds can judge them, no test can",
    ),
    (
        "nvbench/with-samples.json",
        "",
        "nvbench, 1 run of 1 test, 3 series, 2 without samples: only thresholds can judge those",
    ),
    ("go-bench/bencher_five.txt", "", "go, 1 run of 3 tests, 5 series"),
    ("go-bench/go_fiber_output.txt", "", "go, 1 run of 2 tests, 18 series"),
    ("go-bench/go_output.txt", "", "go, 1 run of 5 tests, 10 series"),
    (
        "libtest-bench/many.txt",
        "",
        "libtest, 1 run of 6 tests, 6 series without samples: thresholds can judge them, no test can",
    ),
    (
        "libtest-bench/multi_target.txt",
        "",
        "libtest, 1 run of 2 tests, 2 series without samples: thresholds can judge them, no test can",
    ),
    (
        "github-action-benchmark/customBiggerIsBetter_output.json",
        "",
        "github-action-benchmark, 1 run of 2 tests, 2 series without samples: thresholds can judge them, no test can",
    ),
    (
        "github-action-benchmark/customSmallerIsBetter_output.json",
        "",
        "github-action-benchmark, 1 run of 2 tests, 2 series without samples: thresholds can judge them, no test can",
    ),
    (
        "github-action-benchmark/customSmallerIsBetter_output2.json",
        "",
        "github-action-benchmark, 1 run of 4 tests, 4 series without samples: thresholds can judge them, no test can",
    ),
    (
        "github-action-benchmark/data.js",
        "",
        "github-action-benchmark, 1 run of 1 test, 1 series without samples: thresholds can judge them, no test can",
    ),
    (
        "bencher-bmf/report_bmf_mixed.json",
        "",
        "bencher, 1 run of 3 tests, 3 series without samples: thresholds can judge them, no test can",
    ),
    (
        "bencher-bmf/report_dhat.json",
        "",
        "bencher, 1 run of 1 test, 6 series without samples: thresholds can judge them, no test can",
    ),
    (
        "bencher-bmf/report_latency.json",
        "",
        "bencher, 1 run of 3 tests, 3 series without samples: thresholds can judge them, no test can",
    ),
    (
        "implementations/baselines.json",
        "",
        "implementations, 1 run of 3 tests, 32 series without samples: thresholds can judge them, no test can",
    ),
    (
        "implementations/baselines_all.json",
        "",
        "implementations, 1 run of 6 tests, 68 series without samples: thresholds can judge them, no test can",
    ),
    (
        "implementations/history.json",
        "",
        "implementations, 4 runs of 1 test, 48 series without samples: thresholds can judge them, no test can",
    ),
    (
        "implementations/history@514748f.json",
        "",
        "implementations, 2 runs of 1 test, 24 series without samples: thresholds can judge them, no test can",
    ),
    (
        "implementations/history_all.json",
        "",
        "implementations, 3 runs of 6 tests, 132 series without samples: thresholds can judge them, no test can",
    ),
    (
        "platforms/baselines.json.backup.20250925_172731",
        "",
        "platforms, 4 runs of 2 tests, 72 series without samples: thresholds can judge them, no test can",
    ),
];

pub(crate) fn choice(results: &str) -> Choice {
    let results = if results.is_empty() { "new" } else { results };
    Choice { format: None, results: results.to_owned(), better: None, host: None }
}

fn whole(path: &str, results: &str) -> Vec<Given> {
    given(&Path::new(FILES).join(path), &choice(results)).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_file_is_read() {
    for (path, results, expected) in READABLE {
        let files = whole(path, results);
        assert_eq!(files.len(), 1, "{path}");
        assert_eq!(files[0].told(), expected, "{path}");
    }
    let folders = [("pytest-benchmark/storage", 30), ("pytest-benchmark/generated", 3)];
    for (folder, count) in folders {
        let files = whole(folder, "");
        assert_eq!(files.len(), count, "{folder}");
        assert!(files.iter().all(|file| file.reports[0].format == Format::PytestBenchmark));
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let check = |path: &str, expected: &str| {
        let error = given(&Path::new(FILES).join(path), &choice("")).unwrap_err().to_string();
        assert!(error.contains(path) && error.contains(expected), "{error}");
    };
    check("google-benchmark/test4_run.json", "holds no numbers, read as google-benchmark");
    check("criterion/stdout_many.txt", "that is what criterion prints");
    check("criterion/stdout_dogfood.txt", "that is what criterion prints");
    check(
        "platforms/baselines.json",
        "linux-x86_64 is a placeholder, no measurement: rust_implementation: latency_p95_ms is 1.2 times",
    );
    check("platforms/baselines.json.backup.20250927_140048", "of linux-x86_64 is a placeholder");
    check("platforms/extracted-metrics@83acbe6c.json", "is a placeholder");
    check("platforms/rust-results@83acbe6c.json", "its `source` is `timeout_fallback`");
    check("platforms/comparison-results@83acbe6c.json", "is of no known format:\n  plain: ");
    check("implementations/truncated_memory_pool_small.json", "EOF while parsing a");
}

/// The file as `compare` reads it; of several hosts, this one.
fn side(path: &str, results: &str) -> Side {
    let host = match path {
        _ if path.starts_with("nvbench/test") => Some("GV100".to_owned()),
        _ if path.starts_with("platforms") => Some("macos-aarch64".to_owned()),
        _ => None,
    };
    let choice = Choice { host, ..choice(results) };
    read(&Path::new(FILES).join(path), &choice).unwrap_or_else(|error| panic!("{error}"))
}

fn against_itself(side: &Side, factor: f64, rule: Rule) -> Comparison {
    let series = side.content.clone().series(side.content.form(), Direction::LowerIsBetter);
    let mut scaled = series.clone();
    for one in scaled.values_mut() {
        one.values.iter_mut().for_each(|value| *value *= factor);
    }
    assert_eq!(unit_change(&series, &scaled), None);
    compare(&series, &scaled, rule, &side.levels.unwrap_or_default()).unwrap()
}

#[test]
fn every_file_is_as_itself_and_worse_than_itself() {
    let (mut tested, mut untested) = (0, 0);
    for (path, results, _) in READABLE {
        let side = side(path, results);
        let series = side.content.clone().series(side.content.form(), Direction::LowerIsBetter);
        for rule in [Rule::MeanEffect, Rule::Specified, Rule::Levels] {
            for row in against_itself(&side, 1.0, rule).rows {
                assert_eq!(row.verdict, Unchanged, "{path}: {row:?}");
            }
        }
        let comparison = against_itself(&side, 1.1, Rule::MeanEffect);
        assert_eq!(comparison.rows.len(), series.len(), "{path}");
        for row in comparison.rows {
            let key = (row.section.clone(), row.subsection.clone(), row.metric.name.clone());
            let expected: Verdict = match row.metric.direction {
                _ if row.baseline == 0.0 => Unchanged,
                Direction::LowerIsBetter => Regressed,
                Direction::HigherIsBetter => Improved,
            };
            assert_eq!(row.verdict, expected, "{path}: {row:?}");
            match no_test(&series[&key], &series[&key]) {
                None => tested += 1,
                Some(_) => {
                    untested += 1;
                    let said = row.message.contains("alone, no test: ") || row.baseline == 0.0;
                    assert!(said, "{path}: {row:?}");
                    assert!(row.p_value.is_none(), "{path}: {row:?}");
                }
            }
        }
    }
    assert_eq!((tested, untested), (46, 346));
}

const RUN: &str = include_str!("../../schemas/perfreg-run-2.json");

#[test]
fn what_is_imported_is_a_record_that_says_the_same() {
    let schema: Value = serde_json::from_str(RUN).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let facts =
        Facts { file: "file.json", written: "2026-01-02T03:04:05Z", here: None, revision: None };
    for (path, results, _) in READABLE {
        for report in whole(path, results).iter().flat_map(|file| &file.reports) {
            let mut found = 0;
            for run in runs_of(report, &facts) {
                let text = perfreg_core::store::text_of_record(&run);
                let json: Value = serde_json::from_str(&text).unwrap();
                let errors: Vec<_> =
                    validator.iter_errors(&json).map(|error| error.to_string()).collect();
                assert_eq!(errors, [""; 0], "{path}");
                let Ok(Document::Run(again)) = Document::parse(text.as_bytes()) else {
                    panic!("{path}: no document")
                };
                assert_eq!(*again, run, "{path}");
                for ((test, case, metric), series) in of_run(&run) {
                    let mut all = report.series().iter();
                    let own = all.find(|one| {
                        (&one.test, &one.case, &one.metric.name) == (&test, &case, &metric)
                    });
                    let (values, basis) = match &own.unwrap().values {
                        super::Values::Samples(values) => (values.clone(), Basis::Imported),
                        super::Values::Summary(value, summary) => {
                            (vec![*value], Basis::Summary(summary.clone()))
                        }
                    };
                    assert_eq!((series.values, series.basis), (values, basis), "{path}");
                    found += 1;
                }
            }
            assert_eq!(found, report.series().len(), "{path}");
        }
    }
}

#[test]
fn the_details_of_a_file_are_kept() {
    let report = |path: &str| whole(path, "")[0].reports[0].clone();
    let one = report("pytest-benchmark/storage_0030.json");
    assert_eq!(one.started.as_deref(), Some("2015-08-15T00:04:18Z"));
    let revision = one.revision.as_ref().unwrap();
    assert_eq!(revision.commit, "5b78858eb718649a31fb93d8dc96ca2cee41a4cd");
    assert!(revision.dirty);
    assert_eq!(one.host.as_ref().unwrap().to_string(), "linux-x86_64, x86_64");
    let series = &one.series()[0];
    assert_eq!(series.test, "tests/test_normal.py::test_xfast_parametrized");
    assert_eq!(series.case, "0");
    let super::Values::Summary(value, summary) = &series.values else { panic!("no summary") };
    assert_eq!(*value, 2.2016379230260297e-7 * 1e9);
    assert_eq!(summary.samples, Some(9710));

    let one = report("github-action-benchmark/data.js");
    assert_eq!(one.started.as_deref(), Some("2019-11-28T07:45:27Z"));
    assert_eq!(one.revision.as_ref().unwrap().commit, "prev commit id");
    let super::Values::Summary(_, summary) = &one.series()[0].values else { panic!("no summary") };
    assert_eq!((summary.low, summary.high), (Some(80.0), Some(120.0)));

    let one = report("go-bench/go_fiber_output.txt");
    assert_eq!(one.series()[0].case, "run-[]string{\".xml\"}");
    let one = report("nvbench/test_ref.json");
    assert_eq!(one.host.as_ref().unwrap().gpu.as_ref().unwrap().name, "Quadro GV100");
    assert_eq!(one.series()[0].metric.name, "gpu_time");
    let one = report("nvbench/with-samples.json");
    let super::Values::Samples(samples) = &one.series()[0].values else { panic!("no samples") };
    assert_eq!(samples.len(), 40);
    assert!((samples[0] / 1e6 - 1.0).abs() < 0.01, "a millisecond: {}", samples[0]);
    let one = report("libtest-bench/many.txt");
    let all: Vec<_> = one.series().iter().map(|one| &one.test).collect();
    assert!(all.contains(&&"tests::three_digit".to_owned()), "{all:?}");
    let host = "linux-x86_64, AMD EPYC, 2 cores";
    let one = report("pytest-benchmark/generated/0003_baseline.json");
    assert_eq!(one.host.as_ref().unwrap().to_string(), host);
    assert_eq!(one.revision, None);
}

#[test]
fn thresholds_of_a_file_are_its_own() {
    let base = side("platforms/baselines.json.backup.20250925_172731", "");
    assert_eq!(base.levels, Some(Levels::default()), "the file sets the specified ones");
    let text = std::fs::read_to_string(
        Path::new(FILES).join("platforms/baselines.json.backup.20250925_172731"),
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.json");
    let host = Choice { host: Some("linux-aarch64".to_owned()), ..choice("") };
    let check = |text: &str, expected: Result<f64, &str>| {
        std::fs::write(&path, text).unwrap();
        let found = read(&path, &host).map(|side| side.levels.unwrap().throughput.critical);
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, _) => panic!("{found:?}"),
        }
    };
    let own = |level: &str, bound: &str| {
        text.replace("\"alerts\"", &format!("\"{level}\"")).replacen(
            "\"throughput_decrease_percent\": 15.0",
            &format!("\"throughput_decrease_percent\": {bound}"),
            1,
        )
    };
    check(&own("alerts", "11.0"), Ok(11.0));
    check(
        &own("alerts", "-1"),
        Err("alerts.critical.throughput_decrease_percent: is -1, not 0 or more"),
    );
    check(&own("alerts", "\"x\""), Err("is text, not a number"));
    // As the document has it: under `thresholds`.
    let document = r#"{"baselines": {"linux-aarch64": {"rust": {"latency_p50_ms": 89.2}}},
        "thresholds": {"critical": {"throughput_decrease_percent": 12.5}}}"#;
    check(document, Ok(12.5));
}
