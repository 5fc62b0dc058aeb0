//! A device: opening it, its memory, its streams, and what it says of its health.
//!
//! Nothing here is called before [`crate::unavailable`] found everything that it needs, for the
//! bindings stop the process where a library or a function is missing.

mod blocker;
mod function;
mod gpu;
mod graph;
mod health;
mod leaks;
mod lock;
mod memory;
mod meter;
mod rank;
mod tensor;

pub use gpu::{Gpu, GpuKey, Stream};
pub use health::{Health, Reading};
pub use memory::MemoryUse;
pub use rank::Rank;
pub use tensor::Tensor;

pub(crate) use blocker::Blocker;
pub(crate) use function::{Function, Grid};
pub(crate) use graph::{capture, launch_graph, nodes};
pub(crate) use lock::GpuLock;
