//! The search for the first commit that made a test slower: which commit to look at next, what has
//! been found so far, and how it is told. Nothing here builds, measures or calls git.

mod evidence;
mod git_log;
mod report;
mod search;
mod state;

pub(crate) use evidence::{Answer, Evidence, Finding, Step, answer};
pub(crate) use report::{begin, end, told};
pub(crate) use search::Next;
pub(crate) use state::{Asked, Folder, State, Suspicion};
