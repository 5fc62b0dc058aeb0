//! The limits of a test beside what was measured.

use crate::error::Error;
use crate::harness::chosen::{clock_of, find_metric};
use crate::harness::compare::{Comparison, Judged};
use crate::judge::{
    LaunchValue, MOST_A_NEIGHBOUR_COSTS, judge_limit, too_crowded, typical, undisturbed,
};
use crate::model::{Launch, Limit, Metric, Tail, Target, TargetState, Unit, Verdict};
use crate::stats::Interval;

/// What time amounts to, for a test that says what an iteration processes.
const THROUGHPUT: &str = "throughput";

impl Comparison<'_> {
    /// Every limit beside the launches, in the order in which they are written.
    ///
    /// # Errors
    /// If a limit is about what was not measured, or in another unit.
    pub(crate) fn targets(
        &self,
        launches: &[Launch],
        judged: &[Judged],
    ) -> Result<Vec<Target>, Error> {
        self.limits.iter().map(|limit| target(limit, launches, judged)).collect()
    }
}

/// What of two rounds holds, each judged alone, and both together: what is missed must be so twice.
pub(crate) fn settle(first: &[Target], second: &[Target], pooled: Vec<Target>) -> Vec<Target> {
    let rounds = first.iter().zip(second).zip(pooled);
    rounds
        .map(|((first, second), pooled)| {
            let missed = |target: &Target| target.state == TargetState::Missed;
            match missed(&pooled) && !(missed(first) && missed(second)) {
                true => Target { state: TargetState::Undecided, ..pooled },
                false => pooled,
            }
        })
        .collect()
}

fn target(limit: &Limit, launches: &[Launch], judged: &[Judged]) -> Result<Target, Error> {
    let first = launches.first().expect("a gate buys launches before it judges");
    if limit.metric() == THROUGHPUT && first.series(THROUGHPUT).is_none() {
        let clock = clock_of(launches)?;
        let (bound, unit, amount) = limit.rate(first.throughput)?;
        let times = Typical::of(&clock, launches);
        let rates = times.values.iter().map(|ns| amount as f64 / ns * 1e9).collect();
        return Ok(Typical { values: rates, relief: MOST_A_NEIGHBOUR_COSTS, ..times }.target(
            limit,
            unit,
            |i| judge_limit(i, bound),
        ));
    }
    let metric = match limit.metric() {
        Metric::TIME => clock_of(launches)?,
        name => find_metric(name, launches)?,
    };
    let typical = Typical::of(&metric, launches);
    match limit.bound(&metric)? {
        Some(bound) => Ok(typical.target(limit, metric.unit, |i| judge_limit(i, bound))),
        None => {
            limit.tolerance(&metric)?;
            let mut judgements = judged.iter().map(|judged| &judged.judgement);
            let judgement = judgements.find(|j| j.metric == metric).ok_or_else(|| {
                Error::usage(format!(
                    "the limit `{}` is a difference from the baseline, and `metrics` does not list {}",
                    limit.text(),
                    metric.name
                ))
            })?;
            let state = match judgement.verdict {
                Verdict::Regressed => TargetState::Missed,
                Verdict::Improved | Verdict::Unchanged => TargetState::Met,
                Verdict::Inconclusive => TargetState::Undecided,
                _ => TargetState::NoBaseline,
            };
            Ok(typical.target(limit, metric.unit, |_| state))
        }
    }
}

/// What each launch typically took: its median, for a limit is about calls as they are and not as
/// they could be.
struct Typical {
    name: String,
    values: Vec<f64>,
    surroundings: Surroundings,
    /// What to multiply a value by that a neighbour may have slowed, to have it as good as it may be.
    relief: f64,
}

/// Whether enough launches had their core for themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surroundings {
    Quiet,
    Crowded,
}

impl Typical {
    fn of(metric: &Metric, launches: &[Launch]) -> Self {
        let stats = launches.iter().filter_map(|launch| launch.stats(&metric.name));
        let all: Vec<LaunchValue> = stats
            .filter_map(|stats| {
                let value = stats.distribution?.median;
                Some(LaunchValue::new(value, stats.pace))
            })
            .collect();
        let (_, alone) = undisturbed(&[], &all);
        let (counted, surroundings) = match too_crowded(alone.len(), all.len()) {
            Some(_) => (all, Surroundings::Crowded),
            None => (alone, Surroundings::Quiet),
        };
        let values = counted.iter().map(|launch| launch.value).collect();
        // Nobody knows what a neighbour costs the slowest calls: any limit may be met without one.
        let relief = match Tail::of_metric(&metric.name) {
            Some(_) => 0.0,
            None => MOST_A_NEIGHBOUR_COSTS.recip(),
        };
        Self { name: metric.name.clone(), values, surroundings, relief }
    }

    fn target(self, limit: &Limit, unit: Unit, judge: impl Fn(Interval) -> TargetState) -> Target {
        let (current, interval) = typical(&self.values);
        let relieved =
            Interval { low: interval.low * self.relief, high: interval.high * self.relief };
        Target {
            limit: limit.text().to_owned(),
            reason: limit.reason().to_owned(),
            metric: self.name,
            unit,
            current,
            low: interval.low,
            high: interval.high,
            state: match (judge(interval), self.surroundings) {
                // Neighbours make slower, by so much at most, and never faster.
                (TargetState::Missed, Surroundings::Crowded)
                    if judge(relieved) != TargetState::Missed =>
                {
                    TargetState::Undecided
                }
                (state, _) => state,
            },
        }
    }
}
