//! The gate against a stored baseline, on launches from anywhere: as `perfreg_core::harness` does it.

use perfreg_core::judge::{
    Decision, LaunchValue, Look, StoredPolicy, confirm, crowded, judge_paced,
};

use crate::tally::{Check, Suspicion};

/// Launches of each metric that is judged, in the order of the metrics.
pub(crate) type ByMetric = Vec<Vec<LaunchValue>>;

/// Where launches come from.
pub(crate) trait Launches {
    /// Why there are none.
    type Error;

    /// So many more.
    fn launch(&mut self, count: usize) -> Result<ByMetric, Self::Error>;

    /// What lies between a suspicion and the launches that confirm it.
    fn pause(&mut self) {}

    /// Why the machine may be the reason that these launches of a metric are slower than the baseline's.
    fn excuse(
        &self,
        _metric: usize,
        _baseline: &[LaunchValue],
        _current: &[LaunchValue],
    ) -> Option<String> {
        None
    }

    /// Whether the round may take longer still.
    fn has_time(&self) -> bool {
        true
    }
}

/// What the gate said, and what it took.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Gated {
    pub(crate) decision: Decision,
    pub(crate) suspected: Suspicion,
    pub(crate) launches: usize,
    pub(crate) change: Option<f64>,
}

impl Gated {
    /// As a check that costs launches.
    pub(crate) fn check(self) -> Check {
        let Self { decision, suspected, launches, change } = self;
        Check { decision, suspected, cost: launches as f64, change }
    }
}

/// Launches of a round.
const ROUND: usize = 10;
/// An undecided case may take so many times that.
const PATIENCE: usize = 3;

/// Judges launches of `source` against `baseline`: a round, more while they do not decide, and after a
/// suspicion a second round that has to agree by itself.
///
/// Of several metrics the worst decides, and the first tells the change.
///
/// # Errors
/// If a launch fails.
pub(crate) fn gate<L: Launches>(
    baseline: &[Vec<LaunchValue>],
    policy: &StoredPolicy,
    source: &mut L,
) -> Result<Gated, L::Error> {
    let (first, bought) = round(baseline, policy, source)?;
    let change = first[0].change.map(|change| change.estimate);
    let decisions = first.iter().map(|look| look.decision);
    if !decisions.clone().any(|decision| decision == Decision::Worse) {
        let decision = worst(decisions);
        return Ok(Gated { decision, suspected: Suspicion::None, launches: bought, change });
    }
    source.pause();
    let (second, again) = round(baseline, policy, source)?;
    let settled = first.iter().zip(&second).map(|(first, second)| match first.decision {
        Decision::Worse => confirm(first, second).0,
        other => other,
    });
    let decision = worst(settled);
    Ok(Gated { decision, suspected: Suspicion::Raised, launches: bought + again, change })
}

/// The worst of the decisions on several metrics.
pub(crate) fn worst(decisions: impl Iterator<Item = Decision>) -> Decision {
    let severity = |decision: &Decision| match decision {
        Decision::Same => 0,
        Decision::Better => 1,
        Decision::Undecided => 2,
        Decision::Worse => 3,
    };
    decisions.max_by_key(severity).unwrap_or(Decision::Undecided)
}

