//! The course of one launch as a state machine: warm up, then sample, then time single calls if a tail
//! is asked for, then count allocations.
//!
//! It is told how long each batch took and says how large the next one is, so that the loops around
//! it (plain, with inputs, async) are a few lines each, and a scripted clock can drive it.

use crate::measure::clock::Elapsed;
use crate::measure::pace::Crowd;
use crate::measure::plan::{Inputs, Instructions, Plan};
use crate::model::Health;

/// Where the launch stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    WarmUp,
    Sampling,
    /// One call a batch, for the tail of their times.
    Single,
    /// Few iterations a batch, with instructions counted; not timed.
    Instructions,
    /// Few iterations a batch, with the allocator counting; not timed.
    Counting,
    Done,
}

/// What has to be taken off a sample before it says what the work took.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Overhead {
    /// Reading the clocks, a sample.
    pub(crate) sample: Elapsed,
    /// The loop, an iteration.
    pub(crate) iteration_ns: f64,
}

#[derive(Debug)]
pub(crate) struct Sampler {
    plan: Plan,
    inputs: Inputs,
    overhead: Overhead,
    phase: Phase,
    iterations: u64,
    warm_up_spent: f64,
    recent: Vec<f64>,
    planned: usize,
    wanted: usize,
    /// Batches of the phase that counts.
    counted: usize,
    samples: Vec<Elapsed>,
    timed: Elapsed,
    single: Vec<Elapsed>,
    single_spent: f64,
}

/// Per-iteration times below this are below what can be told apart.
const LEAST_NS: f64 = 0.001;
/// Iterations of each batch that counts: what is the same number each time costs as much per iteration
/// in a larger batch.
const COUNTING_BATCHES: [u64; 4] = [1, 1, 1, 3];
/// Iterations of each batch whose instructions are counted, in pairs: what the two of a pair have in
/// common is none of the work's.
const INSTRUCTION_BATCHES: [u64; 4] = [1, 4, 1, 4];

