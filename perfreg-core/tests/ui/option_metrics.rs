use perfreg_core::perf_regression;

#[perf_regression(metrics = wall_time)]
fn no_list() {}

#[perf_regression(metrics = [])]
fn empty() {}

#[perf_regression(metrics = [wal_time, accuracy])]
fn unknown() {}

#[perf_regression(metrics = [time, "accuracy", time, "accuracy"])]
fn twice() {}

#[perf_regression(metrics = ["wall_time"])]
fn known_in_quotes() {}

#[perf_regression(metrics = [3, ""])]
fn no_names() {}

fn main() {}
