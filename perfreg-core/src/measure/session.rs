//! One measuring session within a process: the sampler, its clock, the counters around it.

use std::hint::black_box;
use std::path::Path;

use crate::measure::alloc;
use crate::measure::clock::{Clock, Elapsed, SystemClock, has_cpu_clocks};
use crate::measure::conditions;
use crate::measure::counters::{self, Added, Counters};
use crate::measure::instructions::{self, Counter};
use crate::measure::pace::{PaceMeter, Quietest};
use crate::measure::plan::{Inputs, Instructions, Plan};
use crate::measure::sampler::{Overhead, Phase, Sampled, Sampler};
use crate::measure::slowdown::Slowdown;
use crate::model::{Health, Metric, Samples, Series, SingleCalls, Tail};
use crate::stats::{quantile_sorted, sorted};

/// What a session measured.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) series: Vec<Series>,
    pub(crate) iterations: u64,
    pub(crate) single_calls: Option<SingleCalls>,
    pub(crate) health: Health,
}

/// Drives the loops of [`crate::Bencher`]: says how large the next batch is and times it.
pub(crate) struct Session {
    clock: Box<dyn Clock>,
    sampler: Sampler,
    clocks: Clocks,
    allocator: Allocator,
    tallies: Vec<Counted>,
    /// Who counts instructions, if anybody does, and what was counted: batches and their counts.
    counter: Option<Counter>,
    executed: Vec<(u64, u64)>,
    asked_at: f64,
    inputs_ns: f64,
    counters: Option<Counters>,
    /// None under a scripted clock, which it would not follow.
    pace: Option<PaceMeter>,
    slowdown: Option<Slowdown>,
    started_at: f64,
    disturbance: Added,
}

/// Which clocks a session reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clocks {
    All,
    /// Only the wall: the system has no others, or the test timed itself.
    Wall,
}

/// Whether there is an allocator that can count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allocator {
    Counting,
    Plain,
}

impl Session {
    pub(crate) fn new(plan: Plan, inputs: Inputs) -> Self {
        let mut clock = SystemClock::new();
        let overhead = measure_overhead(&mut clock);
        let allocator = if alloc::is_installed() { Allocator::Counting } else { Allocator::Plain };
        let counter = match plan.instructions {
            Instructions::Uncounted => None,
            Instructions::Counted => Counter::of_the_cpu().ok(),
            Instructions::CountedAlone => Counter::of_callgrind(),
        };
        let alone = plan.instructions == Instructions::CountedAlone;
        let plan = match counter {
            None if !alone => plan.without_counts(),
            _ => plan,
        };
        let session = Self::with_clock(Box::new(clock), plan, inputs, overhead, allocator);
        // Where the wall stands in for the CPU clocks, that is no reason to judge by them.
        let clocks = if has_cpu_clocks() { Clocks::All } else { Clocks::Wall };
        let slowdown = Slowdown::of(plan.slowdown);
        let pace = (!alone).then(|| PaceMeter::new(plan.quiet));
        Self { pace, clocks, slowdown, counter, ..session }
    }

    /// For work that times itself: what it does besides counts as building inputs.
    pub(crate) fn self_timed(plan: Plan) -> Self {
        let clock = Box::new(SystemClock::new());
        let allocator = if alloc::is_installed() { Allocator::Counting } else { Allocator::Plain };
        let overhead = Overhead::default();
        // Which of its instructions count is known to the work alone.
        let plan = match plan.instructions {
            Instructions::Counted => plan.without_counts(),
            _ => plan,
        };
        let session = Self::with_clock(clock, plan, Inputs::Built, overhead, allocator);
        Self { clocks: Clocks::Wall, ..session }
    }

    pub(crate) fn with_clock(
        clock: Box<dyn Clock>,
        plan: Plan,
        inputs: Inputs,
        overhead: Overhead,
        allocator: Allocator,
    ) -> Self {
        Self {
            clock,
            sampler: Sampler::new(plan, inputs, overhead),
            clocks: Clocks::All,
            allocator,
            tallies: Vec::new(),
            counter: None,
            executed: Vec::new(),
            asked_at: 0.0,
            inputs_ns: 0.0,
            counters: None,
            pace: None,
            slowdown: None,
            started_at: 0.0,
            disturbance: Added::default(),
        }
    }

