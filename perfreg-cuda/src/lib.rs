//! The GPU side of [perfreg](https://docs.rs/perfreg): what a machine has, and dilated attention
//! with everything that its performance tests need.
//!
//! Nothing here needs a GPU to build or to be tested: [`unavailable`] says why a machine cannot run
//! kernels, in a form that `skip_if` of the attribute takes, and no function panics for the lack of
//! a library.

pub mod attention;
mod bench;
pub mod cubin;
pub mod device;
pub mod error;
mod library;
pub mod nvrtc;
pub mod probe;
pub mod timing;

pub use bench::{BenchGpu, Timing, time_on};
pub use device::Gpu;
pub use error::{Error, Result};
pub use probe::{Reason, unavailable};
