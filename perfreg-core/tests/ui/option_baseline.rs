use perfreg_core::perf_regression;

#[perf_regression(baseline = gt)]
fn no_string() {}

#[perf_regression(baseline = "")]
fn empty() {}

#[perf_regression(baseline = "gt/sort.toml")]
fn no_json() {}

#[perf_regression(baseline = "gt/.json")]
fn no_name() {}

#[perf_regression(baseline = "/gt/sort.json")]
fn absolute() {}

#[perf_regression(baseline = "C:/gt/sort.json")]
fn absolute_on_windows() {}

#[perf_regression(baseline = "../gt/sort.json")]
fn outside() {}

#[perf_regression(baseline = "gt\\sort.json")]
fn backslash() {}

#[perf_regression(baseline = "gt/\n.json")]
fn control_character() {}

fn main() {}
