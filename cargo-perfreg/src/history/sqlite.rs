//! The index in a database file.

use std::path::Path;
use std::time::Duration;

use perfreg_core::model::{Revision, Unit};
use perfreg_core::{Metric, TestId};
use rusqlite::types::{FromSql, Type};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::rows::{Document, Filed, epochs, key_of_epoch, points, run_row};
use crate::history::spelling::{spelled, text};
use crate::history::store::{Point, Recent, RunRow, SeriesKey, SeriesRow, Store, Value};

/// The tables as of [`VERSION`].
const SCHEMA: &str = include_str!("schema.sql");
/// Counts up with every change of the tables, or of what is put into them.
const VERSION: i32 = 2;
/// Tells files of ours from those of other programs: `prfh`.
const APPLICATION: i32 = 0x7072_6668;
/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(20);

/// An index in a file, or in memory.
pub(crate) struct SqliteStore {
    connection: Connection,
    project: String,
}

type Result<T> = std::result::Result<T, Error>;

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failed(cause: rusqlite::Error) -> Error {
    let what = "the index of the history (`cargo perfreg history rebuild` makes a new one)";
    Error::internal(format!("{what}: {cause}"))
}

impl SqliteStore {
    /// The index at `path` of the workspace `project`, empty if there is none; `None` if the file is
    /// damaged, of another version, project or program, so that a new one has to be made.
    ///
    /// # Errors
    /// If the file cannot be opened or written to.
    pub(crate) fn open(path: &Path, project: &str) -> Result<Option<Self>> {
        let connection = Connection::open(path).map_err(failed)?;
        match Self::over(connection, project) {
            Ok(store) => Ok(store),
            Err(cause) if is_damage(&cause) => Ok(None),
            Err(cause) => Err(failed(cause)),
        }
    }

    /// An index that is gone when it is dropped.
    ///
    /// # Errors
    /// If there is no memory for it.
    #[cfg(test)]
    pub(crate) fn in_memory(project: &str) -> Result<Self> {
        let connection = Connection::open_in_memory().map_err(failed)?;
        let store = Self::over(connection, project).map_err(failed)?;
        Ok(store.expect("an empty database is ours"))
    }

    fn over(connection: Connection, project: &str) -> rusqlite::Result<Option<Self>> {
        connection.busy_timeout(PATIENCE)?;
        // What a power cut takes is made again from the documents.
        connection.pragma_update(None, "synchronous", "OFF")?;
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get(0));
        let (application, version): (i32, i32) =
            (number("application_id")?, number("user_version")?);
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 && application == 0 && version == 0 {
            // The points of a series lie together then, in whatever order they came.
            connection.execute_batch(&SCHEMA.replace("/* clustered */", "WITHOUT ROWID"))?;
            connection.pragma_update(None, "application_id", APPLICATION)?;
            connection.pragma_update(None, "user_version", VERSION)?;
        } else if (application, version) != (APPLICATION, VERSION) {
            return Ok(None);
        }
        let foreign = "SELECT count(*) FROM series WHERE project <> ?1";
        let others: i64 = connection.query_row(foreign, [project], |row| row.get(0))?;
        Ok((others == 0).then(|| Self { connection, project: project.to_owned() }))
    }

    fn rows<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let all = || -> rusqlite::Result<Vec<T>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_map(parameters, row)?.collect()
        };
        all().map_err(failed)
    }
}

fn is_damage(cause: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, Unknown};
    // Unknown to SQLite is a table that is not there, or lacks a column.
    matches!(cause.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase | Unknown))
}

impl Store for SqliteStore {
    fn documents(&self) -> Result<Vec<Digest>> {
        self.rows("SELECT digest FROM documents ORDER BY digest", [], |row| digest(row, 0))
    }

    fn bytes(&self, _digest: &Digest) -> Result<Option<Vec<u8>>> {
        // They lie beside it, as files.
        Ok(None)
    }

