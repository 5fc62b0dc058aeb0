//! The specified rule and its successor agree with their origin, case by case.
#![expect(
    clippy::unwrap_used,
    reason = "the data is ours; a test may stop where it is not as expected"
)]

use std::path::{Path, PathBuf};

use perfreg_core::{PerformanceData, Policy, RegressionReport, check_regression_with};
use serde_json::Value;

fn data(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("valid JSON")
}

fn input(name: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    match name.strip_prefix("gt/") {
        Some(rest) => package.join("../gt/accessor_benchmarks").join(rest),
        None => package.join("tests/data/specified").join(name),
    }
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[track_caller]
fn close(actual: f64, expected: f64, what: &str) {
    // Relative to 1e-9; changes near zero are differences of large numbers.
    let tolerance = 1e-9 * expected.abs() + 1e-12 * f64::from(u8::from(expected.abs() > 1e-9));
    assert!(
        (actual - expected).abs() <= tolerance.max(f64::MIN_POSITIVE),
        "{what}: {actual} is not {expected}"
    );
}

#[test]
fn every_p_value_of_scipy() {
    let file = data("mann_whitney.json");
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (x, y) = (floats(&case["x"]), floats(&case["y"]));
        let test = perfreg_core::stats::mann_whitney(&x, &y);
        let expected = case["p"]["two-sided"]["auto"].as_f64().unwrap();
        let relative = (test.p - expected).abs() / expected.max(f64::MIN_POSITIVE);
        assert!(relative <= 1e-9, "{name}: {} is not {expected}", test.p);
        assert_eq!(test.u, case["U1"].as_f64().unwrap(), "{name}");
    }
    assert_eq!(cases.len(), 189);
}

#[test]
fn the_verdict_on_every_case_of_scipy() {
    let file = data("mann_whitney.json");
    let mut judged = 0;
    for case in file["cases"].as_array().unwrap() {
        let Some(spec) = case.get("spec").filter(|spec| spec.is_object()) else { continue };
        let side = |key: &str| {
            let mut data = PerformanceData::new();
            data.insert("s", "k", floats(&case[key])).unwrap();
            data
        };
        let report = check_regression_with(&side("y"), &side("x"), &Policy::specified()).unwrap();
        let result = report.get("s", "k").unwrap();
        let verdict = match (result.is_regression, result.is_improvement) {
            (true, false) => "regression",
            (false, true) => "improvement",
            _ => "no_change",
        };
        assert_eq!(verdict, spec["verdict"], "{}", case["name"]);
        judged += 1;
    }
    assert!(judged > 150, "only {judged} cases have a verdict");
}

/// Cases that the origin treats in a way that perfreg means not to follow.
const EXCEPTIONS: [(&str, &str); 2] = [
    ("EDGE_bool_samples", "the origin takes `true` for 1; perfreg refuses booleans"),
    ("EDGE_empty_doc", "the origin passes when it has compared nothing; perfreg says so"),
];

#[test]
fn every_verdict_of_the_origin() {
    let file = data("specified/verdicts.json");
    let cases = file["cases"].as_array().unwrap();
    let (mut first, mut second, mut errors, mut excepted) = (0, 0, 0, 0);
    for case in cases {
        let name = case["case"].as_str().unwrap();
        if EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
            assert!(run(case, Policy::specified()).is_err(), "{name} should be refused");
            excepted += 1;
        } else if let Some(error) = case.get("error") {
            assert!(run(case, Policy::specified()).is_err(), "{name}: the origin says {error}");
            errors += 1;
        } else {
            check_first_rule(name, case);
            first += 1;
            if let Some(expected) = case.get("v2") {
                check_second_rule(name, expected, &run(case, Policy::mean_effect()).unwrap());
                second += 1;
            }
        }
    }
    assert_eq!((first, second, errors, excepted), (116, 115, 5, 2), "of {}", cases.len());
}

fn run(case: &Value, policy: Policy) -> Result<RegressionReport, perfreg_core::Error> {
    let baseline = PerformanceData::from_json_file(input(case["baseline"].as_str().unwrap()))?;
    let current = PerformanceData::from_json_file(input(case["current"].as_str().unwrap()))?;
    let warnings = baseline.warnings().count() + current.warnings().count();
    assert_eq!(warnings as u64, case["small_sample_warnings"].as_u64().unwrap());
    check_regression_with(&baseline, &current, &policy)
}

fn check_first_rule(name: &str, case: &Value) {
    let mut policy = Policy::specified();
    for (parameter, value) in case["params"].as_object().unwrap() {
        let value = value.as_f64().unwrap();
        policy = match parameter.as_str() {
            "noise" => policy.noise_threshold_pct(value),
            "alpha" => policy.significance_level(value),
            "mad" => policy.mad_multiplier(value),
            other => panic!("{name}: unknown parameter {other}"),
        };
    }
    let report = run(case, policy).unwrap();
    let expected = &case["v1"]["results"];
    let count: usize =
        expected.as_object().unwrap().values().map(|s| s.as_object().unwrap().len()).sum();
    assert_eq!(report.iter().count(), count, "{name}");
    for (section, subsection, result) in report.iter() {
        let expected = &expected[section][subsection];
        let what = format!("{name}, {section}.{subsection}");
        let number = |key: &str| expected[key].as_f64().unwrap();
        assert_eq!(result.message, expected["message"], "{what}");
        assert_eq!(result.is_regression, expected["is_regression"], "{what}");
        close(result.p_value, number("p_value"), &what);
        close(result.delta_median_pct, number("delta_median_pct"), &what);
        close(result.noise_band_pct, number("noise_band_pct"), &what);
        assert_eq!(result.current_median, number("current_median"), "{what}");
        assert_eq!(result.baseline_median, number("baseline_median"), "{what}");
    }
    check_summary(name, &case["v1"]["summary"], &report);
}

fn check_summary(name: &str, expected: &Value, report: &RegressionReport) {
    let summary = report.summary();
    let actual = serde_json::json!({
        "total_tests": summary.total,
        "regressions": summary.regressions,
        "improvements": summary.improvements,
        "no_change": summary.unchanged,
        "regression_messages": summary.regression_messages,
        "improvement_messages": summary.improvement_messages,
    });
    assert_eq!(actual, *expected, "{name}");
}

fn check_second_rule(name: &str, expected: &Value, report: &RegressionReport) {
    for (section, subsection, result) in report.iter() {
        let expected = &expected["results"][section][subsection];
        let what = format!("{name}, {section}.{subsection}, second rule");
        let number = |key: &str| expected[key].as_f64().unwrap();
        let kind = match (result.is_regression, result.is_improvement) {
            (true, false) => "regression",
            (false, true) => "improvement",
            _ if result.message.contains("but trivial") => "trivial",
            _ => "none",
        };
        assert_eq!(kind, expected["kind"], "{what}: {}", result.message);
        assert_eq!(result.is_regression, expected["is_regression"], "{what}");
        close(result.p_value, number("p_value"), &what);
        // A difference of means: as many digits as the means leave.
        let error = (result.delta_median_pct - number("delta_mean_pct")).abs();
        assert!(
            error < 1e-10,
            "{what}: {} is not {}",
            result.delta_median_pct,
            number("delta_mean_pct")
        );
        close(result.current_median, number("current_mean"), &what);
        close(result.baseline_median, number("baseline_mean"), &what);
    }
}
