//! Columns of the store, and what stands in a row of them.

use perfreg_core::TestId;
use perfreg_core::model::Revision;
use postgres::Row;

use crate::history::postgres::escape::{escaped, unescaped};
use crate::history::store::SeriesKey;

/// The columns that [`revision`] reads.
pub(super) const REVISION: &str = "r.commit_hash, r.dirty, r.branch, r.subject, r.authored";
/// The columns that the row of a run is made of.
pub(super) const RUN: &str = "r.digest, r.package, r.target, r.test, r.started, r.seconds, r.host,
    r.toolchain, r.verdict";
/// The columns that [`key`] reads.
pub(super) const KEY: &str =
    "s.project, s.package, s.target, s.test, s.case_name, s.metric, s.host,
    s.profile, s.toolchain";
/// The newest first, as `RunRow::order` has it; text by its bytes.
pub(super) const ORDER_OF_RUNS: &str =
    "ORDER BY r.started DESC, r.package COLLATE \"C\", r.target COLLATE \"C\",
    r.test COLLATE \"C\", r.digest";

/// The names of tests, a column each.
pub(super) fn names(tests: &[TestId]) -> [Vec<String>; 3] {
    let column =
        |name: fn(&TestId) -> &str| tests.iter().map(|id| escaped(name(id)).into_owned()).collect();
    [column(|id| &id.package), column(|id| &id.target), column(|id| &id.test)]
}

/// A row of `table` is of one of the tests whose [`names`] are the parameters from this one on.
pub(super) fn of_tests(table: &str, first: usize) -> String {
    format!(
        "AND ({table}.package, {table}.target, {table}.test) IN (
            SELECT * FROM unnest(${first}::TEXT[], ${}::TEXT[], ${}::TEXT[]))",
        first + 1,
        first + 2
    )
}

/// The run that a point is of; its time spares looking into every month.
pub(super) const RUN_OF_POINT: &str = "perfreg.runs r ON r.id = p.run AND r.time = p.time";

pub(super) fn text(row: &Row, at: usize) -> String {
    unescaped(row.get(at))
}

pub(super) fn revision(row: &Row) -> Option<Revision> {
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

pub(super) fn key(row: &Row) -> SeriesKey {
    SeriesKey::of_columns(std::array::from_fn(|at| text(row, at)))
}
