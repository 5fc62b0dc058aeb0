//! The kernels that `perfreg-evaluation` measures; the evaluation itself is in `main.rs`.

#![forbid(unsafe_code)]

pub mod kernels;
