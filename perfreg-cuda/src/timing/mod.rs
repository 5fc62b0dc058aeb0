//! Which samples of a device count, and when there are enough: pure, without a device.

mod collect;

pub use collect::{Collected, Ended, Sample, Sampling, Throttling};

pub(crate) use collect::collect;
