//! Bencher Metric Format: `{benchmark: {measure: {value, lower_value, upper_value}}}`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::export::Row;

#[derive(Serialize)]
struct Measured {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

/// The rows as a document. Units and directions have no place in it; where a benchmark was measured several
/// times, on other hosts or before, the last row counts.
pub(crate) fn bencher(rows: &[Row]) -> String {
    let mut benchmarks: BTreeMap<String, BTreeMap<&str, Measured>> = BTreeMap::new();
    for row in rows {
        let measured = Measured { value: row.value, lower_value: row.low, upper_value: row.high };
        benchmarks.entry(row.name()).or_default().insert(&row.metric.name, measured);
    }
    let text = serde_json::to_string_pretty(&benchmarks).expect("rows are plain data");
    text + "\n"
}
