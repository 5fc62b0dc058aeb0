//! Comma-separated values, after RFC 4180: a line a number, with the names of the columns first.

use crate::export::Row;

/// The columns, in their order. New ones come last.
pub(super) const COLUMNS: [&str; 17] = [
    "started",
    "commit",
    "branch",
    "test",
    "case",
    "metric",
    "unit",
    "better",
    "value",
    "low",
    "high",
    "launches",
    "verdict",
    "change",
    "host",
    "toolchain",
    "profile",
];

/// The rows as text. Numbers read back as what they are.
pub(crate) fn csv(rows: &[Row]) -> String {
    let mut text = COLUMNS.join(",") + "\r\n";
    for row in rows {
        let number =
            |value: Option<f64>| value.map(|value| format!("{value:?}")).unwrap_or_default();
        let cells: [String; COLUMNS.len()] = [
            row.started.clone(),
            row.commit.clone().unwrap_or_default(),
            row.branch.clone().unwrap_or_default(),
            row.test.clone(),
            row.case.clone(),
            row.metric.name.clone(),
            row.metric.unit.symbol().to_owned(),
            row.better().to_owned(),
            number(Some(row.value)),
            number(row.low),
            number(row.high),
            row.launches.to_string(),
            row.verdict.clone(),
            number(row.change),
            row.host.clone(),
            row.toolchain.clone(),
            row.profile.clone(),
        ];
        text += &cells.map(|cell| quoted(&cell)).join(",");
        text += "\r\n";
    }
    text
}

fn quoted(cell: &str) -> String {
    match cell.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}
