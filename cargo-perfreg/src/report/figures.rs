//! What the launches of a case tell besides what was judged: percentiles, rates, memory.

use perfreg_core::Metric;
use perfreg_core::model::{Case, Distribution, Judgement, Launch, Tail};
use perfreg_core::report::Rate;
use perfreg_core::stats::median;
use serde::{Deserialize, Serialize};

/// Values of a series that are told.
const RECENT: usize = 20;

/// What there is to say of a judged metric besides its judgement.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Figures {
    /// Of a time: how its samples are spread.
    pub(crate) percentiles: Option<Percentiles>,
    /// What a time amounts to.
    pub(crate) rate: Option<Rate>,
    /// The last values of its series, the oldest first, its own at the end.
    pub(crate) recent: Vec<f64>,
}

impl Figures {
    /// Those of a judgement of `case`, beside the values of earlier runs.
    pub(crate) fn of(case: &Case, judgement: &Judgement, mut recent: Vec<f64>) -> Self {
        recent.push(judgement.current);
        recent.drain(..recent.len().saturating_sub(RECENT));
        Self {
            percentiles: Percentiles::of(case, &judgement.metric),
            rate: Rate::of(case, judgement),
            recent,
        }
    }
}

/// Percentiles of the samples of a launch; of several launches the median of each.
///
/// A sample is the mean of a batch of calls: the tails of single calls are metrics of their own.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Percentiles {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
}

impl Percentiles {
    fn of(case: &Case, metric: &Metric) -> Option<Self> {
        if !metric.is_time() || Tail::of_metric(&metric.name).is_some() {
            return None;
        }
        let of_launch = |launch: &Launch| launch.stats(&metric.name)?.distribution;
        // One sample a launch has no spread.
        let launches: Vec<Distribution> =
            case.launches.iter().filter_map(of_launch).filter(|launch| launch.n > 1).collect();
        if launches.is_empty() {
            return None;
        }
        let middle =
            |part: fn(&Distribution) -> f64| median(&launches.iter().map(part).collect::<Vec<_>>());
        Some(Self { p50: middle(|d| d.median), p95: middle(|d| d.p95), p99: middle(|d| d.p99) })
    }
}

/// What the allocator counted and nothing judged.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The case.
    pub(crate) case: String,
    /// What was counted.
    pub(crate) metric: Metric,
    /// The median of the launches.
    pub(crate) value: f64,
}

impl Memory {
    /// Those of a case.
    pub(crate) fn of(case: &Case) -> Vec<Self> {
        let judged =
            |metric: &Metric| case.judgements.iter().any(|one| one.metric.name == metric.name);
        let series = case.launches.first().map_or(&[][..], |launch| &launch.series);
        let metrics = series.iter().map(|series| &series.metric);
        metrics
            .filter(|metric| metric.is_allocator_count() && !judged(metric))
            .map(|metric| {
                let of = |launch: &Launch| Some(launch.stats(&metric.name)?.representative(metric));
                let values: Vec<f64> = case.launches.iter().filter_map(of).collect();
                Self { case: case.name.clone(), metric: metric.clone(), value: median(&values) }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict;

    use super::{Figures, Memory, Percentiles};
    use crate::testing::{judgement, launch, run};

    #[test]
    fn percentiles_are_of_times_with_more_than_one_sample() {
        let mut case = run("sort", vec![judgement(Verdict::Unchanged, Some(0.0))]).cases.remove(0);
        let samples: Vec<f64> = (1..=101).map(f64::from).collect();
        let twice: Vec<f64> = samples.iter().map(|sample| sample * 2.0).collect();
        case.launches = vec![launch(&samples), launch(&samples), launch(&twice)];
        let figures = Figures::of(&case, &case.judgements[0], vec![1.0]);
        assert_eq!(figures.percentiles, Some(Percentiles { p50: 51.0, p95: 96.0, p99: 100.0 }));
        assert_eq!(figures.rate.map(|rate| rate.to_string()).as_deref(), Some("8 Mitems/s"));
        assert_eq!(figures.recent, [1.0, 1000.0]);
        let long = Figures::of(&case, &case.judgements[0], samples.clone()).recent;
        assert_eq!((long.len(), long[0], long[19]), (20, 83.0, 1000.0));
        case.launches = vec![launch(&[1.0])];
        assert_eq!(Figures::of(&case, &case.judgements[0], vec![]).percentiles, None);
        case.launches.clear();
        assert_eq!(Figures::of(&case, &case.judgements[0], vec![]).percentiles, None);
    }

    #[test]
    fn memory_is_told_where_nothing_judged_it() {
        let mut case = run("sort", vec![judgement(Verdict::Unchanged, None)]).cases.remove(0);
        assert_eq!(Memory::of(&case), []);
        case.launches = vec![launch(&[1.0, 2.0])];
        let told = |case| Memory::of(case).into_iter().map(|m| (m.metric.name, m.value)).collect();
        let names: Vec<(String, f64)> = told(&case);
        assert_eq!(names, [("peak_bytes".to_owned(), 4096.0)]);
        case.judgements[0].metric = Memory::of(&case).remove(0).metric;
        assert_eq!(Memory::of(&case), []);
    }
}
