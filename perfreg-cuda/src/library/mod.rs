//! NVIDIA's libraries: where they may lie, and opening them without a panic.

mod candidates;
mod open;

pub(crate) use candidates::Name;
pub(crate) use open::{Opened, open};
