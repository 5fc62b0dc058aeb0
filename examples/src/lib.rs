//! Work worth measuring, and the tests that keep it fast.
//!
//! The modules are small, real programs, such as a library would have. Each asks `slowdown` once
//! per call whether it is to do more than it should, so that you can see a gate go red; otherwise
//! nothing in them knows of measuring. The tests do: start with `tests/everyday.rs`.

#![forbid(unsafe_code)]

pub mod attention;
pub mod checksum;
pub mod compress;
pub mod json;
pub mod lookup;
pub mod random;
mod slowdown;
pub mod sort;
