//! What is too old goes by whole months, of every project at once: tables are dropped, no row is
//! searched. What was accepted stays.

use std::time::SystemTime;

use postgres::Transaction;

use crate::error::Error;
use crate::history::postgres::migrations::LOCK;
use crate::history::postgres::shared::PostgresStore;
use crate::history::postgres::staged::month_of;

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
    /// Drops the months that lie before `moment` whole.
    ///
    /// # Errors
    /// If the server refuses: only who owns the tables may.
    pub(crate) fn expire(&mut self, moment: SystemTime, expiry: Expiry) -> Result<Expired, Error> {
        let horizon = month_of(moment);
        self.patiently(|client| {
            let mut transaction = client.transaction()?;
            // Whoever comes later waits behind this: better to try again than to keep them.
            transaction.batch_execute("SET LOCAL lock_timeout = '5s'")?;
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
            let expired = find(&mut transaction, &horizon)?;
            if expiry == Expiry::Drop {
                drop_months(&mut transaction, &horizon, &expired.months)?;
                transaction.commit()?;
            }
            Ok(expired)
        })
    }
}

fn find(transaction: &mut Transaction<'_>, horizon: &str) -> Result<Expired, postgres::Error> {
    let parts = "SELECT DISTINCT replace(right(relname, 7), '_', '-') AS month
        FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent IN ('perfreg.runs'::REGCLASS, 'perfreg.points'::REGCLASS)
        ORDER BY month";
    let months = transaction.query(parts, &[])?.into_iter().map(|row| row.get(0));
    let months = months.filter(|month: &String| month.as_str() < &horizon[..7]).collect();
    let count = "SELECT count(*) FROM perfreg.runs
        WHERE time < ($1::TEXT || ' 00:00:00+00')::TIMESTAMPTZ";
    let runs: i64 = transaction.query_one(count, &[&horizon])?.get(0);
    Ok(Expired { months, runs: runs.unsigned_abs() })
}

fn drop_months(
    transaction: &mut Transaction<'_>,
    horizon: &str,
    months: &[String],
) -> Result<(), postgres::Error> {
    for month in months {
        let part = month.replace('-', "_");
        let sql = format!(
            "DROP TABLE IF EXISTS perfreg.\"points_{part}\"; \
             DROP TABLE IF EXISTS perfreg.\"runs_{part}\""
        );
        transaction.batch_execute(&sql)?;
    }
    let sql = "UPDATE perfreg.about
        SET horizon = greatest(horizon, ($1::TEXT || ' 00:00:00+00')::TIMESTAMPTZ)";
    transaction.execute(sql, &[&horizon])?;
    transaction.execute(ORPHANS, &[]).map(drop)
}

/// Series that have no point any more.
pub(super) const ORPHANS: &str = "DELETE FROM perfreg.series s
    WHERE NOT EXISTS (SELECT FROM perfreg.points p WHERE p.series = s.id)";
