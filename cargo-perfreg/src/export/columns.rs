//! The columns of the formats that are tables.

use crate::export::Row;

/// What a column is called, and what it holds.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Text(&'static str, fn(&Row) -> Option<String>),
    Number(&'static str, fn(&Row) -> Option<f64>),
    Count(&'static str, fn(&Row) -> u32),
}

impl Column {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text(name, _) | Self::Number(name, _) | Self::Count(name, _) => name,
        }
    }
}

/// The columns, in their order. New ones come last.
pub(super) const COLUMNS: [Column; 18] = [
    Column::Text("started", |row| Some(row.started.clone())),
    Column::Text("commit", |row| row.commit.clone()),
    Column::Text("branch", |row| row.branch.clone()),
    Column::Text("test", |row| Some(row.test.clone())),
    Column::Text("case", |row| Some(row.case.clone())),
    Column::Text("metric", |row| Some(row.metric.name.clone())),
    Column::Text("unit", |row| Some(row.metric.unit.symbol().to_owned())),
    Column::Text("better", |row| Some(row.better().to_owned())),
    Column::Number("value", |row| Some(row.value)),
    Column::Number("low", |row| row.low),
    Column::Number("high", |row| row.high),
    Column::Count("launches", |row| row.launches),
    Column::Text("verdict", |row| Some(row.verdict.clone())),
    Column::Number("change", |row| row.change),
    Column::Text("host", |row| Some(row.host.clone())),
    Column::Text("toolchain", |row| Some(row.toolchain.clone())),
    Column::Text("profile", |row| Some(row.profile.clone())),
    Column::Text("package", |row| Some(row.package.clone())),
];