/// Launches until they decide, or are too many; those beside a busy neighbour have no place among
/// them, and are not bought for ever.
fn round<L: Launches>(
    baseline: &[Vec<LaunchValue>],
    policy: &StoredPolicy,
    source: &mut L,
) -> Result<(Vec<Look>, usize), L::Error> {
    let mut launches = source.launch(ROUND)?;
    loop {
        let sides = || baseline.iter().zip(&launches);
        let mut looks: Vec<Look> =
            sides().map(|(before, now)| judge_paced(before, now, policy)).collect();
        let bought = launches[0].len();
        let set_aside = sides().map(|(before, now)| crowded(before, now).len()).max().unwrap_or(0);
        let alone = bought - set_aside;
        let has_enough = alone >= ROUND * PATIENCE || bought >= 2 * ROUND * PATIENCE;
        let missing = ROUND.saturating_sub(alone);
        let is_open = looks.iter().any(|look| look.decision == Decision::Undecided);
        let is_same = looks.iter().all(|look| look.decision == Decision::Same);
        let more = match (is_open, missing) {
            _ if is_same || has_enough || !source.has_time() => 0,
            (_, 1..) => missing,
            (true, 0) => ROUND.div_ceil(2),
            (false, 0) => 0,
        };
        if more == 0 {
            for (at, (look, (before, now))) in looks.iter_mut().zip(sides()).enumerate() {
                let is_worse = look.decision == Decision::Worse;
                if is_worse && source.excuse(at, before, now).is_some() {
                    look.decision = Decision::Undecided;
                }
            }
            return Ok((looks, bought));
        }
        for (all, more) in launches.iter_mut().zip(source.launch(more)?) {
            all.extend(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use perfreg_core::Direction;
    use perfreg_core::judge::{Decision, LaunchValue, StoredPolicy};

    use super::{ByMetric, Launches, gate};
    use crate::tally::Suspicion;

    /// Rounds of a factor each, as a script says; the last one stays.
    struct Script {
        factors: Vec<f64>,
        bought: usize,
        /// Launches that there is time for.
        most: usize,
    }

    fn value(factor: f64, at: usize) -> LaunchValue {
        LaunchValue::new(factor * (100.0 + (at * 7 % 10) as f64 * 0.05), None)
    }

    impl Launches for Script {
        type Error = Infallible;

        fn launch(&mut self, count: usize) -> Result<ByMetric, Infallible> {
            let factor = self.factors[0];
            self.bought += count;
            Ok(vec![(0..count).map(|at| value(factor, at)).collect()])
        }

        fn pause(&mut self) {
            if self.factors.len() > 1 {
                self.factors.remove(0);
            }
        }

        fn has_time(&self) -> bool {
            self.bought < self.most
        }
    }

    #[test]
    fn a_suspicion_is_heard_twice() {
        let baseline = [(0..10).map(|at| value(1.0, at)).collect()];
        let policy = StoredPolicy::new(0.05, Direction::LowerIsBetter);
        let check = |factors: &[f64], most, decision, suspected, launches| {
            let mut script = Script { factors: factors.to_vec(), bought: 0, most };
            let Ok(gated) = gate(&baseline, &policy, &mut script);
            let found = (gated.decision, gated.suspected, gated.launches);
            assert_eq!(found, (decision, suspected, launches), "{factors:?}");
            assert_eq!(script.bought, launches);
        };
        check(&[1.0], 100, Decision::Same, Suspicion::None, 10);
        check(&[0.9], 100, Decision::Better, Suspicion::None, 10);
        check(&[1.1], 100, Decision::Worse, Suspicion::Raised, 20);
        check(&[1.1, 1.0], 100, Decision::Same, Suspicion::Raised, 20);
        // Right at the limit nothing decides, and it ends all the same.
        check(&[1.049], 100, Decision::Undecided, Suspicion::None, 30);
        check(&[1.049], 15, Decision::Undecided, Suspicion::None, 15);
    }

    /// Two metrics, of which the second alone is slower.
    struct Second;

    impl Launches for Second {
        type Error = Infallible;

        fn launch(&mut self, count: usize) -> Result<ByMetric, Infallible> {
            let of = |factor| (0..count).map(|at| value(factor, at)).collect();
            Ok(vec![of(1.0), of(1.1)])
        }
    }

    #[test]
    fn the_worst_metric_decides() {
        let side: Vec<LaunchValue> = (0..10).map(|at| value(1.0, at)).collect();
        let policy = StoredPolicy::new(0.05, Direction::LowerIsBetter);
        let Ok(gated) = gate(&[side.clone(), side], &policy, &mut Second);
        assert_eq!((gated.decision, gated.suspected), (Decision::Worse, Suspicion::Raised));
    }
}
