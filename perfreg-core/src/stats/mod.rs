//! Pure numerics on `&[f64]`: no I/O, no clock, nothing of the rest of the crate.
//!
//! Every function takes finite values; the data model lets no others in.

mod describe;
mod estimate;
mod modes;
mod multiple;
mod paired;
mod rank;
mod signed_rank;
mod student;

pub use describe::{
    mad, mad_sorted, max, mean, median, median_sorted, min, quantile_sorted, robust_deviation,
    sorted, std_dev, winsorised_mean_sorted,
};
pub use estimate::{Interval, hodges_lehmann_shift, shift_interval};
pub use modes::two_modes;
pub use multiple::{false_discovery_rates, holm};
pub use paired::median_interval;
pub use rank::{MannWhitney, mann_whitney, mann_whitney_sorted, min_attainable_p};
pub use signed_rank::{hodges_lehmann, signed_rank_bounds, signed_rank_greater};
pub use student::{MeanError, mean_error, t_above, t_greater, t_quantile_above, welch_greater};
