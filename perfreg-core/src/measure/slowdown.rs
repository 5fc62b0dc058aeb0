//! Work to order, inside the timed region: a test of the gate, not of the test.

use std::time::Instant;

use crate::measure::pace::dependent;

/// So much more work than the batch before it.
#[derive(Debug)]
pub(crate) struct Slowdown {
    share: f64,
    round_ns: f64,
}

impl Slowdown {
    /// None for a share of 0.
    pub(crate) fn of(share: f64) -> Option<Self> {
        (share > 0.0).then(|| Self { share, round_ns: round_ns() })
    }

    /// Really does work that takes the share of `ns`.
    pub(crate) fn spend(&self, ns: f64) {
        let rounds = (ns * self.share / self.round_ns).round().clamp(0.0, 4e9);
        std::hint::black_box(dependent(rounds as u32, std::hint::black_box(7)));
    }
}

/// What a round of the chain takes: the least of a few, for disturbance only adds.
fn round_ns() -> f64 {
    const ROUNDS: u32 = 50_000;
    let timed = || {
        let begun = Instant::now();
        std::hint::black_box(dependent(ROUNDS, std::hint::black_box(7)));
        begun.elapsed().as_nanos() as f64 / f64::from(ROUNDS)
    };
    (0..5).map(|_| timed()).fold(f64::INFINITY, f64::min).max(0.01)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::Slowdown;

    #[test]
    fn the_work_grows_with_the_share() {
        assert!(Slowdown::of(0.0).is_none());
        let least = |share: f64| {
            let slowdown = Slowdown::of(share).unwrap();
            let timed = || {
                let begun = Instant::now();
                slowdown.spend(1e6);
                begun.elapsed().as_nanos() as f64
            };
            (0..20).map(|_| timed()).fold(f64::INFINITY, f64::min)
        };
        let ratio = least(0.8) / least(0.2);
        assert!((2.0..8.0).contains(&ratio), "{ratio}");
    }
}
