//! Taking samples until they decide, leaving out those that were taken while the device was slowed
//! down: counted, capped, never for ever.

use std::time::Duration;

use perfreg_core::stats::{median, median_interval};

use crate::error::{Error, Result};

/// How long samples are taken, and which ones count.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Sampling {
    /// At least so many samples that count.
    pub fewest: usize,
    /// At most so many.
    pub most: usize,
    /// No new sample after this time, if there are the fewest.
    pub budget: Duration,
    /// Enough when the 99 % interval of the median is at most this share of it wide.
    pub width: f64,
    /// A sample whose clock is this share below the highest one is left out.
    pub clock_share: f64,
}

impl Default for Sampling {
    /// 10 to 200 samples within a second, until the interval is half a percent wide; clocks within
    /// 5 % of the highest.
    fn default() -> Self {
        Self {
            fewest: 10,
            most: 200,
            budget: Duration::from_secs(1),
            width: 0.005,
            clock_share: 0.05,
        }
    }
}

/// Whether the device says that it slowed itself down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Throttling {
    /// It did not.
    No,
    /// It did.
    Yes,
    /// It does not say.
    Unknown,
}

/// One sample.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// How long the work took on the device.
    pub nanoseconds: f64,
    /// How long the host took to hand it over.
    pub enqueued: f64,
    /// The clock of a multiprocessor meanwhile, if it could be read.
    pub megahertz: Option<f64>,
    /// Whether the device slowed itself down.
    pub throttling: Throttling,
}

/// The samples that count, and what was left out.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Collected {
    /// In the order they were taken.
    pub samples: Vec<Sample>,
    /// Left out because the device slowed itself down.
    pub throttled: usize,
    /// Left out because the clock was low.
    pub off_clock: usize,
    /// Why sampling ended.
    pub ended: Ended,
}

/// Why sampling ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The interval is narrow enough.
    Narrow,
    /// The time is over.
    Budget,
    /// There are as many samples as are wanted at most.
    Most,
    /// Far more samples are left out than count.
    Disturbed,
}

impl Collected {
    /// Device times in nanoseconds.
    pub fn nanoseconds(&self) -> Vec<f64> {
        self.samples.iter().map(|sample| sample.nanoseconds).collect()
    }

    /// Device times in cycles of the multiprocessors, if every sample has its clock.
    pub fn cycles(&self) -> Option<Vec<f64>> {
        let cycles = |sample: &Sample| Some(sample.nanoseconds * sample.megahertz? / 1e3);
        self.samples.iter().map(cycles).collect()
    }
}

/// Takes samples; `elapsed` tells the time since the beginning.
pub(crate) fn collect(
    sampling: &Sampling,
    mut take: impl FnMut() -> Result<Sample>,
    mut elapsed: impl FnMut() -> Duration,
) -> Result<Collected> {
    let mut taken = Vec::new();
    loop {
        let sorted = sort_out(&taken, sampling);
        if let Some(ended) = ended(&sorted, taken.len(), sampling, elapsed()) {
            return finish(sorted, ended, taken.len(), sampling);
        }
        taken.push(take()?);
    }
}

/// The samples that count, of those so far: a clock that is high later shows that earlier ones were
/// low.
fn sort_out(taken: &[Sample], sampling: &Sampling) -> Collected {
    let highest = taken.iter().filter_map(|sample| sample.megahertz).fold(0.0, f64::max);
    let lowest = highest * (1.0 - sampling.clock_share);
    let throttled = |sample: &Sample| sample.throttling == Throttling::Yes;
    let low = |sample: &Sample| sample.megahertz.is_some_and(|clock| clock < lowest);
    Collected {
        samples: taken.iter().filter(|s| !throttled(s) && !low(s)).copied().collect(),
        throttled: taken.iter().filter(|s| throttled(s)).count(),
        off_clock: taken.iter().filter(|s| !throttled(s) && low(s)).count(),
        ended: Ended::Budget,
    }
}

