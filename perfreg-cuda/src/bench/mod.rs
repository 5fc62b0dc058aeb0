//! Timing work on a device, for the `Bencher` of a performance test.

mod clocks;
mod gpu;
mod session;

pub use gpu::{BenchGpu, Timing, time_on};
