//! Putting a document: the rows that are made of it.

use perfreg_core::model::Revision;
use perfreg_core::{Metric, TestId};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::rows::{Document, Filed, epochs, key_of_epoch, points, run_row};
use crate::history::spelling::text;
use crate::history::sqlite::columns::OF_KEY;
use crate::history::store::{Point, RunRow, SeriesKey};

/// Puts a document of `project`, unless it is there.
///
/// # Errors
/// If the index cannot be written to.
pub(super) fn put(
    transaction: &Transaction<'_>,
    project: &str,
    filed: &Filed,
) -> rusqlite::Result<()> {
    let digest = filed.digest();
    let sql = "INSERT INTO documents (digest) VALUES (?1) ON CONFLICT DO NOTHING";
    if transaction.prepare_cached(sql)?.execute([digest.as_str()])? == 0 {
        return Ok(());
    }
    let run = match filed.document() {
        Document::Epoch(epoch) => return put_epoch(transaction, project, digest, epoch),
        Document::Run(run) => run,
    };
    let run_id = put_run(transaction, &run_row(digest, run))?;
    for (key, metric, point) in points(project, digest, run) {
        let series = series_id(transaction, &key, &metric)?;
        put_point(transaction, series, run_id, &point)?;
    }
    epochs(run).iter().try_for_each(|epoch| put_epoch(transaction, project, digest, epoch))
}

fn put_point(
    transaction: &Transaction<'_>,
    series: i64,
    run: i64,
    point: &Point,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO points (series, time, run, value, low, high, median, q10, mean, pace,
            launches, verdict)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING";
    transaction.prepare_cached(sql)?.execute(params![
        series,
        point.time,
        run,
        point.value,
        point.low,
        point.high,
        point.median,
        point.q10,
        point.mean,
        point.pace,
        point.launches,
        text(&point.verdict)
    ])?;
    Ok(())
}

fn put_run(transaction: &Transaction<'_>, row: &RunRow) -> rusqlite::Result<i64> {
    let RunRow { digest, id, started, seconds, host, toolchain, revision, verdict } = row;
    let TestId { package, target, test } = id;
    let of_commit = |part: fn(&Revision) -> Option<&String>| revision.as_ref().and_then(part);
    let verdict = verdict.as_ref().map(text);
    let sql = "INSERT INTO runs (digest, package, target, test, started, seconds, host, toolchain,
            verdict, commit_hash, dirty, branch, subject, authored)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    transaction.prepare_cached(sql)?.execute(params![
        digest.as_str(),
        package,
        target,
        test,
        started,
        seconds,
        host,
        toolchain,
        verdict,
        of_commit(|revision| Some(&revision.commit)),
        revision.as_ref().map(|revision| revision.dirty),
        of_commit(|revision| revision.branch.as_ref()),
        of_commit(|revision| revision.subject.as_ref()),
        of_commit(|revision| revision.authored.as_ref()),
    ])?;
    Ok(transaction.last_insert_rowid())
}

fn series_id(
    transaction: &Transaction<'_>,
    key: &SeriesKey,
    metric: &Metric,
) -> rusqlite::Result<i64> {
    let find = format!("SELECT id FROM series WHERE {OF_KEY}");
    let mut found = transaction.prepare_cached(&find)?;
    if let Some(id) = found.query_row(key.columns(), |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let [a, b, c, d, e, f, g, h, i] = key.columns();
    transaction.execute(
        "INSERT INTO series (project, package, target, test, case_name, metric, host, profile,
            toolchain, unit, direction) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![a, b, c, d, e, f, g, h, i, metric.unit.symbol(), text(&metric.direction)],
    )?;
    Ok(transaction.last_insert_rowid())
}

fn put_epoch(
    transaction: &Transaction<'_>,
    project: &str,
    digest: &Digest,
    epoch: &Epoch,
) -> rusqlite::Result<()> {
    let key = key_of_epoch(project, epoch);
    let [a, b, c, d, e, f, g, h, i] = key.columns();
    let json = serde_json::to_string(epoch).expect("an epoch is plain data with string keys");
    transaction.execute(
        "INSERT INTO epochs (document, project, package, target, test, case_name, metric, host,
            profile, toolchain, since, epoch)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
        params![digest.as_str(), a, b, c, d, e, f, g, h, i, epoch.since, json],
    )?;
    Ok(())
}
