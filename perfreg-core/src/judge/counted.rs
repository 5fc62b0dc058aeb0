//! The gate's rule for counts and custom values: exact where they repeat exactly.

use crate::judge::paced::{LaunchValue, Within};
use crate::judge::stored::{Decision, Look};
use crate::model::{Change, Direction, Metric};
use crate::stats::median;

/// By which share counts of instructions have to differ, unless a limit says otherwise: rebuilt or with
/// another hash seed, unchanged work differs by hundredths of a percent.
const INSTRUCTION_BAND: f64 = 0.005;

/// Whether counts repeat within their launches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repetition {
    /// Every sample of every launch was its launch's value.
    Exact,
    /// Some were not.
    Varying,
}

impl Repetition {
    /// Launches of a side, from which on it can be said to repeat itself.
    pub const ENOUGH: usize = 3;

    /// Of these launches of both sides.
    pub fn of<'a>(launches: impl IntoIterator<Item = &'a LaunchValue>) -> Self {
        match launches.into_iter().all(|launch| launch.within == Within::Same) {
            true => Self::Exact,
            false => Self::Varying,
        }
    }
}

/// Judges counts, one value per launch.
///
/// If every launch of either side gave one and the same number, in batches of either size, any change
/// counts. Otherwise every launch must lie beyond every launch of the other side by the threshold: what
/// varies with a hash seed must not convict.
///
/// # Panics
/// If a side has no launches.
pub fn judge_counted(
    baseline: &[f64],
    current: &[f64],
    threshold: f64,
    direction: Direction,
    repetition: Repetition,
) -> Look {
    assert!(!baseline.is_empty() && !current.is_empty(), "a side without launches says nothing");
    let (before, now) = (range(baseline), range(current));
    let typical = (median(baseline), median(current));
    let change = relative(typical.0, before, typical.1, now);
    let few = baseline.len().min(current.len()) < Repetition::ENOUGH;
    let repeats = before.0 == before.1 && now.0 == now.1 && !few;
    let (decision, limit, why) = if repeats && repetition == Repetition::Exact {
        let why = "the same number in every launch of either side, so any change counts";
        (by_sign(now.0 - before.0, direction), 0.0, why.to_owned())
    } else {
        let (decision, why) = by_range(before, now, typical, threshold, direction);
        (decision, threshold, why)
    };
    Look { decision, change, limit, baseline: typical.0, current: typical.1, why }
}

/// Judges counts of `metric` by the rule that is its own: instructions by their band, all others as
/// [`judge_counted`] does.
///
/// # Panics
/// If a side has no launches.
pub fn judge_counts_of(
    metric: &Metric,
    baseline: &[f64],
    current: &[f64],
    threshold: f64,
    repetition: Repetition,
) -> Look {
    match metric.is_instruction_count() {
        true => judge_banded(baseline, current, INSTRUCTION_BAND, metric.direction),
        false => judge_counted(baseline, current, threshold, metric.direction, repetition),
    }
}

/// Judges counts that vary a little with addresses and hash seeds, such as instructions: harm or gain is
/// what exceeds the share `band` in every launch against every launch of the other side.
fn judge_banded(baseline: &[f64], current: &[f64], band: f64, direction: Direction) -> Look {
    assert!(!baseline.is_empty() && !current.is_empty(), "a side without launches says nothing");
    let (before, now) = (range(baseline), range(current));
    let typical = (median(baseline), median(current));
    let change = relative(typical.0, before, typical.1, now);
    let (decision, why) = by_range(before, now, typical, band, direction);
    let why = match decision {
        Decision::Same => format!("within {:.1} %, which such counts vary by", band * 100.0),
        _ => why,
    };
    Look { decision, change, limit: band, baseline: typical.0, current: typical.1, why }
}

/// Judges values by their difference from the baseline: harm or gain is what exceeds `tolerance`, in
/// the unit of the values.
///
/// # Panics
/// If a side has no launches.
pub fn judge_difference(
    baseline: &[f64],
    current: &[f64],
    tolerance: f64,
    direction: Direction,
) -> Look {
    assert!(!baseline.is_empty() && !current.is_empty(), "a side without launches says nothing");
    let (before, now) = (range(baseline), range(current));
    let typical = (median(baseline), median(current));
    // 0.9967 is 0.002 less than 0.9987, but not in binary.
    let beyond = tolerance + 1e-12 * typical.0.abs().max(typical.1.abs());
    let (least, most) = (now.0 - typical.0, now.1 - typical.0);
    let (decision, why) = if least > beyond || most < -beyond {
        let why = format!(
            "differs by {:+} in every launch, more than {tolerance}",
            typical.1 - typical.0
        );
        (by_sign(least, direction), why)
    } else if least >= -beyond && most <= beyond {
        (Decision::Same, format!("differs by no more than {tolerance} in any launch"))
    } else {
        (Decision::Undecided, format!("differs by more than {tolerance} in some launches only"))
    };
    let change = relative(typical.0, before, typical.1, now);
    let limit = if typical.0 == 0.0 { 0.0 } else { tolerance / typical.0.abs() };
    Look { decision, change, limit, baseline: typical.0, current: typical.1, why }
}

