//! The figures of every case and metric over all launches of a long look.

use perfreg_core::model::{Case, Launch, Metric};
use perfreg_core::stats::{median, quantile_sorted, robust_deviation, sorted};
use perfreg_core::{TestId, harness};
use serde::Serialize;

use crate::scaling::{Measured, Model, families, fit, measured};

/// A test with all that was measured of it.
pub(crate) struct Explored {
    pub(crate) id: TestId,
    pub(crate) cases: Vec<Case>,
}

/// One metric of one case, over all launches.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub(crate) struct Figures {
    #[serde(flatten)]
    pub(crate) test: TestId,
    pub(crate) case: String,
    pub(crate) metric: Metric,
    /// Samples, and the launches that they are of.
    pub(crate) samples: usize,
    pub(crate) launches: usize,
    /// Launches beside a busy neighbour; they are in the figures like the others.
    pub(crate) crowded: usize,
    pub(crate) least: f64,
    /// At 1, 5, 25, 50, 75, 95 and 99 %.
    pub(crate) percentiles: [f64; 7],
    pub(crate) most: f64,
    /// By how much samples of a launch typically vary, as a share.
    pub(crate) within: f64,
    /// By how much the medians of launches vary, as a share.
    pub(crate) between: f64,
    /// The medians of the launches, in the order in which they ran.
    pub(crate) course: Vec<f64>,
}

/// The shares of [`Figures::percentiles`].
pub(crate) const SHARES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// How a metric grows with the sizes of a test's cases.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Growing {
    pub(crate) test: TestId,
    /// What stands before the number in the names of the cases.
    pub(crate) prefix: String,
    pub(crate) metric: Metric,
    pub(crate) costs: Vec<Measured>,
    pub(crate) model: Model,
}

impl Figures {
    /// Those of every metric of every case.
    pub(crate) fn of(explored: &Explored) -> Vec<Self> {
        let cases = explored.cases.iter().filter(|case| !case.launches.is_empty());
        cases
            .flat_map(|case| {
                let metrics = metrics(&case.launches);
                metrics.into_iter().filter_map(|metric| Self::of_metric(&explored.id, case, metric))
            })
            .collect()
    }

    fn of_metric(test: &TestId, case: &Case, metric: Metric) -> Option<Self> {
        let series: Vec<&[f64]> = case
            .launches
            .iter()
            .filter_map(|launch| Some(launch.series(&metric.name)?.samples.as_slice()))
            .collect();
        let all = sorted(&series.concat());
        let (least, most) = (*all.first()?, *all.last()?);
        let course: Vec<f64> = series.iter().map(|samples| median(samples)).collect();
        let within: Vec<f64> = series.iter().map(|samples| spread(samples)).collect();
        Some(Self {
            test: test.clone(),
            case: case.name.clone(),
            samples: all.len(),
            launches: series.len(),
            crowded: case.launches.len() - Launch::undisturbed(&case.launches).len(),
            least,
            percentiles: SHARES.map(|share| quantile_sorted(&all, share)),
            most,
            within: median(&within),
            between: spread(&course),
            course,
            metric,
        })
    }

    /// The median over all samples.
    pub(crate) fn median(&self) -> f64 {
        self.percentiles[3]
    }

    /// How much longer the slowest hundredth takes than the median, as a factor.
    pub(crate) fn tail(&self) -> f64 {
        if self.median() > 0.0 { self.percentiles[6] / self.median() } else { 1.0 }
    }
}

impl Growing {
    /// The laws of every family of sizes, for every metric that has one.
    pub(crate) fn of(explored: &Explored) -> Vec<Self> {
        let names: Vec<&str> = explored.cases.iter().map(|case| case.name.as_str()).collect();
        let mut laws = Vec::new();
        for family in families(&names) {
            let (first, _) = family.cases[0];
            for metric in metrics(&explored.cases[first].launches) {
                let costs = family.costs(|at, size| measured(&explored.cases[at], size, &metric));
                let Some(model) = fit(&costs) else { continue };
                let (test, prefix) = (explored.id.clone(), family.prefix.clone());
                laws.push(Self { test, prefix, metric, costs, model });
            }
        }
        laws
    }
}

/// The clock that fits the work, and whatever else was measured but the other clocks.
fn metrics(launches: &[Launch]) -> Vec<Metric> {
    let Some(first) = launches.first() else { return Vec::new() };
    let time = harness::metrics_of(Some(&[Metric::TIME]), &[launches]).unwrap_or_default();
    let others =
        first.series.iter().map(|series| &series.metric).filter(|metric| !metric.is_clock());
    time.into_iter().chain(others.cloned()).collect()
}

/// The robust deviation as a share of the median; 0 of what is 0.
fn spread(values: &[f64]) -> f64 {
    let typical = median(values).abs();
    if typical > 0.0 { robust_deviation(values) / typical } else { 0.0 }
}

#[cfg(test)]
pub(super) mod tests {
    use perfreg_core::model::{Launch, Metric};

    use super::{Explored, Figures, Growing};
    use crate::testing::{launch, run};

    /// The launch with its time on a clock that is one.
    pub(in crate::explore) fn on_the_wall(mut launch: Launch) -> Launch {
        launch.series[0].metric = Metric::time(Metric::WALL_TIME);
        launch
    }

    fn explored(cost: impl Fn(f64) -> f64) -> Explored {
        let run = run("sort", vec![]);
        let case = |size: f64| {
            let samples = |at: usize| -> Vec<f64> {
                (0..100).map(|i| cost(size) * (1.0 + 0.001 * ((i * 7 + at) % 11) as f64)).collect()
            };
            perfreg_core::model::Case {
                name: format!("n{size}"),
                launches: (0..5).map(|at| on_the_wall(launch(&samples(at)))).collect(),
                judgements: vec![],
                targets: vec![],
            }
        };
        Explored { id: run.id, cases: [100.0, 300.0, 1000.0, 3000.0].map(case).into() }
    }

    #[test]
    fn percentiles_are_of_all_samples() {
        let all = Figures::of(&explored(|_| 1000.0));
        let of = |name: &str| all.iter().filter(|f| f.metric.name == name).collect::<Vec<_>>();
        assert_eq!(of(Metric::WALL_TIME).len(), 4);
        let first = of(Metric::WALL_TIME)[0];
        assert_eq!((first.samples, first.launches, first.crowded), (500, 5, 0));
        assert_eq!((first.least, first.most), (1000.0, 1010.0));
        assert!((first.median() - 1005.0).abs() < 1.0 && first.tail() < 1.01, "{first:?}");
        assert!(first.between < 0.002 && first.within < 0.01, "{first:?}");
        assert_eq!(of(Metric::PEAK_BYTES)[0].median(), 4096.0);
    }

    #[test]
    fn what_grows_has_a_law() {
        let laws = Growing::of(&explored(|n| 3.0 * n * n));
        let time = laws.iter().find(|law| law.metric.name == Metric::WALL_TIME).unwrap();
        assert_eq!(time.model.law.to_string(), "n^2");
        let memory = laws.iter().find(|law| law.metric.name == Metric::PEAK_BYTES).unwrap();
        assert_eq!(memory.model.law.to_string(), "constant");
    }
}
