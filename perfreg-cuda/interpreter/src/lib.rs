//! An interpreter of the PTX that perfreg's kernels compile to: their correctness, and what they
//! execute, without a GPU.
//!
//! A block's warps run in lockstep and part where their lanes branch differently, to meet again at
//! the branch's immediate post-dominator. Asynchronous copies land when they are waited for and no
//! earlier, and each word of shared memory remembers who touched it since the last barrier: what a
//! device would do only now and then, a missing barrier or wait, is a [`Fault`] every time.
//!
//! It knows no time: caches, banks and latencies are not modelled. Instructions beyond those that
//! the kernels use are refused by name.

mod control;
mod counts;
mod error;
mod instruction;
mod machine;
mod parse;
mod program;

pub use counts::Counts;
pub use error::{Fault, Wrong};
pub use machine::{Launch, Memory};
pub use program::Program;
