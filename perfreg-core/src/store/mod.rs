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
mod records;
mod sessions;
mod workspace;

pub use baseline::{BaselineFile, HostEntry};
pub use locate::{committed_baseline, of_platform};
pub use pending::{Acceptance, Pending, TimeBaseline};
pub use promote::baseline_case;
pub use records::text_of_record;
pub use workspace::{Workspace, WorkspaceLock};

pub(crate) use locate::Source;
pub(crate) use records::write_record;
pub(crate) use sessions::{Sitting, with_sessions};
