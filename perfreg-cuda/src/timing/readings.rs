//! What a device's own counters tell of a stretch of work, or why they tell nothing: pure.

use std::fmt;

use perfreg_core::{Direction, Metric, Unit};

/// A number, or why the device does not tell it.
pub type Told = Result<f64, Silence>;

/// What a device tells of calls that it made one after the other for about half a second.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Readings {
    /// Millijoules a call, of the whole board; what it takes while it waits for the host counts in.
    pub energy: Told,
    /// Percent of the time in which it was slower than asked for, for its power.
    pub power_violation: Told,
    /// Percent of the time in which it was slower than asked for, for its heat.
    pub thermal_violation: Told,
    /// Percent of the time in which its matrix units worked.
    pub tensor_use: Told,
    /// Percent of the bandwidth of its memory.
    pub dram_use: Told,
    /// Percent of the time in which its memory was read or written, however little.
    pub memory_busy: Told,
}

/// Why a device does not tell something.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Silence {
    /// There is no NVML, or it does not know the device.
    NoHealth,
    /// The device is divided, and its counters are of all parts.
    Divided,
    /// A call leaves memory allocated, and so is not repeated for so long.
    NotRepeated,
    /// The device does not monitor itself, as devices before Hopper do not.
    NotMonitored,
    /// NVML refused, with its reason.
    Refused(String),
    /// The counter did not move, or stopped, while the device worked.
    Still,
    /// The counter went back: it began anew, or the driver did.
    WentBack,
    /// What NVML told is no share.
    NoShare,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHealth => "NVML does not know the device",
            Self::Divided => "MIG is on, and the counter is of the whole device",
            Self::NotRepeated => {
                "a call leaves memory allocated, and so is not repeated for so long"
            }
            Self::NotMonitored => {
                "the device has no performance monitoring (Hopper and later have)"
            }
            Self::Refused(why) => return write!(f, "NVML refused: {why}"),
            Self::Still => "the counter hardly moved while the device worked",
            Self::WentBack => "the counter went back",
            Self::NoShare => "what NVML told is no share of anything",
        })
    }
}

impl Readings {
    /// All of them missing for one reason.
    pub(crate) fn silent(why: &Silence) -> Self {
        let told = || Err(why.clone());
        Self {
            energy: told(),
            power_violation: told(),
            thermal_violation: told(),
            tensor_use: told(),
            dram_use: told(),
            memory_busy: told(),
        }
    }

    /// Each as a metric.
    pub fn metrics(&self) -> [(Metric, &Told); 6] {
        use Direction::{HigherIsBetter, LowerIsBetter};
        let millijoules = Unit::Other("mJ".into());
        let share = |name: &str, direction| Metric::new(name, Unit::Percent, direction);
        [
            (Metric::new(Metric::DEVICE_ENERGY, millijoules, LowerIsBetter), &self.energy),
            (share(Metric::DEVICE_POWER_VIOLATION, LowerIsBetter), &self.power_violation),
            (share(Metric::DEVICE_THERMAL_VIOLATION, LowerIsBetter), &self.thermal_violation),
            (share(Metric::DEVICE_TENSOR_USE, HigherIsBetter), &self.tensor_use),
            (share(Metric::DEVICE_DRAM_USE, HigherIsBetter), &self.dram_use),
            (share(Metric::DEVICE_MEMORY_BUSY, HigherIsBetter), &self.memory_busy),
        ]
    }
}

/// How long a device was slower than asked for, at a time of its own clock; both since long ago.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Violation {
    pub(crate) at_microseconds: u64,
    pub(crate) nanoseconds: u64,
}

/// Percent of the time between two readings.
pub(crate) fn share_violated(
    before: Result<Violation, Silence>,
    after: Result<Violation, Silence>,
) -> Told {
    let (before, after) = (before?, after?);
    let since = |before: u64, after: u64| after.checked_sub(before).ok_or(Silence::WentBack);
    let passed = since(before.at_microseconds, after.at_microseconds)?;
    let violated = since(before.nanoseconds, after.nanoseconds)?;
    match passed {
        0 => Err(Silence::Still),
        // Both are read one after the other, so that a little more than all is all.
        _ => Ok((violated as f64 / (passed as f64 * 1e3) * 100.0).min(100.0)),
    }
}

