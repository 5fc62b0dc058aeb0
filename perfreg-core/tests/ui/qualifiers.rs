use perfreg_core::perf_regression;

#[perf_regression]
fn generic<T: Default>() -> T {
    T::default()
}

#[perf_regression]
fn lifetime<'a>() -> &'a str {
    ""
}

#[perf_regression]
fn where_clause()
where
    u8: Copy,
{
}

#[perf_regression]
unsafe fn unsafe_function() {}

#[perf_regression]
extern "C" fn foreign() {}

struct Test;

impl Test {
    #[perf_regression]
    fn method(&self) {}
}

fn main() {}
