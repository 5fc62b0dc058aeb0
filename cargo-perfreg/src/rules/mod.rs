//! Rules that compare one number with one number, as other tools do: pure.
//!
//! They know nothing of noise, and serve those whose baselines and habits come from such a tool. The
//! rules on samples live in `perfreg_core`.

mod field;
mod levels;
mod percent;
mod rule;

pub(crate) use field::{Field, Statistics};
pub(crate) use levels::{Kind, Level, Levels};
pub(crate) use rule::Rule;
