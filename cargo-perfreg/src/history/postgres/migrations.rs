//! The tables, from version to version. One of all who ask migrates; nobody writes meanwhile.

use postgres::error::SqlState;
use postgres::{Client, GenericClient};

use crate::error::Error;
use crate::history::postgres::address::Address;
use crate::history::postgres::connection::Connection;

/// What leads from each version to the next.
const MIGRATIONS: [&str; 1] = [include_str!("0001.sql")];
/// The version that this perfreg reads and writes.
pub(super) const VERSION: i32 = MIGRATIONS.len() as i32;
/// The advisory lock of the store: shared by who writes, alone for who changes tables. `prfh`.
pub(super) const LOCK: i64 = 0x7072_6668;

/// From which version the tables came to which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Migrated {
    /// 0 if there were none.
    pub(crate) from: i32,
    /// The version that they have.
    pub(crate) to: i32,
}

/// Brings the tables to [`VERSION`].
///
/// # Errors
/// If the server refuses, or they are of a newer version.
pub(crate) fn migrate(address: &Address) -> Result<Migrated, Error> {
    let migrated = Connection::open(address)?.patiently(migrate_once)?;
    match migrated.to {
        to if to > VERSION => Err(newer(address, to)),
        _ => Ok(migrated),
    }
}

fn migrate_once(client: &mut Client) -> Result<Migrated, postgres::Error> {
    let mut transaction = client.transaction()?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
    let from = version(&mut transaction)?;
    for (migration, to) in MIGRATIONS.iter().zip(1..).filter(|(_, to)| *to > from) {
        transaction.batch_execute(migration)?;
        let sql = "INSERT INTO perfreg.about (version) VALUES ($1)
            ON CONFLICT (one) DO UPDATE SET version = excluded.version";
        transaction.execute(sql, &[&to])?;
    }
    transaction.commit()?;
    Ok(Migrated { from, to: from.max(VERSION) })
}

/// The version of the tables; 0 if there are none.
pub(super) fn version(client: &mut impl GenericClient) -> Result<i32, postgres::Error> {
    let there = client.query_one("SELECT to_regclass('perfreg.about') IS NOT NULL", &[])?;
    if !there.get::<_, bool>(0) {
        return Ok(0);
    }
    Ok(client.query_one("SELECT version FROM perfreg.about", &[])?.get(0))
}

/// Whether tables of `version` can be used.
///
/// # Errors
/// If not, with what to do.
pub(super) fn usable(address: &Address, version: i32) -> Result<(), Error> {
    let migrate = "whoever owns the store runs `cargo perfreg history migrate`";
    match version {
        VERSION => Ok(()),
        0 => Err(Error::usage(format!("the store {address} has no tables of perfreg; {migrate}"))),
        newer if newer > VERSION => Err(self::newer(address, newer)),
        older => Err(Error::usage(format!(
            "the tables of the store {address} are of version {older}, this perfreg needs \
             {VERSION}; {migrate}"
        ))),
    }
}

fn newer(address: &Address, version: i32) -> Error {
    Error::usage(format!(
        "the tables of the store {address} are of version {version}, this perfreg knows \
         {VERSION}; take a newer one"
    ))
}

/// Whether somebody may not see the tables at all.
pub(super) fn is_denied(cause: &postgres::Error) -> bool {
    cause.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
}
