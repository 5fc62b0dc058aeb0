//! The custom JSON of github-action-benchmark: `customSmallerIsBetter`, or `customBiggerIsBetter`.

use perfreg_core::Direction;
use serde::Serialize;

use crate::export::Row;

/// A document, and how many numbers had no place in it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Exported {
    /// The text.
    pub(crate) text: String,
    /// Numbers that get better the other way.
    pub(crate) left_out: usize,
}

#[derive(Serialize)]
struct Bench {
    name: String,
    unit: String,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    extra: String,
}

/// The rows that get better the way of `direction`: a file of that tool has one way.
pub(crate) fn github_action_benchmark(rows: &[Row], direction: Direction) -> Exported {
    let (meant, others): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.metric.direction == direction);
    let bench = |row: &&Row| Bench {
        name: format!("{} {}", row.name(), row.metric.name),
        unit: row.metric.unit.symbol().to_owned(),
        value: row.value,
        range: row.low.zip(row.high).map(|(low, high)| format!("\u{b1} {}", (high - low) / 2.0)),
        extra: extra(row),
    };
    let benches: Vec<Bench> = meant.iter().map(bench).collect();
    let text = serde_json::to_string_pretty(&benches).expect("rows are plain data");
    Exported { text: text + "\n", left_out: others.len() }
}

/// What the tool shows beside a point.
fn extra(row: &Row) -> String {
    let mut lines = vec![format!("{}, {}", row.verdict, row.host)];
    lines.extend(row.commit.as_ref().map(|commit| format!("commit {commit}")));
    lines.push(row.started.clone());
    lines.join("\n")
}
