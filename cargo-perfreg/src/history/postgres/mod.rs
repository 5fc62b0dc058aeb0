//! The history in a PostgreSQL database that a team shares: many projects, many writers at once.
//!
//! What is put is loaded by `COPY` and named by its digest, so that it may be put again; runs and
//! their points lie in tables by month, which retention drops whole.

mod address;
mod connection;
mod escape;
mod load;
mod migrations;
mod retention;
#[cfg(test)]
pub(super) mod server;
mod shared;
mod staged;
#[cfg(test)]
mod tests;

pub(crate) use address::Address;
pub(crate) use load::Loaded;
pub(crate) use migrations::{Migrated, migrate};
pub(crate) use retention::{Expired, Expiry};
pub(crate) use shared::PostgresStore;
#[cfg(test)]
pub(super) use staged::name_of;
