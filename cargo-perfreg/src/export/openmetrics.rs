//! The text of `OpenMetrics`, as Prometheus scrapes it and GitLab's metrics reports take it. The commit is no label of a
//! value, or every commit would begin a series of its own; it stands in `perfreg_build_info`.

use std::collections::BTreeSet;

use perfreg_core::Unit;

use crate::export::Row;
use crate::export::exposition::{END, Family, Kind};

const TIME: Family = Family {
    name: "perfreg_time_seconds",
    kind: Kind::Gauge,
    unit: Some("seconds"),
    help: "A time per iteration, or of one call.",
};
const SIZE: Family = Family {
    name: "perfreg_size_bytes",
    kind: Kind::Gauge,
    unit: Some("bytes"),
    help: "Memory, or a size.",
};
const VALUE: Family = Family {
    name: "perfreg_value",
    kind: Kind::Gauge,
    unit: None,
    help: "Anything else, in the unit of its label.",
};
const VERDICT: Family = Family {
    name: "perfreg_verdict",
    kind: Kind::Gauge,
    unit: None,
    help: "1 for the verdict of the last run.",
};
const BUILD: Family = Family {
    name: "perfreg_build_info",
    kind: Kind::Info,
    unit: None,
    help: "The commits that were measured, always 1.",
};

/// The rows as text. Of several rows of the same labels the last one counts, for a scrape has one value.
pub(crate) fn openmetrics(rows: &[Row]) -> String {
    let rows = last_of_each(rows);
    let mut text = String::new();
    let name = |row: &Row| match row.metric.unit {
        Unit::Nanoseconds => TIME.name,
        Unit::Bytes => SIZE.name,
        _ => VALUE.name,
    };
    for family in [TIME, SIZE, VALUE] {
        let own: Vec<&&Row> = rows.iter().filter(|row| name(row) == family.name).collect();
        if own.is_empty() {
            continue;
        }
        family.begin(&mut text);
        for row in own {
            let value = match row.metric.unit {
                Unit::Nanoseconds => row.value / 1e9,
                _ => row.value,
            };
            let unit = (family.name == VALUE.name).then(|| ("unit", row.metric.unit.symbol()));
            let labels: Vec<_> = labels(row).into_iter().chain(unit).collect();
            family.sample(&mut text, &labels, format_args!("{value:?}"));
        }
    }
    if !rows.is_empty() {
        VERDICT.begin(&mut text);
        for row in &rows {
            let verdict = ("verdict", row.verdict.as_str());
            let labels: Vec<_> = labels(row).into_iter().chain([verdict]).collect();
            VERDICT.sample(&mut text, &labels, 1);
        }
    }
    let commits: BTreeSet<&str> = rows.iter().filter_map(|row| row.commit.as_deref()).collect();
    if !commits.is_empty() {
        BUILD.begin(&mut text);
        for commit in commits {
            BUILD.sample(&mut text, &[("commit", commit)], 1);
        }
    }
    text + END
}

fn last_of_each(rows: &[Row]) -> Vec<&Row> {
    let mut seen = BTreeSet::new();
    let mut last: Vec<&Row> = rows.iter().rev().filter(|row| seen.insert(labels(row))).collect();
    last.reverse();
    last
}

fn labels(row: &Row) -> [(&str, &str); 7] {
    [
        ("test", &row.test),
        ("case", &row.case),
        ("metric", &row.metric.name),
        ("better", row.better()),
        ("host", &row.host),
        ("profile", &row.profile),
        ("toolchain", &row.toolchain),
    ]
}
