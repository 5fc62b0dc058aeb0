//! The gate against a stored baseline, on launches from anywhere: as `perfreg_core::harness` does it.

use perfreg_core::judge::{
    Decision, LaunchValue, Look, StoredPolicy, confirm, crowded, judge_paced,
};

use crate::tally::{Check, Suspicion};

/// Where launches come from.
pub(crate) trait Launches {
    /// Why there are none.
    type Error;

    /// So many more.
    fn launch(&mut self, count: usize) -> Result<Vec<LaunchValue>, Self::Error>;

    /// What lies between a suspicion and the launches that confirm it.
    fn pause(&mut self) {}

    /// Why the machine may be the reason that these launches are slower than the baseline's.
    fn excuse(&self, _baseline: &[LaunchValue], _current: &[LaunchValue]) -> Option<String> {
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
/// # Errors
/// If a launch fails.
pub(crate) fn gate<L: Launches>(
    baseline: &[LaunchValue],
    policy: &StoredPolicy,
    source: &mut L,
) -> Result<Gated, L::Error> {
    let (first, bought) = round(baseline, policy, source)?;
    let change = first.change.map(|change| change.estimate);
    if first.decision != Decision::Worse {
        let decision = first.decision;
        return Ok(Gated { decision, suspected: Suspicion::None, launches: bought, change });
    }
    source.pause();
    let (second, again) = round(baseline, policy, source)?;
    let (decision, _) = confirm(&first, &second);
    Ok(Gated { decision, suspected: Suspicion::Raised, launches: bought + again, change })
}

/// Launches until they decide, or are too many; those beside a busy neighbour have no place among
/// them, and are not bought for ever.
fn round<L: Launches>(
    baseline: &[LaunchValue],
    policy: &StoredPolicy,
    source: &mut L,
) -> Result<(Look, usize), L::Error> {
    let mut launches = source.launch(ROUND)?;
    loop {
        let mut look = judge_paced(baseline, &launches, policy);
        let alone = launches.len() - crowded(baseline, &launches).len();
        let has_enough = alone >= ROUND * PATIENCE || launches.len() >= 2 * ROUND * PATIENCE;
        let missing = ROUND.saturating_sub(alone);
        let more = match (look.decision, missing) {
            _ if has_enough || !source.has_time() => 0,
            (_, 1..) => missing,
            (Decision::Undecided, 0) => ROUND.div_ceil(2),
            _ => 0,
        };
        if more == 0 {
            if look.decision == Decision::Worse && source.excuse(baseline, &launches).is_some() {
                look.decision = Decision::Undecided;
            }
            return Ok((look, launches.len()));
        }
        launches.extend(source.launch(more)?);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use perfreg_core::Direction;
    use perfreg_core::judge::{Decision, LaunchValue, StoredPolicy};

    use super::{Launches, gate};
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

        fn launch(&mut self, count: usize) -> Result<Vec<LaunchValue>, Infallible> {
            let factor = self.factors[0];
            self.bought += count;
            Ok((0..count).map(|at| value(factor, at)).collect())
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
        let baseline: Vec<LaunchValue> = (0..10).map(|at| value(1.0, at)).collect();
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
}
