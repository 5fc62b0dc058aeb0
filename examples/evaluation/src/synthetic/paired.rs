//! The paired rule on every kind of noise.

use perfreg_core::Direction;
use perfreg_core::judge::PairedPolicy;
use perfreg_core::stats::{mad, median};

use super::{Plan, SLOWDOWNS, factor};
use crate::noise::{MODELS, Machine, Noise};
use crate::rules::until_decided;
use crate::seed::mixed;
use crate::table::{Cost, Outcome, Table, of_outcomes};
use crate::tally::on_all_cores;

/// At a threshold in percent.
pub(super) fn table(plan: Plan, threshold: u32) -> Table {
    let outcomes: Vec<Outcome> =
        MODELS.into_iter().map(|noise| outcome(noise, plan, threshold)).collect();
    let title = format!("Paired rule, threshold {threshold} %, on synthetic noise");
    of_outcomes(&title, &["noise", "between launches", "what it is like"], Cost::Rounds, &outcomes)
        .noted(format!("seed {}; a round is one launch of each side", plan.seed))
        .noted("an alarm takes fresh rounds that convict as well; \"before asking again\" is the rule alone")
}

fn outcome(noise: Noise, plan: Plan, threshold: u32) -> Outcome {
    let policy = PairedPolicy::new(f64::from(threshold) / 100.0, 1, Direction::LowerIsBetter);
    let by_slowdown = SLOWDOWNS.map(|slowdown| {
        let check = |number: u64| {
            let seed = mixed(&[plan.seed, noise.number(), u64::from(slowdown), number]);
            let mut machine = Machine::new(noise, seed);
            until_decided(&policy, || machine.round(factor(slowdown)))
        };
        (slowdown, on_all_cores(plan.checks(slowdown), check))
    });
    let spread = format!("{:.2} %", 100.0 * spread(noise, plan.seed));
    let labels = vec![noise.name.to_owned(), spread, noise.about.to_owned()];
    Outcome { labels, by_slowdown: by_slowdown.into() }
}

/// The robust standard deviation between launches.
fn spread(noise: Noise, seed: u64) -> f64 {
    let mut machine = Machine::new(noise, seed);
    let locations: Vec<f64> = (0..4000).map(|_| machine.round(1.0).location).collect();
    let middle = median(&locations);
    let around: Vec<f64> = locations.iter().map(|value| value - middle).collect();
    // Of the difference of two launches.
    1.4826 * mad(&around) / std::f64::consts::SQRT_2
}
