//! What needs a device: the kernels' correctness there, and the specified suite of measurements.
//!
//! Without one, each test says why it did not run.
#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "helpers of tests stop at the first surprise, and a Bencher is taken by value"
)]

#[expect(dead_code, reason = "the suite for machines without Rust uses more of it")]
mod cases;
mod correctness;
#[cfg(target_os = "linux")]
mod emulated;
mod example;
#[cfg(target_os = "linux")]
#[path = "../scripted_driver/libraries.rs"]
mod libraries;
#[cfg(target_os = "linux")]
mod scripted;
mod suite;
#[path = "../kernels/tensors.rs"]
mod tensors;
mod variants;
