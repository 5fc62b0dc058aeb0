//! What a shared store answers: the trait over PostgreSQL.

use std::cell::RefCell;
use std::time::SystemTime;

use perfreg_core::model::{Revision, Unit};
use perfreg_core::{Metric, TestId};
use postgres::types::ToSql;
use postgres::{Client, Row};
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::postgres::address::Address;
use crate::history::postgres::connection::Connection;
use crate::history::postgres::escape::{escaped, unescaped};
use crate::history::postgres::load::{Loaded, load};
use crate::history::postgres::migrations::{LOCK, is_denied, usable, version};
use crate::history::postgres::retention::ORPHANS;
use crate::history::postgres::staged::{Staged, moment, name_of, unpacked};
use crate::history::rows::{Document, Filed};
use crate::history::spelling::spelled;
use crate::history::store::{Point, Recent, RunRow, SeriesKey, SeriesRow, Store, Value};

/// The history of one project in a database.
pub(crate) struct PostgresStore {
    connection: RefCell<Connection>,
    address: Address,
    project: String,
}

type Result<T> = std::result::Result<T, Error>;

impl PostgresStore {
    /// The history of `project` in the database at `address`.
    ///
    /// # Errors
    /// If it cannot be reached, or its tables are not of this version.
    pub(crate) fn open(address: &Address, project: &str) -> Result<Self> {
        let mut connection = Connection::open(address)?;
        usable(address, connection.patiently(version)?)?;
        Ok(Self {
            connection: RefCell::new(connection),
            address: address.clone(),
            project: project.to_owned(),
        })
    }

    /// The name of the database's own: another one at the same address has another.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn identity(&self) -> Result<String> {
        let rows = self.rows("SELECT id::TEXT FROM perfreg.about", &[])?;
        rows.first().map(|row| row.get(0)).ok_or_else(|| self.broken("it has no name"))
    }

    /// Puts documents, all or none of them; those that are there already change nothing.
    ///
    /// # Errors
    /// If the server refuses, or a run began at no time that [`PostgresStore::takes`].
    pub(crate) fn load(&mut self, documents: &[Filed]) -> Result<Loaded> {
        let staged = Staged::of(documents, &self.project).map_err(Error::usage)?;
        let project = self.project.clone();
        match self.patiently(|client| load(client, &project, &staged))? {
            Ok(loaded) => Ok(loaded),
            // Somebody migrated since this was opened.
            Err(version) => Err(usable(&self.address, version)
                .err()
                .unwrap_or_else(|| self.broken("its version changed and changed back"))),
        }
    }

    /// Whether a document can lie in a store.
    ///
    /// # Errors
    /// Why not, as a fragment.
    pub(crate) fn takes(filed: &Filed) -> std::result::Result<(), String> {
        match filed.document() {
            Document::Run(run) => moment(&run.started).map(drop),
            Document::Epoch(_) => Ok(()),
        }
    }

    pub(super) fn patiently<T>(
        &self,
        attempt: impl FnMut(&mut Client) -> std::result::Result<T, postgres::Error>,
    ) -> Result<T> {
        self.connection.borrow_mut().patiently(attempt)
    }

    fn rows(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.patiently(|client| client.query(sql, parameters))
    }

    fn broken(&self, what: impl std::fmt::Display) -> Error {
        Error::internal(format!("the store {}: {what}", self.address))
    }

    fn word<T: DeserializeOwned>(&self, row: &Row, at: usize) -> Result<T> {
        let word: String = row.get(at);
        spelled(&word).map_err(|cause| self.broken(format!("{word:?}: {cause}")))
    }

    fn digest(&self, row: &Row, at: usize) -> Result<Digest> {
        let text: String = row.get(at);
        Digest::parse(&text).ok_or_else(|| self.broken(format!("{text:?} is no digest")))
    }

    fn metric(&self, row: &Row, name: &str, at: usize) -> Result<Metric> {
        let unit = Unit::from_symbol(&text(row, at));
        Ok(Metric::new(name.to_owned(), unit, self.word(row, at + 1)?))
    }

    fn run(&self, row: &Row) -> Result<RunRow> {
        let verdict: Option<String> = row.get(13);
        Ok(RunRow {
            revision: revision(row),
            digest: self.digest(row, 5)?,
            id: TestId { package: text(row, 6), target: text(row, 7), test: text(row, 8) },
            started: text(row, 9),
            seconds: row.get(10),
            host: text(row, 11),
            toolchain: text(row, 12),
            verdict: verdict.map(|_| self.word(row, 13)).transpose()?,
        })
    }

    fn point(&self, row: &Row) -> Result<Point> {
        let launches: i64 = row.get(14);
        Ok(Point {
            revision: revision(row),
            run: self.digest(row, 5)?,
            time: text(row, 6),
            value: row.get(7),
            low: row.get(8),
            high: row.get(9),
            median: row.get(10),
            q10: row.get(11),
            mean: row.get(12),
            pace: row.get(13),
            launches: launches.try_into().map_err(|cause| self.broken(cause))?,
            verdict: self.word(row, 15)?,
        })
    }
}

