//! Text of one run, for the reader of test output. Pure.

mod launch;
mod text;
mod value;

pub use launch::launch_line;
pub use text::{failure, notes};
pub use value::format_value;