    fn put(&mut self, documents: &[Filed]) -> Result<()> {
        let transaction = self.connection.transaction().map_err(failed)?;
        for filed in documents {
            put(&transaction, &self.project, filed).map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    fn remove(&mut self, documents: &[Digest]) -> Result<()> {
        let transaction = self.connection.transaction().map_err(failed)?;
        for digest in documents {
            for what in [
                "points WHERE run = (SELECT id FROM runs WHERE digest = ?1)",
                "epochs WHERE document = ?1",
                "runs WHERE digest = ?1",
                "documents WHERE digest = ?1",
            ] {
                let sql = format!("DELETE FROM {what}");
                transaction.execute(&sql, [digest.as_str()]).map_err(failed)?;
            }
        }
        let orphans = "DELETE FROM series WHERE id NOT IN (SELECT series FROM points)";
        transaction.execute(orphans, []).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    fn runs(&self) -> Result<Vec<RunRow>> {
        self.rows(&format!("SELECT {RUN} FROM runs {ORDER_OF_RUNS}"), [], run)
    }

    fn runs_like(&self, digits: &str) -> Result<Vec<RunRow>> {
        // After the last of those that begin so; digits are below `g`.
        let end = format!("{digits}g");
        let sql = format!(
            "SELECT {RUN} FROM runs WHERE digest >= ?1 AND digest < ?2
                OR commit_hash >= ?1 AND commit_hash < ?2 {ORDER_OF_RUNS}"
        );
        self.rows(&sql, [digits, &end], run)
    }

    fn series(&self) -> Result<Vec<SeriesRow>> {
        let sql = format!(
            "SELECT {KEY}, count(points.series), max(time)
             FROM series JOIN points ON points.series = series.id GROUP BY series.id"
        );
        let mut series = self.rows(&sql, [], |row| {
            let key = key(row)?;
            let metric = metric(row, &key)?;
            let points = row.get::<_, i64>(11)? as usize;
            Ok(SeriesRow { key, metric, points, last: row.get(12)? })
        })?;
        // Here and not there: databases differ in how they sort text.
        series.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(series)
    }

    fn points(&self, key: &SeriesKey) -> Result<Vec<Point>> {
        let sql = format!(
            "SELECT {REVISION}, digest, time, value, low, high, median, q10, mean, pace, launches,
                points.verdict
             FROM points JOIN series ON series.id = points.series JOIN runs ON runs.id = run
             WHERE {OF_KEY} ORDER BY time, digest"
        );
        self.rows(&sql, key.columns(), |row| {
            Ok(Point {
                revision: revision(row)?,
                run: digest(row, 5)?,
                time: row.get(6)?,
                value: row.get(7)?,
                low: row.get(8)?,
                high: row.get(9)?,
                median: row.get(10)?,
                q10: row.get(11)?,
                mean: row.get(12)?,
                pace: row.get(13)?,
                launches: row.get(14)?,
                verdict: word(row.get_ref(15)?.as_str()?, 15)?,
            })
        })
    }

    fn values(&self, runs: &[Digest]) -> Result<Vec<Value>> {
        let sql = format!(
            "SELECT {KEY}, value FROM runs JOIN points ON points.run = runs.id
             JOIN series ON series.id = points.series WHERE digest = ?1"
        );
        let mut values = Vec::new();
        for run in runs {
            values.extend(self.rows(&sql, [run.as_str()], |row| {
                let key = key(row)?;
                Ok(Value { metric: metric(row, &key)?, key, value: row.get(11)? })
            })?);
        }
        values.sort_by(Value::order);
        Ok(values)
    }

    fn recent(&self, count: usize) -> Result<Vec<Recent>> {
        let all = format!("SELECT {KEY}, series.id FROM series");
        let series = self.rows(&all, [], |row| {
            let key = key(row)?;
            Ok((metric(row, &key)?, key, row.get::<_, i64>(11)?))
        })?;
        let last =
            "SELECT value FROM points WHERE series = ?1 ORDER BY time DESC, value DESC LIMIT ?2";
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let mut recent = Vec::with_capacity(series.len());
        for (metric, key, id) in series {
            let mut values: Vec<f64> = self.rows(last, [id, count], |row| row.get(0))?;
            values.reverse();
            recent.push(Recent { key, metric, values });
        }
        recent.retain(|series| !series.values.is_empty());
        recent.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(recent)
    }

    fn epochs(&self, key: &SeriesKey) -> Result<Vec<Epoch>> {
        let sql =
            format!("SELECT epoch FROM epochs AS series WHERE {OF_KEY} ORDER BY since, document");
        self.rows(&sql, key.columns(), |row| json(&row.get::<_, String>(0)?, 0))
    }

    fn kept(&self, key: &SeriesKey, state: &str) -> Result<Option<String>> {
        let sql = format!("SELECT kept_state, kept FROM series WHERE {OF_KEY}");
        let kept = || {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let row = |row: &Row<'_>| Ok((get_text(row, 0)?, get_text(row, 1)?));
            statement.query_row(key.columns(), row).optional()
        };
        Ok(match kept().map_err(failed)? {
            Some((Some(of), kept)) if of == state => kept,
            _ => None,
        })
    }

    fn keep(&mut self, kept: &[(SeriesKey, String, String)]) -> Result<()> {
        let sql = format!("UPDATE series SET kept_state = ?10, kept = ?11 WHERE {OF_KEY}");
        let transaction = self.connection.transaction().map_err(failed)?;
        for (key, state, text) in kept {
            let [a, b, c, d, e, f, g, h, i] = key.columns();
            transaction
                .execute(&sql, params![a, b, c, d, e, f, g, h, i, state, text])
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }
}

/// The columns that [`run`] reads.
const RUN: &str = "commit_hash, dirty, branch, subject, authored, digest, package, target, test,
    started, seconds, host, toolchain, verdict";
/// The newest first.
const ORDER_OF_RUNS: &str = "ORDER BY started DESC, package, target, test, digest";
/// The columns that [`key`] and [`metric`] read.
const KEY: &str = "project, series.package, series.target, series.test, case_name, metric,
    series.host, profile, series.toolchain, unit, direction";

fn run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let verdict: Option<String> = row.get(13)?;
    Ok(RunRow {
        revision: revision(row)?,
        digest: digest(row, 5)?,
        id: TestId { package: row.get(6)?, target: row.get(7)?, test: row.get(8)? },
        started: row.get(9)?,
        seconds: row.get(10)?,
        host: row.get(11)?,
        toolchain: row.get(12)?,
        verdict: verdict.map(|text| word(&text, 13)).transpose()?,
    })
}

fn metric(row: &Row<'_>, key: &SeriesKey) -> rusqlite::Result<Metric> {
    let (unit, direction): (String, String) = (row.get(9)?, row.get(10)?);
    Ok(Metric::new(key.metric.clone(), Unit::from_symbol(&unit), word(&direction, 10)?))
}

/// The columns that [`revision`] reads.
const REVISION: &str = "commit_hash, dirty, branch, subject, authored";

/// The commit in the first five columns.
fn revision(row: &Row<'_>) -> rusqlite::Result<Option<Revision>> {
    let Some(commit) = row.get(0)? else { return Ok(None) };
    let (branch, subject, authored) = (row.get(2)?, row.get(3)?, row.get(4)?);
    Ok(Some(Revision { commit, dirty: row.get(1)?, branch, subject, authored }))
}

/// Whether a row of `series` is of the key that [`SeriesKey::columns`] gives.
const OF_KEY: &str = "series.project = ?1 AND series.package = ?2 AND series.target = ?3
    AND series.test = ?4 AND series.case_name = ?5 AND series.metric = ?6 AND series.host = ?7
    AND series.profile = ?8 AND series.toolchain = ?9";

/// The key in the first nine columns.
fn key(row: &Row<'_>) -> rusqlite::Result<SeriesKey> {
    let mut columns = <[String; 9]>::default();
    for (at, column) in columns.iter_mut().enumerate() {
        *column = row.get(at)?;
    }
    Ok(SeriesKey::of_columns(columns))
}

fn put(transaction: &Transaction<'_>, project: &str, filed: &Filed) -> rusqlite::Result<()> {
    let execute = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
        transaction.prepare_cached(sql)?.execute(parameters)
    };
    let digest = filed.digest();
    let digest_text = digest.as_str();
    let sql = "INSERT INTO documents (digest) VALUES (?1) ON CONFLICT DO NOTHING";
    if execute(sql, &[&digest_text])? == 0 {
        return Ok(());
    }
    let run = match filed.document() {
        Document::Epoch(epoch) => return put_epoch(transaction, project, digest, epoch),
        Document::Run(run) => run,
    };
    let RunRow { id, started, seconds, host, toolchain, revision, verdict, .. } =
        run_row(digest, run);
    let TestId { package, target, test } = &id;
    let of_commit = |part: fn(&Revision) -> Option<&String>| revision.as_ref().and_then(part);
    let verdict = verdict.as_ref().map(text);
    execute(
        "INSERT INTO runs (digest, package, target, test, started, seconds, host, toolchain,
            verdict, commit_hash, dirty, branch, subject, authored)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            digest_text,
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
        ],
    )?;
    let run_id = transaction.last_insert_rowid();
    for (key, metric, point) in points(project, digest, run) {
        let series = series_id(transaction, &key, &metric)?;
        execute(
            "INSERT INTO points (series, time, run, value, low, high, median, q10, mean, pace,
                launches, verdict)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
            params![
                series,
                point.time,
                run_id,
                point.value,
                point.low,
                point.high,
                point.median,
                point.q10,
                point.mean,
                point.pace,
                point.launches,
                text(&point.verdict)
            ],
        )?;
    }
    epochs(run).iter().try_for_each(|epoch| put_epoch(transaction, project, digest, epoch))
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

fn word<T: DeserializeOwned>(text: &str, column: usize) -> rusqlite::Result<T> {
    spelled(text).map_err(|cause| conversion(column, cause))
}

fn json<T: DeserializeOwned>(text: &str, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|cause| conversion(column, cause))
}

fn get_text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    row.get(column)
}

fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    let text = String::column_result(row.get_ref(column)?)?;
    Digest::parse(&text).ok_or_else(|| conversion(column, "is no digest"))
}

fn conversion(
    column: usize,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, cause.into())
}
