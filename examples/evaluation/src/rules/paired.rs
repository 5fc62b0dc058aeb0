//! Rounds bought from look to look, and after a conviction fresh rounds that have to agree: as
//! `cargo perfreg diff` does it.

use perfreg_core::judge::{Decision, Outlook, Pair, PairedLook, PairedPolicy, judge_pairs};

use crate::tally::{Check, Suspicion};

/// Judges pairs that `round` supplies until they are decided.
pub(crate) fn until_decided(policy: &PairedPolicy, mut round: impl FnMut() -> Pair) -> Check {
    let first = one(policy, &mut round);
    let change = Some(first.change.estimate);
    if first.decision != Decision::Worse {
        let (decision, cost) = (first.decision, first.rounds as f64);
        return Check { decision, suspected: Suspicion::None, cost, change };
    }
    let second = one(policy, &mut round);
    let decision = match second.decision {
        Decision::Worse => Decision::Worse,
        _ => Decision::Undecided,
    };
    let cost = (first.rounds + second.rounds) as f64;
    Check { decision, suspected: Suspicion::Raised, cost, change }
}

fn one(policy: &PairedPolicy, round: &mut impl FnMut() -> Pair) -> PairedLook {
    let mut pairs = Vec::new();
    let mut last = None;
    while let Some(next) = PairedPolicy::next_look(pairs.len()) {
        pairs.resize_with(next, &mut *round);
        let look = judge_pairs(&pairs, policy);
        if look.outlook != Outlook::Open {
            return look;
        }
        last = Some(look);
    }
    last.expect("there is a first look")
}

#[cfg(test)]
mod tests {
    use perfreg_core::Direction;
    use perfreg_core::judge::{Decision, Pair, PairedPolicy};

    use super::until_decided;
    use crate::tally::Suspicion;

    #[test]
    fn a_conviction_is_heard_twice() {
        let policy = PairedPolicy::new(0.02, 1, Direction::LowerIsBetter);
        let check = |first: f64, then: f64, decision, suspected, rounds: f64| {
            let mut bought = 0;
            let check = until_decided(&policy, || {
                let factor = if bought < 16 { first } else { then };
                bought += 1;
                let noise = f64::from(bought * 7 % 11) * 1e-4;
                Pair { location: factor.ln() + noise, mean: Some(factor.ln() + noise) }
            });
            assert_eq!(
                (check.decision, check.suspected, check.cost),
                (decision, suspected, rounds)
            );
        };
        check(1.0, 1.0, Decision::Same, Suspicion::None, 7.0);
        // The signed ranks convict at 16 rounds for the first time.
        check(1.05, 1.05, Decision::Worse, Suspicion::Raised, 32.0);
        check(1.05, 1.0, Decision::Undecided, Suspicion::Raised, 23.0);
    }
}
