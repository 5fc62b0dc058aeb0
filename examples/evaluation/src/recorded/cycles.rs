//! Device cycles of an accelerator: series that hardly vary, with ties and cold first samples.

use std::path::Path;

use fastrand::Rng;
use perfreg_core::judge::{Pair, PairedPolicy};
use perfreg_core::{Direction, PerformanceData};

use super::{json_files, package, read};
use crate::rules::{specified, until_decided};
use crate::seed::mixed;
use crate::table::{Cost, Outcome, Table, of_outcomes};
use crate::tally::{Check, Tally};

/// What one side is multiplied by, in percent.
const SHIFTS: [u32; 5] = [0, 1, 2, 5, 10];

/// Both rules on every series of the ground truth.
///
/// # Errors
/// In words, if a file cannot be read.
pub(super) fn table(seed: u64) -> Result<Table, String> {
    let all = series(&package().join("../../gt/accessor_benchmarks"))?;
    let paired = |at: usize, samples: &[f64], factor: f64| {
        paired(samples, factor, mixed(&[seed, at as u64, factor.to_bits()]))
    };
    let halves = |_: usize, samples: &[f64], factor: f64| {
        let (before, now) = samples.split_at(samples.len() / 2);
        let now: Vec<f64> = now.iter().map(|value| value * factor).collect();
        specified(before, &now, samples.len() as f64 / 2.0).expect("cycles are finite")
    };
    let outcomes = [
        outcome("paired, 2 %, neighbouring samples as rounds", &all, paired),
        outcome("specified, first half against second half", &all, halves),
    ];
    let title = "Device cycles of one process, recorded";
    Ok(of_outcomes(title, &["procedure"], Cost::Rounds, &outcomes)
        .noted(format!("{} series of 125 samples; gt/accessor_benchmarks/PROVENANCE.txt", all.len()))
        .noted("slowed: one side multiplied; the rules see single samples, since there is one process only"))
}

fn outcome(label: &str, all: &[Vec<f64>], check: impl Fn(usize, &[f64], f64) -> Check) -> Outcome {
    let by_slowdown = SHIFTS.map(|shift| {
        let factor = 1.0 + f64::from(shift) / 100.0;
        let mut tally = Tally::default();
        all.iter().enumerate().for_each(|(at, one)| tally.add(check(at, one, factor)));
        (shift, tally)
    });
    Outcome { labels: vec![label.to_owned()], by_slowdown: by_slowdown.into() }
}

/// Neighbours as rounds, roles drawn, from the first sample on and round again.
fn paired(samples: &[f64], factor: f64, seed: u64) -> Check {
    let policy = PairedPolicy::new(0.02, 1, Direction::LowerIsBetter);
    let mut rng = Rng::with_seed(seed);
    let mut rounds = samples.chunks_exact(2).cycle();
    until_decided(&policy, || {
        let round = rounds.next().expect("a series has more than one sample");
        let (before, now) = if rng.bool() { (round[0], round[1]) } else { (round[1], round[0]) };
        Pair { location: (now * factor / before).ln(), mean: None }
    })
}

fn series(folder: &Path) -> Result<Vec<Vec<f64>>, String> {
    let mut all = Vec::new();
    for path in json_files(folder)? {
        let data = PerformanceData::from_json_str(&read(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        for section in data.sections() {
            for name in data.subsections(section) {
                all.extend(data.samples(section, name).map(<[f64]>::to_vec));
            }
        }
    }
    Ok(all)
}
