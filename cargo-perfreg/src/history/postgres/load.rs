//! Putting documents: by `COPY` into tables of the transaction, from there wherever they are new.
//!
//! Everything is put in the order of its key, so that two who put the same wait for each other and
//! never both for the other.

use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::{ToSql, Type};
use postgres::{Client, Transaction};

use crate::history::postgres::escape::escaped;
use crate::history::postgres::migrations::{LOCK, VERSION};
use crate::history::postgres::staged::{Staged, StagedEpoch, StagedRun};
use crate::history::spelling::text;

type Result<T> = std::result::Result<T, postgres::Error>;

/// What became of documents.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Loaded {
    /// So many were not there yet.
    pub(crate) new: u64,
    /// So many are of months that retention has dropped, and were left out.
    pub(crate) expired: u64,
}

const TABLES: &str = "
    CREATE TEMP TABLE staged_runs (digest TEXT COLLATE \"C\", time TIMESTAMPTZ, body BYTEA,
        package TEXT, target TEXT, test TEXT, started TEXT, seconds FLOAT8, host TEXT,
        toolchain TEXT, commit_hash TEXT, dirty BOOLEAN, branch TEXT, subject TEXT, authored TEXT,
        verdict TEXT) ON COMMIT DROP;
    CREATE TEMP TABLE staged_points (digest TEXT COLLATE \"C\", key TEXT COLLATE \"C\", value FLOAT8,
        low FLOAT8, high FLOAT8, median FLOAT8, q10 FLOAT8, mean FLOAT8, pace FLOAT8,
        launches BIGINT, verdict TEXT) ON COMMIT DROP;
    CREATE TEMP TABLE staged_series (key TEXT COLLATE \"C\", project TEXT, package TEXT, target TEXT,
        test TEXT, case_name TEXT, metric TEXT, host TEXT, profile TEXT, toolchain TEXT, unit TEXT,
        direction TEXT) ON COMMIT DROP;
    CREATE TEMP TABLE staged_epochs (document TEXT COLLATE \"C\", key TEXT COLLATE \"C\", since TEXT,
        epoch TEXT, body BYTEA) ON COMMIT DROP";

const EXPIRED: &str = "DELETE FROM staged_runs WHERE time < (SELECT horizon FROM perfreg.about)";

const SERIES: &str = "INSERT INTO perfreg.series (key, project, package, target, test, case_name,
        metric, host, profile, toolchain, unit, direction)
    SELECT * FROM staged_series
    WHERE key IN (SELECT p.key FROM staged_points p JOIN staged_runs USING (digest))
    ORDER BY key ON CONFLICT (key) DO NOTHING";

const RUNS: &str = "INSERT INTO perfreg.runs (project, digest, time, body, package, target, test,
        started, seconds, host, toolchain, commit_hash, dirty, branch, subject, authored, verdict)
    SELECT $1::TEXT, * FROM staged_runs
    ORDER BY digest ON CONFLICT (project, digest, time) DO NOTHING";

const POINTS: &str = "INSERT INTO perfreg.points (series, time, run, value, low, high, median, q10,
        mean, pace, launches, verdict)
    SELECT s.id, r.time, r.id, p.value, p.low, p.high, p.median, p.q10, p.mean, p.pace, p.launches,
        p.verdict
    FROM staged_points p
    JOIN staged_runs USING (digest)
    JOIN perfreg.runs r ON r.project = $1 AND r.digest = p.digest AND r.time = staged_runs.time
    JOIN perfreg.series s ON s.key = p.key
    ORDER BY s.id, r.time, r.id ON CONFLICT DO NOTHING";

const EPOCHS: &str = "INSERT INTO perfreg.epochs (project, document, key, since, epoch, body)
    SELECT $1::TEXT, * FROM staged_epochs
    ORDER BY document, key ON CONFLICT DO NOTHING";

/// Puts what was staged of `project`, all or nothing; the version of the tables if it is another.
pub(super) fn load(
    client: &mut Client,
    project: &str,
    staged: &Staged,
) -> Result<std::result::Result<Loaded, i32>> {
    // Before the transaction: a month that is there is nothing to wait for.
    let months: Vec<&String> = staged.months.iter().collect();
    let make = "SELECT perfreg.make_month(month::DATE)
        FROM unnest($1::TEXT[]) AS month, perfreg.about
        WHERE month::DATE >= (horizon AT TIME ZONE 'UTC')::DATE";
    client.execute(make, &[&months])?;

    let mut transaction = client.transaction()?;
    transaction.execute("SELECT pg_advisory_xact_lock_shared($1)", &[&LOCK])?;
    let version: i32 = transaction.query_one("SELECT version FROM perfreg.about", &[])?.get(0);
    if version != VERSION {
        return Ok(Err(version));
    }
    stage(&mut transaction, staged)?;
    let expired = transaction.execute(EXPIRED, &[])?;
    transaction.execute(SERIES, &[])?;
    let project = escaped(project);
    let runs = transaction.execute(RUNS, &[&project])?;
    transaction.execute(POINTS, &[&project])?;
    let epochs = transaction.execute(EPOCHS, &[&project])?;
    transaction.commit()?;
    Ok(Ok(Loaded { new: runs + epochs, expired }))
}