    /// How many iterations to prepare and run next; `None` when the session is over.
    pub(crate) fn next_batch(&mut self) -> Option<usize> {
        let counting_is_pointless = self.allocator == Allocator::Plain;
        match self.sampler.phase() {
            Phase::Sampling if self.counters.is_none() => {
                if let Some(pace) = &mut self.pace {
                    pace.begin();
                }
                self.counters = Some(Counters::now());
            }
            Phase::Counting if counting_is_pointless => return None,
            Phase::Done => return None,
            _ => {}
        }
        self.asked_at = self.clock.wall();
        Some(self.sampler.next_batch() as usize)
    }

    /// Right before the first iteration of the batch.
    #[inline]
    pub(crate) fn start(&mut self) {
        self.inputs_ns = self.clock.wall() - self.asked_at;
        if self.sampler.phase() == Phase::Counting {
            alloc::start();
        }
        if self.slowdown.is_some() {
            self.started_at = self.clock.wall();
        }
        self.clock.start();
        if let (Phase::Instructions, Some(counter)) = (self.sampler.phase(), &mut self.counter) {
            counter.start();
        }
    }

    /// Right after the last iteration of the batch.
    #[inline]
    pub(crate) fn stop(&mut self) {
        if let Some(slowdown) = &self.slowdown {
            slowdown.spend(self.clock.wall() - self.started_at);
        }
        if let (Phase::Instructions, Some(counter)) = (self.sampler.phase(), &mut self.counter) {
            let iterations = self.sampler.next_batch();
            self.executed.extend(counter.stop().map(|count| (iterations, count)));
        }
        let elapsed = self.clock.stop();
        self.batch_took(elapsed);
    }

    /// In place of [`Self::stop`], for work that times itself: the part that counts took `ns`.
    pub(crate) fn stop_with(&mut self, ns: f64) {
        self.clock.stop();
        let besides = self.clock.wall() - self.asked_at - ns;
        self.inputs_ns = besides.max(0.0);
        self.batch_took(Elapsed { wall: ns, thread_cpu: ns, process_cpu: ns });
    }

    fn batch_took(&mut self, elapsed: Elapsed) {
        let phase = self.sampler.phase();
        if phase == Phase::Counting {
            let iterations = self.sampler.next_batch();
            let (thread, process) = alloc::stop();
            self.tallies.push(Counted { thread, process, iterations });
        }
        if let (Phase::Sampling, Some(pace)) = (phase, &mut self.pace) {
            pace.read_after(elapsed.wall);
            if self.sampler.is_at_last_sample() && self.sampler.is_replaceable() {
                self.sampler.replace(pace.missing(self.sampler.planned()));
            }
        }
        self.sampler.batch_took(elapsed, self.inputs_ns);
        if phase == Phase::Sampling
            && self.sampler.phase() != Phase::Sampling
            && let Some(before) = &self.counters
        {
            self.disturbance = Counters::now().since(before);
        }
    }

    /// The series per iteration, and how disturbed they are.
    pub(crate) fn finish(self) -> Measured {
        let planned = self.sampler.planned();
        let (sampled, pace) = match self.pace {
            Some(meter) => {
                let Quietest { samples, pace } = meter.quietest(planned, self.sampler.crowd());
                (self.sampler.keep(&samples), pace)
            }
            None => (self.sampler.finish(), None),
        };
        let Added { run_delay_ns, involuntary_switches, steal, throttled } = self.disturbance;
        let root = Path::new("/");
        let health = Health {
            wall_ns: sampled.timed.wall,
            thread_cpu_ns: sampled.timed.thread_cpu,
            process_cpu_ns: sampled.timed.process_cpu,
            run_delay_ns,
            involuntary_switches,
            steal,
            load: counters::load(),
            pace,
            power: conditions::power(root),
            throttled,
            governor: conditions::governor(root),
            placement: None,
        };
        let iterations = sampled.iterations;
        let mut series = time_series(&sampled, self.clocks);
        series.extend(tail_series(&sampled, self.clocks));
        series.extend(self.counter.and_then(|by| instruction_series(&by, &self.executed)));
        series.extend(allocation_series(&self.tallies));
        if !sampled.samples.is_empty() {
            series.extend(process_series(&sampled, self.clocks));
        }
        Measured { series, iterations, single_calls: single_calls(&sampled), health }
    }
}

/// The name of a clock, and how it is read.
type Reading = (&'static str, fn(&Elapsed) -> f64);

impl Clocks {
    fn readings(self) -> &'static [Reading] {
        const ALL: [Reading; 3] = [
            (Metric::WALL_TIME, |e| e.wall),
            (Metric::THREAD_CPU_TIME, |e| e.thread_cpu),
            (Metric::PROCESS_CPU_TIME, |e| e.process_cpu),
        ];
        match self {
            Clocks::All => &ALL,
            Clocks::Wall => &ALL[..1],
        }
    }
}

