//! What a size cost, from its launches.

use perfreg_core::model::{Case, LaunchStats, Metric, Run};
use perfreg_core::stats::{median, std_dev};
use perfreg_core::store::BaselineFile;

use crate::scaling::fit::Measured;

/// What a case cost at the size that it stands for.
pub(crate) fn measured(case: &Case, size: f64, metric: &Metric) -> Option<Measured> {
    let launches: Vec<LaunchStats> =
        case.launches.iter().filter_map(|launch| launch.stats(&metric.name)).collect();
    cost(&launches, size, metric)
}

/// What the baseline of `run` says that a case of it cost.
pub(crate) fn of_baseline(
    files: &[BaselineFile],
    run: &Run,
    (case, size): (&str, f64),
    metric: &Metric,
) -> Option<Measured> {
    files.iter().find_map(|file| {
        let case = file.host(&run.host)?.case(&run.id.test, case)?;
        cost(&case.metric(&metric.name)?.launches, size, metric)
    })
}

/// The median over the launches, with its standard error from how they vary.
fn cost(launches: &[LaunchStats], size: f64, metric: &Metric) -> Option<Measured> {
    // The standard error of a median of normal values is that of their mean times this.
    const MEDIAN_TO_MEAN: f64 = 1.2533;
    let values: Vec<f64> = launches.iter().map(|launch| launch.representative(metric)).collect();
    if values.is_empty() {
        return None;
    }
    let cost = median(&values);
    let error = match values.len() {
        1 => 0.0,
        n => MEDIAN_TO_MEAN * std_dev(&values) / (n as f64).sqrt() / cost.abs(),
    };
    Some(Measured { size, cost, error: if error.is_finite() { error } else { 0.0 } })
}
