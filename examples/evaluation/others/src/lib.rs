//! The kernels of the evaluation, compiled once more for other tools.

#![forbid(unsafe_code)]

#[path = "../../src/kernels.rs"]
pub mod kernels;
