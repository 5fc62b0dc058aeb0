//! The plain form: `{section: {subsection: [samples]}}`.

use perfreg_core::{Direction, Metric, Unit};

use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};

/// The metric that samples without a name are taken for.
pub(crate) const SAMPLES: &str = "samples";

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    let Some(mut sections) = json.values() else { return Some("is no object") };
    let is_section = |section: &Json| {
        section.values().is_some_and(|mut values| values.all(|value| value.list().is_some()))
    };
    match sections.all(is_section) {
        true => None,
        false => Some("has values that are no lists of numbers"),
    }
}

/// The samples, of no named metric.
pub(super) fn read(root: &Node<'_>, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    let mut report = Report::new(Format::Plain);
    let direction = how.better.unwrap_or(Direction::LowerIsBetter);
    let metric = Metric::new(SAMPLES, Unit::Dimensionless, direction);
    for (section, subsections) in root.entries()? {
        for (subsection, samples) in subsections.entries()? {
            let values = Values::Samples(samples.numbers()?);
            report.push(section, subsection, &metric, values)?;
        }
    }
    Ok(vec![report])
}
