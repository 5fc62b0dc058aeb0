use perfreg_core::perf_regression;

#[perf_regression("gt/x.json")]
fn no_key() {}

#[perf_regression(baseline)]
fn no_value() {}

#[perf_regression(baseline =, samples = 3)]
fn no_value_before_a_comma() {}

#[perf_regression(samples = 3 launches = 4)]
fn no_comma() {}

#[perf_regression(args = , reason)]
fn broken_options_still_count(x: u32) -> u32 {
    x
}

#[perf_regression(samples = %, launches = 2)]
fn the_rest_is_still_read() {}

fn main() {}
