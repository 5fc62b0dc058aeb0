//! Comma-separated values, after RFC 4180: a line a number, with the names of the columns first.

use crate::export::Row;
use crate::export::columns::{COLUMNS, Column};

/// The rows as text. Numbers read back as what they are.
pub(crate) fn csv(rows: &[Row]) -> String {
    let mut text = COLUMNS.map(Column::name).join(",") + "\r\n";
    for row in rows {
        text += &COLUMNS.map(|column| quoted(&cell(column, row))).join(",");
        text += "\r\n";
    }
    text
}

fn cell(column: Column, row: &Row) -> String {
    match column {
        Column::Text(_, of) => of(row).unwrap_or_default(),
        Column::Number(_, of) => of(row).map(|value| format!("{value:?}")).unwrap_or_default(),
        Column::Count(_, of) => of(row).to_string(),
    }
}

/// A cell, in quotes where it must.
pub(crate) fn quoted(cell: &str) -> String {
    match cell.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn fields_are_quoted_where_they_must() {
        let check = |field: &str, expected: &str| assert_eq!(quoted(field), expected);
        check("plain", "plain");
        check("a,b", "\"a,b\"");
        check("a \"b\"", "\"a \"\"b\"\"\"");
    }
}
