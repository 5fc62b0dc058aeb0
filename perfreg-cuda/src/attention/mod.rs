//! Dilated attention: what is computed, what it costs, and how.
//!
//! Attention lets every position of a sequence look at every other one, which costs the square of
//! its length. Dilated attention (arXiv 2307.02486) looks at few: a [`Pattern`] cuts the sequence
//! into segments and takes part in each with every `dilation`-th position only; where it begins
//! depends on the head ([`HeadRule`]). The outputs of several patterns are mixed by the denominators
//! of their softmaxes.

mod arguments;
mod cost;
mod element;
mod gradient;
mod kernel;
mod launch;
mod pattern;
mod plan;
mod problem;
#[cfg(test)]
mod properties;
mod reference;
#[cfg(test)]
mod testing;
mod tiling;

pub use arguments::{ARGUMENT_BYTES, Address, Addresses, arguments};
pub use cost::Cost;
pub use element::Element;
pub use gradient::{Gradients, Mixing, backward};
pub use kernel::{Kernel, PortableTile};
pub use launch::{Backward, BackwardTensors, Forward, ForwardTensors, Implementation};
pub use pattern::{HeadRule, Mask, Pattern, Progression};
pub use plan::{DeviceLimits, Plan};
pub use problem::{Problem, ProblemBuilder, Shape};
pub use reference::{Inputs, Output, forward};
pub use tiling::Tiling;
