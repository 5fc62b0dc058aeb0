//! PTX text to instructions.

mod kernel;
mod mnemonic;
mod operands;

pub(crate) use kernel::kernel;
