//! What this machine has for running kernels, and why it cannot run them.

mod driver;
mod reason;
mod snapshot;

pub use reason::{Reason, unavailable};
pub use snapshot::{Device, Probe};
