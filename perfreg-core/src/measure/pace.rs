//! How fast the CPU itself is at the moment: two fixed pieces of arithmetic, run between samples.
//!
//! On a shared machine a CPU changes under a program in two ways that no counter of a guest system
//! shows. Its clock frequency moves with the neighbours' load, by some percent within seconds. And a
//! neighbour on the other hardware thread of the core takes execution units, which costs half the
//! speed of code that uses them well. A chain of dependent operations feels the first alone;
//! independent operations feel both.

use std::hint::black_box;
use std::time::Instant;

use crate::model::Pace;
use crate::stats::{quantile_sorted, sorted};

/// Readings over a launch.
#[derive(Debug, Default)]
pub(crate) struct PaceMeter {
    dependent: Vec<f64>,
    independent: Vec<f64>,
}

/// Some 2 µs each: long against the clock's resolution, short against a sample.
const DEPENDENT_ROUNDS: u32 = 1_200;
const INDEPENDENT_ROUNDS: u32 = 800;

impl PaceMeter {
    /// Takes readings after a batch that took `ns`: few batches of long calls need as many readings as
    /// many of short ones, or a launch's pace would be that of a handful of moments.
    pub(crate) fn read_after(&mut self, ns: f64) {
        const NS_A_READING: f64 = 200_000.0;
        const MOST: f64 = 16.0;
        let readings = (ns / NS_A_READING).clamp(1.0, MOST) as u32;
        (0..readings).for_each(|_| self.read());
    }

    /// Takes one reading of both.
    fn read(&mut self) {
        self.dependent.push(timed(|| dependent(black_box(DEPENDENT_ROUNDS), black_box(7))));
        self.independent.push(timed(|| independent(black_box(INDEPENDENT_ROUNDS), black_box(7))));
    }

    /// The pace of the launch: the 10 % quantiles, as of its samples. `None` without readings.
    pub(crate) fn pace(self) -> Option<Pace> {
        if self.dependent.is_empty() {
            return None;
        }
        // Neighbours in time share the clock. The least of all would be that of an interrupted chain, or
        // of two moments with different clocks, and make every other launch look crowded.
        let ratios: Vec<f64> =
            self.independent.iter().zip(&self.dependent).map(|(i, d)| i / d).collect();
        let low = |values: &[f64]| quantile_sorted(&sorted(values), 0.10);
        let chain_ns = low(&self.dependent);
        Some(Pace { chain_ns, crowding: low(&self.independent) / chain_ns, at_best: low(&ratios) })
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
    use super::PaceMeter;

    #[test]
    fn a_pace_needs_readings_and_is_positive() {
        assert!(PaceMeter::default().pace().is_none());
        let mut meter = PaceMeter::default();
        meter.read_after(50_000.0);
        assert_eq!(meter.dependent.len(), 1);
        meter.read_after(1_000_000.0);
        assert_eq!(meter.independent.len(), 1 + 5);
        meter.read_after(1e9);
        assert_eq!(meter.dependent.len(), 1 + 5 + 16);
        // An interrupt in one chain, and a moment at another clock, are not the best of a launch.
        meter.dependent = vec![100.0; 40];
        meter.independent = vec![110.0; 40];
        (meter.dependent[3], meter.independent[7]) = (150.0, 100.0);
        let found = meter.pace().unwrap();
        assert_eq!((found.chain_ns, found.crowding, found.at_best), (100.0, 1.1, 1.1));
        let mut meter = PaceMeter::default();
        (0..20).for_each(|_| meter.read());
        let pace = meter.pace().unwrap();
        assert!(pace.chain_ns > 0.0 && pace.crowding > 0.0, "{pace:?}");
    }
}
