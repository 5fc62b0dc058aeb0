//! Text of one run, for the reader of test output. Pure.

mod launch;
mod rate;
mod text;
mod value;

pub use launch::launch_line;
pub use rate::Rate;
pub use text::{failure, notes};
pub use value::format_value;
