//! The kernels: their sources, the constants that specialise them, and the table of tile sizes.

use std::fmt;

use super::element::Element;
use super::gradient::Mixing;
use super::pattern::Mask;
use super::problem::Problem;
use crate::error::{Error, Result};
use crate::nvrtc::{Architecture, Compiled, Compiler, Definition, SourceFile};

macro_rules! source_file {
    ($name:literal) => {
        SourceFile { name: $name, text: include_str!(concat!("../../kernels/", $name)) }
    };
}

const HEADERS: [SourceFile<'static>; 7] = [
    source_file!("copies.cuh"),
    source_file!("members.cuh"),
    source_file!("softmax.cuh"),
    source_file!("tensor_core.cuh"),
    source_file!("tiles.cuh"),
    source_file!("types.cuh"),
    source_file!("warp_row.cuh"),
];
const NAIVE_FORWARD: SourceFile<'static> = source_file!("naive_forward.cu");
const NAIVE_BACKWARD: SourceFile<'static> = source_file!("naive_backward.cu");
const PORTABLE_FORWARD: SourceFile<'static> = source_file!("portable_forward.cu");

/// The sizes of rows that kernels exist for.
pub(crate) const HEAD_DIMS: [u32; 2] = [64, 128];

/// Queries that the blocks of the naive kernels have, a warp each.
const NAIVE_ROWS: u32 = 4;

/// The tile of a block of the portable kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct PortableTile {
    /// Numbers in a row.
    pub head_dim: u32,
    /// Warps of a block.
    pub warps: u32,
    /// Matrices of 16 queries that each warp has.
    pub matrices: u32,
    /// Keys that are copied at once.
    pub key_block: u32,
}

impl PortableTile {
    /// Every tile size that is compiled: a large one, which reads less, and a small one, which
    /// fills more multiprocessors.
    pub const ALL: [Self; 4] = [
        Self { head_dim: 64, warps: 4, matrices: 2, key_block: 64 },
        Self { head_dim: 64, warps: 4, matrices: 1, key_block: 64 },
        Self { head_dim: 128, warps: 8, matrices: 1, key_block: 64 },
        Self { head_dim: 128, warps: 4, matrices: 1, key_block: 64 },
    ];

    /// Queries of a block.
    pub const fn rows(self) -> u32 {
        16 * self.warps * self.matrices
    }

    /// Bytes of shared memory of a block: two stages of keys and values.
    pub const fn shared_bytes(self) -> u32 {
        2 * 2 * self.key_block * self.head_dim * 2
    }
}

/// A kernel, specialised.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum Kernel {
    /// Forward in plain f32, the oracle on a device.
    NaiveForward {
        /// Numbers in a row.
        head_dim: u32,
        /// Which keys a query sees.
        mask: Mask,
    },
    /// The gradients of queries in plain f32; leaves to [`Kernel::NaiveBackwardKeys`] what it needs.
    NaiveBackwardQueries {
        /// Numbers in a row.
        head_dim: u32,
        /// Which keys a query sees.
        mask: Mask,
        /// Whether the patterns' shares count as constants.
        mixing: Mixing,
    },
    /// The gradients of keys and values in plain f32.
    NaiveBackwardKeys {
        /// Numbers in a row.
        head_dim: u32,
        /// Which keys a query sees.
        mask: Mask,
        /// Whether the patterns' shares count as constants.
        mixing: Mixing,
    },
    /// Forward, fused, on tensor cores.
    PortableForward {
        /// The sizes of a block.
        tile: PortableTile,
        /// Which keys a query sees.
        mask: Mask,
        /// The type of the numbers, of 16 bits.
        element: Element,
    },
}

