//! Waiting that CPU time does not show: a new lock, a sleep, a read from a device.
//!
//! What of the wall time is neither CPU time nor time ready to run without a CPU, the work itself has
//! waited. Neighbours do not add to it, so that it can be told on a busy machine too: of work that
//! computes it is a tenth of a percent at the most.

use crate::model::Health;
use crate::stats::{quantile_sorted, sorted};

/// How much of its time the work waits.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Waiting {
    /// The most that a launch of the baseline waited, as a share of its wall time.
    pub before: f64,
    /// What three of four launches exceed now.
    pub now: f64,
}

impl Waiting {
    /// How much longer the work takes on the wall for that alone, as a share.
    pub fn harm(&self) -> f64 {
        (1.0 - self.before) / (1.0 - self.now) - 1.0
    }
}

/// Whether the work waits so much more that it takes longer by more than `threshold`, if that can be
/// told; of the baseline wall and CPU time of each launch are known.
pub fn more_waiting(
    baseline: &[(f64, f64)],
    current: &[Health],
    threshold: f64,
) -> Option<Waiting> {
    /// Fewer launches say little about the typical one.
    const ENOUGH: usize = 5;
    let now: Option<Vec<f64>> = current.iter().map(waited).collect();
    let now = now.filter(|now| now.len() >= ENOUGH && !baseline.is_empty())?;
    let share = |(wall, cpu): &(f64, f64)| (wall - cpu) / wall.max(f64::MIN_POSITIVE);
    let waiting = Waiting {
        before: baseline.iter().map(share).fold(0.0, f64::max),
        now: quantile_sorted(&sorted(&now), 0.25).clamp(0.0, 0.99),
    };
    (waiting.harm() > threshold).then_some(waiting)
}

/// The share of the wall time in which the launch waited for something else than a CPU; `None` where
/// the system does not count what it waited for a CPU.
fn waited(health: &Health) -> Option<f64> {
    let stolen = health.steal.unwrap_or(0.0) * health.wall_ns;
    let waited = health.wall_ns - health.thread_cpu_ns - health.run_delay_ns? - stolen;
    Some(waited / health.wall_ns.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::more_waiting;
    use crate::model::Health;

    #[test]
    fn only_the_works_own_waiting_counts() {
        // Of 100: on the CPU, ready without one, stolen.
        let check = |launches: &[(f64, f64, f64)], expected: bool| {
            let health = |(cpu, delay, steal): &(f64, f64, f64)| Health {
                wall_ns: 100.0,
                thread_cpu_ns: *cpu,
                process_cpu_ns: *cpu,
                run_delay_ns: Some(*delay),
                steal: Some(*steal),
                ..Health::default()
            };
            let current: Vec<Health> = launches.iter().map(health).collect();
            let found = more_waiting(&[(10.0, 10.0), (10.0, 9.9)], &current, 0.05);
            assert_eq!(found.is_some(), expected, "{launches:?}: {found:?}");
        };
        check(&[(100.0, 0.0, 0.0); 10], false);
        check(&[(90.0, 0.0, 0.0); 10], true);
        check(&[(97.0, 0.0, 0.0); 10], false);
        check(&[(50.0, 50.0, 0.0); 10], false);
        check(&[(50.0, 40.0, 0.0); 10], true);
        check(&[(80.0, 10.0, 0.1); 10], false);
        check(&[(90.0, 0.0, 0.0); 4], false);
        // A page that was not there yet, in half of the launches.
        check(&[[(100.0, 0.0, 0.0); 5], [(80.0, 0.0, 0.0); 5]].concat(), false);
    }

    #[test]
    fn what_the_system_does_not_count_is_not_guessed() {
        let health = Health { wall_ns: 100.0, thread_cpu_ns: 50.0, ..Health::default() };
        assert_eq!(more_waiting(&[(10.0, 10.0)], &[health; 10], 0.05), None);
    }
}
