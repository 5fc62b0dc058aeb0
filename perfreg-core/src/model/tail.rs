//! The tails of single calls' times: which there are, what they are called, and what they need.

use serde::{Deserialize, Serialize};

use crate::model::{Launch, Metric};
use crate::stats::median;

/// A quantile of the times of single calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tail {
    /// One call of twenty takes longer.
    P95,
    /// One call of a hundred takes longer.
    P99,
}

impl Tail {
    /// Every tail there is.
    pub const ALL: [Self; 2] = [Self::P95, Self::P99];
    /// Of fewer calls of a launch too few lie beyond the quantile to tell where it is.
    pub const CALLS: u32 = 1_000;
    /// Fewer launches of a side decide nothing about a tail.
    pub const LAUNCHES: u32 = 10;

    /// The name in the attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }

    /// The tail of this name in the attribute.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tail| tail.name() == name)
    }

    /// The share of the calls that take no longer.
    pub fn quantile(self) -> f64 {
        match self {
            Self::P95 => 0.95,
            Self::P99 => 0.99,
        }
    }

    /// The metric of this tail on a clock, such as `wall_time_p99`: tails of two clocks are two things.
    pub fn metric(self, clock: &str) -> Metric {
        Metric::time(&format!("{clock}_{}", self.name()))
    }

    /// The clock and the tail that a metric is of.
    pub fn of_metric(name: &str) -> Option<(&str, Self)> {
        let (clock, tail) = name.rsplit_once('_')?;
        Metric::time(clock).is_clock().then_some(())?;
        Some((clock, Self::named(tail)?))
    }
}

/// How the single calls of a launch were timed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SingleCalls {
    /// How many there were.
    pub calls: u32,
    /// What reading each clock takes on it, in nanoseconds; it is taken off.
    pub wall_cost_ns: f64,
    /// As [`Self::wall_cost_ns`], of the thread's CPU time.
    pub thread_cpu_cost_ns: f64,
    /// As [`Self::wall_cost_ns`], of the process's CPU time.
    pub process_cpu_cost_ns: f64,
}

/// Why the single calls of a launch say nothing about their tail.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum TailDoubt {
    /// No more than these fitted into its time.
    FewCalls(u32),
    /// Reading the clock takes longer than a call.
    ShortCalls {
        /// What a call takes, in nanoseconds.
        call_ns: f64,
        /// What reading the clock takes, in nanoseconds.
        cost_ns: f64,
    },
}

impl Launch {
    /// Why the launch says nothing about a tail on `clock`; none if it does.
    pub fn tail_doubt(&self, clock: &str) -> Option<TailDoubt> {
        let Some(single) = self.single_calls else { return Some(TailDoubt::FewCalls(0)) };
        if single.calls < Tail::CALLS {
            return Some(TailDoubt::FewCalls(single.calls));
        }
        let cost_ns = match clock {
            Metric::THREAD_CPU_TIME => single.thread_cpu_cost_ns,
            Metric::PROCESS_CPU_TIME => single.process_cpu_cost_ns,
            _ => single.wall_cost_ns,
        };
        let call_ns = median(self.series(clock)?.samples.as_slice());
        (call_ns < cost_ns).then_some(TailDoubt::ShortCalls { call_ns, cost_ns })
    }
}

#[cfg(test)]
mod tests {
    use super::Tail;
    use crate::model::{Metric, Unit};

    #[test]
    fn names_go_both_ways() {
        for tail in Tail::ALL {
            assert_eq!(Tail::named(tail.name()), Some(tail));
            for clock in [Metric::WALL_TIME, Metric::THREAD_CPU_TIME, Metric::PROCESS_CPU_TIME] {
                let metric = tail.metric(clock);
                assert_eq!(Tail::of_metric(&metric.name), Some((clock, tail)));
                assert_eq!(Metric::built_in(&metric.name), Some(metric.clone()));
                assert!(
                    metric.is_reserved() && metric.is_time() && metric.unit == Unit::Nanoseconds
                );
                assert!(!metric.is_clock());
            }
        }
        for other in ["p99", "time_p99", "wall_time", "wall_time_p50", "my_wall_time_p99", ""] {
            assert_eq!(Tail::of_metric(other), None, "{other}");
        }
        assert!(Metric::time("p99").is_reserved() && !Metric::time("p50").is_reserved());
    }
}