/// The columns that [`revision`] reads.
const REVISION: &str = "r.commit_hash, r.dirty, r.branch, r.subject, r.authored";
/// The columns that [`PostgresStore::run`] reads.
const RUN: &str = "r.digest, r.package, r.target, r.test, r.started, r.seconds, r.host,
    r.toolchain, r.verdict";
/// The columns that [`key`] reads.
const KEY: &str = "s.project, s.package, s.target, s.test, s.case_name, s.metric, s.host,
    s.profile, s.toolchain";
/// The run that a point is of; its time spares looking into every month.
const RUN_OF_POINT: &str = "perfreg.runs r ON r.id = p.run AND r.time = p.time";

fn text(row: &Row, at: usize) -> String {
    unescaped(row.get(at))
}

fn revision(row: &Row) -> Option<Revision> {
    let held = |at: usize| row.get::<_, Option<String>>(at).map(unescaped);
    let dirty: Option<bool> = row.get(1);
    Some(Revision {
        commit: held(0)?,
        dirty: dirty.unwrap_or_default(),
        branch: held(2),
        subject: held(3),
        authored: held(4),
    })
}

fn key(row: &Row) -> SeriesKey {
    SeriesKey::of_columns(std::array::from_fn(|at| text(row, at)))
}

impl Store for PostgresStore {
    fn documents(&self) -> Result<Vec<Digest>> {
        let sql = "SELECT digest FROM perfreg.documents WHERE project = $1 ORDER BY digest";
        let rows = self.rows(sql, &[&escaped(&self.project)])?;
        rows.iter().map(|row| self.digest(row, 0)).collect()
    }

    fn bytes(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT body FROM perfreg.documents WHERE project = $1 AND digest = $2";
        let rows = self.rows(sql, &[&escaped(&self.project), &digest.as_str()])?;
        let unpack = |row: &Row| unpacked(row.get(0));
        rows.first()
            .map(unpack)
            .transpose()
            .map_err(|what| self.broken(format!("{digest}: {what}")))
    }

    fn put(&mut self, documents: &[Filed]) -> Result<()> {
        self.load(documents).map(drop)
    }

    fn remove(&mut self, documents: &[Digest]) -> Result<()> {
        let project = escaped(&self.project).into_owned();
        let documents: Vec<&str> = documents.iter().map(Digest::as_str).collect();
        self.patiently(|client| {
            let mut transaction = client.transaction()?;
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
            for sql in [
                "DELETE FROM perfreg.points p USING perfreg.runs r WHERE r.id = p.run
                    AND r.time = p.time AND r.project = $1 AND r.digest = ANY($2)",
                "DELETE FROM perfreg.runs WHERE project = $1 AND digest = ANY($2)",
                "DELETE FROM perfreg.epochs WHERE project = $1 AND document = ANY($2)",
            ] {
                transaction.execute(sql, &[&project, &documents])?;
            }
            transaction.execute(ORPHANS, &[])?;
            transaction.commit()
        })
    }

    fn runs(&self) -> Result<Vec<RunRow>> {
        let sql = format!(
            "SELECT {REVISION}, {RUN} FROM perfreg.runs r WHERE r.project = $1
             ORDER BY r.started DESC, r.package COLLATE \"C\", r.target COLLATE \"C\",
                r.test COLLATE \"C\", r.digest"
        );
        self.rows(&sql, &[&escaped(&self.project)])?.iter().map(|row| self.run(row)).collect()
    }

    fn runs_like(&self, digits: &str) -> Result<Vec<RunRow>> {
        // After the last of those that begin so; digits are below `g`.
        let end = format!("{digits}g");
        let sql = format!(
            "SELECT {REVISION}, {RUN} FROM perfreg.runs r WHERE r.project = $1
                AND (r.digest >= $2 AND r.digest < $3 OR r.commit_hash >= $2 AND r.commit_hash < $3)
             ORDER BY r.started DESC, r.package COLLATE \"C\", r.target COLLATE \"C\",
                r.test COLLATE \"C\", r.digest"
        );
        let rows = self.rows(&sql, &[&escaped(&self.project), &digits, &end])?;
        rows.iter().map(|row| self.run(row)).collect()
    }

    fn series(&self) -> Result<Vec<SeriesRow>> {
        let sql = format!(
            "SELECT {KEY}, s.unit, s.direction, counted.points,
                (SELECT max(r.started) FROM perfreg.points p JOIN {RUN_OF_POINT}
                 WHERE p.series = s.id AND p.time = counted.last)
             FROM perfreg.series s
             JOIN (SELECT series, count(*) AS points, max(time) AS last FROM perfreg.points
                   GROUP BY series) counted ON counted.series = s.id
             WHERE s.project = $1"
        );
        let rows = self.rows(&sql, &[&escaped(&self.project)])?;
        let row = |row: &Row| {
            let key = key(row);
            let metric = self.metric(row, &key.metric, 9)?;
            let points: i64 = row.get(11);
            Ok(SeriesRow { key, metric, points: points as usize, last: text(row, 12) })
        };
        let mut series = rows.iter().map(row).collect::<Result<Vec<_>>>()?;
        series.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(series)
    }

