//! Taking samples: the only room that touches a clock, a counter or another process.

mod affinity;
mod alloc;
mod bencher;
mod clock;
mod conditions;
mod cores;
mod counters;
#[cfg(any(windows, test))]
mod cycles;
mod instructions;
mod lock;
mod pace;
mod plan;
mod process_group;
mod quiet;
mod sampler;
mod session;
mod slowdown;
mod through;
mod with_inputs;
mod worker;

pub use alloc::AllocCounter;
pub use bencher::Bencher;
pub use lock::MachineLock;
pub use plan::Plan;
pub use through::{on_path, through};
pub use with_inputs::BencherWithInputs;

pub(crate) use bencher::{Mode, Recording, Use};
pub(crate) use clock::Watch;
pub(crate) use cores::keep_to_one_kind;
pub(crate) use quiet::Quiet;
pub(crate) use worker::{
    Ask, Job, PROTOCOL, WORKER_VARIABLE, WorkerCommand, end_with_stdin, leave_result,
};
