//! What one launch of a worker measured: the unit of replication.

use serde::{Deserialize, Serialize};

use crate::model::{
    Direction, Governor, GpuKey, Metric, Pace, Placement, Power, Samples, SingleCalls, Tail,
};
use crate::stats;

/// Everything one worker process measured for one case.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Launch {
    /// The metrics with their samples, per iteration.
    pub series: Vec<Series>,
    /// How many iterations one timed sample holds.
    pub iterations_per_sample: u64,
    /// What one iteration processes, if the test said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Throughput>,
    /// How calls were timed one by one, if a tail of their times is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_calls: Option<SingleCalls>,
    /// How disturbed the launch was.
    pub health: Health,
    /// The GPU that it used, on its way to the host's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<GpuKey>,
}

impl Launch {
    /// The series of the metric with this name.
    pub fn series(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.metric.name == name)
    }

    /// The statistics of the metric with this name; with the pace, if that is a matter of the CPU. A
    /// tail has none if the launch says too little of it.
    pub fn stats(&self, name: &str) -> Option<LaunchStats> {
        let clock = match Tail::of_metric(name) {
            Some((clock, _)) if self.tail_doubt(clock).is_some() => return None,
            Some((clock, _)) => clock,
            None => name,
        };
        let stats = LaunchStats::of(&self.series(name)?.samples);
        let pace = self.health.pace.filter(|_| clock == Metric::THREAD_CPU_TIME);
        Some(LaunchStats { pace, ..stats })
    }
}

impl Launch {
    /// Those of `launches` that had their core for themselves, by what the quietest of them say.
    pub fn undisturbed(launches: &[Self]) -> Vec<&Self> {
        let least = Pace::least_crowding(launches.iter().filter_map(|one| one.health.pace));
        let is_alone = |one: &&Self| !one.health.pace.is_some_and(|pace| pace.is_crowded(least));
        launches.iter().filter(is_alone).collect()
    }

    /// The launch as records keep it: six digits of a time are more than the clocks are good for.
    /// Counts keep all of theirs, since they are compared exactly.
    #[must_use]
    pub fn without_excess_digits(mut self) -> Self {
        for series in self.series.iter_mut().filter(|series| series.metric.is_time()) {
            series.samples = series.samples.rounded();
        }
        self
    }
}

/// One metric's samples within one launch.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Series {
    /// What was measured.
    pub metric: Metric,
    /// The values per iteration, in the order they were taken.
    pub samples: Samples,
}

/// What one iteration processes; turns a time into a rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Throughput {
    /// Bytes per iteration.
    #[serde(rename = "bytes")]
    Bytes(u64),
    /// Items per iteration.
    #[serde(rename = "items")]
    Items(u64),
    /// Floating-point operations per iteration.
    #[serde(rename = "flops")]
    Flops(u64),
}

/// How disturbed a launch was, over its timed region. All times in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Health {
    /// Wall time in the timed samples.
    pub wall_ns: f64,
    /// CPU time of the calling thread in the timed samples.
    pub thread_cpu_ns: f64,
    /// CPU time of the process in the timed samples.
    pub process_cpu_ns: f64,
    /// How long the calling thread was ready but not running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_delay_ns: Option<f64>,
    /// How often the calling thread was taken off its CPU against its will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involuntary_switches: Option<u64>,
    /// Share of all CPU time that the hypervisor gave to others, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal: Option<f64>,
    /// The load average over one minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// How fast the CPU itself was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// What the machine ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<Power>,
    /// How much the CPU held itself back because it was hot: how often its counters say so, or the
    /// state of its cooling device. 0 is not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<u64>,
    /// Who chose the clock frequency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governor: Option<Governor>,
    /// On which cores it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
}

impl Health {
    /// Up to this many times the thread's CPU time the process's own housekeeping explains the process's.
    pub const OTHER_THREADS: f64 = 1.05;
}

/// The statistics of one metric in one launch that a baseline keeps.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LaunchStats {
    /// The 10 % quantile: what the gate judges, because neighbours only ever add time.
    pub q10: f64,
    /// The rest of the samples, kept for the metrics that are judged.
    pub distribution: Option<Distribution>,
    /// How fast the CPU itself was, kept for CPU time.
    pub pace: Option<Pace>,
}

/// What the samples of a launch looked like.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Distribution {
    /// Number of samples.
    pub n: u64,
    /// The smallest sample.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The mean after moving the outer 1 % on each side to the 1 % and 99 % quantiles.
    pub winsorised_mean: f64,
    /// The 95 % quantile.
    pub p95: f64,
    /// The 99 % quantile.
    pub p99: f64,
}

impl LaunchStats {
    /// The one value that stands for the launch: of a time the low quantile, which neighbours hardly
    /// reach; of anything else the median.
    pub fn representative(&self, metric: &Metric) -> f64 {
        match (metric.direction, &self.distribution) {
            (Direction::LowerIsBetter, _) if metric.is_time() => self.q10,
            (_, Some(distribution)) => distribution.median,
            (_, None) => self.q10,
        }
    }

    /// True if all samples were one number, as far as is known.
    pub fn is_constant(&self) -> bool {
        let is_one =
            |d: &Distribution| [d.min, d.median, d.p95, d.p99].iter().all(|one| *one == self.q10);
        self.distribution.as_ref().is_none_or(is_one)
    }

    /// The statistics of a launch's samples.
    pub fn of(samples: &Samples) -> Self {
        let mut sorted = samples.as_slice().to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |q: f64| stats::quantile_sorted(&sorted, q);
        let distribution = Distribution {
            n: sorted.len() as u64,
            min: sorted[0],
            median: at(0.50),
            winsorised_mean: stats::winsorised_mean_sorted(&sorted, 0.01),
            p95: at(0.95),
            p99: at(0.99),
        };
        Self { q10: at(0.10), distribution: Some(distribution), pace: None }
    }
}