impl Sampler {
    pub(crate) fn new(plan: Plan, inputs: Inputs, overhead: Overhead) -> Self {
        Self {
            plan,
            inputs,
            overhead,
            phase: Phase::WarmUp,
            iterations: 1,
            warm_up_spent: 0.0,
            recent: Vec::new(),
            planned: 0,
            wanted: 0,
            counted: 0,
            samples: Vec::new(),
            timed: Elapsed::default(),
            single: Vec::new(),
            single_spent: 0.0,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// How many samples the launch is to have.
    pub(crate) fn planned(&self) -> usize {
        self.planned
    }

    /// Whether the sample that is being taken is the last.
    pub(crate) fn is_at_last_sample(&self) -> bool {
        self.phase == Phase::Sampling && self.samples.len() + 1 >= self.wanted
    }

    /// Whether samples can be taken in place of others: neighbours come and go within a sample of long
    /// calls, the work's own threads stay, and it is for a test to say how often it is called.
    pub(crate) fn is_replaceable(&self) -> bool {
        const LONGEST_NS: f64 = 2_000_000.0;
        let typical = self.timed.wall / self.samples.len().max(1) as f64;
        let may_go = typical < LONGEST_NS && self.crowd() == Crowd::Neighbours;
        may_go && self.plan.samples.is_none()
    }

    /// Takes so many samples more, in place of others, while that is a matter of patience.
    pub(crate) fn replace(&mut self, samples: usize) {
        const PATIENCE: usize = 3;
        self.wanted = (self.wanted + samples).min(PATIENCE * self.planned);
    }

    /// Who may be beside the work on its core, by what the clocks have seen.
    pub(crate) fn crowd(&self) -> Crowd {
        let Elapsed { thread_cpu, process_cpu, .. } = self.timed;
        match process_cpu > Health::OTHER_THREADS * thread_cpu {
            true => Crowd::Own,
            false => Crowd::Neighbours,
        }
    }

    /// How many iterations the next batch has; 0 when done.
    pub(crate) fn next_batch(&self) -> u64 {
        match self.phase {
            Phase::WarmUp | Phase::Sampling => self.iterations,
            Phase::Single => 1,
            Phase::Instructions => INSTRUCTION_BATCHES[self.counted],
            Phase::Counting => COUNTING_BATCHES[self.counted],
            Phase::Done => 0,
        }
    }

    /// Takes note of a batch: its time, and how long its inputs took to build.
    pub(crate) fn batch_took(&mut self, elapsed: Elapsed, inputs_ns: f64) {
        match self.phase {
            Phase::WarmUp => self.warmed_up(elapsed, inputs_ns),
            Phase::Sampling => self.sampled(elapsed),
            Phase::Single => self.timed_one(elapsed, inputs_ns),
            Phase::Instructions => {
                self.counted += 1;
                if self.counted >= INSTRUCTION_BATCHES.len() {
                    self.counted = 0;
                    self.phase = match self.plan.instructions {
                        Instructions::CountedAlone => Phase::Done,
                        _ => Phase::Counting,
                    };
                }
            }
            Phase::Counting => {
                self.counted += 1;
                if self.counted >= COUNTING_BATCHES.len() {
                    self.phase = Phase::Done;
                }
            }
            Phase::Done => {}
        }
    }

    fn warmed_up(&mut self, elapsed: Elapsed, inputs_ns: f64) {
        if self.plan.instructions == Instructions::CountedAlone {
            // What is set up by the first call has been.
            self.phase = Phase::Instructions;
            return;
        }
        let iterations = self.iterations as f64;
        let iteration_ns = self.net(elapsed, self.iterations).wall.max(LEAST_NS);
        self.warm_up_spent += elapsed.wall + inputs_ns;
        let wanted = self.plan.iterations(iteration_ns, inputs_ns / iterations, self.inputs);
        if self.warm_up_spent < self.plan.warm_up_ns {
            if wanted >= self.iterations * 2 {
                // Growing: a short batch says too little to trust its extrapolation at once.
                self.iterations = wanted.min(self.iterations * 8);
                return;
            }
            self.recent.push(iteration_ns);
            if !is_stable(&self.recent) {
                return;
            }
        }
        self.iterations = wanted;
        let inputs_ns = inputs_ns / iterations * wanted as f64;
        self.planned = self.plan.sample_count(iteration_ns * wanted as f64, inputs_ns) as usize;
        self.wanted = self.planned;
        self.phase = Phase::Sampling;
    }

    fn sampled(&mut self, elapsed: Elapsed) {
        let net = self.net(elapsed, self.iterations);
        self.samples.push(net);
        self.timed = self.timed.plus(net.times(self.iterations as f64));
        if self.samples.len() >= self.wanted {
            self.phase = match self.plan.single_calls {
                0 => self.after_timing(),
                _ => Phase::Single,
            };
        }
    }

    fn after_timing(&self) -> Phase {
        match self.plan.instructions {
            Instructions::Uncounted => Phase::Counting,
            _ => Phase::Instructions,
        }
    }

    fn timed_one(&mut self, elapsed: Elapsed, inputs_ns: f64) {
        self.single.push(self.net(elapsed, 1));
        self.single_spent += elapsed.wall + inputs_ns;
        let enough = self.single.len() >= self.plan.single_calls as usize;
        if enough || self.single_spent >= self.plan.single_calls_ns() {
            self.phase = self.after_timing();
        }
    }

    /// The time of one of so many iterations, without the clocks and the loop.
    fn net(&self, elapsed: Elapsed, iterations: u64) -> Elapsed {
        let iterations = iterations as f64;
        let Overhead { sample, iteration_ns } = self.overhead;
        let net =
            |gross: f64, clocks: f64| ((gross - clocks) / iterations - iteration_ns).max(LEAST_NS);
        Elapsed {
            wall: net(elapsed.wall, sample.wall),
            thread_cpu: net(elapsed.thread_cpu, sample.thread_cpu),
            process_cpu: net(elapsed.process_cpu, sample.process_cpu),
        }
    }

    /// The samples at these places, an iteration each, and the time that all took together.
    pub(crate) fn keep(mut self, places: &[usize]) -> Sampled {
        self.samples = places.iter().map(|at| self.samples[*at]).collect();
        self.finish()
    }

    /// The samples, an iteration each, and the time they took in all.
    pub(crate) fn finish(self) -> Sampled {
        Sampled {
            samples: self.samples,
            iterations: self.iterations,
            timed: self.timed,
            single: self.single,
            cost: self.overhead.sample,
        }
    }
}

/// What a launch's sampling gave.
pub(crate) struct Sampled {
    /// Time per iteration.
    pub(crate) samples: Vec<Elapsed>,
    pub(crate) iterations: u64,
    /// Net time over all samples: what reading the clocks costs would pass for other threads' work.
    pub(crate) timed: Elapsed,
    /// Time of each call that was timed by itself.
    pub(crate) single: Vec<Elapsed>,
    /// What reading the clocks takes on each of them.
    pub(crate) cost: Elapsed,
}

/// Warm when the last three batches are no faster than the three before them: caches, branch
/// predictors and lazy set-up have stopped paying off.
fn is_stable(recent: &[f64]) -> bool {
    const WINDOW: usize = 3;
    const STILL_GAINING: f64 = 0.02;
    let Some(tail) = recent.len().checked_sub(2 * WINDOW).map(|from| &recent[from..]) else {
        return false;
    };
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    least(&tail[WINDOW..]) >= least(&tail[..WINDOW]) * (1.0 - STILL_GAINING)
}

#[cfg(test)]
mod tests {
    use super::{Crowd, Inputs, Instructions, Overhead, Phase, Plan, Sampler};
    use crate::measure::clock::Elapsed;

    fn all(ns: f64) -> Elapsed {
        Elapsed { wall: ns, thread_cpu: ns, process_cpu: ns }
    }

    /// Drives a launch whose iterations take `cost(i)` at the i-th batch.
    fn drive(overhead: Overhead, mut cost: impl FnMut(usize) -> f64) -> (Sampler, usize) {
        let mut sampler = Sampler::new(Plan::for_budget(2e9, 10, None), Inputs::None, overhead);
        let mut batches = 0;
        while sampler.phase() != Phase::Done {
            let iterations = sampler.next_batch() as f64;
            let gross = overhead.sample.wall + iterations * (cost(batches) + overhead.iteration_ns);
            sampler.batch_took(all(gross), 0.0);
            batches += 1;
            assert!(batches < 100_000, "the launch does not end");
        }
        (sampler, batches)
    }

    #[test]
    fn finds_the_batch_size_and_takes_a_hundred_samples() {
        let (sampler, _) = drive(Overhead::default(), |_| 200.0);
        let sampled = sampler.finish();
        assert_eq!((sampled.iterations, sampled.samples.len()), (1_000, 100));
        assert!(sampled.samples.iter().all(|s| *s == all(200.0)));
    }

    #[test]
    fn samples_are_replaced_with_patience() {
        let check = |cost: f64, samples: Option<u32>, missing: usize, expected: usize| {
            let plan = Plan::for_budget(2e9, 10, samples);
            let mut sampler = Sampler::new(plan, Inputs::None, Overhead::default());
            while sampler.phase() != Phase::Counting {
                if sampler.is_at_last_sample() && sampler.is_replaceable() {
                    sampler.replace(missing);
                }
                let iterations = sampler.next_batch() as f64;
                sampler.batch_took(all(cost * iterations), 0.0);
            }
            assert_eq!(sampler.samples.len(), expected, "{cost} {samples:?} {missing}");
            let timed = sampler.timed;
            let kept = sampler.keep(&[0, 2]);
            assert_eq!((kept.samples.len(), kept.timed), (2, timed));
        };
        check(200.0, None, 0, 100);
        check(200.0, None, 10, 300);
        check(200.0, None, 1_000, 300);
        // Not of long calls, and not where the test says how many.
        check(10_000_000.0, None, 10, 6);
        check(200.0, Some(7), 10, 7);
    }

    #[test]
    fn instructions_are_counted_in_pairs_of_batches() {
        let check = |instructions: Instructions, expected: &[u64]| {
            let plan = Plan { instructions, ..Plan::for_budget(2e9, 10, Some(2)) };
            let mut sampler = Sampler::new(plan, Inputs::None, Overhead::default());
            let mut batches = Vec::new();
            while sampler.phase() != Phase::Done {
                if sampler.phase() == Phase::Instructions {
                    batches.push(sampler.next_batch());
                }
                sampler.batch_took(all(200_000.0), 0.0);
            }
            assert_eq!(batches, expected);
            let alone = instructions == Instructions::CountedAlone;
            assert_eq!(sampler.finish().samples.is_empty(), alone);
        };
        check(Instructions::Uncounted, &[]);
        check(Instructions::Counted, &[1, 4, 1, 4]);
        check(Instructions::CountedAlone, &[1, 4, 1, 4]);
    }

    #[test]
    fn the_crowd_may_be_the_works_own() {
        let check = |process_cpu: f64, expected: Crowd| {
            let mut sampler =
                Sampler::new(Plan::for_budget(2e9, 10, None), Inputs::None, Overhead::default());
            while sampler.phase() != Phase::Counting {
                let ns = 200_000.0;
                let elapsed = Elapsed { wall: ns, thread_cpu: ns, process_cpu: process_cpu * ns };
                sampler.batch_took(elapsed, 0.0);
            }
            assert_eq!(sampler.crowd(), expected);
        };
        check(1.0, Crowd::Neighbours);
        check(1.04, Crowd::Neighbours);
        check(1.06, Crowd::Own);
    }

    #[test]
    fn overhead_is_taken_off() {
        let overhead = Overhead { sample: all(1_200.0), iteration_ns: 0.5 };
        let (sampler, _) = drive(overhead, |_| 3.0);
        for sample in sampler.finish().samples {
            assert!((sample.wall - 3.0).abs() < 1e-9, "{sample:?}");
        }
    }

    #[test]
    fn waits_until_the_work_has_stopped_getting_faster() {
        // Ten batches at falling cost: none of them may end up among the samples.
        let (sampler, _) = drive(Overhead::default(), |batch| match batch {
            0..10 => 300_000.0 - 10_000.0 * batch as f64,
            _ => 200_000.0,
        });
        let sampled = sampler.finish();
        assert!(sampled.samples.iter().all(|s| s.wall == 200_000.0), "{:?}", sampled.samples);
    }

    #[test]
    fn a_call_longer_than_the_launch_is_warmed_up_once() {
        let (sampler, batches) = drive(Overhead::default(), |_| 1e9);
        assert_eq!(sampler.finish().samples.len(), 3);
        assert_eq!(batches, 1 + 3 + super::COUNTING_BATCHES.len());
    }

    /// A launch that asks for a tail, of calls that take `cost(i)` one by one and their mean otherwise.
    fn drive_single(mut cost: impl FnMut(usize) -> f64) -> super::Sampled {
        let overhead = Overhead { sample: all(400.0), iteration_ns: 0.0 };
        let plan = Plan::for_budget(2e9, 10, None).for_metrics(["p99"]);
        let mut sampler = Sampler::new(plan, Inputs::None, overhead);
        let mean = (0..100).map(&mut cost).sum::<f64>() / 100.0;
        while sampler.phase() != Phase::Done {
            let iterations = sampler.next_batch();
            let net = match sampler.phase() {
                Phase::Single => cost(sampler.single.len()),
                _ => mean * iterations as f64,
            };
            sampler.batch_took(all(400.0 + net), 0.0);
        }
        sampler.finish()
    }

    #[test]
    fn single_calls_are_a_phase_of_their_own() {
        let sampled = drive_single(|at| if at % 33 == 0 { 10_000.0 } else { 2_000.0 });
        assert_eq!((sampled.samples.len(), sampled.single.len()), (100, 1_000));
        let iterations = sampled.iterations as f64;
        assert!(sampled.single.iter().all(|one| *one == all(2_000.0) || *one == all(10_000.0)));
        // They are no part of what the samples took.
        let samples = 100.0 * iterations * sampled.samples[0].wall;
        assert!((sampled.timed.wall / samples - 1.0).abs() < 1e-9);
        // Nobody asked.
        let (sampler, _) = drive(Overhead::default(), |_| 2_000.0);
        assert!(sampler.finish().single.is_empty());
    }

    #[test]
    fn single_calls_take_no_longer_than_their_time() {
        let check = |cost: f64, expected: usize| {
            assert_eq!(drive_single(|_| cost).single.len(), expected, "{cost} ns");
        };
        check(100_000.0, 1_000);
        check(999_600.0, 200);
        check(1e9, 1);
    }

    #[test]
    fn work_below_the_resolution_ends_and_stays_positive() {
        let (sampler, _) = drive(Overhead { sample: all(50.0), iteration_ns: 1.0 }, |_| -0.5);
        assert!(sampler.finish().samples.iter().all(|s| s.wall > 0.0));
    }
}
