//! A hundred unchanged tests judged together: the chance of any alarm.

use perfreg_core::Direction;
use perfreg_core::judge::{Decision, PairedPolicy};

use super::Plan;
use crate::noise::{MODELS, Machine, Noise};
use crate::rules::until_decided;
use crate::seed::mixed;
use crate::share::Share;
use crate::table::{Cell, Table};
use crate::tally::{Check, Suspicion, on_all_cores};

/// Tests of a suite; all are declared before any is judged.
const TESTS: usize = 100;

/// Of every kind of noise.
pub(super) fn table(plan: Plan) -> Table {
    let columns = ["noise", "suites", "any alarm", "any before asking again", "rounds a test"];
    let row = |noise: Noise| {
        let tally = on_all_cores(plan.suites, |number| suite(noise, plan.seed, number));
        let alarms: [Share; 2] = [tally.worse(), tally.suspected()];
        let mut row =
            vec![Cell::Text(noise.name.to_owned()), Cell::Text(tally.count().to_string())];
        row.extend(alarms.map(Cell::Share));
        row.push(Cell::from(tally.mean_cost()));
        row
    };
    Table {
        title: "Suites of 100 unchanged tests, threshold 2 %".to_owned(),
        notes: vec![format!("seed {}; every test is judged as one of 100", plan.seed)],
        columns: columns.map(String::from).into(),
        rows: MODELS.into_iter().map(row).collect(),
    }
}

/// One suite, as if it were one check that any of its tests can fail.
fn suite(noise: Noise, seed: u64, number: u64) -> Check {
    let policy = PairedPolicy::new(0.02, TESTS, Direction::LowerIsBetter);
    let mut all =
        Check { decision: Decision::Same, suspected: Suspicion::None, cost: 0.0, change: None };
    for test in 0..TESTS as u64 {
        // Told apart from the checks of single tests, which have as many parts.
        let mut machine =
            Machine::new(noise, mixed(&[seed, noise.number(), u64::MAX, number, test]));
        let one = until_decided(&policy, || machine.round(1.0));
        if one.decision == Decision::Worse {
            all.decision = Decision::Worse;
        }
        if one.suspected == Suspicion::Raised {
            all.suspected = Suspicion::Raised;
        }
        all.cost += one.cost / TESTS as f64;
    }
    all
}
