//! What other tools measured, for `import`, and for `compare` on their files.
//!
//! Readers take text and give reports, a file a format; `source` alone reads from the disk.

mod bencher;
mod criterion;
mod date;
mod format;
mod github_action_benchmark;
mod go;
mod google_benchmark;
mod groups;
mod hyperfine;
mod implementations;
mod json;
mod libtest;
#[cfg(test)]
mod mutations;
mod names;
mod nvbench;
mod placeholder;
mod plain_samples;
mod platforms;
mod pytest_benchmark;
mod reading;
mod record;
mod report;
#[cfg(test)]
pub(crate) mod samples_of_tools;
mod source;
mod summary;

pub(crate) use format::Format;
#[cfg(test)]
pub(crate) use names::of_unit;
pub(crate) use plain_samples::SAMPLES;
pub(crate) use reading::{Content, Reading, read, recognise};
pub(crate) use record::{Facts, runs_of};
pub(crate) use report::{DEFAULT, Report, Values};
pub(crate) use source::{Choice, Given, file, given, hosts, whole};
