//! The text of `OpenMetrics`, as Prometheus scrapes it and GitLab's metrics reports take it. The commit is no label of a
//! value, or every commit would begin a series of its own; it stands in `perfreg_build_info`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use perfreg_core::Unit;

use crate::export::Row;

/// A family of gauges: its name, its unit and what it is.
struct Family {
    name: &'static str,
    unit: Option<&'static str>,
    help: &'static str,
}

const TIME: Family = Family {
    name: "perfreg_time_seconds",
    unit: Some("seconds"),
    help: "A time per iteration, or of one call.",
};
const SIZE: Family =
    Family { name: "perfreg_size_bytes", unit: Some("bytes"), help: "Memory, or a size." };
const VALUE: Family =
    Family { name: "perfreg_value", unit: None, help: "Anything else, in the unit of its label." };
const VERDICT: Family =
    Family { name: "perfreg_verdict", unit: None, help: "1 for the verdict of the last run." };
const BUILD: Family = Family {
    name: "perfreg_build_info",
    unit: None,
    help: "The commits that were measured, always 1.",
};

/// The rows as text. Of several rows of the same labels the last one counts, for a scrape has one value.
pub(crate) fn openmetrics(rows: &[Row]) -> String {
    let rows = last_of_each(rows);
    let mut text = String::new();
    let family = |row: &Row| match row.metric.unit {
        Unit::Nanoseconds => TIME.name,
        Unit::Bytes => SIZE.name,
        _ => VALUE.name,
    };
    for Family { name, unit, help } in [TIME, SIZE, VALUE] {
        let own: Vec<&&Row> = rows.iter().filter(|row| family(row) == name).collect();
        if own.is_empty() {
            continue;
        }
        begin(&mut text, &Family { name, unit, help });
        for row in own {
            let value = match row.metric.unit {
                Unit::Nanoseconds => row.value / 1e9,
                _ => row.value,
            };
            let labels = labels(row);
            let _ = match name == VALUE.name {
                true => {
                    let unit = escaped(row.metric.unit.symbol());
                    writeln!(text, "{name}{{{labels},unit=\"{unit}\"}} {value:?}")
                }
                false => writeln!(text, "{name}{{{labels}}} {value:?}"),
            };
        }
    }
    if !rows.is_empty() {
        begin(&mut text, &VERDICT);
        for row in &rows {
            let verdict = escaped(&row.verdict);
            let _ = writeln!(text, "{}{{{},verdict=\"{verdict}\"}} 1", VERDICT.name, labels(row));
        }
    }
    let commits: BTreeSet<&str> = rows.iter().filter_map(|row| row.commit.as_deref()).collect();
    if !commits.is_empty() {
        // Of this type the family is named without its ending.
        let name = BUILD.name.trim_end_matches("_info");
        let _ = writeln!(text, "# TYPE {name} info\n# HELP {name} {}", BUILD.help);
        for commit in commits {
            let _ = writeln!(text, "{}{{commit=\"{}\"}} 1", BUILD.name, escaped(commit));
        }
    }
    text + "# EOF\n"
}

fn last_of_each(rows: &[Row]) -> Vec<&Row> {
    let mut seen = BTreeSet::new();
    let mut last: Vec<&Row> = rows.iter().rev().filter(|row| seen.insert(labels(row))).collect();
    last.reverse();
    last
}

fn begin(text: &mut String, Family { name, unit, help }: &Family) {
    let _ = writeln!(text, "# TYPE {name} gauge");
    if let Some(unit) = unit {
        let _ = writeln!(text, "# UNIT {name} {unit}");
    }
    let _ = writeln!(text, "# HELP {name} {help}");
}

fn labels(row: &Row) -> String {
    let all = [
        ("test", row.test.as_str()),
        ("case", &row.case),
        ("metric", &row.metric.name),
        ("better", row.better()),
        ("host", &row.host),
        ("profile", &row.profile),
        ("toolchain", &row.toolchain),
    ];
    all.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).join(",")
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
