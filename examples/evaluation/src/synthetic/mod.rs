//! The rules on machines that never were: how often they err, how much they find, what it costs.

mod paired;
mod stored;
mod suite;

use crate::arguments::Extent;
use crate::table::Table;

/// How the synthetic part is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Checks of unchanged code for each kind of noise.
    unchanged: u64,
    /// Checks of each slowdown.
    slowed: u64,
    /// Suites for each kind of noise.
    suites: u64,
    /// What the random numbers begin with.
    seed: u64,
}

impl Plan {
    /// As much as `extent` says.
    pub(crate) fn new(extent: Extent, seed: u64) -> Self {
        match extent {
            Extent::Full => Self { unchanged: 30_000, slowed: 3_000, suites: 1_000, seed },
            Extent::Quick => Self { unchanged: 2_000, slowed: 200, suites: 20, seed },
        }
    }

    fn checks(&self, slowdown: u32) -> u64 {
        if slowdown == 0 { self.unchanged } else { self.slowed }
    }
}

/// What was really added, in percent.
const SLOWDOWNS: [u32; 5] = [0, 1, 2, 5, 10];

fn factor(slowdown: u32) -> f64 {
    1.0 + f64::from(slowdown) / 100.0
}

/// All tables of the part; `tell` gets each as soon as it is there.
///
/// # Errors
/// What `tell` says.
pub(crate) fn run(
    plan: Plan,
    mut tell: impl FnMut(Table) -> Result<(), String>,
) -> Result<(), String> {
    for threshold in [2, 5] {
        tell(paired::table(plan, threshold))?;
    }
    for threshold in [2, 5] {
        tell(stored::table(plan, threshold))?;
    }
    tell(suite::table(plan))
}
