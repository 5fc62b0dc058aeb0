//! How much to measure in one launch: pure arithmetic on durations.

use serde::{Deserialize, Serialize};

use crate::model::{Metric, Pace, Tail};

/// How one launch measures. Durations in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// How long one sample should be: long against the clocks' resolution and cost, short against a
    /// time slice, so that most samples are not preempted.
    pub sample_ns: f64,
    /// How long all samples of a launch together should take.
    pub launch_ns: f64,
    /// How long warming up may take at the most.
    pub warm_up_ns: f64,
    /// The number of samples, if the test fixed it.
    pub samples: Option<u32>,
    /// So much more work than the test does, as a share of its time: to see whether a gate sees it.
    #[serde(default)]
    pub slowdown: f64,
    /// How many calls to time one by one, for a tail of their times; 0 if nobody asks for one.
    #[serde(default)]
    pub single_calls: u32,
    /// The crowding ([`Pace::crowding`]) of this CPU when it is left alone, if that is known yet.
    #[serde(default)]
    pub quiet: Option<f64>,
    /// Whether instructions are counted.
    #[serde(default)]
    pub(crate) instructions: Instructions,
}

/// Whether a launch counts the instructions of the work.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(crate) enum Instructions {
    #[default]
    Uncounted,
    /// After the samples.
    Counted,
    /// And does nothing else: it runs under callgrind, where times mean nothing.
    CountedAlone,
}

impl Plan {
    /// So many launches show whether a count repeats itself.
    pub(crate) const COUNTED_LAUNCHES: usize = 3;
    const SAMPLE_NS: f64 = 200_000.0;
    /// More samples within a process buy nothing: what hurts lies between processes.
    const MOST_SAMPLES: u32 = 100;
    const FEWEST_SAMPLES: u32 = 5;
    /// Calls from this length on are sampled less often, or a suite of them would take minutes.
    const LONG_CALL_NS: f64 = 50_000_000.0;
    const FEWEST_SAMPLES_OF_LONG_CALLS: u32 = 3;
    /// Inputs are built before the sample begins and live until it ends; both are kept in bounds.
    const MOST_INPUT_NS: f64 = 2_000_000.0;
    const MOST_INPUTS: u64 = 65_536;

    /// A plan that spends about a third of `budget_ns` on the samples of `launches` launches; the
    /// rest goes into starting processes, set-up and warming up.
    pub fn for_budget(budget_ns: f64, launches: u32, samples: Option<u32>) -> Self {
        let launch_ns = budget_ns / f64::from(launches.max(1)) / 3.0;
        let warm_up_ns = launch_ns / 2.0;
        Self {
            sample_ns: Self::SAMPLE_NS,
            launch_ns,
            warm_up_ns,
            samples,
            slowdown: 0.0,
            single_calls: 0,
            quiet: None,
            instructions: Instructions::Uncounted,
        }
    }

    /// The same plan, knowing what `earlier` launches say of the CPU when it is left alone.
    #[must_use]
    pub fn after(self, earlier: impl IntoIterator<Item = Pace>) -> Self {
        let seen = Pace::agreed_crowding(earlier);
        Self { quiet: self.quiet.into_iter().chain(seen).reduce(f64::min), ..self }
    }

    /// A plan of one launch that works for about `launch_ns`, in samples as long as that takes: for
    /// who looks at the work, not at the samples.
    pub fn filling(launch_ns: f64) -> Self {
        let sample_ns = (launch_ns / f64::from(Self::MOST_SAMPLES)).max(Self::SAMPLE_NS);
        Self { sample_ns, warm_up_ns: 0.0, ..Self::for_budget(3.0 * launch_ns, 1, None) }
    }

    /// The same plan for work that is slowed down by `share` of its time.
    #[must_use]
    pub fn slowed_by(self, share: f64) -> Self {
        Self { slowdown: share, ..self }
    }