    fn points(&self, key: &SeriesKey) -> Result<Vec<Point>> {
        let sql = format!(
            "SELECT {REVISION}, r.digest, r.started, p.value, p.low, p.high, p.median, p.q10, p.mean,
                p.pace, p.launches, p.verdict
             FROM perfreg.points p JOIN perfreg.series s ON s.id = p.series JOIN {RUN_OF_POINT}
             WHERE s.key = $1 ORDER BY r.started, r.digest"
        );
        let rows = self.rows(&sql, &[&name_of(key).as_str()])?;
        rows.iter().map(|row| self.point(row)).collect()
    }

    fn values(&self, runs: &[Digest]) -> Result<Vec<Value>> {
        let runs: Vec<&str> = runs.iter().map(Digest::as_str).collect();
        // Asked first, they say in which months to look; of one question every month would be read.
        let found = self.rows(
            "SELECT id, time FROM perfreg.runs WHERE project = $1 AND digest = ANY($2)",
            &[&escaped(&self.project), &runs],
        )?;
        let ids: Vec<i64> = found.iter().map(|row| row.get(0)).collect();
        let times = || found.iter().map(|row| row.get::<_, SystemTime>(1));
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            return Ok(Vec::new());
        };
        let sql = format!(
            "SELECT {KEY}, s.unit, s.direction, p.value
             FROM perfreg.points p JOIN perfreg.series s ON s.id = p.series
             WHERE p.run = ANY($1) AND p.time BETWEEN $2 AND $3"
        );
        let rows = self.rows(&sql, &[&ids, &first, &last])?;
        let row = |row: &Row| {
            let key = key(row);
            let metric = self.metric(row, &key.metric, 9)?;
            Ok(Value { key, metric, value: row.get(11) })
        };
        let mut values = rows.iter().map(row).collect::<Result<Vec<_>>>()?;
        values.sort_by(Value::order);
        Ok(values)
    }

    fn recent(&self, count: usize) -> Result<Vec<Recent>> {
        // The order of points of one moment is that of their values: both stores know those.
        let sql = format!(
            "SELECT {KEY}, s.unit, s.direction, latest.numbers
             FROM perfreg.series s CROSS JOIN LATERAL (
                SELECT array_agg(value ORDER BY time, value) AS numbers FROM (
                    SELECT p.time, p.value FROM perfreg.points p WHERE p.series = s.id
                    ORDER BY p.time DESC, p.value DESC LIMIT $2) AS last) AS latest
             WHERE s.project = $1 AND latest.numbers IS NOT NULL"
        );
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let rows = self.rows(&sql, &[&escaped(&self.project), &count])?;
        let row = |row: &Row| {
            let key = key(row);
            let metric = self.metric(row, &key.metric, 9)?;
            Ok(Recent { key, metric, values: row.get(11) })
        };
        let mut recent = rows.iter().map(row).collect::<Result<Vec<_>>>()?;
        recent.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(recent)
    }

    fn epochs(&self, key: &SeriesKey) -> Result<Vec<Epoch>> {
        let sql = "SELECT epoch FROM perfreg.epochs WHERE key = $1 ORDER BY since, document";
        let rows = self.rows(sql, &[&name_of(key).as_str()])?;
        let epoch = |row: &Row| serde_json::from_str(&text(row, 0));
        rows.iter()
            .map(epoch)
            .collect::<serde_json::Result<_>>()
            .map_err(|cause| self.broken(cause))
    }

    fn kept(&self, key: &SeriesKey, state: &str) -> Result<Option<String>> {
        let sql = "SELECT kept FROM perfreg.series WHERE key = $1 AND kept_state = $2";
        let rows = self.rows(sql, &[&name_of(key).as_str(), &escaped(state)])?;
        Ok(rows.first().and_then(|row| row.get::<_, Option<String>>(0)).map(unescaped))
    }

    fn keep(&mut self, kept: &[(SeriesKey, String, String)]) -> Result<()> {
        let named = kept.iter().map(|(key, state, text)| (name_of(key), state, text));
        let mut named: Vec<_> = named.collect();
        named.sort();
        self.patiently(|client| {
            let mut transaction = client.transaction()?;
            let sql = "UPDATE perfreg.series SET kept_state = $2, kept = $3 WHERE key = $1";
            for (key, state, text) in &named {
                let (state, text) = (escaped(state), escaped(text));
                match transaction.execute(sql, &[&key.as_str(), &state, &text]) {
                    // It saves time for who may write; who may only read finds it out again.
                    Err(cause) if is_denied(&cause) => return Ok(()),
                    done => done?,
                };
            }
            transaction.commit()
        })
    }
}
