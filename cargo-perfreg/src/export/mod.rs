//! Recorded runs as other tools read them: rows of plain values, written by a file a format.

mod bencher;
mod columns;
mod csv;
mod exposition;
mod github_action_benchmark;
mod openmetrics;
mod parquet;
mod partition;
#[cfg(test)]
mod round_trips;
mod row;

pub(crate) use bencher::bencher;
pub(crate) use csv::{csv, quoted};
pub(crate) use exposition::{END, Family, Kind};
pub(crate) use github_action_benchmark::github_action_benchmark;
pub(crate) use openmetrics::openmetrics;
pub(crate) use parquet::parquet;
pub(crate) use partition::{Month, file_name, folder, is_own, sorted};
pub(crate) use row::{Row, rows};