fn time_series(sampled: &Sampled, clocks: Clocks) -> Vec<Series> {
    if sampled.samples.is_empty() {
        return Vec::new();
    }
    let of = |(name, read): &Reading| series(Metric::time(name), sampled.samples.iter().map(*read));
    clocks.readings().iter().map(of).collect()
}

/// A value each, for the launch is what counts; on every clock, since the gate chooses.
fn tail_series(sampled: &Sampled, clocks: Clocks) -> Vec<Series> {
    if sampled.single.is_empty() {
        return Vec::new();
    }
    let of = |(name, read): &Reading| {
        let calls = sorted(&sampled.single.iter().map(read).collect::<Vec<_>>());
        Tail::ALL.map(|tail| {
            let value = quantile_sorted(&calls, tail.quantile());
            series(tail.metric(name), std::iter::once(value))
        })
    };
    clocks.readings().iter().flat_map(of).collect()
}

fn single_calls(sampled: &Sampled) -> Option<SingleCalls> {
    let calls = u32::try_from(sampled.single.len()).expect("a plan counts them as it does");
    (calls > 0).then_some(SingleCalls {
        calls,
        wall_cost_ns: sampled.cost.wall,
        thread_cpu_cost_ns: sampled.cost.thread_cpu,
        process_cpu_cost_ns: sampled.cost.process_cpu,
    })
}

/// A value each, of the process as a whole.
fn process_series(sampled: &Sampled, clocks: Clocks) -> Vec<Series> {
    let Elapsed { wall, process_cpu, .. } = sampled.timed;
    let share = (clocks == Clocks::All && wall > 0.0).then(|| process_cpu / wall * 100.0);
    [(Metric::PEAK_RESIDENT_BYTES, counters::peak_resident()), (Metric::CPU_SHARE, share)]
        .into_iter()
        .filter_map(|(name, value)| Some((Metric::built_in(name)?, value?)))
        .map(|(metric, value)| series(metric, std::iter::once(value)))
        .collect()
}

fn instruction_series(by: &Counter, batches: &[(u64, u64)]) -> Option<Series> {
    let counts = instructions::per_iteration(batches);
    (!counts.is_empty()).then(|| series(by.metric(), counts.into_iter()))
}

/// What a batch allocated.
#[derive(Clone, Copy)]
struct Counted {
    thread: alloc::Tally,
    process: alloc::Tally,
    iterations: u64,
}

fn allocation_series(batches: &[Counted]) -> Vec<Series> {
    type Read = fn(&Counted) -> u64;
    if batches.is_empty() {
        return Vec::new();
    }
    let flows: [(&str, Read); 4] = [
        (Metric::ALLOCATIONS, |c| c.thread.count),
        (Metric::ALLOCATED_BYTES, |c| c.thread.bytes),
        (Metric::PROCESS_ALLOCATIONS, |c| c.process.count),
        (Metric::PROCESS_ALLOCATED_BYTES, |c| c.process.bytes),
    ];
    // Outputs live until their batch ends: a larger one holds more at once.
    let peaks: [(&str, Read); 2] =
        [(Metric::PEAK_BYTES, |c| c.thread.peak), (Metric::PROCESS_PEAK_BYTES, |c| c.process.peak)];
    let built_in = |name| Metric::built_in(name).expect("these are counted here");
    let per_iteration =
        |read: Read| batches.iter().map(move |batch| read(batch) as f64 / batch.iterations as f64);
    let of_one = |read: Read| {
        batches.iter().filter(|batch| batch.iterations == 1).map(move |batch| read(batch) as f64)
    };
    let flows = flows.into_iter().map(|(name, read)| series(built_in(name), per_iteration(read)));
    flows
        .chain(peaks.into_iter().map(|(name, read)| series(built_in(name), of_one(read))))
        .collect()
}

fn series(metric: Metric, values: impl Iterator<Item = f64>) -> Series {
    let samples = Samples::new(values.collect()).expect("a session takes samples, all finite");
    Series { metric, samples }
}

