//! How fast the CPU itself is at the moment: two fixed pieces of arithmetic, run between samples.
//!
//! On a shared machine a CPU changes under a program in two ways that no counter of a guest system
//! shows. Its clock frequency moves with the neighbours' load, by some percent within seconds. And a
//! neighbour on the other hardware thread of the core takes execution units, which costs half the
//! speed of code that uses them well. A chain of dependent operations feels the first alone;
//! independent operations feel both.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::ops::Range;
use std::time::Instant;

use crate::model::Pace;
use crate::stats::{quantile_sorted, sorted};

/// Readings over a launch: some before its first sample, and some after each.
#[derive(Debug, Default)]
pub(crate) struct PaceMeter {
    readings: Vec<Reading>,
    /// How many readings there were when each sample began, and at the end.
    marks: Vec<usize>,
    /// The crowding of the CPU when it is left alone, if earlier launches know.
    quiet: Option<f64>,
}

/// Both pieces of arithmetic in one moment, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Reading {
    dependent: f64,
    independent: f64,
}

impl Reading {
    fn crowding(&self) -> f64 {
        self.independent / self.dependent
    }
}

/// Who may be the crowd on the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Crowd {
    /// Other processes alone.
    Neighbours,
    /// The work's own threads, which may still run after a sample, in every launch of it.
    Own,
}

/// What a launch is made of: the samples that were least crowded.
#[derive(Debug)]
pub(crate) struct Quietest {
    /// Their places, in the order in which they were taken.
    pub(crate) samples: Vec<usize>,
    /// The pace at these moments; none if there was no reading.
    pub(crate) pace: Option<Pace>,
}

/// Some 2 µs each: long against the clock's resolution, short against a sample. Clocks of other systems
/// tick every 40 ns to 100 ns.
const DEPENDENT_ROUNDS: u32 = 1_200 * LONGER;
const INDEPENDENT_ROUNDS: u32 = 800 * LONGER;
const LONGER: u32 = if cfg!(target_os = "linux") { 1 } else { 8 };
/// Before each reading: the work leaves other code and branches in the core's caches than the last
/// reading did.
const WARM_UP_ROUNDS: u32 = 100;

impl PaceMeter {
    pub(crate) fn new(quiet: Option<f64>) -> Self {
        Self { quiet, ..Self::default() }
    }

    /// Takes the readings before the first sample.
    pub(crate) fn begin(&mut self) {
        self.read_after(0.0);
    }

    /// Takes readings after a sample that took `ns`: few samples of long calls need as many readings as
    /// many of short ones, or a launch's pace would be that of a handful of moments.
    pub(crate) fn read_after(&mut self, ns: f64) {
        const NS_A_READING: f64 = 200_000.0;
        const MOST: f64 = 16.0;
        let readings = (ns / NS_A_READING).clamp(1.0, MOST) as u32;
        self.readings.extend((0..readings).map(|_| read()));
        self.marks.push(self.readings.len());
    }

    /// How many samples should be taken in place of others, for there to be so many `wanted` beside no
    /// busy neighbour: none if hardly any so far were, for a neighbour that stays is not waited for.
    pub(crate) fn missing(&self, wanted: usize) -> usize {
        const FEWEST_SHARE: usize = 10;
        let crowding = self.crowding_of_samples();
        let limit = self.quiet_limit();
        let quiet = crowding.iter().filter(|crowding| **crowding <= limit).count();
        match quiet * FEWEST_SHARE >= crowding.len() {
            true => wanted.saturating_sub(quiet),
            false => 0,
        }
    }

    /// Up to which crowding a sample had its core for itself.
    fn quiet_limit(&self) -> f64 {
        /// As for launches: the least that a neighbour adds is 4 %, and code takes half as long again then.
        const TOLERANCE: f64 = 1.03;
        let own = low(self.readings.iter().map(Reading::crowding)).unwrap_or(f64::INFINITY);
        self.quiet.map_or(own, |quiet| quiet.min(own)) * TOLERANCE
    }

