//! A block: its warps take turns from barrier to barrier.

use super::memory::Memory;
use super::shared::Shared;
use super::warp::{Stop, Warp};
use crate::counts::Counts;
use crate::error::{Fault, Wrong};
use crate::program::Program;

/// How a kernel is launched.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// Blocks in each direction.
    pub grid: [u32; 3],
    /// Threads of a block, in the first direction: a multiple of 32, at most 1024.
    pub threads: u32,
    /// Bytes of shared memory beyond what the kernel declares.
    pub shared_bytes: usize,
    /// The arguments' bytes.
    pub arguments: &'a [u8],
}

/// What the warps of a block have in common.
pub(super) struct Surroundings<'a> {
    pub(super) program: &'a Program,
    pub(super) launch: &'a Launch<'a>,
    pub(super) memory: &'a mut Memory,
    pub(super) shared: Shared,
    pub(super) block: [u32; 3],
    pub(super) counts: Counts,
}

/// Executes one block.
pub(crate) fn run_block(
    program: &Program,
    memory: &mut Memory,
    launch: &Launch<'_>,
    block: [u32; 3],
) -> Result<Counts, Fault> {
    let shared = Shared::new(program.shared_bytes + launch.shared_bytes);
    let counts = Counts::default();
    let mut around = Surroundings { program, launch, memory, shared, block, counts };
    let mut warps: Vec<Warp> = (0..launch.threads / 32).map(|at| Warp::new(at, program)).collect();
    loop {
        let mut waiting = false;
        for (at, warp) in warps.iter_mut().enumerate() {
            let stop = warp.run(&mut around).map_err(|(pc, what)| {
                let line = program.instructions.get(pc).map_or(0, |found| found.line);
                Fault::Execution { line, block, warp: at, what }
            })?;
            waiting |= stop == Stop::Barrier;
        }
        if !waiting {
            break;
        }
        around.shared.barrier();
        around.counts.barriers += 1;
    }
    if let Some(warp) = warps.iter().position(Warp::has_copies) {
        return Err(Fault::Execution { line: 0, block, warp, what: Wrong::CopiesLeft });
    }
    Ok(around.counts)
}
