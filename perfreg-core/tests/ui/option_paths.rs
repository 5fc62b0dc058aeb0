use perfreg_core::perf_regression;

#[perf_regression(skip_if = "gpu::unavailable")]
fn skip_if_in_quotes() {}

#[perf_regression(skip_if = || None::<String>)]
fn skip_if_closure() {}

#[perf_regression(crate = "renamed")]
fn crate_in_quotes() {}

#[perf_regression(executor = block_on())]
async fn called_executor() {}

#[perf_regression(executor = futures::executor::block_on)]
fn executor_without_async() {}

fn main() {}
