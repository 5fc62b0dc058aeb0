use perfreg_core::perf_regression;

#[perf_regression]
#[test]
fn test() {}

#[perf_regression]
#[core::prelude::v1::test]
fn test_by_its_path() {}

#[perf_regression]
#[should_panic(expected = "x")]
fn should_panic() {}

#[perf_regression(samples = 3)]
#[perf_regression(launches = 3)]
fn twice() {}

fn main() {}