impl Kernel {
    /// Every kernel that is shipped.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for mask in [Mask::Full, Mask::Causal] {
            for head_dim in HEAD_DIMS {
                all.push(Self::NaiveForward { head_dim, mask });
                for mixing in [Mixing::Exact, Mixing::Detached] {
                    all.push(Self::NaiveBackwardQueries { head_dim, mask, mixing });
                    all.push(Self::NaiveBackwardKeys { head_dim, mask, mixing });
                }
            }
            for tile in PortableTile::ALL {
                for element in [Element::Bf16, Element::F16] {
                    all.push(Self::PortableForward { tile, mask, element });
                }
            }
        }
        all
    }

    /// The name of the function in its source.
    pub fn entry(&self) -> &'static str {
        match self {
            Self::NaiveForward { .. } => "naive_forward",
            Self::NaiveBackwardQueries { .. } => "naive_backward_queries",
            Self::NaiveBackwardKeys { .. } => "naive_backward_keys",
            Self::PortableForward { .. } => "portable_forward",
        }
    }

    /// The file that the kernel is compiled from.
    pub fn source(&self) -> SourceFile<'static> {
        match self {
            Self::NaiveForward { .. } => NAIVE_FORWARD,
            Self::NaiveBackwardQueries { .. } | Self::NaiveBackwardKeys { .. } => NAIVE_BACKWARD,
            Self::PortableForward { .. } => PORTABLE_FORWARD,
        }
    }

    /// The files that [`Kernel::source`] includes.
    pub fn headers() -> &'static [SourceFile<'static>] {
        &HEADERS
    }

    /// The constants that specialise the source.
    pub fn definitions(&self) -> Vec<Definition> {
        let define = |name, value| Definition { name, value };
        let common = |head_dim, mask| {
            vec![define("HEAD_DIM", head_dim), define("CAUSAL", u32::from(mask == Mask::Causal))]
        };
        match *self {
            Self::NaiveForward { head_dim, mask } => common(head_dim, mask),
            Self::NaiveBackwardQueries { head_dim, mask, mixing }
            | Self::NaiveBackwardKeys { head_dim, mask, mixing } => {
                let mut all = common(head_dim, mask);
                all.push(define("EXACT", u32::from(mixing == Mixing::Exact)));
                all
            }
            Self::PortableForward { tile, mask, element } => {
                let mut all = common(tile.head_dim, mask);
                all.push(define("WARPS", tile.warps));
                all.push(define("MATRICES", tile.matrices));
                all.push(define("KEY_BLOCK", tile.key_block));
                all.push(define("ELEMENT_BF16", u32::from(element == Element::Bf16)));
                all
            }
        }
    }

    /// Threads of a block.
    pub fn threads(&self) -> u32 {
        match self {
            Self::PortableForward { tile, .. } => 32 * tile.warps,
            _ => 32 * NAIVE_ROWS,
        }
    }

    /// Queries, or keys, of a block.
    pub fn rows(&self) -> u32 {
        match self {
            Self::PortableForward { tile, .. } => tile.rows(),
            _ => NAIVE_ROWS,
        }
    }

    /// Bytes of shared memory that a launch has to ask for.
    pub fn shared_bytes(&self) -> u32 {
        match self {
            Self::PortableForward { tile, .. } => tile.shared_bytes(),
            _ => 0,
        }
    }

    /// Compiles the kernel.
    ///
    /// # Errors
    /// [`Error::is_compilation`] with the compiler's messages.
    pub fn compile(&self, compiler: &Compiler, architecture: Architecture) -> Result<Compiled> {
        compiler.compile(self.source(), Self::headers(), architecture, &self.definitions())
    }

    /// Checks that a problem's rows are of a size that kernels exist for.
    pub(crate) fn check_head_dim(problem: &Problem) -> Result<u32> {
        let head_dim = problem.shape().head_dim;
        if HEAD_DIMS.contains(&head_dim) {
            return Ok(head_dim);
        }
        let message =
            format!("{head_dim} has no kernel; {} and {} have", HEAD_DIMS[0], HEAD_DIMS[1]);
        Err(Error::argument("head_dim", message))
    }
}

/// A name such as `portable_forward_d64_q128_bf16_causal`, the same for as long as the kernel is.
impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry())?;
        let mask = match *self {
            Self::NaiveForward { head_dim, mask } => {
                write!(f, "_d{head_dim}")?;
                mask
            }
            Self::NaiveBackwardQueries { head_dim, mask, mixing }
            | Self::NaiveBackwardKeys { head_dim, mask, mixing } => {
                write!(f, "_d{head_dim}")?;
                if mixing == Mixing::Detached {
                    f.write_str("_detached")?;
                }
                mask
            }
            Self::PortableForward { tile, mask, element } => {
                write!(f, "_d{}_q{}_{element}", tile.head_dim, tile.rows())?;
                mask
            }
        };
        if mask == Mask::Causal { f.write_str("_causal") } else { Ok(()) }
    }
}
