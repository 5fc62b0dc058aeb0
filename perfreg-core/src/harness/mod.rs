//! What the macro calls: decides between a smoke run, a worker and the gate, and is the only room
//! that knows all the others.

mod block_on;
mod case_gate;
mod chosen;
mod clocks;
mod compare;
mod entry;
mod faster;
mod gate;
mod gone;
mod gpu;
mod launcher;
mod limits;
mod lookup;
#[cfg(test)]
mod made_up;
mod parent;
mod readings;
mod reference;
mod rounds;
mod session;
mod settings;
mod smoke;
mod spec;
mod tails;
mod targets;
mod tuning;
mod units;
mod waits;
mod worker;
mod workers;

pub use block_on::block_on;
pub use chosen::metrics_of;
pub use entry::run;
pub use faster::assert_faster;
pub use rounds::{CaseOf, Layouts, Rounds, Standing};
pub use spec::{Failure, Options, TestSpec};
pub use workers::{Description, Workers};
