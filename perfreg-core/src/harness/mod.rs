//! What the macro calls: decides between a smoke run, a worker and the gate, and is the only room
//! that knows all the others.
mod temp;
pub use temp::{block_on, run};
