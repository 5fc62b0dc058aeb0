//! What a shared store answers: the trait over PostgreSQL.

use std::cell::RefCell;
use std::time::SystemTime;

use perfreg_core::model::Unit;
use perfreg_core::{Metric, TestId};
use postgres::types::ToSql;
use postgres::{Client, Row};
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::postgres::address::Address;
use crate::history::postgres::columns::{
    KEY, ORDER_OF_RUNS, REVISION, RUN, RUN_OF_POINT, key, names, of_tests, revision, text,
};
use crate::history::postgres::connection::{Connection, failed, is_of_data};
use crate::history::postgres::escape::{escaped, unescaped};
use crate::history::postgres::load::{Loaded, load};
use crate::history::postgres::migrations::{LOCK, is_denied, usable, version};
use crate::history::postgres::retention::ORPHANS;
use crate::history::postgres::staged::{Staged, moment, name_of, unpacked};
use crate::history::rows::{Document, Filed};
use crate::history::spelling::spelled;
use crate::history::store::{Point, Recent, RunRow, SeriesKey, SeriesRow, Store, Value, Wanted};
use crate::plain::plain;

/// A document that the server will not take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    pub(crate) document: Digest,
    /// What the server said of it.
    pub(crate) what: String,
}

/// Characters of a message that are shown.
const MESSAGE: usize = 300;

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
        self.offer(documents)?.map_err(|cause| failed(&self.address, &cause))
    }

    /// Puts documents; one that the server will never take keeps none of the others out.
    ///
    /// # Errors
    /// As [`PostgresStore::load`], but for what is a matter of one document.
    pub(crate) fn load_each(&mut self, documents: &[Filed]) -> Result<(Loaded, Vec<Refused>)> {
        match (self.offer(documents)?, documents) {
            (Ok(loaded), _) => Ok((loaded, Vec::new())),
            (Err(cause), [one]) if is_of_data(&cause) => {
                let what = failed(&self.address, &cause).to_string();
                Ok((Loaded::default(), vec![Refused { document: one.digest().clone(), what }]))
            }
            (Err(cause), [_, _, ..]) if is_of_data(&cause) => {
                let (first, rest) = documents.split_at(documents.len() / 2);
                let (one, mut refused) = self.load_each(first)?;
                let (other, more) = self.load_each(rest)?;
                refused.extend(more);
                let (new, expired) = (one.new + other.new, one.expired + other.expired);
                Ok((Loaded { new, expired }, refused))
            }
            (Err(cause), _) => Err(failed(&self.address, &cause)),
        }
    }

    fn offer(&self, documents: &[Filed]) -> Result<std::result::Result<Loaded, postgres::Error>> {
        let staged = Staged::of(documents, &self.project).map_err(Error::usage)?;
        let offered =
            self.connection.borrow_mut().offer(|client| load(client, &self.project, &staged))?;
        match offered {
            Ok(Ok(loaded)) => Ok(Ok(loaded)),
            Err(cause) => Ok(Err(cause)),
            // Somebody migrated since this was opened.
            Ok(Err(version)) => Err(usable(&self.address, version)
                .err()
                .unwrap_or_else(|| self.broken("its version changed and changed back"))),
        }
    }

    /// Removes series that have no point any more.
    pub(super) fn remove_orphans(&self) -> Result<()> {
        self.patiently(|client| {
            let mut transaction = client.transaction()?;
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
            transaction.execute(ORPHANS, &[])?;
            transaction.commit()
        })
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
        self.connection.borrow_mut().rows(sql, parameters)
    }

    fn broken(&self, what: impl std::fmt::Display) -> Error {
        // What lies there was written by others.
        Error::internal(format!(
            "the store {}: {}",
            self.address,
            plain(&what.to_string(), MESSAGE)
        ))
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

impl Store for PostgresStore {
    fn documents(&self) -> Result<Vec<Digest>> {
        let sql = "SELECT digest FROM perfreg.documents WHERE project = $1 ORDER BY digest";
        let rows = self.rows(sql, &[&escaped(&self.project)])?;
        rows.iter().map(|row| self.digest(row, 0)).collect()
    }

    fn bytes(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT body FROM perfreg.documents WHERE project = $1 AND digest = $2";
        let rows = self.rows(sql, &[&escaped(&self.project), &digest.as_str()])?;
        // What cannot be unpacked is not what its name says, which whoever reads it will see.
        let unpack = |row: &Row| unpacked(row.get(0)).unwrap_or_else(|_| row.get(0));
        Ok(rows.first().map(unpack))
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

    fn tests(&self) -> Result<Vec<TestId>> {
        let sql = "SELECT DISTINCT package, target, test FROM perfreg.runs WHERE project = $1";
        let rows = self.rows(sql, &[&escaped(&self.project)])?;
        let test =
            |row: &Row| TestId { package: text(row, 0), target: text(row, 1), test: text(row, 2) };
        let mut tests: Vec<TestId> = rows.iter().map(test).collect();
        tests.sort();
        Ok(tests)
    }

    fn runs_of(&self, wanted: &Wanted<'_>) -> Result<Vec<RunRow>> {
        let Wanted { tests, branch, most } = *wanted;
        let condition = tests.map(|_| of_tests("r", 4)).unwrap_or_default();
        let sql = format!(
            "SELECT {REVISION}, {RUN} FROM perfreg.runs r
             WHERE r.project = $1 AND ($2::TEXT IS NULL OR r.branch = $2) {condition}
             {ORDER_OF_RUNS} LIMIT $3"
        );
        let most = most.map(|most| i64::try_from(most).unwrap_or(i64::MAX));
        let (project, branch) = (escaped(&self.project), branch.map(escaped));
        let names = names(tests.unwrap_or_default());
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&project, &branch, &most];
        if tests.is_some() {
            parameters.extend(names.iter().map(|names| names as &(dyn ToSql + Sync)));
        }
        self.rows(&sql, &parameters)?.iter().map(|row| self.run(row)).collect()
    }

    fn runs_like(&self, digits: &str) -> Result<Vec<RunRow>> {
        // After the last of those that begin so; digits are below `g`.
        let end = format!("{digits}g");
        let sql = format!(
            "SELECT {REVISION}, {RUN} FROM perfreg.runs r WHERE r.project = $1
                AND (r.digest >= $2 AND r.digest < $3 OR r.commit_hash >= $2 AND r.commit_hash < $3)
             {ORDER_OF_RUNS}"
        );
        let rows = self.rows(&sql, &[&escaped(&self.project), &digits, &end])?;
        rows.iter().map(|row| self.run(row)).collect()
    }

    fn series(&self, tests: Option<&[TestId]>) -> Result<Vec<SeriesRow>> {
        let condition = tests.map(|_| of_tests("s", 2)).unwrap_or_default();
        let sql = format!(
            "SELECT {KEY}, s.unit, s.direction, counted.points,
                (SELECT max(r.started) FROM perfreg.points p JOIN {RUN_OF_POINT}
                 WHERE p.series = s.id AND p.time = counted.last)
             FROM perfreg.series s
             JOIN (SELECT p.series, count(*) AS points, max(p.time) AS last
                   FROM perfreg.points p JOIN perfreg.series s ON s.id = p.series
                   WHERE s.project = $1 {condition} GROUP BY p.series) counted
                ON counted.series = s.id"
        );
        let project = escaped(&self.project);
        let names = names(tests.unwrap_or_default());
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&project];
        if tests.is_some() {
            parameters.extend(names.iter().map(|names| names as &(dyn ToSql + Sync)));
        }
        let rows = self.rows(&sql, &parameters)?;
        let row = |row: &Row| {
            let key = key(row);
            let metric = self.metric(row, &key.metric, 9)?;
            let points: i64 = row.get(11);
            let last: Option<String> = row.get(12);
            let last = last.ok_or_else(|| self.broken("a value is of a run that is not there"))?;
            Ok(SeriesRow { key, metric, points: points as usize, last: unescaped(last) })
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
