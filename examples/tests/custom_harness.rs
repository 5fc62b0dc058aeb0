//! A harness of your own: samples from anywhere, judged by `check_regression`.
//!
//! Use it where the attribute cannot measure: a load generator, a device, another program's output.
//! The samples here are made up, so that these tests say the same on every machine: latencies in
//! microseconds of a service that was asked for small and for large pages.

#![forbid(unsafe_code)]

use perfreg::{Error, PerformanceData, check_regression};

/// Samples by section and subsection: the plain form of a baseline file. A harness would read it
/// with `PerformanceData::from_json_file("gt/service.json")`.
const BASELINE: &str = r#"{
    "service": {
        "small page": [50.1, 49.9, 50.0, 50.2, 49.8, 50.1, 50.0, 49.9, 50.3, 50.0],
        "large page": [812.0, 809.0, 811.0, 810.0, 808.0, 813.0, 810.5, 809.5, 811.5, 810.2]
    }
}"#;

/// What today's run of the harness found: other samples of the same latencies, times a factor each.
fn measure_today(small: f64, large: f64) -> Result<PerformanceData, Error> {
    let times =
        |factor: f64, samples: &[f64]| samples.iter().map(|sample| sample * factor).collect();
    let small_page = [50.0, 50.2, 49.9, 50.1, 49.7, 50.0, 50.1, 50.0, 49.9, 50.2];
    let large_page = [810.0, 811.0, 809.2, 812.5, 810.8, 808.5, 811.2, 809.8, 810.4, 812.0];
    let mut today = PerformanceData::new();
    today.insert("service", "small page", times(small, &small_page))?;
    today.insert("service", "large page", times(large, &large_page))?;
    Ok(today)
}

#[test]
fn latencies_are_those_of_the_baseline() -> Result<(), Error> {
    let baseline = PerformanceData::from_json_str(BASELINE)?;
    let report = check_regression(&baseline, &measure_today(1.0, 1.0)?)?;
    for (section, subsection, result) in report.iter() {
        println!("{section}, {subsection}: {}", result.message);
    }
    let summary = report.summary();
    println!("{} compared, {} unchanged", summary.total, summary.unchanged);
    // This is the line that makes a test of it.
    assert_eq!(summary.regressions, 0, "{}", summary.regression_messages.join("\n"));
    Ok(())
}

#[test]
fn ten_percent_more_is_a_regression() -> Result<(), Error> {
    let baseline = PerformanceData::from_json_str(BASELINE)?;
    let report = check_regression(&baseline, &measure_today(1.0, 1.1)?)?;
    let summary = report.summary();
    println!("{}", summary.regression_messages.join("\n"));
    // The large page alone: the small one got no slower.
    assert_eq!((summary.regressions, summary.unchanged), (1, 1));
    assert_eq!(
        summary.regression_messages,
        ["service.large page: Performance regression: +10.034% (p=0.000, threshold=1.0%)"]
    );
    Ok(())
}

#[test]
fn ten_percent_less_is_an_improvement() -> Result<(), Error> {
    let baseline = PerformanceData::from_json_str(BASELINE)?;
    let report = check_regression(&baseline, &measure_today(0.9, 1.0)?)?;
    let small = report.get("service", "small page").expect("both sides have it");
    assert!(small.is_improvement && !small.is_regression, "{}", small.message);
    Ok(())
}

#[test]
fn a_missing_measurement_is_an_error() -> Result<(), Error> {
    let baseline = PerformanceData::from_json_str(BASELINE)?;
    let nothing = PerformanceData::new();
    // If a harness measures nothing, its test must not pass for that.
    assert!(check_regression(&baseline, &nothing).is_err());
    Ok(())
}
