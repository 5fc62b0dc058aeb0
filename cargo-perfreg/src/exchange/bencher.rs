//! Bencher Metric Format: `{benchmark: {measure: {value, lower_value, upper_value}}}`.

use perfreg_core::model::{Metric, Statistic, Summary};
use perfreg_core::{Direction, Unit};

use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::names::{Guess, Guessed, metric_of_name};
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    let Some(mut benchmarks) = json.values() else { return Some("is no object") };
    let is_benchmark = |one: &Json| {
        one.values().is_some_and(|mut measures| measures.all(|m| m.get("value").is_some()))
    };
    match benchmarks.all(is_benchmark) {
        true => None,
        false => Some("has measures without a `value`"),
    }
}

/// The one run that the file holds.
pub(super) fn read(root: &Node<'_>, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    let mut report = Report::new(Format::Bencher);
    let mut guessed = Guessed::default();
    for (benchmark, measures) in root.entries()? {
        for (measure, node) in measures.entries()? {
            let (metric, guess) = metric(measure, how);
            guessed.add(measure, guess);
            let value = node.need("value")?.number()?;
            let mut summary = Summary::of(Statistic::Unstated);
            summary.low = node.number_of("lower_value")?;
            summary.high = node.number_of("upper_value")?;
            report.push(benchmark, "", &metric, Values::Summary(value, summary))?;
        }
    }
    guessed.note(&mut report);
    Ok(vec![report])
}

/// The measures that Bencher itself knows have units; others say by their names what they are.
fn metric(measure: &str, how: &Reading<'_>) -> (Metric, Guess) {
    match measure {
        "latency" => (Metric::time(measure), Guess::No),
        "throughput" => {
            let unit = Unit::from_symbol("ops/s");
            (Metric::new(measure, unit, Direction::HigherIsBetter), Guess::No)
        }
        "file-size" => (Metric::new(measure, Unit::Bytes, Direction::LowerIsBetter), Guess::No),
        "build-time" => {
            (Metric::new(measure, Unit::from_symbol("s"), Direction::LowerIsBetter), Guess::No)
        }
        _ => metric_of_name(measure, how.better),
    }
}
