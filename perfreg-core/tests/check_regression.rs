//! The comparison where it goes beyond its origin.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use perfreg_core::{
    Direction, PerformanceData, Policy, RegressionResult, check_regression, check_regression_with,
};

fn data(text: &str) -> PerformanceData {
    PerformanceData::from_json_str(text).unwrap()
}

fn series(samples: &[f64]) -> PerformanceData {
    let mut data = PerformanceData::new();
    data.insert("s", "k", samples.to_vec()).unwrap();
    data
}

fn judge(baseline: &[f64], current: &[f64], policy: &Policy) -> RegressionResult {
    let report = check_regression_with(&series(baseline), &series(current), policy).unwrap();
    report.get("s", "k").unwrap().clone()
}

#[test]
fn a_mismatch_names_everything_missing_on_either_side() {
    let baseline = data(r#"{"x": {"a": [1], "b": [1], "c": [1]}, "y": {"a": [1]}}"#);
    let current = data(r#"{"z": {}, "x": {"d": [1], "b": [1]}}"#);
    let error = check_regression(&baseline, &current).unwrap_err();
    assert!(error.is_mismatch());
    assert_eq!(
        error.to_string(),
        "subsection `a` of section `x` is missing from the current data; \
         subsection `c` of section `x` is missing from the current data; \
         section `y` is missing from the current data; \
         section `z` is missing from the baseline; \
         subsection `d` of section `x` is missing from the baseline"
    );
}

#[test]
fn nothing_compared_is_an_error() {
    for text in ["{}", r#"{"a": {}, "b": {}}"#] {
        let error = check_regression(&data(text), &data(text)).unwrap_err();
        assert!(error.is_nothing_compared(), "{error}");
    }
}

#[test]
fn order_does_not_matter_and_results_follow_the_baseline() {
    let baseline = data(r#"{"y": {"b": [1], "a": [2]}, "x": {"a": [3]}, "empty": {}}"#);
    let current = data(r#"{"empty": {}, "x": {"a": [3]}, "y": {"a": [2], "b": [1]}}"#);
    let report = check_regression(&baseline, &current).unwrap();
    let names: Vec<_> =
        report.iter().map(|(s, k, r)| format!("{s}.{k}={}", r.baseline_median)).collect();
    assert_eq!(names, ["y.b=1", "y.a=2", "x.a=3"]);
    assert_eq!(report.summary().unchanged, 3);
    assert!(report.get("y", "c").is_none() && report.get("w", "a").is_none());
}

#[test]
fn counts_may_differ_and_the_smallest_p_says_what_they_can_show() {
    let result = judge(&[1.0, 2.0, 3.0], &[11.0, 12.0, 13.0, 14.0, 15.0], &Policy::specified());
    assert!((result.min_attainable_p - 2.0 / 56.0).abs() < 1e-15);
    assert!((result.p_value - result.min_attainable_p).abs() < 1e-15);

    let result = judge(&[1.0, 2.0, 3.0], &[11.0, 12.0, 13.0], &Policy::specified());
    assert!((result.min_attainable_p - 0.1).abs() < 1e-15);
    assert!(!result.is_regression);
}

#[test]
fn ties_can_go_below_the_smallest_p() {
    let result = judge(&[1.0; 3], &[2.0; 3], &Policy::specified());
    assert!(result.p_value < 0.05 && result.min_attainable_p > 0.05);
    assert!(result.is_regression);
}

#[test]
fn higher_is_better_flips_what_is_worse() {
    let higher = Policy::specified().direction(Direction::HigherIsBetter);
    let (low, high) = ([100.0; 10], [110.0; 10]);
    let fell = judge(&high, &low, &higher);
    assert!(fell.is_regression && !fell.is_improvement);
    assert_eq!(fell.message, "Performance regression: -9.091% (p=0.000, threshold=1.0%)");
    let rose = judge(&low, &high, &higher);
    assert!(rose.is_improvement && !rose.is_regression);
    assert_eq!(rose.message, "Performance improvement: 10.000% (p=0.000)");
    assert!(judge(&low, &high, &Policy::mean_effect()).is_regression);
}

#[test]
fn a_zero_baseline_has_no_verdict() {
    let result = judge(&[0.0; 10], &[5.0; 10], &Policy::specified());
    assert_eq!(result.message, "Baseline median is zero for s.k");
    assert!(!result.is_regression && !result.is_improvement);
    assert_eq!(
        (result.delta_median_pct, result.p_value, result.noise_band_pct, result.current_median),
        (0.0, 1.0, 0.0, 5.0)
    );
    assert_eq!(judge(&[-0.0; 9], &[5.0; 9], &Policy::specified()).message, result.message);
}

#[test]
fn policies_that_make_no_sense_are_refused() {
    let good = series(&[1.0]);
    let policy = Policy::specified;
    for policy in [
        policy().noise_threshold_pct(-1.0),
        policy().noise_threshold_pct(f64::NAN),
        policy().mad_multiplier(f64::INFINITY),
        policy().significance_level(1.5),
        policy().significance_level(-0.05),
    ] {
        assert!(check_regression_with(&good, &good, &policy).unwrap_err().is_usage(), "{policy:?}");
    }
    let error = check_regression_with(&good, &good, &policy().significance_level(5.0)).unwrap_err();
    assert_eq!(error.to_string(), "significance_level is 5; it lies between 0 and 1");
}

#[test]
fn thresholds_apply() {
    let (old, new) = ([100.0, 101.0, 99.0, 102.0, 98.0], [104.0, 105.0, 106.0, 107.0, 103.0]);
    assert!(judge(&old, &new, &Policy::specified()).is_regression);
    assert!(!judge(&old, &new, &Policy::specified().mad_multiplier(6.0)).is_regression);
    assert!(!judge(&old, &new, &Policy::specified().noise_threshold_pct(5.0)).is_regression);
    assert!(!judge(&old, &new, &Policy::specified().significance_level(0.001)).is_regression);
}

#[test]
fn a_report_is_json_with_the_origins_keys() {
    let report = check_regression(&series(&[2.0; 4]), &series(&[3.0; 4])).unwrap();
    let json = serde_json::to_string(&report).unwrap();
    assert!(
        json.starts_with(
            r#"{"s":{"k":{"is_regression":true,"delta_median_pct":50.0,"p_value":0.01"#
        )
    );
    assert!(json.ends_with(
        r#""noise_band_pct":1.0,"message":"Performance regression: +50.000% (p=0.013, threshold=1.0%)","current_median":3.0,"baseline_median":2.0}}}"#
    ));
}
