//! The history of a workspace: documents that never change, and an index that is made of them.
//!
//! `.perfreg/history/` holds every measured run and every epoch under the digest of its content; the
//! index `.perfreg/history.sqlite` can be made from them again at any time.

#[cfg(test)]
mod agreement;
mod archive;
mod digest;
mod epoch;
#[cfg(test)]
mod formats;
mod project;
mod retention;
mod rows;
mod sqlite;
mod store;

pub(crate) use archive::Problem;
pub(crate) use digest::Digest;
pub(crate) use epoch::Epoch;
pub(crate) use project::{Earlier, Index, Project, Updated};
pub(crate) use retention::{Retention, Surplus};
pub(crate) use rows::Document;
#[cfg(test)]
pub(crate) use rows::run_row;
#[cfg(test)]
pub(crate) use sqlite::SqliteStore;
pub(crate) use store::{Point, RunRow, SeriesKey, SeriesRow, Store};
