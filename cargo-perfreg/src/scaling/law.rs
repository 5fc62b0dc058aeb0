//! The laws that a cost may grow by.

use std::fmt;

/// A law of growth, the slowest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Law {
    /// The same for every size.
    Constant,
    /// With the logarithm.
    Logarithmic,
    /// With the size.
    Linear,
    /// With the size times its logarithm, as sorting does.
    Linearithmic,
    /// With the square.
    Quadratic,
    /// With the cube.
    Cubic,
    /// With whatever power fits.
    Power,
}

impl Law {
    /// All laws, the simplest first: of those that fit alike, the first is believed.
    pub(crate) const ALL: [Law; 7] = [
        Law::Constant,
        Law::Logarithmic,
        Law::Linear,
        Law::Linearithmic,
        Law::Quadratic,
        Law::Cubic,
        Law::Power,
    ];

    /// What the cost grows in proportion to, at the size `n`. A power has no shape before it is
    /// fitted, and a constant grows in proportion to nothing.
    pub(crate) fn shape(self, n: f64) -> f64 {
        match self {
            Law::Constant | Law::Power => 0.0,
            // Sizes below 1 are none, and that of 1 costs something, too.
            Law::Logarithmic => (n + 1.0).log2(),
            Law::Linear => n,
            Law::Linearithmic => n * (n + 1.0).log2(),
            Law::Quadratic => n * n,
            Law::Cubic => n * n * n,
        }
    }

    /// A number that is larger for a law that outgrows another; near the power of the size.
    pub(crate) fn rank(self, power: f64) -> f64 {
        match self {
            Law::Constant => 0.0,
            Law::Logarithmic => 0.1,
            Law::Linear => 1.0,
            Law::Linearithmic => 1.1,
            Law::Quadratic => 2.0,
            Law::Cubic => 3.0,
            Law::Power => power,
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Law::Constant => "constant",
            Law::Logarithmic => "log n",
            Law::Linear => "n",
            Law::Linearithmic => "n log n",
            Law::Quadratic => "n^2",
            Law::Cubic => "n^3",
            Law::Power => "a power of n",
        })
    }
}
