//! How fast the CPU itself was while a launch was measured.

use serde::{Deserialize, Serialize};

use crate::stats::sorted;

/// What two fixed pieces of arithmetic said of the CPU during a launch.
///
/// A baseline keeps the first two numbers under these names. Whoever changes the loops behind them
/// (`measure/pace.rs`) gives them new names, so that old baselines are read as having none.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pace {
    /// Nanoseconds of operations that wait for one another: the clock frequency alone changes it.
    pub chain_ns: f64,
    /// What operations that do not wait for one another took, as a multiple of the chain: it grows
    /// when somebody else uses the same core, and is otherwise a constant of the CPU.
    pub crowding: f64,
    /// The crowding in the best tenth of the launch's moments, for even a busy neighbour pauses; or in
    /// the quiet moments of earlier launches on this machine, where these were better.
    pub at_best: f64,
}

impl Pace {
    /// Undisturbed launches repeat the number to one percent; what exceeds it by 2 % was, on 7,000
    /// launches beside real neighbours, up to twice as slow as alone.
    const TOLERANCE: f64 = 1.03;

    /// The pace that a baseline kept.
    pub fn of_baseline(chain_ns: f64, crowding: f64) -> Self {
        Self { chain_ns, crowding, at_best: crowding }
    }

    /// The least crowding that launches with these `paces` know of: what the CPU does when it is left
    /// alone.
    ///
    /// One launch in some hundred reads too little, while the clock moves under it; believed alone, it
    /// would make every other launch look crowded. So others must agree, if any do.
    pub fn least_crowding(paces: impl IntoIterator<Item = Pace>) -> f64 {
        let least: Vec<f64> =
            paces.into_iter().map(|pace| pace.crowding.min(pace.at_best)).collect();
        least_agreed(&least)
            .or_else(|| least.iter().copied().reduce(f64::min))
            .unwrap_or(f64::INFINITY)
    }

    /// The least crowding in which launches with these `paces` agree; none if no two do.
    pub fn agreed_crowding(paces: impl IntoIterator<Item = Pace>) -> Option<f64> {
        least_agreed(&paces.into_iter().map(|pace| pace.crowding).collect::<Vec<_>>())
    }

    /// True if two launches shared their core alike, or had it alike.
    pub fn is_crowded_like(&self, other: Pace) -> bool {
        const ALIKE: f64 = 1.02;
        let ratio = self.crowding / other.crowding;
        ratio < ALIKE && ratio.recip() < ALIKE
    }

    /// True if a launch shared its core with a busy neighbour, while others had crowding `least`.
    pub fn is_crowded(&self, least: f64) -> bool {
        self.crowding > least * Self::TOLERANCE
    }
}

/// The least value in which one in twenty agree, and two at least: the highest of theirs.
fn least_agreed(values: &[f64]) -> Option<f64> {
    const ALIKE: f64 = 1.02;
    let count = (values.len() / 20).max(1) + 1;
    least_alike(values, count, ALIKE)?.pop()
}

/// The least `count` of `values`, in their order, of which the highest is less than `ratio` times the
/// lowest.
pub(crate) fn least_alike(values: &[f64], count: usize, ratio: f64) -> Option<Vec<f64>> {
    let alike = |values: &&[f64]| values[count - 1] < values[0] * ratio;
    sorted(values).windows(count).find(alike).map(<[f64]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn the_least_crowding_is_confirmed() {
        let check = |crowding: &[f64], expected: f64| {
            let paces = crowding.iter().map(|crowding| Pace::of_baseline(1800.0, *crowding));
            assert_eq!(Pace::least_crowding(paces), expected, "{crowding:?}");
        };
        check(&[], f64::INFINITY);
        check(&[1.3], 1.3);
        check(&[1.3, 1.1], 1.1);
        check(&[1.11, 1.10, 1.11, 1.42], 1.11);
        // Too little, and nobody agrees.
        check(&[1.11, 1.05, 1.11], 1.11);
        check(&[1.11, 1.05, 1.11, 1.11, 1.12], 1.11);
        // A crowd in which each launch is another is held against its best.
        check(&[1.5, 1.2, 1.3, 1.4], 1.2);
        let many = [vec![1.06, 1.062, 1.064], vec![1.1; 100]].concat();
        check(&many, 1.1);
    }

    #[test]
    fn launches_agree_or_know_nothing() {
        let check = |crowding: &[f64], expected: Option<f64>| {
            let paces = crowding
                .iter()
                .map(|crowding| Pace { at_best: 1.0, ..Pace::of_baseline(1800.0, *crowding) });
            assert_eq!(Pace::agreed_crowding(paces), expected, "{crowding:?}");
        };
        check(&[], None);
        check(&[1.11], None);
        check(&[1.11, 1.15, 1.2], None);
        check(&[1.05, 1.12, 1.11, 1.3], Some(1.12));
    }
}
