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
mod postgres;
mod project;
mod queue;
mod retention;
mod rows;
#[cfg(test)]
mod scale;
mod spelling;
mod sqlite;
mod store;

pub(crate) use archive::Problem;
pub(crate) use digest::Digest;
pub(crate) use epoch::Epoch;
pub(crate) use postgres::{Address, Expired, Expiry, Migrated, PostgresStore, migrate};
pub(crate) use project::{Earlier, History, Index, Project};
pub(crate) use queue::{Pushed, Queue, Which, push};
pub(crate) use retention::{Retention, Surplus};
#[cfg(test)]
pub(crate) use rows::run_row;
pub(crate) use rows::{Document, Filed};
#[cfg(test)]
pub(crate) use sqlite::SqliteStore;
pub(crate) use store::{Point, Recent, RunRow, SeriesKey, SeriesRow, Store, Value};