    /// The crowding around each sample: the mean of the readings before and after it.
    fn crowding_of_samples(&self) -> Vec<f64> {
        let around = |at: usize| {
            let readings = &self.readings[self.readings_around(at)];
            readings.iter().map(Reading::crowding).sum::<f64>() / readings.len() as f64
        };
        (0..self.marks.len().saturating_sub(1)).map(around).collect()
    }

    fn readings_around(&self, sample: usize) -> Range<usize> {
        let begin = sample.checked_sub(1).map_or(0, |before| self.marks[before]);
        begin..self.marks[sample + 1]
    }

    /// The least crowded samples, `count` of them or all if there are fewer, and the pace around them.
    ///
    /// Of those that had their core for themselves the first ones, for what else the readings differ by
    /// is noise, or the work's own doing. Of work that may be its own crowd, the first of all.
    pub(crate) fn quietest(&self, count: usize, crowd: Crowd) -> Quietest {
        let (crowding, limit) = (self.crowding_of_samples(), self.quiet_limit());
        let mut samples: Vec<usize> = (0..crowding.len()).collect();
        if crowd == Crowd::Neighbours {
            let rank = |sample: usize| crowding[sample].max(limit);
            samples.sort_by(|a, b| rank(*a).total_cmp(&rank(*b)));
        }
        samples.truncate(count);
        samples.sort_unstable();
        let places: BTreeSet<usize> =
            samples.iter().flat_map(|sample| self.readings_around(*sample)).collect();
        let readings: Vec<Reading> = places.iter().map(|at| self.readings[*at]).collect();
        let pace = pace(&readings).map(|pace| match (self.quiet, crowd) {
            (Some(quiet), Crowd::Neighbours) => Pace { at_best: quiet.min(pace.at_best), ..pace },
            _ => pace,
        });
        Quietest { samples, pace }
    }
}

/// The 10 % quantiles, as of the samples. `None` without readings.
fn pace(readings: &[Reading]) -> Option<Pace> {
    let chain_ns = low(readings.iter().map(|reading| reading.dependent))?;
    let independent_ns = low(readings.iter().map(|reading| reading.independent))?;
    // Neighbours in time share the clock. The least of all would be that of an interrupted chain, or
    // of two moments with different clocks, and make every other launch look crowded.
    let at_best = low(readings.iter().map(Reading::crowding))?;
    Some(Pace { chain_ns, crowding: independent_ns / chain_ns, at_best })
}

fn low(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| quantile_sorted(&sorted(&values), 0.10))
}

fn read() -> Reading {
    black_box(dependent(black_box(WARM_UP_ROUNDS), 7) ^ independent(black_box(WARM_UP_ROUNDS), 7));
    Reading {
        dependent: timed(|| dependent(black_box(DEPENDENT_ROUNDS), black_box(7))),
        independent: timed(|| independent(black_box(INDEPENDENT_ROUNDS), black_box(7))),
    }
}

fn timed(work: impl FnOnce() -> u64) -> f64 {
    let begun = Instant::now();
    black_box(work());
    begun.elapsed().as_nanos() as f64
}

/// Marsaglia's xorshift: every step waits for the one before.
#[inline(never)]
pub(super) fn dependent(rounds: u32, seed: u64) -> u64 {
    let mut state = seed | 1;
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    state
}

/// More steps at a time than a core can begin. They multiply 64 bits, which compilers leave to the
/// scalar units: vector units have hazards of their own that come and go with the neighbour.
#[inline(never)]
fn independent(rounds: u32, seed: u64) -> u64 {
    let mut states = [1, 3, 5, 7, 9, 11, 13, 15].map(|odd: u64| seed.wrapping_mul(odd) | 1);
    for _ in 0..rounds {
        for state in &mut states {
            *state = state.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
            *state = state.wrapping_add(*state >> 11);
        }
    }
    states.into_iter().fold(0, |all, state| all ^ state)
}

#[cfg(test)]
mod tests {
    use super::{Crowd, PaceMeter, Reading};

