//! What a program did wrong, or cannot be understood in.

use std::fmt;

/// Why a program was stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The text is not PTX as it is known here.
    Syntax {
        /// The line, from 1; 0 if it is about the whole.
        line: usize,
        /// What is not understood.
        what: String,
    },
    /// An instruction went wrong.
    Execution {
        /// The line of the instruction, from 1.
        line: usize,
        /// The block's index in its grid.
        block: [u32; 3],
        /// The warp in the block.
        warp: usize,
        /// What went wrong.
        what: Wrong,
    },
}

/// What an instruction did wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Wrong {
    /// An address of global memory that was not allocated, or not aligned.
    Address(u64),
    /// An address beyond the shared memory of the block, or not aligned.
    SharedAddress(u64),
    /// An address beyond the arguments.
    Argument(u64),
    /// Two warps touched a word of shared memory without a barrier between, and one wrote.
    Race(u64),
    /// A word of shared memory was read that nobody wrote.
    Unwritten(u64),
    /// A word of shared memory was touched while an asynchronous copy to it was under way.
    InFlight(u64),
    /// An instruction for whole warps was reached by some lanes only.
    Divergence,
    /// A block ended with copies that nobody waited for.
    CopiesLeft,
    /// More instructions than a program of this size can need.
    TooLong,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, what } => write!(f, "line {line}: {what}"),
            Self::Execution { line, block, warp, what } => {
                write!(f, "line {line}, block {block:?}, warp {warp}: {what}")
            }
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(at) => write!(f, "no global memory at {at:#x}, or not aligned"),
            Self::SharedAddress(at) => write!(f, "no shared memory at {at:#x}, or not aligned"),
            Self::Argument(at) => write!(f, "no argument at {at}"),
            Self::Race(at) => write!(f, "a race at {at:#x} of shared memory: no barrier between"),
            Self::Unwritten(at) => write!(f, "shared memory at {at:#x} was never written"),
            Self::InFlight(at) => write!(f, "a copy to {at:#x} of shared memory is under way"),
            Self::Divergence => {
                f.write_str("an instruction for whole warps, reached by some lanes")
            }
            Self::CopiesLeft => f.write_str("copies that nobody waited for"),
            Self::TooLong => f.write_str("far more instructions than the program can need"),
        }
    }
}

impl std::error::Error for Fault {}

/// A syntax fault.
pub(crate) fn syntax<T>(line: usize, what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Syntax { line, what: what.into() })
}
