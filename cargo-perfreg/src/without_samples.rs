//! What can be said of imported numbers of which there are no samples, or too few: pure.

use perfreg_core::model::{Statistic, Summary};
use perfreg_core::{Direction, Verdict, stats};

use crate::comparison::{Row, shown};
use crate::error::Error;
use crate::rules::{Field, Statistics};
use crate::series::{Basis, Key, Series};

/// The change in percent that counts by itself where no test can be made: that of the rules on samples.
pub(crate) const LEAST_EFFECT: f64 = 1.0;

/// Below this probability the rules on samples believe a test.
const SIGNIFICANT: f64 = 0.05;

/// Why no test can be made of what was imported, if none can.
pub(crate) fn no_test(before: &Series, now: &Series) -> Option<String> {
    for (side, series) in [("the baseline", before), ("the current side", now)] {
        if let Basis::Summary(summary) = &series.basis {
            return Some(format!("{side} is {} without samples", summary.statistic));
        }
    }
    let sizes = (before.values.len(), now.values.len());
    let is_imported = [before, now].iter().any(|one| one.basis == Basis::Imported);
    // Even samples that do not overlap at all would not be significant.
    let is_hopeless = stats::min_attainable_p(sizes.1, sizes.0) >= SIGNIFICANT;
    (is_imported && is_hopeless)
        .then(|| format!("{} and {} samples are too few for one", sizes.0, sizes.1))
}

/// Judges by the change alone, and says so.
pub(crate) fn by_threshold(row: &mut Row, percent: f64, why: &str) {
    let change = match row.baseline {
        0.0 => None,
        baseline => Some((row.current - baseline) / baseline * 100.0),
    };
    row.change_percent = change;
    let worse = match (change, row.metric.direction) {
        (None, _) => 0.0,
        (Some(change), Direction::LowerIsBetter) => change,
        (Some(change), Direction::HigherIsBetter) => -change,
    };
    row.verdict = match worse {
        worse if worse > percent => Verdict::Regressed,
        worse if worse < -percent => Verdict::Improved,
        _ => Verdict::Unchanged,
    };
    row.message = format!("by the threshold of {percent} % alone, no test: {why}");
    if change.is_none() {
        row.message = "the baseline is zero, from which nothing has a percentage".to_owned();
    }
}

/// One statistic of a series, of its samples or as its tool says it.
pub(crate) fn field(field: Field, series: &Series, key: &Key) -> Result<f64, Error> {
    let value = match &series.basis {
        Basis::Summary(summary) => summary_field(field, series, summary),
        Basis::Own | Basis::Imported => {
            Statistics::of(&series.values).map(|statistics| statistics.get(field))
        }
    };
    value.ok_or_else(|| {
        Error::usage(format!(
            "{}: there are no samples, and the file does not say `{field}`",
            shown(key)
        ))
    })
}

fn summary_field(field: Field, series: &Series, summary: &Summary) -> Option<f64> {
    let is = |statistic: Statistic| (summary.statistic == statistic).then(|| series.values[0]);
    match field {
        Field::Min => summary.min,
        Field::Max => summary.max,
        Field::Mean => summary.mean.or(is(Statistic::Mean)),
        Field::Median => summary.median.or(is(Statistic::Median)),
        Field::Stddev => summary.stddev,
        Field::Iqr => summary.iqr,
    }
}