/// A share in percent, as NVML tells it.
pub(crate) fn percent(value: f64) -> Told {
    if (0.0..=100.0).contains(&value) { Ok(value) } else { Err(Silence::NoShare) }
}

/// A turn of work: how many calls, and how long they took on the device.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Turn {
    pub(crate) calls: u64,
    pub(crate) nanoseconds: f64,
}

/// The device works at least so long, so that its counters move often.
const LEAST: f64 = 500e6;

/// After so long, a counter that did not move will not.
const MOST: f64 = 1e9;

/// Nor after so many looks at it, however short the work between them is.
const MOST_TURNS: u32 = 1_000;

/// Lets the device work until its energy is told, and says how much a call took. What counts begins, which
/// `begin` is told, and ends right after a step of the counter, which comes every tenth of a second or so.
///
/// # Errors
/// Those of `work`.
pub(crate) fn watch<E>(
    mut counter: impl FnMut() -> Result<u64, Silence>,
    mut work: impl FnMut() -> Result<Turn, E>,
    begin: impl FnOnce(),
) -> Result<Told, E> {
    let mut energy = to_a_step(&mut counter, &mut work)?;
    begin();
    let mut done = Turn { calls: 0, nanoseconds: 0.0 };
    let first = energy.clone();
    for _ in 0..MOST_TURNS {
        let Turn { calls, nanoseconds } = work()?;
        done.calls += calls;
        done.nanoseconds += nanoseconds;
        let now = energy.clone().and_then(|last| match counter()? {
            now if now < last => Err(Silence::WentBack),
            now => Ok(now),
        });
        let stepped = now != energy;
        energy = now;
        match (&first, &energy) {
            (Ok(first), Ok(last)) if done.nanoseconds >= LEAST && stepped => {
                return Ok(Ok((last - first) as f64 / done.calls as f64));
            }
            (_, Err(_)) if done.nanoseconds >= LEAST => break,
            _ if done.nanoseconds >= MOST => break,
            _ => {}
        }
    }
    // How much was taken since the last step is not known.
    Ok(Err(energy.err().unwrap_or(Silence::Still)))
}