fn stage(transaction: &mut Transaction<'_>, staged: &Staged) -> Result<()> {
    use Type as T;
    transaction.batch_execute(TABLES)?;
    let types = [
        &[T::TEXT, T::TIMESTAMPTZ, T::BYTEA, T::TEXT, T::TEXT, T::TEXT, T::TEXT, T::FLOAT8][..],
        &[T::TEXT, T::TEXT, T::TEXT, T::BOOL, T::TEXT, T::TEXT, T::TEXT, T::TEXT],
    ]
    .concat();
    copy(transaction, "staged_runs", &types, |writer| {
        staged.runs.iter().try_for_each(|run| write_run(writer, run))
    })?;
    let numbers = [T::FLOAT8; 7];
    let types = [&[T::TEXT, T::TEXT][..], &numbers, &[T::INT8, T::TEXT]].concat();
    copy(transaction, "staged_points", &types, |writer| {
        staged.points.iter().try_for_each(|(run, key, p)| {
            let (run, key) = (run.as_str(), key.as_str());
            let (launches, verdict) = (i64::from(p.launches), text(&p.verdict));
            let numbers: [&(dyn ToSql + Sync); 7] =
                [&p.value, &p.low, &p.high, &p.median, &p.q10, &p.mean, &p.pace];
            let row = [&[&run as &(dyn ToSql + Sync), &key][..], &numbers, &[&launches, &verdict]];
            writer.write(&row.concat())
        })
    })?;
    copy(transaction, "staged_series", &[T::TEXT; 12], |writer| {
        staged.series.iter().try_for_each(|(key, (names, metric))| {
            let mut words = vec![key.as_str().to_owned()];
            words.extend(names.columns().iter().map(|name| escaped(name).into_owned()));
            words.push(escaped(metric.unit.symbol()).into_owned());
            words.push(text(&metric.direction));
            let row: Vec<&(dyn ToSql + Sync)> = words.iter().map(|word| word as _).collect();
            writer.write(&row)
        })
    })?;
    let types = [T::TEXT, T::TEXT, T::TEXT, T::TEXT, T::BYTEA];
    copy(transaction, "staged_epochs", &types, |writer| {
        staged.epochs.iter().try_for_each(|staged| {
            let StagedEpoch { document, key, epoch, body } = staged;
            let json = serde_json::to_string(epoch).expect("an epoch is plain data");
            let (since, json) = (escaped(&epoch.since), escaped(&json));
            writer.write(&[&document.as_str(), &key.as_str(), &since, &json, body])
        })
    })
}

fn copy(
    transaction: &mut Transaction<'_>,
    table: &str,
    types: &[Type],
    rows: impl FnOnce(&mut BinaryCopyInWriter<'_>) -> Result<()>,
) -> Result<()> {
    let writer = transaction.copy_in(&format!("COPY pg_temp.{table} FROM STDIN BINARY"))?;
    let mut writer = BinaryCopyInWriter::new(writer, types);
    rows(&mut writer)?;
    writer.finish().map(drop)
}

fn write_run(writer: &mut BinaryCopyInWriter<'_>, run: &StagedRun) -> Result<()> {
    let StagedRun { row, time, body } = run;
    let held = |text: Option<&String>| text.map(|text| escaped(text).into_owned());
    let revision = row.revision.as_ref();
    let id = &row.id;
    let [package, target, test] = [&id.package, &id.target, &id.test].map(|name| escaped(name));
    let [started, host, toolchain] =
        [&row.started, &row.host, &row.toolchain].map(|name| escaped(name));
    writer.write(&[
        &row.digest.as_str(),
        time,
        body,
        &package,
        &target,
        &test,
        &started,
        &row.seconds,
        &host,
        &toolchain,
        &held(revision.map(|revision| &revision.commit)),
        &revision.map(|revision| revision.dirty),
        &held(revision.and_then(|revision| revision.branch.as_ref())),
        &held(revision.and_then(|revision| revision.subject.as_ref())),
        &held(revision.and_then(|revision| revision.authored.as_ref())),
        &row.verdict.as_ref().map(text),
    ])
}
