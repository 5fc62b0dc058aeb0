//! Values that come from two sources.

use crate::stats::{median, sorted};

/// The middles of two groups of values, the lower one first, with a gap between them that is larger
/// than twice the width of either and than `least_gap` as a share of the lower group's smallest value.
///
/// `None` if the values are one group, or either group has fewer than three.
pub fn two_modes(values: &[f64], least_gap: f64) -> Option<(f64, f64)> {
    const LEAST: usize = 3;
    let sorted = sorted(values);
    let (at, gap) = sorted
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .enumerate()
        .max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let (low, high) = sorted.split_at(at + 1);
    let width = |side: &[f64]| side[side.len() - 1] - side[0];
    let apart = gap > 2.0 * width(low).max(width(high)) && gap > least_gap * low[0].abs();
    (low.len() >= LEAST && high.len() >= LEAST && apart).then(|| (median(low), median(high)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::two_modes;

    #[test]
    fn groups_need_a_gap_and_members() {
        let check = |values: &[f64], expected: Option<(f64, f64)>| {
            assert_eq!(two_modes(values, 0.10), expected, "{values:?}");
        };
        check(&[], None);
        check(&[1.0], None);
        check(&[5.0; 10], None);
        check(&[100.0, 101.0, 99.0, 150.0, 151.0, 152.0], Some((100.0, 151.0)));
        // Two of a kind are outliers.
        check(&[100.0, 101.0, 99.0, 100.5, 150.0, 151.0], None);
        // A gap under 10 % is nobody's second kind of core.
        check(&[100.0, 101.0, 99.0, 110.0, 111.0, 110.5], None);
        // The upper group is nearly as wide as the gap.
        check(&[100.0, 101.0, 99.0, 150.0, 170.0, 190.0], None);
    }

    proptest! {
        #[test]
        fn neither_order_nor_unit_matters(
            mut values in prop::collection::vec(1.0..2.0, 0..20),
            second in prop::collection::vec(5.0..5.5, 0..20),
        ) {
            values.extend(second);
            let found = two_modes(&values, 0.10).is_some();
            values.reverse();
            prop_assert_eq!(two_modes(&values, 0.10).is_some(), found);
            let in_other_units: Vec<f64> = values.iter().map(|value| value * 1024.0).collect();
            prop_assert_eq!(two_modes(&in_other_units, 0.10).is_some(), found);
        }
    }
}
