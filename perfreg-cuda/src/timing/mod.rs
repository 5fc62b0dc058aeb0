//! Which samples of a device count, and when there are enough: pure, without a device.

mod collect;
mod readings;

pub use collect::{Collected, Ended, Sample, Sampling, Throttling};
pub use readings::{Readings, Silence, Told};

pub(crate) use collect::collect;
pub(crate) use readings::{Turn, Violation, percent, share_violated, watch};
