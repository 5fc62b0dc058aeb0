//! Launches and baselines that are made up, for the tests of this room.

use crate::harness::compare::Comparison;
use crate::harness::lookup::Baselines;
use crate::model::{
    BaselineCase, BaselineMetric, Health, Launch, LaunchStats, Metric, Provenance, Samples, Series,
    Session, SingleCalls, Tail, Unit,
};
use crate::store::BaselineFile;

pub(super) const WALL: &str = Metric::WALL_TIME;
pub(super) const THREAD: &str = Metric::THREAD_CPU_TIME;
pub(super) const PROCESS: &str = Metric::PROCESS_CPU_TIME;

/// What perfreg measures itself, another time, the cycles of one, or an energy.
fn metric_named(name: &str) -> Metric {
    let time = Metric::built_in(name).unwrap_or_else(|| Metric::time(name));
    let symbol = match name {
        Metric::DEVICE_ENERGY => "mJ",
        _ if name.contains("cycles") => "cycles",
        _ => return time,
    };
    Metric { unit: Unit::Other(symbol.into()), ..time }
}

fn samples(value: f64) -> Samples {
    Samples::new(vec![value]).unwrap()
}

/// Ten launches, on each clock as long as it says.
pub(super) fn launches(clocks: &[(&str, f64)]) -> Vec<Launch> {
    let of = |name: &str| clocks.iter().find(|one| one.0 == name).map_or(0.0, |one| one.1);
    let health = Health {
        wall_ns: of(WALL),
        thread_cpu_ns: of(THREAD),
        process_cpu_ns: of(PROCESS),
        ..Health::default()
    };
    let launch = |at: usize| {
        let series = clocks.iter().map(|(name, value)| Series {
            metric: metric_named(name),
            samples: samples(value * (1.0 + 0.001 * at as f64)),
        });
        let series = series.collect();
        Launch {
            series,
            iterations_per_sample: 1,
            throughput: None,
            single_calls: None,
            health,
            gpu: None,
        }
    };
    (0..10).map(launch).collect()
}

/// A case of the usual threshold on two cores, against these baselines.
pub(super) fn comparison(baselines: &Baselines) -> Comparison<'_> {
    Comparison {
        baselines,
        case: "default",
        metrics: None,
        threshold: 0.05,
        reason: None,
        limits: &[],
        cores: 2,
    }
}

pub(super) fn alone(time: f64) -> Vec<Launch> {
    launches(&[(WALL, time), (THREAD, time), (PROCESS, time)])
}

/// Two threads that take `process` between them, and end after `wall`.
pub(super) fn threads(wall: f64, process: f64) -> Vec<Launch> {
    launches(&[(WALL, wall), (THREAD, process / 2.0), (PROCESS, process)])
}

pub(super) fn waits(wall: f64) -> Vec<Launch> {
    launches(&[(WALL, wall), (THREAD, wall / 50.0), (PROCESS, wall / 50.0)])
}

/// A baseline of ten launches on these clocks, on this host.
pub(super) fn baselines(clocks: &[(&str, f64)]) -> Baselines {
    let none = Baselines::none();
    let stats =
        |value: f64, at: usize| LaunchStats::of(&samples(value * (1.0 + 0.001 * at as f64)));
    let metric = |(name, value): &(&str, f64)| BaselineMetric {
        metric: metric_named(name),
        provenance: Provenance {
            revision: None,
            toolchain: none.toolchain.clone(),
            sessions: vec![Session { date: "2026-01-02T03:04:05Z".to_owned(), launches: 10 }],
            reason: None,
        },
        launches: (0..10).map(|at| stats(*value, at)).collect(),
    };
    let case = BaselineCase {
        section: none.section.clone(),
        subsection: "default".to_owned(),
        metrics: clocks.iter().map(metric).collect(),
    };
    let mut file = BaselineFile::Versioned(Vec::new());
    file.put(&none.host, case).unwrap();
    Baselines { local: Some(file), ..none }
}

/// The same with so many single calls, whose tails take `factor` of the time.
pub(super) fn with_tails(mut launches: Vec<Launch>, calls: u32, factor: f64) -> Vec<Launch> {
    for launch in &mut launches {
        let tails = launch.series.iter().flat_map(|Series { metric, samples }| {
            let value = samples.as_slice()[0] * factor;
            Tail::ALL.map(|tail| Series {
                metric: tail.metric(&metric.name),
                samples: self::samples(value),
            })
        });
        let tails: Vec<Series> = tails.collect();
        launch.series.extend(tails);
        launch.single_calls = Some(SingleCalls {
            calls,
            wall_cost_ns: 40.0,
            thread_cpu_cost_ns: 300.0,
            process_cpu_cost_ns: 900.0,
        });
    }
    launches
}
