//! One counter of instructions, whoever counts.

use super::callgrind::{Callgrind, Dumps};
use super::hardware::Hardware;
use super::requests::{CAN_ASK, Request, is_heard};
use crate::model::Metric;

/// Counts what the calling thread executes between a start and a stop.
#[derive(Debug)]
pub(crate) enum Counter {
    /// The CPU.
    Hardware { counter: Hardware, started: Option<u64> },
    /// Callgrind, which executes this process.
    Callgrind(Dumps),
}

impl Counter {
    /// The CPU's.
    ///
    /// # Errors
    /// In words, where there is none for us.
    pub(crate) fn of_the_cpu() -> Result<Self, String> {
        let mut counter =
            Hardware::open().map_err(|e| format!("the CPU's counter cannot be opened: {e}"))?;
        if !counts(&mut counter) {
            return Err("the CPU's counter can be opened, and does not count".to_owned());
        }
        Ok(Self::Hardware { counter, started: None })
    }

    /// That of callgrind; `None` if it does not execute this process for a count.
    pub(crate) fn of_callgrind() -> Option<Self> {
        let dumps = Dumps::of_environment().filter(|_| is_heard())?;
        Request::Instrument.make();
        Some(Self::Callgrind(dumps))
    }

    /// What it counts: the two differ in what they take for one instruction.
    pub(crate) fn metric(&self) -> Metric {
        let name = match self {
            Counter::Hardware { .. } => Metric::RETIRED_INSTRUCTIONS,
            Counter::Callgrind(_) => Metric::SIMULATED_INSTRUCTIONS,
        };
        Metric::built_in(name).expect("both are counted here")
    }

    #[inline]
    pub(crate) fn start(&mut self) {
        match self {
            Counter::Hardware { counter, started } => *started = counter.read(),
            Counter::Callgrind(_) => Request::Toggle.make(),
        }
    }

    /// How many there were since the start; `None` if others needed the CPU's counter meanwhile, or if
    /// callgrind has left nothing to read.
    #[inline]
    pub(crate) fn stop(&mut self) -> Option<u64> {
        match self {
            Counter::Hardware { counter, started } => {
                let now = counter.read();
                now.zip(*started).map(|(now, started)| now - started)
            }
            Counter::Callgrind(dumps) => {
                Request::Toggle.make();
                Request::Dump.make();
                dumps.next()
            }
        }
    }
}

/// Whether the counter sees a loop: some virtual machines have one that stands still.
fn counts(counter: &mut Hardware) -> bool {
    const ROUNDS: u64 = 1_000;
    let before = counter.read();
    for round in 0..ROUNDS {
        std::hint::black_box(round);
    }
    let added = counter.read().zip(before).map(|(now, before)| now - before);
    added.is_some_and(|added| added >= ROUNDS)
}

/// Who counts where the CPU does not.
///
/// # Errors
/// In words, why nobody can.
pub(crate) fn stand_in() -> Result<Callgrind, String> {
    let of_the_cpu = match Counter::of_the_cpu() {
        Ok(_) => "the CPU counts, but not for this work".to_owned(),
        Err(why) => why,
    };
    match Callgrind::find() {
        _ if !CAN_ASK => Err(format!("{of_the_cpu}; callgrind is asked on x86-64 Linux alone")),
        Ok(callgrind) => Ok(callgrind),
        Err(why) => Err(format!("{of_the_cpu}; {why}")),
    }
}

/// Instructions of one iteration, by pairs of a small batch and a larger one: what a batch costs
/// whatever its size is in neither.
pub(crate) fn per_iteration(batches: &[(u64, u64)]) -> Vec<f64> {
    let pair = |pair: &[(u64, u64)]| match *pair {
        [(few, less), (many, more)] if many > few => {
            Some((more as f64 - less as f64).max(0.0) / (many - few) as f64)
        }
        _ => None,
    };
    batches.chunks(2).filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::per_iteration;

    #[test]
    fn what_a_batch_costs_is_no_matter_of_the_work() {
        let check = |batches: &[(u64, u64)], expected: &[f64]| {
            assert_eq!(per_iteration(batches), expected, "{batches:?}");
        };
        check(&[(1, 130), (4, 430)], &[100.0]);
        check(&[(1, 130), (4, 430), (1, 131), (4, 434)], &[100.0, 101.0]);
        check(&[(1, 130), (4, 30)], &[0.0]);
        check(&[(1, 130)], &[]);
        check(&[(4, 130), (4, 140)], &[]);
        check(&[], &[]);
    }
}
