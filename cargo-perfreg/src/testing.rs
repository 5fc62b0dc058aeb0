//! Values for the unit tests of this crate.

use perfreg_core::fixtures;
use perfreg_core::model::{
    Case, Change, FollowUp, Health, Judgement, Launch, Metric, Outcome, Run, Series, Target,
    TargetState, Toolchain,
};
use perfreg_core::{HostKey, Samples, TestId, Throughput, Unit, Verdict};

/// A judgement of a time against 1 µs with a threshold of 5 %.
pub(crate) fn judgement(verdict: Verdict, change: Option<f64>) -> Judgement {
    Judgement {
        metric: Metric::time(Metric::TIME),
        verdict,
        baseline: change.map(|_| 1000.0),
        current: 1000.0 * (1.0 + change.unwrap_or(0.0)),
        change: change.map(|at| Change { estimate: at, low: at - 0.01, high: at + 0.01 }),
        threshold: 0.05,
        reason: None,
        launches: 10,
        baseline_launches: change.map(|_| 20),
        why: format!("because it is {verdict}"),
        against: change.map(|_| "gt/sort.json of 2026-01-02".to_owned()),
    }
}

/// A limit in this state.
pub(crate) fn target(state: TargetState) -> Target {
    Target {
        limit: "under 1.5 us".to_owned(),
        reason: "callers wait for it".to_owned(),
        metric: "thread_cpu_time".to_owned(),
        unit: Unit::Nanoseconds,
        current: 1400.0,
        low: 1390.0,
        high: 1420.0,
        state,
    }
}

/// A launch with these samples of the time, eight items an iteration, and 4 KiB of memory at once.
pub(crate) fn launch(samples: &[f64]) -> Launch {
    let series = |metric: Metric, values: Vec<f64>| Series {
        metric,
        samples: Samples::new(values).expect("samples of tests are finite"),
    };
    let memory = Metric::built_in(Metric::PEAK_BYTES).expect("perfreg counts it");
    Launch {
        series: vec![
            series(Metric::time(Metric::TIME), samples.to_vec()),
            series(memory, vec![4096.0]),
        ],
        iterations_per_sample: 1,
        throughput: Some(Throughput::Items(8)),
        single_calls: None,
        gpu: None,
        health: Health::default(),
    }
}

/// A measured run of `perf::<function>` with one case.
pub(crate) fn run(function: &str, judgements: Vec<Judgement>) -> Run {
    Run {
        schema: Run::SCHEMA.to_owned(),
        id: TestId::new("app", "perf", function),
        file: "tests/perf.rs".to_owned(),
        line: Some(12),
        started: "2026-01-02T03:04:05Z".to_owned(),
        seconds: 1.5,
        host: HostKey::new("linux-x86_64", "AMD EPYC 7B13", 2, None),
        toolchain: Toolchain {
            rustc: "1.95.0".to_owned(),
            profile: "release".to_owned(),
            features: String::new(),
            seed: None,
        },
        revision: None,
        package_folder: String::new(),
        baseline: "gt/sort.json".to_owned(),
        outcome: Outcome::Measured,
        follow_up: FollowUp::Awaits,
        cases: vec![Case {
            name: "default".to_owned(),
            launches: vec![],
            judgements,
            targets: vec![],
        }],
        origin: None,
    }
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Random(fixtures::Random);

impl Random {
    /// A sequence of its own for each `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(fixtures::Random::new(seed))
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0.draw()
    }

    /// Between 0 and 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.share() * end as f64) as usize
    }

    /// Of the standard normal distribution, after Box and Muller (1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }
}