fn ended(
    sorted: &Collected,
    taken: usize,
    sampling: &Sampling,
    elapsed: Duration,
) -> Option<Ended> {
    let counting = sorted.samples.len();
    let enough = counting >= sampling.fewest;
    if counting >= sampling.most {
        Some(Ended::Most)
    } else if enough && is_narrow(&sorted.nanoseconds(), sampling.width) {
        Some(Ended::Narrow)
    } else if taken - counting > 2 * (sampling.fewest + counting) {
        Some(Ended::Disturbed)
    } else if elapsed >= sampling.budget && (enough || taken >= 2 * sampling.fewest) {
        Some(Ended::Budget)
    } else {
        None
    }
}

fn is_narrow(nanoseconds: &[f64], width: f64) -> bool {
    let interval = median_interval(nanoseconds, 0.99);
    interval.is_some_and(|interval| interval.high - interval.low <= width * median(nanoseconds))
}

fn finish(sorted: Collected, ended: Ended, taken: usize, sampling: &Sampling) -> Result<Collected> {
    let counting = sorted.samples.len();
    if counting >= sampling.fewest {
        return Ok(Collected { ended, ..sorted });
    }
    Err(Error::measurement(format!(
        "{counting} of {taken} samples count, and {} are needed: {} were taken while the device \
         slowed itself down, {} at a low clock",
        sampling.fewest, sorted.throttled, sorted.off_clock
    )))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Collected, Ended, Sample, Sampling, Throttling, collect};
    use crate::error::Result;

    const GOOD: Sample = Sample {
        nanoseconds: 1_000.0,
        enqueued: 5_000.0,
        megahertz: Some(1_980.0),
        throttling: Throttling::No,
    };

    /// Sample by sample, each 20 ms after the one before.
    fn run(sample: impl Fn(usize) -> Sample) -> Result<Collected> {
        let taken = std::cell::Cell::new(0);
        collect(
            &Sampling::default(),
            || {
                taken.set(taken.get() + 1);
                assert!(taken.get() < 1_000, "it never ends");
                Ok(sample(taken.get() - 1))
            },
            || Duration::from_millis(20) * u32::try_from(taken.get()).unwrap(),
        )
    }

    /// Half a percent and more from one sample to the next.
    fn wild(at: usize) -> Sample {
        Sample { nanoseconds: 1_000.0 + 100.0 * (at % 7) as f64, ..GOOD }
    }

    #[test]
    fn it_ends_when_enough_is_known_or_the_time_is_over() {
        let steady = run(|_| GOOD).unwrap();
        assert_eq!((steady.ended, steady.samples.len()), (Ended::Narrow, 10));
        let wild = run(wild).unwrap();
        assert_eq!((wild.ended, wild.samples.len()), (Ended::Budget, 50));
    }

    #[test]
    fn slowed_samples_are_left_out_and_counted() {
        let found = run(|at| match at % 4 {
            1 => Sample { throttling: Throttling::Yes, ..GOOD },
            2 => Sample { megahertz: Some(1_500.0), ..GOOD },
            _ => GOOD,
        })
        .unwrap();
        assert_eq!(found.samples, [GOOD; 10]);
        assert_eq!((found.throttled, found.off_clock), (5, 5));
        assert_eq!(found.cycles(), Some(vec![1_980.0; 10]));
    }

    #[test]
    fn a_clock_that_rises_late_discredits_what_came_before() {
        let rising = |at| Sample { megahertz: Some(if at < 8 { 600.0 } else { 1_980.0 }), ..GOOD };
        let found = run(rising).unwrap();
        assert_eq!((found.samples.len(), found.off_clock), (10, 8));
    }

    #[test]
    fn a_device_that_stays_slow_is_an_error_and_no_endless_loop() {
        let error = run(|_| Sample { throttling: Throttling::Yes, ..GOOD }).unwrap_err();
        assert!(error.is_measurement());
        assert_eq!(
            error.to_string(),
            "0 of 21 samples count, and 10 are needed: 21 were taken while the device slowed \
             itself down, 0 at a low clock"
        );
    }

    #[test]
    fn a_device_that_says_nothing_is_believed() {
        let silent = Sample { megahertz: None, throttling: Throttling::Unknown, ..GOOD };
        let found = run(|_| silent).unwrap();
        assert_eq!((found.samples.len(), found.cycles()), (10, None));
    }
}