/// What an empty sample and an empty iteration cost: the least of many, since disturbance only adds.
fn measure_overhead(clock: &mut dyn Clock) -> Overhead {
    const ROUNDS: usize = 50;
    const ITERATIONS: u32 = 2_000;
    let mut bracket = || {
        clock.start();
        clock.stop()
    };
    let sample = least((0..ROUNDS).map(|_| bracket()));
    let mut looped = || {
        clock.start();
        for _ in 0..ITERATIONS {
            black_box(());
        }
        clock.stop()
    };
    let loops = least((0..ROUNDS).map(|_| looped()));
    let iteration_ns = ((loops.wall - sample.wall) / f64::from(ITERATIONS)).max(0.0);
    Overhead { sample, iteration_ns }
}

fn least(readings: impl Iterator<Item = Elapsed>) -> Elapsed {
    let infinite =
        Elapsed { wall: f64::INFINITY, thread_cpu: f64::INFINITY, process_cpu: f64::INFINITY };
    readings.fold(infinite, |least, e| Elapsed {
        wall: least.wall.min(e.wall),
        thread_cpu: least.thread_cpu.min(e.thread_cpu),
        process_cpu: least.process_cpu.min(e.process_cpu),
    })
}

#[cfg(test)]
mod tests {
    use super::{Allocator, Session};
    use crate::measure::clock::Elapsed;
    use crate::measure::clock::scripted::ScriptedClock;
    use crate::measure::plan::{Inputs, Plan};
    use crate::measure::sampler::Overhead;
    use crate::model::Metric;

    fn session(clock: &ScriptedClock, inputs: Inputs) -> Session {
        let plan = Plan::for_budget(2e9, 10, None);
        let clock = Box::new(clock.clone());
        Session::with_clock(clock, plan, inputs, Overhead::default(), Allocator::Plain)
    }

    #[test]
    fn building_inputs_is_not_timed() {
        let clock = ScriptedClock::default();
        let mut session = session(&clock, Inputs::Built);
        while let Some(iterations) = session.next_batch() {
            clock.work(70.0 * iterations as f64);
            session.start();
            clock.work(500.0 * iterations as f64);
            session.stop();
            clock.work(90.0 * iterations as f64);
        }
        let measured = session.finish();
        assert!(
            measured.series.iter().filter(|s| s.metric.is_time()).all(|s| s
                .samples
                .as_slice()
                .iter()
                .all(|v| *v == 500.0))
        );
        assert_eq!(measured.iterations, 400);
    }

    #[test]
    fn a_tail_sees_what_the_median_does_not() {
        // One call of 33 takes five times as long.
        let clock = ScriptedClock::default();
        let plan = Plan::for_budget(2e9, 10, None).for_metrics(["p95", "p99"]);
        let sessions_clock = Box::new(clock.clone());
        let overhead = Overhead::default();
        let mut session =
            Session::with_clock(sessions_clock, plan, Inputs::None, overhead, Allocator::Plain);
        let mut calls = 0_u32;
        while let Some(iterations) = session.next_batch() {
            session.start();
            for _ in 0..iterations {
                calls += 1;
                clock.work(if calls.is_multiple_of(33) { 10_000.0 } else { 2_000.0 });
            }
            session.stop();
        }
        let measured = session.finish();
        let values = |name: &str| {
            let series = measured.series.iter().find(|s| s.metric.name == name).unwrap();
            series.samples.as_slice()
        };
        assert_eq!(values("thread_cpu_time").len(), 100);
        assert!(values("thread_cpu_time").iter().all(|ns| (2_100.0..2_400.0).contains(ns)));
        assert_eq!(values("thread_cpu_time_p95"), [2_000.0]);
        assert_eq!(values("thread_cpu_time_p99"), [10_000.0]);
        assert_eq!(values("wall_time_p99"), [10_000.0]);
        assert_eq!(measured.single_calls.unwrap().calls, 1_000);
    }

    #[test]
    fn each_clock_has_its_own_series() {
        let clock = ScriptedClock::default();
        let mut session = session(&clock, Inputs::None);
        while let Some(iterations) = session.next_batch() {
            let n = iterations as f64;
            session.start();
            clock.advance(Elapsed {
                wall: 900.0 * n,
                thread_cpu: 300.0 * n,
                process_cpu: 600.0 * n,
            });
            session.stop();
        }
        let measured = session.finish();
        let value = |name: &str| {
            let series = measured.series.iter().find(|s| s.metric.name == name).unwrap();
            series.samples.as_slice()[0]
        };
        assert_eq!(value(Metric::WALL_TIME), 900.0);
        assert_eq!(value(Metric::THREAD_CPU_TIME), 300.0);
        assert_eq!(value(Metric::PROCESS_CPU_TIME), 600.0);
        assert_eq!(measured.health.process_cpu_ns, 2.0 * measured.health.thread_cpu_ns);
    }
}