fn range(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

fn by_sign(growth: f64, direction: Direction) -> Decision {
    let harm = match direction {
        Direction::LowerIsBetter => growth,
        Direction::HigherIsBetter => -growth,
    };
    if harm > 0.0 {
        Decision::Worse
    } else if harm < 0.0 {
        Decision::Better
    } else {
        Decision::Same
    }
}

fn by_range(
    before: (f64, f64),
    now: (f64, f64),
    typical: (f64, f64),
    threshold: f64,
    direction: Direction,
) -> (Decision, String) {
    let margin = |value: f64| value.abs() * threshold;
    let percent = threshold * 100.0;
    if now.0 > before.1 + margin(before.1) || now.1 < before.0 - margin(before.0) {
        let why =
            format!("every launch lies beyond every baseline launch by more than {percent:.1} %");
        (by_sign(typical.1 - typical.0, direction), why)
    } else if (typical.1 - typical.0).abs() <= margin(typical.0) {
        (
            Decision::Same,
            format!("varies between launches; the typical value is within {percent:.1} %"),
        )
    } else {
        (Decision::Undecided, "varies between launches, and the two sides overlap".to_owned())
    }
}

/// From zero there is no relative change.
fn relative(before: f64, old: (f64, f64), now: f64, new: (f64, f64)) -> Option<Change> {
    let ratio = |new: f64, old: f64| (new - old) / old.abs();
    (before != 0.0 && old.0 != 0.0 && old.1 != 0.0).then(|| Change {
        estimate: ratio(now, before),
        low: ratio(new.0, old.1),
        high: ratio(new.1, old.0),
    })
}

#[cfg(test)]
mod tests {
    use super::{INSTRUCTION_BAND, Repetition, judge_banded, judge_counted, judge_difference};
    use crate::judge::Decision::{self, Better, Same, Undecided, Worse};
    use crate::model::Direction::{self, HigherIsBetter, LowerIsBetter};

    fn check(baseline: &[f64], current: &[f64], direction: Direction, expected: Decision) {
        let look = judge_counted(baseline, current, 0.05, direction, Repetition::Exact);
        assert_eq!(look.decision, expected, "{baseline:?} {current:?}: {look:?}");
    }

    #[test]
    fn exact_counts_convict_by_one() {
        check(&[1000.0; 3], &[1000.0; 3], LowerIsBetter, Same);
        check(&[1000.0; 3], &[1001.0; 3], LowerIsBetter, Worse);
        check(&[1000.0; 3], &[999.0; 3], LowerIsBetter, Better);
        check(&[0.9987; 3], &[0.9986; 3], HigherIsBetter, Worse);
        check(&[0.0; 3], &[1.0; 3], LowerIsBetter, Worse);
        check(&[-2.0; 3], &[-1.0; 3], HigherIsBetter, Better);
    }

    #[test]
    fn what_is_not_proved_to_repeat_needs_a_gap() {
        check(&[1000.0; 2], &[1001.0; 2], LowerIsBetter, Same);
        check(&[1000.0; 2], &[1100.0; 2], LowerIsBetter, Worse);
        let varying = |now: f64| {
            let now = [now; 3];
            judge_counted(&[1000.0; 3], &now, 0.05, LowerIsBetter, Repetition::Varying).decision
        };
        assert_eq!((varying(1001.0), varying(1100.0)), (Same, Worse));
    }

    #[test]
    fn varying_counts_need_a_gap() {
        check(&[100.0, 113.0, 104.0], &[104.0, 100.0, 113.0], LowerIsBetter, Same);
        check(&[100.0, 113.0, 104.0], &[114.0, 120.0, 130.0], LowerIsBetter, Undecided);
        check(&[100.0, 113.0, 104.0], &[119.0, 120.0, 130.0], LowerIsBetter, Worse);
        check(&[100.0, 113.0, 104.0], &[80.0, 90.0, 94.0], LowerIsBetter, Better);
    }

    #[test]
    fn instructions_have_a_band() {
        let check = |baseline: &[f64], current: &[f64], expected: Decision| {
            let look = judge_banded(baseline, current, INSTRUCTION_BAND, LowerIsBetter);
            assert_eq!(look.decision, expected, "{baseline:?} {current:?}: {look:?}");
        };
        check(&[10_000.0; 3], &[10_000.0; 3], Same);
        check(&[10_000.0; 3], &[10_049.0; 3], Same);
        check(&[10_000.0; 3], &[10_051.0; 3], Worse);
        check(&[10_000.0; 3], &[9_949.0; 3], Better);
        check(&[10_000.0, 10_001.0, 9_999.0], &[10_060.0, 10_040.0, 10_070.0], Undecided);
        check(&[10_000.0], &[10_100.0], Worse);
    }

    #[test]
    fn differences_have_a_tolerance() {
        let check = |baseline: &[f64], current: &[f64], direction, expected: Decision| {
            let look = judge_difference(baseline, current, 0.002, direction);
            assert_eq!(look.decision, expected, "{baseline:?} {current:?}: {look:?}");
        };
        check(&[0.9987; 3], &[0.9967; 3], HigherIsBetter, Same);
        check(&[0.9987; 3], &[0.9966; 3], HigherIsBetter, Worse);
        check(&[0.9967; 3], &[0.9987; 3], HigherIsBetter, Same);
        check(&[0.9966; 3], &[0.9987; 3], HigherIsBetter, Better);
        check(&[0.9987; 3], &[0.9966, 0.9987, 0.9987], HigherIsBetter, Undecided);
        check(&[0.0; 3], &[0.003; 3], LowerIsBetter, Worse);
    }
}
