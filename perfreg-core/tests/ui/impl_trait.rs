use perfreg_core::perf_regression;

#[perf_regression(args = [1])]
fn parameter(x: impl Copy) {}

#[perf_regression]
fn nested_in_the_output() -> Result<impl Iterator<Item = u32>, String> {
    Ok([1].into_iter())
}

fn main() {}
