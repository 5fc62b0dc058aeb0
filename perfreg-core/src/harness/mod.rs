//! What the macro calls.
mod temp;
pub use temp::{block_on, run};
