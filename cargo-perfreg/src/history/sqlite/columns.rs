//! Columns of the index, and what stands in a row of them.

use perfreg_core::model::{Revision, Unit};
use perfreg_core::{Metric, TestId};
use rusqlite::Row;
use rusqlite::types::{FromSql, Type};
use serde::de::DeserializeOwned;

use crate::history::digest::Digest;
use crate::history::spelling::spelled;
use crate::history::store::{RunRow, SeriesKey};

/// The columns that [`run`] reads.
pub(super) const RUN: &str =
    "commit_hash, dirty, branch, subject, authored, digest, package, target, test,
    started, seconds, host, toolchain, verdict";
/// The newest first.
pub(super) const ORDER_OF_RUNS: &str = "ORDER BY started DESC, package, target, test, digest";
/// The columns that [`key`] and [`metric`] read.
pub(super) const KEY: &str =
    "project, series.package, series.target, series.test, case_name, metric,
    series.host, profile, series.toolchain, unit, direction";

pub(super) fn run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
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

pub(super) fn metric(row: &Row<'_>, key: &SeriesKey) -> rusqlite::Result<Metric> {
    let (unit, direction): (String, String) = (row.get(9)?, row.get(10)?);
    Ok(Metric::new(key.metric.clone(), Unit::from_symbol(&unit), word(&direction, 10)?))
}

/// The columns that [`revision`] reads.
pub(super) const REVISION: &str = "commit_hash, dirty, branch, subject, authored";

/// The commit in the first five columns.
pub(super) fn revision(row: &Row<'_>) -> rusqlite::Result<Option<Revision>> {
    let Some(commit) = row.get(0)? else { return Ok(None) };
    let (branch, subject, authored) = (row.get(2)?, row.get(3)?, row.get(4)?);
    Ok(Some(Revision { commit, dirty: row.get(1)?, branch, subject, authored }))
}

/// Whether a row of `series` is of the key that [`SeriesKey::columns`] gives.
pub(super) const OF_KEY: &str = "series.project = ?1 AND series.package = ?2 AND series.target = ?3
    AND series.test = ?4 AND series.case_name = ?5 AND series.metric = ?6 AND series.host = ?7
    AND series.profile = ?8 AND series.toolchain = ?9";

/// The key in the first nine columns.
pub(super) fn key(row: &Row<'_>) -> rusqlite::Result<SeriesKey> {
    let mut columns = <[String; 9]>::default();
    for (at, column) in columns.iter_mut().enumerate() {
        *column = row.get(at)?;
    }
    Ok(SeriesKey::of_columns(columns))
}

pub(super) fn word<T: DeserializeOwned>(text: &str, column: usize) -> rusqlite::Result<T> {
    spelled(text).map_err(|cause| conversion(column, cause))
}

pub(super) fn json<T: DeserializeOwned>(text: &str, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|cause| conversion(column, cause))
}

pub(super) fn get_text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    row.get(column)
}

pub(super) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    let text = String::column_result(row.get_ref(column)?)?;
    Digest::parse(&text).ok_or_else(|| conversion(column, "is no digest"))
}

fn conversion(
    column: usize,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, cause.into())
}
