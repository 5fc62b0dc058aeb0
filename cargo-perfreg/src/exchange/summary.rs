//! What tools say of samples that they did not keep, under the names that most of them use.

use perfreg_core::model::{Statistic, Summary};

use crate::exchange::json::Node;
use crate::exchange::report::Values;

/// The statistics that an object has.
///
/// # Errors
/// If one of them is no number.
pub(super) fn summary(node: &Node<'_>) -> Result<Summary, String> {
    let mut summary = Summary::of(Statistic::Unstated);
    summary.min = node.number_of("min")?;
    summary.max = node.number_of("max")?;
    summary.mean = node.number_of("mean")?;
    summary.median = node.number_of("median")?;
    summary.stddev = node.number_of("stddev")?;
    summary.iqr = node.number_of("iqr")?;
    Ok(summary)
}

/// What a summary says is typical: its median, else its mean; none if it has neither.
pub(super) fn typical(mut summary: Summary) -> Option<Values> {
    let (statistic, value) = match (summary.median, summary.mean) {
        (Some(median), _) => (Statistic::Median, median),
        (None, Some(mean)) => (Statistic::Mean, mean),
        (None, None) => return None,
    };
    summary.statistic = statistic;
    Some(Values::Summary(value, summary))
}
