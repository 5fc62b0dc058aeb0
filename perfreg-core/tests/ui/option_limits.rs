use perfreg_core::perf_regression;

#[perf_regression(limits = "under 50 ms")]
fn no_list() {}

#[perf_regression(limits = [])]
fn empty() {}

#[perf_regression(limits = ["under 50 ms"])]
fn no_reason() {}

#[perf_regression(limits = ["under 50 ms" => " "])]
fn empty_reason() {}

#[perf_regression(limits = [time => "frames"])]
fn no_text() {}

#[perf_regression(limits = ["under 50" => "frames", "50 ms" => "frames", "time under 3 MiB" => "frames"])]
fn no_unit_no_bound_and_a_wrong_unit() {}

fn main() {}
