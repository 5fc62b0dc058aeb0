//! The rules on synthetic noise: how often they err, how much they find, what it costs.

use std::thread;

use perfreg_core::Direction;
use perfreg_core::judge::{Decision, PairedPolicy, judge_pairs};
use perfreg_core::stats::{mad, median};

use crate::noise::{MODELS, Machine, Noise};
use crate::share::Share;

/// How the synthetic part is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Checks of unchanged code for each kind of noise.
    pub(crate) unchanged: u64,
    /// Checks of each slowdown.
    pub(crate) slowed: u64,
    /// What the random numbers begin with.
    pub(crate) seed: u64,
}

/// The slowdowns that are looked for.
const SLOWDOWNS: [f64; 4] = [1.01, 1.02, 1.05, 1.10];

/// What came of one kind of noise under one rule.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) noise: Noise,
    /// Robust standard deviation between launches.
    pub(crate) spread: f64,
    pub(crate) false_alarms: Share,
    pub(crate) undecided: Share,
    /// Of each slowdown.
    pub(crate) found: Vec<Share>,
    /// Rounds on unchanged code, and of each slowdown.
    pub(crate) rounds: Vec<f64>,
}

/// The paired rule at `threshold` on every kind of noise.
pub(crate) fn paired(plan: Plan, threshold: f64) -> Vec<Outcome> {
    let one = |noise: Noise| {
        let tally =
            |factor: f64, checks: u64| Tally::of(noise, factor, checks, plan.seed, threshold);
        let unchanged = tally(1.0, plan.unchanged);
        let slowed: Vec<Tally> = SLOWDOWNS.iter().map(|f| tally(*f, plan.slowed)).collect();
        Outcome {
            noise,
            spread: spread(noise, plan.seed),
            false_alarms: Share::new(unchanged.worse, plan.unchanged),
            undecided: Share::new(unchanged.undecided, plan.unchanged),
            found: slowed.iter().map(|tally| Share::new(tally.worse, plan.slowed)).collect(),
            rounds: std::iter::once(&unchanged).chain(&slowed).map(Tally::mean_rounds).collect(),
        }
    };
    MODELS.into_iter().map(one).collect()
}

#[derive(Clone, Copy, Default)]
struct Tally {
    checks: u64,
    worse: u64,
    undecided: u64,
    rounds: u64,
}

impl Tally {
    /// On all cores: every check has a seed of its own, so that their number changes nothing.
    fn of(noise: Noise, factor: f64, checks: u64, seed: u64, threshold: f64) -> Self {
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        let part = |core: u64| {
            let mut tally = Self::default();
            for check in (core..checks).step_by(cores as usize) {
                tally.add(noise, factor, seed ^ (check << 16) ^ factor.to_bits(), threshold);
            }
            tally
        };
        let parts: Vec<Self> = thread::scope(|scope| {
            let handles: Vec<_> = (0..cores).map(|core| scope.spawn(move || part(core))).collect();
            handles.into_iter().map(|h| h.join().expect("a part does not panic")).collect()
        });
        let sum = |of: fn(&Self) -> u64| parts.iter().map(of).sum();
        Self {
            checks,
            worse: sum(|t| t.worse),
            undecided: sum(|t| t.undecided),
            rounds: sum(|t| t.rounds),
        }
    }

    fn add(&mut self, noise: Noise, factor: f64, seed: u64, threshold: f64) {
        let mut machine = Machine::new(noise, seed);
        let policy = PairedPolicy::new(threshold, 1, Direction::LowerIsBetter);
        let mut pairs = Vec::new();
        let look = loop {
            let Some(next) = PairedPolicy::next_look(pairs.len()) else {
                break judge_pairs(&pairs, &policy);
            };
            while pairs.len() < next {
                pairs.push(machine.round(factor));
            }
            let look = judge_pairs(&pairs, &policy);
            if look.outlook != perfreg_core::judge::Outlook::Open {
                break look;
            }
        };
        self.rounds += look.rounds as u64;
        match look.decision {
            Decision::Worse => self.worse += 1,
            Decision::Undecided => self.undecided += 1,
            Decision::Better | Decision::Same => {}
        }
    }

    fn mean_rounds(&self) -> f64 {
        self.rounds as f64 / self.checks as f64
    }
}

fn spread(noise: Noise, seed: u64) -> f64 {
    let mut machine = Machine::new(noise, seed);
    let locations: Vec<f64> = (0..4000).map(|_| machine.round(1.0).location).collect();
    let middle = median(&locations);
    let around: Vec<f64> = locations.iter().map(|value| value - middle).collect();
    // Of the difference of two launches.
    1.4826 * mad(&around) / std::f64::consts::SQRT_2
}
