//! Files: baselines, run records, what awaits a decision. Every format carries a version, every
//! write is atomic.

mod atomic;
mod baseline;
mod conflict;
mod format;
mod locate;
mod pending;
mod plain;
mod promote;
mod workspace;

pub use baseline::{BaselineFile, HostEntry};
pub use locate::committed_baseline;
pub use pending::{Acceptance, Pending, TimeBaseline};
pub use promote::baseline_case;
pub use workspace::{Workspace, WorkspaceLock};

pub(crate) use workspace::write_record;
