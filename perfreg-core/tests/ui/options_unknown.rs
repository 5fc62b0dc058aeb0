use perfreg_core::perf_regression;

#[perf_regression(base_line = "gt/x.json", treshold = "3%", warmup = 3)]
fn misspelt() {}

#[perf_regression(samples = 10, budget = "1s", samples = 20)]
fn twice() {}

fn main() {}
