//! How many instructions the work executes: counted by the CPU, else by callgrind, which executes them
//! itself. What disturbs times leaves both alone.

mod callgrind;
mod counter;
mod hardware;
mod requests;

pub(crate) use counter::{Counter, per_iteration, stand_in};
