//! What is too old goes by whole months, of every project at once: tables are dropped, no row is
//! searched. What was accepted stays.

use std::time::Duration;

use postgres::{Client, GenericClient, Transaction};

use crate::error::Error;
use crate::history::postgres::migrations::{LOCK, MONTHS};
use crate::history::postgres::shared::PostgresStore;

/// What went, or would go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Expired {
    /// The months, such as `2026-01`, the oldest first.
    pub(crate) months: Vec<String>,
    /// How many runs lie in them.
    pub(crate) runs: u64,
}

/// Whether what is found goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expiry {
    /// It goes, and nothing as old comes back.
    Drop,
    /// Nothing happens.
    Look,
}

impl PostgresStore {
    /// Drops the months that lie whole before so long ago, by the server's clock.
    ///
    /// # Errors
    /// If the server refuses: only who owns the tables may.
    pub(crate) fn expire(&mut self, age: Duration, expiry: Expiry) -> Result<Expired, Error> {
        let expired = self.patiently(|client| {
            let horizon = horizon(client, age)?;
            // Counting takes time, in which nobody should wait.
            let expired = find(client, &horizon)?;
            if expiry == Expiry::Drop {
                let mut transaction = client.transaction()?;
                drop_months(&mut transaction, &horizon)?;
                transaction.commit()?;
            }
            Ok(expired)
        })?;
        if expiry == Expiry::Drop {
            self.remove_orphans()?;
        }
        Ok(expired)
    }
}

/// The first day of the month in which a time of this age lies.
fn horizon(client: &mut Client, age: Duration) -> Result<String, postgres::Error> {
    // Older than any month that there can be; an interval holds no more.
    let age = age.as_secs_f64().min(3_000_000_000.0);
    let sql = "SELECT to_char(date_trunc('month', (now() AT TIME ZONE 'UTC')
        - make_interval(secs => $1)), 'YYYY-MM-DD')";
    Ok(client.query_one(sql, &[&age])?.get(0))
}

/// The months before `horizon`, by the names of their tables.
const PARTS: &str = "SELECT DISTINCT replace(right(relname, 7), '_', '-') AS month
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent IN ('perfreg.runs'::REGCLASS, 'perfreg.points'::REGCLASS)
        AND replace(right(relname, 7), '_', '-') < left($1, 7)
    ORDER BY month";

fn find(client: &mut Client, horizon: &str) -> Result<Expired, postgres::Error> {
    let months = months(client, horizon)?;
    let count = "SELECT count(*) FROM perfreg.runs
        WHERE time < ($1::TEXT || ' 00:00:00+00')::TIMESTAMPTZ";
    let runs: i64 = client.query_one(count, &[&horizon])?.get(0);
    Ok(Expired { months, runs: runs.unsigned_abs() })
}

fn months(client: &mut impl GenericClient, horizon: &str) -> Result<Vec<String>, postgres::Error> {
    Ok(client.query(PARTS, &[&horizon])?.into_iter().map(|row| row.get(0)).collect())
}

fn drop_months(transaction: &mut Transaction<'_>, horizon: &str) -> Result<(), postgres::Error> {
    // Whoever comes later waits behind this: better to try again than to keep them.
    transaction.batch_execute("SET LOCAL lock_timeout = '5s'")?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MONTHS])?;
    for month in months(transaction, horizon)? {
        let part = month.replace('-', "_");
        // In the order in which they are made.
        let sql = format!(
            "DROP TABLE IF EXISTS perfreg.\"runs_{part}\"; \
             DROP TABLE IF EXISTS perfreg.\"points_{part}\""
        );
        transaction.batch_execute(&sql)?;
    }
    let sql = "UPDATE perfreg.about
        SET horizon = greatest(horizon, ($1::TEXT || ' 00:00:00+00')::TIMESTAMPTZ)";
    transaction.execute(sql, &[&horizon]).map(drop)
}

/// Series that have no point any more.
pub(super) const ORPHANS: &str = "DELETE FROM perfreg.series s
    WHERE NOT EXISTS (SELECT FROM perfreg.points p WHERE p.series = s.id)";
