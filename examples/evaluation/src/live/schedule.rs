//! Which kernel is checked next, at which slowdown, and which procedure goes first.

use fastrand::Rng;

use super::subject::kernels;
use crate::arguments::Unchanged;

/// The slowdowns of the live part, in percent.
pub(super) const SLOWDOWNS: [u32; 4] = [0, 1, 2, 5];
/// Of seven checks of a kernel, these: false alarms take the most to be counted.
const SHUFFLED: &[u32] = &[0, 0, 0, 1, 2, 2, 5];

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Next {
    /// The kernel's number.
    pub(super) number: usize,
    pub(super) slowdown: u32,
    pub(super) seed: u64,
}

impl Next {
    /// The kernel's name.
    pub(super) fn kernel(self) -> &'static str {
        kernels()[self.number]
    }
}

/// Draws without end: every kernel in turn, each with all slowdowns before they come again.
pub(super) struct Schedule {
    rng: Rng,
    /// What a kernel meets before it comes again.
    turn: &'static [u32],
    /// Kernels that are left of this turn.
    kernels: Vec<usize>,
    /// Slowdowns that are left, by kernel.
    slowdowns: Vec<Vec<u32>>,
}

impl Schedule {
    pub(super) fn new(seed: u64, unchanged: Unchanged) -> Self {
        let slowdowns = vec![Vec::new(); kernels().len()];
        let turn = match unchanged {
            Unchanged::Often => SHUFFLED,
            Unchanged::Always => &[0],
        };
        Self { rng: Rng::with_seed(seed), turn, kernels: Vec::new(), slowdowns }
    }

    pub(super) fn next(&mut self) -> Next {
        if self.kernels.is_empty() {
            self.kernels = self.order(kernels().len());
        }
        let number = self.kernels.pop().expect("a turn has every kernel");
        let left = &mut self.slowdowns[number];
        if left.is_empty() {
            *left = self.turn.to_vec();
            self.rng.shuffle(left);
        }
        let slowdown = left.pop().expect("just filled");
        Next { number, slowdown, seed: self.rng.u64(..) }
    }

    /// The numbers below `count`, shuffled.
    pub(super) fn order(&mut self, count: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..count).collect();
        self.rng.shuffle(&mut all);
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{SHUFFLED, Schedule, Unchanged, kernels};

    #[test]
    fn every_kernel_meets_every_slowdown() {
        let mut schedule = Schedule::new(3, Unchanged::Often);
        let mut seen: BTreeMap<(usize, u32), usize> = BTreeMap::new();
        for _ in 0..2 * kernels().len() * SHUFFLED.len() {
            let next = schedule.next();
            *seen.entry((next.number, next.slowdown)).or_default() += 1;
        }
        for number in 0..kernels().len() {
            let of = |slowdown| seen[&(number, slowdown)];
            assert_eq!([of(0), of(1), of(2), of(5)], [6, 2, 4, 2]);
        }
    }

    #[test]
    fn false_alarms_can_be_counted_alone() {
        let mut schedule = Schedule::new(3, Unchanged::Always);
        assert!((0..20).all(|_| schedule.next().slowdown == 0));
    }

    #[test]
    fn a_seed_draws_the_same_again() {
        let (mut one, mut other) =
            (Schedule::new(5, Unchanged::Often), Schedule::new(5, Unchanged::Often));
        assert!((0..50).all(|_| one.next() == other.next()));
    }
}
