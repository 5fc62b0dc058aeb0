//! A kernel, ready to be executed.

use std::collections::HashMap;

use crate::control::meeting_points;
use crate::counts::Counts;
use crate::error::Fault;
use crate::instruction::Instruction;
use crate::machine::{self, Launch, Memory};
use crate::parse;

/// A kernel of a PTX file.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) instructions: Vec<Instruction>,
    /// By instruction, where its lanes meet again if they part there.
    pub(crate) meetings: Vec<usize>,
    pub(crate) registers: usize,
    /// Bytes of the arguments.
    pub(crate) argument_bytes: usize,
    /// Bytes of shared memory that the kernel declares, before what a launch adds.
    pub(crate) shared_bytes: usize,
}

/// What the parser found in a kernel.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) registers: HashMap<String, usize>,
    pub(crate) argument_bytes: usize,
    pub(crate) shared_bytes: usize,
}

impl Program {
    /// Reads the kernel of this name.
    ///
    /// # Errors
    /// [`Fault::Syntax`] at the first line that is not understood, or if there is no such kernel.
    pub fn parse(ptx: &str, entry: &str) -> Result<Self, Fault> {
        let parsed = parse::kernel(ptx, entry)?;
        Ok(Self {
            meetings: meeting_points(&parsed.instructions),
            instructions: parsed.instructions,
            registers: parsed.registers.len(),
            argument_bytes: parsed.argument_bytes,
            shared_bytes: parsed.shared_bytes,
        })
    }

    /// Bytes of the arguments.
    pub fn argument_bytes(&self) -> usize {
        self.argument_bytes
    }

    /// Executes a launch, block after block.
    ///
    /// # Errors
    /// [`Fault::Execution`] at the first thing that goes wrong.
    ///
    /// # Panics
    /// If the arguments are of another size than the kernel's, or the threads no whole warps.
    pub fn run(&self, memory: &mut Memory, launch: &Launch<'_>) -> Result<Counts, Fault> {
        assert_eq!(launch.arguments.len(), self.argument_bytes, "bytes of arguments");
        assert!(launch.threads > 0 && launch.threads.is_multiple_of(32), "whole warps");
        let mut counts = Counts::default();
        for z in 0..launch.grid[2] {
            for y in 0..launch.grid[1] {
                for x in 0..launch.grid[0] {
                    counts += machine::run_block(self, memory, launch, [x, y, z])?;
                }
            }
        }
        Ok(counts)
    }
}