    /// The same plan with what the metrics that the attribute lists need besides samples.
    #[must_use]
    pub fn for_metrics<'a>(self, listed: impl IntoIterator<Item = &'a str>) -> Self {
        let listed: Vec<&str> = listed.into_iter().collect();
        let asks_for_tail = listed.iter().any(|name| Tail::named(name).is_some());
        let instructions = match listed.contains(&Metric::INSTRUCTIONS) {
            true => Instructions::Counted,
            false => Instructions::Uncounted,
        };
        Self { single_calls: if asks_for_tail { Tail::CALLS } else { 0 }, instructions, ..self }
    }

    /// The same plan for the launch after `earlier` others: the first few count instructions, which
    /// takes long where callgrind does it, and repeats itself.
    #[must_use]
    pub fn counting_after(self, earlier: usize) -> Self {
        match earlier < Self::COUNTED_LAUNCHES {
            true => self,
            false => self.without_counts(),
        }
    }

    /// The same plan for a launch that counts no instructions.
    pub(crate) fn without_counts(self) -> Self {
        Self { instructions: Instructions::Uncounted, ..self }
    }

    /// The same plan for a launch under callgrind.
    pub(crate) fn of_counts_alone(self) -> Self {
        Self { instructions: Instructions::CountedAlone, single_calls: 0, ..self }
    }

    /// How long the single calls of a launch may take together, with building their inputs.
    pub(crate) fn single_calls_ns(&self) -> f64 {
        // Whoever asks for a tail pays for it: as much again as a launch may take in all.
        3.0 * self.launch_ns
    }

    /// How many iterations make one sample, given what one iteration and its input cost.
    pub(crate) fn iterations(&self, iteration_ns: f64, input_ns: f64, inputs: Inputs) -> u64 {
        let wanted = (self.sample_ns / iteration_ns.max(0.01)).ceil();
        let most = match inputs {
            Inputs::None => 1e9,
            Inputs::Built => {
                (Self::MOST_INPUT_NS / input_ns.max(1.0)).min(Self::MOST_INPUTS as f64).floor()
            }
        };
        wanted.min(most).max(1.0) as u64
    }

    /// How many samples to take when one sample takes this long, and building its inputs that long.
    pub(crate) fn sample_count(&self, sample_ns: f64, inputs_ns: f64) -> u32 {
        // Inputs may cost more than the work, yet not take over the test.
        const INPUTS_PER_WORK: f64 = 3.0;
        let sample_ns = sample_ns.max(inputs_ns / INPUTS_PER_WORK);
        if let Some(samples) = self.samples {
            return samples.max(1);
        }
        let fewest = if sample_ns >= Self::LONG_CALL_NS {
            Self::FEWEST_SAMPLES_OF_LONG_CALLS
        } else {
            Self::FEWEST_SAMPLES
        };
        let fitting = (self.launch_ns / sample_ns.max(1.0)).floor();
        (fitting.min(f64::from(Self::MOST_SAMPLES)) as u32).max(fewest)
    }
}

/// Whether iterations need inputs that are built before the sample begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Inputs {
    None,
    Built,
}

#[cfg(test)]
mod tests {
    use super::{Inputs, Instructions, Pace, Plan};

    fn plan() -> Plan {
        Plan::for_budget(2e9, 10, None)
    }

    #[test]
    fn a_sample_is_long_against_the_clock() {
        let check = |iteration_ns: f64, expected: u64| {
            assert_eq!(plan().iterations(iteration_ns, 0.0, Inputs::None), expected);
        };
        check(0.0, 20_000_000);
        check(1.0, 200_000);
        check(200.0, 1_000);
        check(150_000.0, 2);
        check(200_000.0, 1);
        check(1e9, 1);
    }

    #[test]
    fn inputs_stay_within_memory_and_time() {
        let check = |iteration_ns: f64, input_ns: f64, expected: u64| {
            assert_eq!(plan().iterations(iteration_ns, input_ns, Inputs::Built), expected);
        };
        check(10.0, 0.0, 20_000);
        check(1.0, 0.0, 65_536);
        check(10.0, 40_000.0, 50);
        check(10.0, 1e9, 1);
        check(100_000.0, 100.0, 2);
    }

    #[test]
    fn a_launch_has_enough_samples_and_no_more() {
        let check = |sample_ns: f64, expected: u32| {
            let counted = plan().sample_count(sample_ns, 0.0);
            assert_eq!(counted, expected, "sample of {sample_ns} ns");
            // Inputs count for a third.
            assert_eq!(plan().sample_count(100.0, 3.0 * sample_ns), expected);
        };
        check(200_000.0, 100);
        check(1_000_000.0, 66);
        check(10_000_000.0, 6);
        check(40_000_000.0, 5);
        check(1e9, 3);
        assert_eq!(Plan::for_budget(2e9, 10, Some(7)).sample_count(1.0, 0.0), 7);
    }

    #[test]
    fn earlier_launches_tell_what_quiet_is() {
        let check = |known: Option<f64>, crowding: &[f64], expected: Option<f64>| {
            let paces = crowding.iter().map(|crowding| Pace::of_baseline(1800.0, *crowding));
            assert_eq!(Plan { quiet: known, ..plan() }.after(paces).quiet, expected);
        };
        check(None, &[], None);
        check(None, &[1.05, 1.11, 1.11], Some(1.11));
        check(Some(1.10), &[1.11, 1.11], Some(1.10));
        check(Some(1.16), &[1.11, 1.11], Some(1.11));
        check(Some(1.10), &[], Some(1.10));
    }

    #[test]
    fn a_few_launches_count_instructions_for_whoever_asks() {
        let check = |listed: &[&str], earlier: usize, expected: Instructions| {
            let plan = plan().for_metrics(listed.iter().copied()).counting_after(earlier);
            assert_eq!(plan.instructions, expected, "{listed:?} {earlier}");
        };
        check(&["time"], 0, Instructions::Uncounted);
        check(&["time", "instructions"], 0, Instructions::Counted);
        check(&["instructions"], 2, Instructions::Counted);
        check(&["instructions"], 3, Instructions::Uncounted);
    }

    #[test]
    fn single_calls_are_for_whoever_asks() {
        let check = |listed: &[&str], expected: u32| {
            assert_eq!(plan().for_metrics(listed.iter().copied()).single_calls, expected);
        };
        check(&[], 0);
        check(&["time", "accuracy"], 0);
        check(&["time", "p99"], 1_000);
        check(&["p95"], 1_000);
        assert_eq!(plan().single_calls_ns().round(), 200e6);
    }
}