    /// A meter whose readings, one before the first sample and one after each, have this crowding.
    fn meter(quiet: Option<f64>, crowding: &[f64]) -> PaceMeter {
        let reading = |crowding: &f64| Reading { dependent: 100.0, independent: 100.0 * crowding };
        let readings = crowding.iter().map(reading).collect();
        PaceMeter { readings, marks: (1..=crowding.len()).collect(), quiet }
    }

    #[test]
    fn a_pace_needs_readings_and_is_positive() {
        assert!(PaceMeter::default().quietest(5, Crowd::Neighbours).pace.is_none());
        let mut meter = PaceMeter::default();
        meter.begin();
        meter.read_after(50_000.0);
        assert_eq!(meter.readings.len(), 2);
        meter.read_after(1_000_000.0);
        assert_eq!(meter.readings.len(), 2 + 5);
        meter.read_after(1e9);
        assert_eq!(meter.readings.len(), 2 + 5 + 16);
        let pace = meter.quietest(3, Crowd::Neighbours).pace.unwrap();
        assert!(pace.chain_ns > 0.0 && pace.crowding > 0.0, "{pace:?}");
    }

    #[test]
    fn one_odd_reading_is_not_the_best_of_a_launch() {
        // An interrupt in one chain, and a moment at another clock.
        let mut meter = meter(None, &[1.1; 40]);
        meter.readings[3].dependent = 150.0;
        meter.readings[7].independent = 100.0;
        let found = meter.quietest(39, Crowd::Neighbours).pace.unwrap();
        let rounded = |value: f64| (value * 1e6).round() / 1e6;
        let found = [found.chain_ns, found.crowding, found.at_best].map(rounded);
        assert_eq!(found, [100.0, 1.1, 1.1]);
    }

    #[test]
    fn the_samples_between_quiet_readings_count() {
        let check = |quiet: Option<f64>, crowding: &[f64], kept: &[usize]| {
            let found = meter(quiet, crowding).quietest(kept.len(), Crowd::Neighbours);
            assert_eq!(found.samples, kept, "{crowding:?}");
        };
        check(None, &[], &[]);
        check(None, &[1.1; 4], &[0, 1, 2]);
        // A neighbour after the second sample, gone before the fourth.
        check(None, &[1.1, 1.1, 1.5, 1.5, 1.1, 1.1], &[0, 4]);
        check(None, &[1.1, 1.1, 1.4, 1.5, 1.1, 1.1], &[0, 1, 4]);
        // Among quiet samples the readings decide nothing.
        check(None, &[1.12, 1.12, 1.1, 1.1, 1.5, 1.1], &[0, 1]);
        check(Some(1.1), &[1.4; 4], &[0, 1, 2]);
        let own = meter(None, &[1.1, 1.5, 1.5, 1.1, 1.1]).quietest(2, Crowd::Own);
        assert_eq!(own.samples, [0, 1]);
    }

    #[test]
    fn a_neighbour_that_pauses_is_waited_for() {
        let check = |quiet: usize, crowded: usize, missing: usize| {
            let crowding = [vec![1.1; quiet + 1], vec![1.5; crowded]].concat();
            assert_eq!(meter(Some(1.1), &crowding).missing(100), missing, "{quiet} {crowded}");
        };
        check(100, 0, 0);
        check(60, 40, 40);
        check(20, 80, 80);
        check(5, 95, 0);
        check(0, 100, 0);
        // A launch that was crowded throughout does not know it by itself.
        assert_eq!(meter(None, &[1.4; 101]).missing(100), 0);
    }

    #[test]
    fn a_launch_knows_of_better_moments_than_its_own() {
        let check = |quiet: Option<f64>, crowd: Crowd, expected: f64| {
            let found = meter(quiet, &[1.4; 9]).quietest(8, crowd);
            assert_eq!(found.pace.unwrap().at_best, expected);
        };
        check(None, Crowd::Neighbours, 1.4);
        check(Some(1.1), Crowd::Neighbours, 1.1);
        check(Some(1.1), Crowd::Own, 1.4);
        check(Some(1.5), Crowd::Neighbours, 1.4);
    }
}
