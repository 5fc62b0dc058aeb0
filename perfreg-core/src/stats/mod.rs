//! Pure numerics on `&[f64]`: no I/O, no clock, nothing of the rest of the crate.
//!
//! Every function takes finite values; the data model lets no others in.

mod describe;
mod estimate;
mod modes;
mod paired;
mod rank;

pub use describe::{
    mad, mad_sorted, max, mean, median, median_sorted, min, quantile_sorted, sorted, std_dev,
    winsorised_mean_sorted,
};
pub use estimate::{Interval, hodges_lehmann_shift, shift_interval};
pub use modes::two_modes;
pub use paired::median_interval;
pub use rank::{MannWhitney, mann_whitney, mann_whitney_sorted, min_attainable_p};
