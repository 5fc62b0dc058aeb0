//! `assert_faster!`: two pieces of work in one test, sample by sample in turns.
//!
//! What the machine does meanwhile it does to both, so their ratio is surer than either time; the
//! order within a pair is drawn, so that neither side profits from coming second.

use std::hint::black_box;
use std::sync::Once;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::harness::settings::{Role, Settings};
use crate::logging::say;
use crate::measure::{MachineLock, Watch};
use crate::probe;
use crate::stats::{Interval, median, median_interval};

/// Both sides of the interval together.
const CONFIDENCE: f64 = 0.99;
/// After how many pairs it is looked at; each look may end it.
const LOOKS: [usize; 4] = [24, 48, 96, 192];
/// How long a sample should be, in nanoseconds: as a launch's are.
const SAMPLE_NS: f64 = 200_000.0;
/// Longer work is not repeated within a sample, and not for longer than this in all.
const BUDGET: Duration = Duration::from_secs(10);

/// Panics unless `new` is faster than `old` by the factor; what `assert_faster!` calls.
///
/// `spin` is a loop of the caller's crate that tells whether it is optimised; if it is not, each side
/// runs once.
///
/// # Panics
/// If it is not faster, or not surely so.
#[track_caller]
pub fn assert_faster<A, B>(
    mut new: impl FnMut() -> A,
    mut old: impl FnMut() -> B,
    factor: f64,
    names: (&str, &str),
    spin: fn(u64) -> u64,
) {
    assert!(factor.is_finite() && factor > 0.0, "perfreg: {factor} is no factor to be faster by");
    let settings = Settings::from_env().unwrap_or_else(|error| panic!("perfreg: {error}"));
    let unmeasured = match settings.role {
        Role::Smoke(why) => Some(why),
        Role::GateIfOptimised if !probe::is_optimised(spin) => Some("this crate is not optimised"),
        _ => None,
    };
    if let Some(why) = unmeasured {
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            settings.log.warn(|| format!("{why}: assert_faster! runs each side once"));
        });
        black_box((new(), old()));
        return;
    }
    let names = (shown(names.0, "the first"), shown(names.1, "the second"));
    let outcome = measure(&settings, names, factor, &mut || drop(black_box(new())), &mut || {
        drop(black_box(old()));
    });
    match outcome.unwrap_or_else(|error| panic!("perfreg: {error}")) {
        (true, text) => say(&text),
        (false, text) => panic!("{text}"),
    }
}

/// A piece of source, if it is short enough to stand in a line.
fn shown<'a>(source: &'a str, place: &'a str) -> &'a str {
    const LONGEST: usize = 48;
    if source.len() > LONGEST || source.contains('\n') { place } else { source }
}

type Work<'a> = &'a mut dyn FnMut();

/// Whether it holds, and what to say.
fn measure(
    settings: &Settings,
    (new_name, old_name): (&str, &str),
    factor: f64,
    new: Work<'_>,
    old: Work<'_>,
) -> Result<(bool, String), Error> {
    let holder = format!("process {}, comparing {new_name} with {old_name},", std::process::id());
    let _machine = MachineLock::acquire(&settings.lock_file, &holder, |holder| {
        settings.log.warn(|| format!("waiting for the machine: {holder} has it"));
    })?;
    let mut watch = Watch::new();
    let begun = Instant::now();
    let batches = (iterations(&mut watch, new), iterations(&mut watch, old));
    let (mut ratios, mut order) = (Vec::new(), Order(0x9E37_79B9_7F4A_7C15));
    for look in LOOKS {
        while ratios.len() < look && (ratios.len() < LOOKS[0] || begun.elapsed() < BUDGET) {
            let (of_new, of_old) = if order.new_first() {
                let of_new = sample(&mut watch, new, batches.0);
                (of_new, sample(&mut watch, old, batches.1))
            } else {
                let of_old = sample(&mut watch, old, batches.1);
                (sample(&mut watch, new, batches.0), of_old)
            };
            ratios.push((of_old / of_new).ln());
        }
        // Every look may err: each gets its share of the risk.
        let confidence = 1.0 - (1.0 - CONFIDENCE) / LOOKS.len() as f64;
        let interval = median_interval(&ratios, confidence)
            .map(|interval| Interval { low: interval.low.exp(), high: interval.high.exp() });
        let Some(interval) = interval else { continue };
        settings.log.debug(|| {
            let (low, high, pairs) = (interval.low, interval.high, ratios.len());
            format!("{new_name} against {old_name}: {low:.3} to {high:.3} after {pairs} pairs")
        });
        let text = |verdict: &str| {
            format!(
                "perfreg: {new_name} is {:.3} times as fast as {old_name}, 99 % interval {:.3} to {:.3} ({} pairs): {verdict} by >= {factor}",
                median(&ratios).exp(),
                interval.low,
                interval.high,
                ratios.len()
            )
        };
        if interval.low >= factor {
            return Ok((true, text("faster")));
        }
        let last = look == LOOKS[LOOKS.len() - 1] || ratios.len() < look;
        if interval.high < factor {
            return Ok((false, text("not faster")));
        } else if last {
            return Ok((false, text("not surely faster")));
        }
    }
    Err(Error::measurement("too few pairs for an interval"))
}

/// How many iterations make a sample, after as many to warm up.
fn iterations(watch: &mut Watch, work: Work<'_>) -> u32 {
    let mut count = 1;
    loop {
        let took = sample(watch, work, count) * f64::from(count);
        if took >= SAMPLE_NS / 2.0 || count >= 1 << 24 {
            return count;
        }
        count *= 2;
    }
}

/// Nanoseconds an iteration.
fn sample(watch: &mut Watch, work: Work<'_>, count: u32) -> f64 {
    watch.start();
    for _ in 0..count {
        work();
    }
    // A clock that has not moved is no ratio.
    watch.stop_ns().max(0.01) / f64::from(count)
}

/// Which side comes first: drawn, and the same draw in every run (xorshift, Marsaglia 2003).
struct Order(u64);

impl Order {
    fn new_first(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 63 == 0
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::{Order, measure, shown};
    use crate::harness::settings::Settings;

    fn rounds(count: u32) -> impl FnMut() {
        move || {
            (0..count).fold(1_u64, |state, _| black_box(state ^ (state << 13)));
        }
    }

    fn check(new: u32, old: u32, factor: f64, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::from_env().unwrap();
        settings.lock_file = folder.path().join("lock");
        let names = ("new", "old");
        let found = measure(&settings, names, factor, &mut rounds(new), &mut rounds(old));
        let (holds, text) = found.unwrap();
        assert!(text.contains(expected), "{text} lacks {expected}");
        assert_eq!(holds, expected == ": faster by", "{text}");
    }

    #[test]
    fn ratios_within_one_run_decide() {
        check(1_000, 2_000, 1.5, ": faster by");
        check(1_000, 2_000, 3.0, ": not faster by");
        check(2_000, 1_000, 1.0, ": not faster by");
    }

    #[test]
    fn either_side_comes_first_about_as_often() {
        let mut order = Order(0x9E37_79B9_7F4A_7C15);
        let first = (0..1_000).filter(|_| order.new_first()).count();
        assert!((450..550).contains(&first), "{first}");
    }

    #[test]
    fn long_sources_are_called_by_their_place() {
        assert_eq!(shown("|| a()", "the first"), "|| a()");
        assert_eq!(shown("|| {\n}", "the first"), "the first");
    }
}
