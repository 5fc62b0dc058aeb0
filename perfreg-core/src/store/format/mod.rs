//! The versioned forms of a baseline file, one file each.

mod baseline_1;
mod baseline_2;
mod column;
mod entries;
mod version;

pub(crate) use baseline_2::render;
pub(crate) use version::{is_named_in, parse};
