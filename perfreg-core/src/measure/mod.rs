//! Taking samples.
mod temp;
pub use temp::{AllocCounter, Bencher, BencherWithInputs};
