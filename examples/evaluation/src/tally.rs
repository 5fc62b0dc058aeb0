//! Checks of one procedure on one subject, counted.

use std::thread;

use perfreg_core::judge::Decision;
use perfreg_core::stats::{mean, median};

use crate::share::Share;

/// What one check said and cost.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Check {
    /// What it said in the end.
    pub(crate) decision: Decision,
    /// Whether it would have raised an alarm without asking again.
    pub(crate) suspected: Suspicion,
    /// Rounds, launches or seconds.
    pub(crate) cost: f64,
    /// The change that it saw, as a share.
    pub(crate) change: Option<f64>,
}

/// Whether there was a suspicion that had to be confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Suspicion {
    /// None.
    None,
    /// A first part of the check said worse.
    Raised,
}

/// Checks, counted.
#[derive(Clone, Default, Debug)]
pub(crate) struct Tally {
    checks: u64,
    worse: u64,
    better: u64,
    undecided: u64,
    suspected: u64,
    costs: Vec<f64>,
    changes: Vec<f64>,
}

impl Tally {
    /// One check more.
    pub(crate) fn add(&mut self, check: Check) {
        self.checks += 1;
        match check.decision {
            Decision::Worse => self.worse += 1,
            Decision::Better => self.better += 1,
            Decision::Undecided => self.undecided += 1,
            Decision::Same => {}
        }
        self.suspected += u64::from(check.suspected == Suspicion::Raised);
        self.costs.push(check.cost);
        self.changes.extend(check.change);
    }

    /// All of `other`'s checks as well.
    pub(crate) fn extend(&mut self, other: Self) {
        self.checks += other.checks;
        self.worse += other.worse;
        self.better += other.better;
        self.undecided += other.undecided;
        self.suspected += other.suspected;
        self.costs.extend(other.costs);
        self.changes.extend(other.changes);
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.checks
    }

    /// Checks that ended in an alarm.
    pub(crate) fn worse(&self) -> Share {
        Share::new(self.worse, self.checks)
    }

    /// Checks that ended in praise.
    pub(crate) fn better(&self) -> Share {
        Share::new(self.better, self.checks)
    }

    /// Checks that raised a suspicion, confirmed or not.
    pub(crate) fn suspected(&self) -> Share {
        Share::new(self.suspected, self.checks)
    }

    /// Checks that could not say.
    pub(crate) fn undecided(&self) -> Share {
        Share::new(self.undecided, self.checks)
    }

    /// The mean of what a check cost; none of no checks.
    pub(crate) fn mean_cost(&self) -> Option<f64> {
        (!self.costs.is_empty()).then(|| mean(&self.costs))
    }

    /// The median of what a check cost; none of no checks.
    pub(crate) fn median_cost(&self) -> Option<f64> {
        (!self.costs.is_empty()).then(|| median(&self.costs))
    }

    /// The median of the changes seen, as a share.
    pub(crate) fn typical_change(&self) -> Option<f64> {
        (!self.changes.is_empty()).then(|| median(&self.changes))
    }
}

/// The checks numbered 0 to `checks`, on all cores; their number changes nothing, because each has
/// nothing but its number to start from.
pub(crate) fn on_all_cores(checks: u64, one: impl Fn(u64) -> Check + Sync) -> Tally {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let part = |core: u64| {
        let mut tally = Tally::default();
        (core..checks).step_by(cores as usize).for_each(|check| tally.add(one(check)));
        tally
    };
    thread::scope(|scope| {
        let part = &part;
        let handles: Vec<_> = (0..cores).map(|core| scope.spawn(move || part(core))).collect();
        let mut all = Tally::default();
        for handle in handles {
            all.extend(handle.join().expect("a check does not panic"));
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use perfreg_core::judge::Decision;

    use super::{Check, Suspicion, on_all_cores};
    use crate::share::Share;

    #[test]
    fn every_check_is_counted_once() {
        let check = |number: u64| Check {
            decision: match number % 4 {
                0 => Decision::Worse,
                1 => Decision::Undecided,
                2 => Decision::Better,
                _ => Decision::Same,
            },
            suspected: if number < 3 { Suspicion::Raised } else { Suspicion::None },
            cost: number as f64,
            change: (number == 7).then_some(0.5),
        };
        let tally = on_all_cores(9, check);
        assert_eq!((tally.worse(), tally.undecided()), (Share::new(3, 9), Share::new(2, 9)));
        assert_eq!((tally.better(), tally.suspected()), (Share::new(2, 9), Share::new(3, 9)));
        assert_eq!((tally.mean_cost(), tally.median_cost()), (Some(4.0), Some(4.0)));
        assert_eq!(tally.typical_change(), Some(0.5));
        assert_eq!(on_all_cores(0, check).mean_cost(), None);
    }
}
