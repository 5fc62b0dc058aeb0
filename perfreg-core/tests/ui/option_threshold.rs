use perfreg_core::perf_regression;

#[perf_regression(threshold = 3)]
fn no_string() {}

#[perf_regression(threshold = "3")]
fn no_percent() {}

#[perf_regression(threshold = "0%")]
fn zero() {}

#[perf_regression(threshold = "-3%")]
fn negative() {}

#[perf_regression(threshold = "1000%")]
fn huge() {}

#[perf_regression(threshold = "NaN%")]
fn no_number() {}

#[perf_regression(reason = "noise")]
fn reason_without_threshold() {}

#[perf_regression(threshold = "3%", reason = " ")]
fn empty_reason() {}

fn main() {}
