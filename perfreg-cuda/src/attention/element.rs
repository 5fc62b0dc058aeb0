//! The types of numbers that tensors hold.

use std::fmt;

/// The type of the numbers of queries, keys, values and outputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Element {
    /// 32 bits.
    F32,
    /// 16 bits with 10 of mantissa.
    F16,
    /// 16 bits with 7 of mantissa and the range of [`Element::F32`].
    Bf16,
}

impl Element {
    /// Bytes of one number.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// The name, such as `bf16`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
