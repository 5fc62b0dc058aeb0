//! The gate against a stored baseline, on machines whose sessions differ.

use std::convert::Infallible;

use fastrand::Rng;
use perfreg_core::Direction;
use perfreg_core::judge::{LaunchValue, StoredPolicy};

use super::{Plan, SLOWDOWNS, factor};
use crate::noise::normal;
use crate::rules::{ByMetric, Gated, Launches, gate};
use crate::seed::mixed;
use crate::table::{Cost, Outcome, Table, of_outcomes};
use crate::tally::on_all_cores;

/// How sessions and launches differ; standard deviations of logarithms.
#[derive(Clone, Copy, Debug)]
struct Spread {
    session: f64,
    launch: f64,
}

/// At a threshold in percent.
pub(super) fn table(plan: Plan, threshold: u32) -> Table {
    let mut outcomes = Vec::new();
    for sessions in [1, 5] {
        for session in [0.0, 0.005, 0.01, 0.02] {
            for launch in [0.005, 0.01] {
                outcomes.push(outcome(sessions, Spread { session, launch }, plan, threshold));
            }
        }
    }
    let title = format!("Stored baseline, threshold {threshold} %, on synthetic sessions");
    let labels = ["sessions of the baseline", "sessions vary by", "launches vary by"];
    of_outcomes(&title, &labels, Cost::Launches, &outcomes)
        .noted(format!("seed {}; 10 launches a session, up to 30 while undecided", plan.seed))
        .noted("the second round after a suspicion is of the same session, as in the gate")
}

fn outcome(sessions: usize, spread: Spread, plan: Plan, threshold: u32) -> Outcome {
    let policy = StoredPolicy::new(f64::from(threshold) / 100.0, Direction::LowerIsBetter);
    let name = [sessions as u64, spread.session.to_bits(), spread.launch.to_bits()];
    let by_slowdown = SLOWDOWNS.map(|slowdown| {
        let check = |number: u64| {
            let seed = mixed(&[plan.seed, mixed(&name), u64::from(slowdown), number]);
            let Ok(gated) = one(sessions, spread, factor(slowdown), &policy, seed);
            gated.check()
        };
        (slowdown, on_all_cores(plan.checks(slowdown), check))
    });
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let labels = vec![sessions.to_string(), percent(spread.session), percent(spread.launch)];
    Outcome { labels, by_slowdown: by_slowdown.into() }
}

fn one(
    sessions: usize,
    spread: Spread,
    factor: f64,
    policy: &StoredPolicy,
    seed: u64,
) -> Result<Gated, Infallible> {
    const LAUNCHES: usize = 10;
    let mut rng = Rng::with_seed(seed);
    let mut baseline = Vec::with_capacity(sessions * LAUNCHES);
    for number in 0..sessions {
        let mut session = Session::begin(&mut rng, spread, 1.0);
        baseline.extend(session.launches(LAUNCHES).map(|launch| launch.in_session(number)));
    }
    gate(&[baseline], policy, &mut Session::begin(&mut rng, spread, factor))
}

/// An hour on the machine, as it is in that hour.
struct Session<'a> {
    rng: &'a mut Rng,
    level: f64,
    launch: f64,
}

impl<'a> Session<'a> {
    fn begin(rng: &'a mut Rng, spread: Spread, factor: f64) -> Self {
        let level = factor.ln() + spread.session * normal(rng);
        Self { rng, level, launch: spread.launch }
    }

    fn launches(&mut self, count: usize) -> impl Iterator<Item = LaunchValue> {
        (0..count)
            .map(|_| LaunchValue::new((self.level + self.launch * normal(self.rng)).exp(), None))
    }
}

impl Launches for Session<'_> {
    type Error = Infallible;

    fn launch(&mut self, count: usize) -> Result<ByMetric, Infallible> {
        Ok(vec![self.launches(count).collect()])
    }
}
