//! Ground-truth files of another tool, compared as that tool's own example does: load, compare,
//! print the summary, fail with the list of regressions. An error on the way fails the test too.
//!
//! The files are device cycles of tt-metal's accessor benchmarks; see
//! `gt/accessor_benchmarks/PROVENANCE.txt`.

#![forbid(unsafe_code)]

use std::path::Path;

use perfreg::{Error, PerformanceData, Summary, check_regression};

fn ground_truth(name: &str) -> Result<PerformanceData, Error> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gt/accessor_benchmarks");
    PerformanceData::from_json_file(folder.join(name))
}

fn compare(baseline: &str, current: &str) -> Result<Summary, Error> {
    let report = check_regression(&ground_truth(baseline)?, &ground_truth(current)?)?;
    let summary = report.summary();
    println!("{baseline} -> {current}");
    println!(
        "Total tests: {}, regressions: {}, improvements: {}, no change: {}",
        summary.total, summary.regressions, summary.improvements, summary.unchanged
    );
    for (section, subsection, result) in report.iter() {
        println!("  {section}.{subsection}: {}", result.message);
    }
    Ok(summary)
}

/// Total, regressions and improvements of a pair.
#[track_caller]
fn check(baseline: &str, current: &str, expected: (usize, usize, usize)) {
    let summary = compare(baseline, current).expect("the files are there and have the same names");
    let found = (summary.total, summary.regressions, summary.improvements);
    assert_eq!(found, expected, "{}", summary.regression_messages.join("\n"));
}

#[test]
fn every_file_agrees_with_itself() {
    for (name, series) in [
        ("pages_iterator@8794e2ec.json", 6),
        ("blackhole/pages_iterator@ec903f28.json", 6),
        ("blackhole/manual_pages_iteration@d7f5bddf.json", 6),
        ("wormhole_b0/pages_iterator@cd9ac506.json", 6),
        ("wormhole_b0/manual_pages_iteration@ec903f28.json", 6),
        ("wormhole_b0/manual_pages_iteration@d7f5bddf.json", 6),
        ("wormhole_b0/get_noc_addr@ec903f28.partial.json", 12),
        ("wormhole_b0/get_noc_addr@cd9ac506.partial.json", 10),
        ("wormhole_b0/constructor@d7f5bddf.partial.json", 10),
        ("constructor@46604654.partial.json", 12),
        ("get_noc_addr@46604654.partial.json", 12),
    ] {
        check(name, name, (series, 0, 0));
    }
}

#[test]
fn later_commits_against_earlier_ones() {
    let wormhole = |name: &str| format!("wormhole_b0/{name}.json");
    check("pages_iterator@8794e2ec.json", &wormhole("pages_iterator@cd9ac506"), (6, 0, 0));
    check(
        &wormhole("manual_pages_iteration@ec903f28"),
        &wormhole("manual_pages_iteration@d7f5bddf"),
        (6, 0, 0),
    );
    let earlier = "get_noc_addr@46604654.partial.json";
    check(earlier, &wormhole("get_noc_addr@ec903f28.partial"), (12, 2, 1));
}

#[test]
fn another_chip_is_no_baseline() -> Result<(), Error> {
    let summary = compare(
        "wormhole_b0/pages_iterator@cd9ac506.json",
        "blackhole/pages_iterator@ec903f28.json",
    )?;
    assert_eq!(summary.regressions, 6);
    assert!(
        summary.regression_messages[0]
            .starts_with("rank_2.SHARDED_ACCESSOR_0000001: Performance regression: +")
    );
    Ok(())
}

#[test]
fn renamed_configurations_are_an_error_and_no_pass() {
    let error = compare(
        "constructor@46604654.partial.json",
        "wormhole_b0/constructor@d7f5bddf.partial.json",
    )
    .expect_err("12 configurations against 10");
    assert!(error.is_mismatch());
    assert!(error.to_string().contains("is missing from the current data"), "{error}");
}
