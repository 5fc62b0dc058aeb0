use perfreg_core::perf_regression;

#[perf_regression(launches = 2)]
fn few_launches() {}

#[perf_regression(launches = "12")]
fn launches_as_text() {}

#[perf_regression(samples = 0)]
fn no_samples() {}

#[perf_regression(samples = -1)]
fn negative_samples() {}

#[perf_regression(samples = 1.5)]
fn half_a_sample() {}

#[perf_regression(samples = 5_000_000_000)]
fn too_many_samples() {}

#[perf_regression(budget = 2)]
fn budget_without_unit() {}

#[perf_regression(budget = "0s")]
fn no_budget() {}

#[perf_regression(budget = "2h")]
fn unknown_unit() {}

fn main() {}
