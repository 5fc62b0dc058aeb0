//! How a test varies when nothing changes, and what that lets one see: values in, values out.

use perfreg_core::Direction;
use perfreg_core::judge::{Decision, Pair, PairedPolicy, judge_contest, judge_pairs, rounds_of};
use perfreg_core::model::{Launch, Metric};
use perfreg_core::stats::{median, robust_deviation};

/// Of one case, measured against itself; shares unless said otherwise.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Portrait {
    /// Rounds that were measured, without those beside a neighbour.
    pub(crate) rounds: usize,
    pub(crate) set_aside: usize,
    /// Typical value, in nanoseconds.
    pub(crate) typical: f64,
    /// Between the samples of a launch.
    pub(crate) within: f64,
    /// Between launches.
    pub(crate) between: f64,
    /// From the first third of the launches to the last.
    pub(crate) drift: f64,
    /// Between rounds, of the ratio.
    pub(crate) paired: f64,
    /// False alarms of a thousand, with the sides of each round swapped at random.
    pub(crate) alarms: u32,
    /// What a round takes, in seconds.
    pub(crate) round_seconds: f64,
}

/// Rounds below which no p convicts, whatever the change.
const LEAST_ROUNDS: f64 = 16.0;

impl Portrait {
    /// Of the launches of both sides, which took `seconds` in all, at the threshold of the test.
    ///
    /// None if there is no clock to judge by, or no round had its core for itself.
    pub(crate) fn of(
        metric: &Metric,
        (one, other): (&[Launch], &[Launch]),
        threshold: f64,
        seconds: f64,
    ) -> Option<Self> {
        let policy = PairedPolicy::new(threshold, 1, Direction::LowerIsBetter);
        let contest = judge_contest(metric, one, other, &policy);
        let pairs = rounds_of(metric, one, other);
        if pairs.is_empty() {
            return None;
        }
        let locations: Vec<f64> = one
            .iter()
            .chain(other)
            .filter_map(|launch| Some(launch.stats(&metric.name)?.distribution?.median.ln()))
            .collect();
        let within: Vec<f64> = one
            .iter()
            .chain(other)
            .filter_map(|launch| {
                let samples = launch.series(&metric.name)?.samples.as_slice();
                Some(robust_deviation(samples) / median(samples))
            })
            .collect();
        let third = (one.len() / 3).max(1);
        let of = |launches: &[Launch]| {
            let values = launches.iter().filter_map(|l| Some(l.stats(&metric.name)?.q10.ln()));
            median(&values.collect::<Vec<_>>())
        };
        let ratios: Vec<f64> = pairs.iter().map(|pair| pair.location).collect();
        Some(Self {
            rounds: pairs.len(),
            set_aside: contest.set_aside,
            typical: contest.current,
            within: median(&within),
            between: robust_deviation(&locations),
            drift: of(&one[one.len() - third..]) - of(&one[..third]),
            paired: robust_deviation(&ratios),
            alarms: alarms(&pairs, &policy),
            round_seconds: seconds / one.len() as f64,
        })
    }

    /// The smallest change that so many seconds would find 95 times of 100.
    pub(crate) fn visible(&self, seconds: f64) -> f64 {
        let last = PairedPolicy::LOOKS[PairedPolicy::LOOKS.len() - 1] as f64;
        let rounds = (seconds / self.round_seconds).clamp(LEAST_ROUNDS, last);
        REACH * self.paired / rounds.sqrt()
    }

    /// The seconds that finding a change of this size 95 times of 100 takes; none if not even all
    /// rounds would.
    pub(crate) fn seconds_for(&self, change: f64) -> Option<f64> {
        let last = PairedPolicy::LOOKS[PairedPolicy::LOOKS.len() - 1] as f64;
        let rounds = (REACH * self.paired / change).powi(2).max(LEAST_ROUNDS);
        (rounds <= last).then_some(rounds * self.round_seconds)
    }
}

/// Standard errors between no change and one that is found 95 times of 100: 3.8 for a p of one in a
/// thousand that pays for eight looks and two statistics, 1.6 for the 95, and a twentieth more for
/// ranks in the place of values.
const REACH: f64 = 5.7;

/// In A/A rounds the sides can be swapped without changing what is true: so each round gives two.
fn alarms(pairs: &[Pair], policy: &PairedPolicy) -> u32 {
    const TRIALS: u32 = 1000;
    let mut rng = fastrand::Rng::with_seed(1);
    let swapped = |rng: &mut fastrand::Rng| -> Vec<Pair> {
        let turn = |pair: &Pair| {
            let sign = if rng.bool() { 1.0 } else { -1.0 };
            Pair { location: sign * pair.location, mean: pair.mean.map(|mean| sign * mean) }
        };
        pairs.iter().map(turn).collect()
    };
    let is_alarm =
        |rng: &mut fastrand::Rng| judge_pairs(&swapped(rng), policy).decision == Decision::Worse;
    (0..TRIALS).filter(|_| is_alarm(&mut rng)).count() as u32
}

#[cfg(test)]
mod tests {
    use super::Portrait;

    fn portrait(paired: f64) -> Portrait {
        Portrait {
            rounds: 30,
            set_aside: 0,
            typical: 1e6,
            within: 0.01,
            between: 0.01,
            drift: 0.0,
            paired,
            alarms: 0,
            round_seconds: 0.1,
        }
    }

    #[test]
    fn more_seconds_show_smaller_changes() {
        let steady = portrait(0.005);
        assert!(steady.visible(5.0) < steady.visible(2.0));
        assert_eq!(steady.visible(5.0), steady.visible(50.0), "there are no more than 50 rounds");
        let check = |paired: f64, change: f64, expected: Option<f64>| {
            let found = portrait(paired).seconds_for(change);
            let close = |(a, b): (f64, f64)| (a - b).abs() < 0.1;
            assert_eq!(found.is_some(), expected.is_some(), "{paired} {change}: {found:?}");
            assert!(found.zip(expected).is_none_or(close), "{paired} {change}: {found:?}");
        };
        check(0.005, 0.05, Some(1.6));
        check(0.01, 0.01, Some(3.2));
        check(0.02, 0.01, None);
        check(0.02, 0.02, Some(3.2));
    }
}