/// Works until the counter moves, and says where it is then.
fn to_a_step<E>(
    counter: &mut impl FnMut() -> Result<u64, Silence>,
    work: &mut impl FnMut() -> Result<Turn, E>,
) -> Result<Result<u64, Silence>, E> {
    let first = match counter() {
        Ok(first) => first,
        Err(why) => return Ok(Err(why)),
    };
    let mut worked = 0.0;
    for _ in 0..MOST_TURNS {
        worked += work()?.nanoseconds;
        match counter() {
            Ok(now) if now < first => return Ok(Err(Silence::WentBack)),
            Ok(now) if now == first && worked < MOST => {}
            Ok(now) if now == first => break,
            found => return Ok(found),
        }
    }
    Ok(Err(Silence::Still))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;

    use super::{Readings, Silence, Told, Turn, Violation, percent, share_violated, watch};

    /// Turns of 10 ms and 4 calls; the counter is asked after each. How many turns it took, and how many of
    /// them before it counted.
    fn watched(counter: impl Fn(u32) -> Result<u64, Silence>) -> (Told, u32, u32) {
        let (turns, begun) = (Cell::new(0), Cell::new(0));
        let work = || {
            turns.set(turns.get() + 1);
            assert!(turns.get() < 1_000, "it never ends");
            Ok::<_, Infallible>(Turn { calls: 4, nanoseconds: 10e6 })
        };
        let Ok(told) = watch(|| counter(turns.get()), work, || begun.set(turns.get()));
        (told, turns.get(), begun.get())
    }

    #[test]
    fn energy_is_counted_from_step_to_step() {
        // Each turn takes 20 mJ, and the counter steps every ninth.
        let stepping = |turn: u32| Ok(7_000 + u64::from((turn + 3) / 9 * 9) * 20);
        // From the step after turn 6 to the first one that is half a second later.
        assert_eq!(watched(stepping), (Ok(5.0), 60, 6));
        let fine = |turn: u32| Ok(u64::from(turn) * 20);
        assert_eq!(watched(fine), (Ok(5.0), 51, 1));
    }

    #[test]
    fn a_counter_that_tells_nothing_says_why_and_ends() {
        let check = |counter: &dyn Fn(u32) -> Result<u64, Silence>, why: Silence, turns: u32| {
            let (told, taken, _) = watched(counter);
            assert_eq!((told, taken), (Err(why), turns));
        };
        // Without a counter there is half a second of work all the same, for what else is read.
        check(&|_| Err(Silence::NoHealth), Silence::NoHealth, 50);
        check(&|_| Ok(7_000), Silence::Still, 150);
        // It moves once, and then no more.
        check(&|turn| Ok(u64::from(turn.min(1))), Silence::Still, 101);
        check(&|turn| Ok(u64::from(turn.min(40))), Silence::Still, 101);
        // It wraps, and is higher again in the end.
        check(&|turn| Ok(u64::from(turn % 20)), Silence::WentBack, 51);
        check(&|turn| Ok(u64::from(100 - turn.min(100))), Silence::WentBack, 51);
        let refused = || Silence::Refused("lost".to_owned());
        let lost = |turn| if turn < 30 { Ok(u64::from(turn)) } else { Err(refused()) };
        check(&lost, refused(), 51);
    }

    #[test]
    fn work_of_no_length_ends() {
        let turns = Cell::new(0_u32);
        let work = || {
            turns.set(turns.get() + 1);
            Ok::<_, Infallible>(Turn { calls: 1, nanoseconds: 0.0 })
        };
        let Ok(told) = watch(|| Ok(7), work, || {});
        assert_eq!((told, turns.get()), (Err(Silence::Still), 2_000));
    }

    #[test]
    fn an_error_of_the_work_ends_it() {
        let told = watch(|| Ok(1), || Err::<Turn, _>("broken"), || panic!("it never began"));
        assert_eq!(told, Err("broken"));
    }

    #[test]
    fn a_violation_is_a_share_of_the_time_between() {
        let at = |at_microseconds, nanoseconds| Ok(Violation { at_microseconds, nanoseconds });
        let check = |before, after, expected: Told| {
            assert_eq!(share_violated(before, after), expected);
        };
        check(at(1_000, 0), at(501_000, 125_000_000), Ok(25.0));
        check(at(1_000, 9), at(501_000, 9), Ok(0.0));
        check(at(1_000, 0), at(501_000, 500_100_000), Ok(100.0));
        check(at(1_000, 0), at(1_000, 0), Err(Silence::Still));
        check(at(1_000, 0), at(900, 0), Err(Silence::WentBack));
        check(at(1_000, 10), at(2_000, 9), Err(Silence::WentBack));
        check(Err(Silence::Divided), at(2_000, 9), Err(Silence::Divided));
    }

    #[test]
    fn shares_lie_between_nothing_and_all() {
        let check = |value, expected| assert_eq!(percent(value), expected);
        check(0.0, Ok(0.0));
        check(100.0, Ok(100.0));
        check(100.5, Err(Silence::NoShare));
        check(-1.0, Err(Silence::NoShare));
        check(f64::NAN, Err(Silence::NoShare));
    }

    #[test]
    fn every_reading_is_a_metric_that_is_judged_where_it_is_listed() {
        let readings = Readings::silent(&Silence::Divided);
        assert!(readings.metrics().iter().all(|(metric, _)| metric.is_reading_of_device()));
        let expected = "MIG is on, and the counter is of the whole device";
        assert_eq!(readings.energy.unwrap_err().to_string(), expected);
    }
}
