//! The machine: memory, blocks, warps and what their lanes compute.

mod arithmetic;
mod block;
mod float;
mod matrices;
mod memory;
mod shared;
mod transfer;
mod warp;

pub use block::Launch;
pub use memory::Memory;

pub(crate) use block::run_block;

/// Lanes of a warp.
pub(crate) const LANES: usize = 32;

/// A register's bits, by lane.
pub(crate) type Lanes = [u64; LANES];

/// A set of lanes, a bit each.
pub(crate) type LaneSet = u32;

/// The lanes in a set.
pub(crate) fn lanes_of(set: LaneSet) -> impl Iterator<Item = usize> {
    (0..LANES).filter(move |lane| set >> lane & 1 == 1)
}
