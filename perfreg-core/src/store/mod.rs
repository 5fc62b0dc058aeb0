//! Placeholder.

mod workspace;

pub use workspace::{Acceptance, Pending, TimeBaseline, Workspace};
