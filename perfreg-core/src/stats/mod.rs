//! Placeholder.
mod temp;
pub use temp::*;
