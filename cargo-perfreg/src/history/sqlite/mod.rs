//! The index in a database file, made of the documents that lie beside it.

mod columns;
mod put;
mod store;

pub(crate) use store::SqliteStore;
