//! Which clocks fit the work: thread CPU time, unless the work waits or uses other threads.

use crate::model::{Health, Metric};
use crate::stats::median;

/// The clocks to judge by, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockChoice {
    /// Single-threaded work that computes: neighbours do not reach this clock.
    ThreadCpu,
    /// As [`Self::ThreadCpu`], but part of the time nothing runs, which this clock does not see.
    ThreadCpuBesidesWaiting,
    /// Other threads work too, and the calling thread's clock does not see them: the process's CPU
    /// time tells of more work, on a busy machine too, and the wall of lost parallelism.
    ProcessCpuAndWall,
    /// Most of the time nothing runs: the CPU clock would miss a longer wait.
    WallForWaiting,
}

impl ClockChoice {
    /// The names of the metrics that are judged; the last is what a caller notices.
    pub fn metrics(self) -> &'static [&'static str] {
        match self {
            ClockChoice::ThreadCpu | ClockChoice::ThreadCpuBesidesWaiting => {
                &[Metric::THREAD_CPU_TIME]
            }
            ClockChoice::ProcessCpuAndWall => &[Metric::PROCESS_CPU_TIME, Metric::WALL_TIME],
            ClockChoice::WallForWaiting => &[Metric::WALL_TIME],
        }
    }

    /// Why it is not thread CPU time, for the reader.
    pub fn note(self) -> Option<&'static str> {
        match self {
            ClockChoice::ThreadCpu => None,
            ClockChoice::ThreadCpuBesidesWaiting => Some(
                "judged on CPU time, while the work also waits: metrics = [wall_time] judges that",
            ),
            ClockChoice::ProcessCpuAndWall => Some(
                "judged on the process's CPU time and on wall time: the work uses other threads",
            ),
            ClockChoice::WallForWaiting => Some("judged on wall time: the work mostly waits"),
        }
    }
}

/// Chooses from what the launches say of themselves; never looks at a baseline's values.
pub fn choose_clock(launches: &[Health]) -> ClockChoice {
    const MOSTLY_WAITING: f64 = 0.5;
    const WORTH_A_WORD: f64 = 0.2;
    if launches.is_empty() {
        return ClockChoice::ThreadCpu;
    }
    let typical = |of: fn(&Health) -> f64| median(&launches.iter().map(of).collect::<Vec<_>>());
    let threads = typical(|h| h.process_cpu_ns / h.thread_cpu_ns.max(1.0));
    // Time spent ready but not running is a neighbour's doing, not a wait of the work's own.
    let waiting = typical(|h| {
        (h.wall_ns - h.thread_cpu_ns - h.run_delay_ns.unwrap_or(0.0)) / h.wall_ns.max(1.0)
    });
    if threads > Health::OTHER_THREADS {
        ClockChoice::ProcessCpuAndWall
    } else if waiting > MOSTLY_WAITING {
        ClockChoice::WallForWaiting
    } else if waiting > WORTH_A_WORD {
        ClockChoice::ThreadCpuBesidesWaiting
    } else {
        ClockChoice::ThreadCpu
    }
}

/// Chooses for two sides that are compared: by both together, unless either uses other threads.
pub fn choose_common_clock(sides: &[Vec<Health>]) -> ClockChoice {
    let uses_threads = |side: &Vec<Health>| choose_clock(side) == ClockChoice::ProcessCpuAndWall;
    match sides.iter().any(uses_threads) {
        true => ClockChoice::ProcessCpuAndWall,
        false => choose_clock(&sides.concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::{ClockChoice, choose_clock, choose_common_clock};
    use crate::model::Health;

    #[test]
    fn the_clock_follows_the_work() {
        let check = |wall_ns, thread_cpu_ns, process_cpu_ns, delay: f64, expected| {
            let health = Health {
                wall_ns,
                thread_cpu_ns,
                process_cpu_ns,
                run_delay_ns: Some(delay),
                ..Health::default()
            };
            assert_eq!(choose_clock(&[health; 3]), expected, "{health:?}");
        };
        check(100.0, 99.0, 99.0, 0.0, ClockChoice::ThreadCpu);
        check(100.0, 99.0, 103.0, 0.0, ClockChoice::ThreadCpu);
        check(100.0, 50.0, 190.0, 0.0, ClockChoice::ProcessCpuAndWall);
        check(100.0, 2.0, 2.0, 0.0, ClockChoice::WallForWaiting);
        check(100.0, 70.0, 70.0, 0.0, ClockChoice::ThreadCpuBesidesWaiting);
        // A busy neighbour makes the thread wait for a CPU; that is not the work's own waiting.
        check(300.0, 100.0, 100.0, 199.0, ClockChoice::ThreadCpu);
    }

    #[test]
    fn one_side_that_uses_threads_is_enough() {
        let check = |before: (f64, f64, f64), now: (f64, f64, f64), expected| {
            let side = |(wall_ns, thread_cpu_ns, process_cpu_ns)| {
                vec![Health { wall_ns, thread_cpu_ns, process_cpu_ns, ..Health::default() }; 3]
            };
            assert_eq!(choose_common_clock(&[side(before), side(now)]), expected);
        };
        let (alone, threads, waits) = ((100.0, 99.0, 99.0), (60.0, 55.0, 99.0), (100.0, 2.0, 2.0));
        check(alone, alone, ClockChoice::ThreadCpu);
        check(alone, threads, ClockChoice::ProcessCpuAndWall);
        check(threads, alone, ClockChoice::ProcessCpuAndWall);
        check(threads, waits, ClockChoice::ProcessCpuAndWall);
        check(waits, waits, ClockChoice::WallForWaiting);
    }
}
