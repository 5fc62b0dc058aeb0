//! Whether values keep to a limit.

use crate::model::{Bound, TargetState};
use crate::stats::{Interval, median, median_interval};

/// The typical value of launches, with its 99 % interval; with the range where launches are few.
///
/// # Panics
/// If there are no values.
pub(crate) fn typical(values: &[f64]) -> (f64, Interval) {
    assert!(!values.is_empty(), "a side without launches says nothing");
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = Interval { low, high };
    (median(values), median_interval(values, 0.99).unwrap_or(range))
}

/// Whether the whole interval lies on the allowed side of `bound`, or on the other.
pub(crate) fn judge_limit(interval: Interval, bound: Bound) -> TargetState {
    let Interval { low, high } = interval;
    let (met, missed) = match bound {
        Bound::Under(most) => (high < most, low >= most),
        Bound::AtMost(most) => (high <= most, low > most),
        Bound::Over(least) => (low > least, high <= least),
        Bound::AtLeast(least) => (low >= least, high < least),
    };
    match (met, missed) {
        (true, _) => TargetState::Met,
        (_, true) => TargetState::Missed,
        _ => TargetState::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::{judge_limit, typical};
    use crate::model::Bound::{self, AtLeast, AtMost, Over, Under};
    use crate::model::TargetState::{self, Met, Missed, Undecided};

    #[test]
    fn the_interval_decides() {
        let check = |values: &[f64], bound: Bound, expected: TargetState| {
            let (_, interval) = typical(values);
            assert_eq!(judge_limit(interval, bound), expected, "{interval:?} {bound:?}");
        };
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        check(&ten, Under(10.1), Met);
        check(&ten, Under(10.0), Undecided);
        check(&ten, Under(5.0), Undecided);
        check(&ten, Under(1.0), Missed);
        check(&ten, Over(0.5), Met);
        check(&ten, Over(10.0), Missed);
        check(&[7.0; 3], AtMost(7.0), Met);
        check(&[7.0; 3], Under(7.0), Missed);
        check(&[7.0; 3], AtLeast(7.0), Met);
        check(&[7.0; 3], Over(7.0), Missed);
        check(&[7.0, 9.0, 8.0], AtMost(8.0), Undecided);
        // One launch in thirty that the machine disturbed decides nothing.
        let mut thirty: Vec<f64> = (0..30).map(|i| 100.0 + f64::from(i % 5)).collect();
        thirty[7] = 500.0;
        check(&thirty, Under(105.0), Met);
    }
}
