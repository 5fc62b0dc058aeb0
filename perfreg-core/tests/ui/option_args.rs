use perfreg_core::perf_regression;

#[perf_regression(args = 3)]
fn no_list(x: u32) -> u32 {
    x
}

#[perf_regression(args = [])]
fn empty(x: u32) -> u32 {
    x
}

#[perf_regression(args = [large => 3])]
fn name_without_quotes(x: u32) -> u32 {
    x
}

#[perf_regression(args = ["a" => 1, "a" => 2])]
fn same_names(x: u32) -> u32 {
    x
}

#[perf_regression(args = [1_000, "1000" => 2, 1000])]
fn same_name_as_a_value(x: u32) -> u32 {
    x
}

#[perf_regression(args = ["" => 1])]
fn empty_name(x: u32) -> u32 {
    x
}

#[perf_regression(args = [1; 3])]
fn repeated(x: u32) -> u32 {
    x
}

fn main() {}
