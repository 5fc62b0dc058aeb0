//! A module whose path in the crate is not its path on the disk.
use perfreg_core::perf_regression;

#[perf_regression(args = [1])]
fn private_function(number: u32) -> u32 {
    number + super::outer_len().count_ones()
}
