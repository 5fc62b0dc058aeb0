//! How fast the CPU itself was while a launch was measured.

use serde::{Deserialize, Serialize};

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
    /// The crowding in the best tenth of the launch's moments: even a busy neighbour pauses.
    pub at_best: f64,
}

impl Pace {
    /// Undisturbed launches repeat the number to one percent; a busy neighbour adds 15 % to 60 %.
    const TOLERANCE: f64 = 1.05;

    /// The pace that a baseline kept.
    pub fn of_baseline(chain_ns: f64, crowding: f64) -> Self {
        Self { chain_ns, crowding, at_best: crowding }
    }

    /// The least crowding among `paces`: what the CPU does when it is left alone.
    pub fn least_crowding(paces: impl IntoIterator<Item = Pace>) -> f64 {
        let least = |pace: Pace| pace.crowding.min(pace.at_best);
        paces.into_iter().map(least).fold(f64::INFINITY, f64::min)
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
