//! The signed-rank test (Wilcoxon 1945) of differences that come in pairs, and the estimate and the
//! bounds that belong to it (Hodges and Lehmann 1963; Hollander, Wolfe and Chicken 2014, chapter 3).

use crate::stats::{Interval, median_sorted, sorted};

/// The median of the means of all pairs of values, each with itself too: the typical value, hardly
/// moved by outliers.
///
/// # Panics
/// If there are no values.
pub fn hodges_lehmann(values: &[f64]) -> f64 {
    assert!(!values.is_empty(), "no values have no typical one");
    median_sorted(&walsh_averages(values))
}

/// How probable differences at least as positive as these are if their distribution is symmetric
/// about 0: exact, given their sizes. Zeros are left out; equal sizes share their ranks.
///
/// 1 if nothing differs from 0.
pub fn signed_rank_greater(differences: &[f64]) -> f64 {
    let mut sizes: Vec<(f64, f64)> = differences
        .iter()
        .filter(|difference| **difference != 0.0)
        .map(|difference| (difference.abs(), *difference))
        .collect();
    if sizes.is_empty() {
        return 1.0;
    }
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Twice the rank is whole where equal sizes share one.
    let mut doubled = vec![0_usize; sizes.len()];
    let mut begin = 0;
    while begin < sizes.len() {
        let equal = sizes[begin..].iter().take_while(|other| other.0 == sizes[begin].0).count();
        doubled[begin..begin + equal].fill(2 * begin + equal + 1);
        begin += equal;
    }
    let positive: usize =
        sizes.iter().zip(&doubled).filter(|(size, _)| size.1 > 0.0).map(|(_, rank)| rank).sum();
    let shares = rank_sum_shares(&doubled);
    // The smaller tail is summed, for the larger one would lose the digits of a small p.
    let above: f64 = shares[positive..].iter().rev().sum();
    let below: f64 = shares[..positive].iter().sum();
    if above <= below { above } else { 1.0 - below }
}

/// The probability of each sum of those `ranks` that a fair coin picks.
fn rank_sum_shares(ranks: &[usize]) -> Vec<f64> {
    let mut shares = vec![0.0; ranks.iter().sum::<usize>() + 1];
    shares[0] = 1.0;
    let mut largest = 0;
    for &rank in ranks {
        largest += rank;
        for sum in (0..=largest).rev() {
            let without = if sum <= largest - rank { shares[sum] } else { 0.0 };
            let with = if sum >= rank { shares[sum - rank] } else { 0.0 };
            shares[sum] = (without + with) / 2.0;
        }
    }
    shares
}

/// The bounds that the signed-rank test puts on the typical value, each wrong with a probability of
/// at most `level`; `None` if so few values cannot put any.
///
/// # Panics
/// If `level` does not lie between 0 and a half.
pub fn signed_rank_bounds(values: &[f64], level: f64) -> Option<Interval> {
    assert!(level > 0.0 && level < 0.5, "a level is a small probability");
    let ranks: Vec<usize> = (1..=values.len()).collect();
    let shares = rank_sum_shares(&ranks);
    let mut below = 0.0;
    let outside = shares.iter().take_while(|share| {
        below += **share;
        below <= level
    });
    let at = outside.count().checked_sub(1)?;
    let averages = walsh_averages(values);
    Some(Interval { low: averages[at], high: averages[averages.len() - 1 - at] })
}

fn walsh_averages(values: &[f64]) -> Vec<f64> {
    let pairs = values.iter().enumerate();
    let averages: Vec<f64> = pairs
        .flat_map(|(i, one)| values[i..].iter().map(move |other| f64::midpoint(*one, *other)))
        .collect();
    sorted(&averages)
}

#[cfg(test)]
mod tests {
    use super::{hodges_lehmann, signed_rank_bounds, signed_rank_greater};

    #[test]
    fn small_samples_by_hand() {
        let check = |values: &[f64], expected: f64| {
            let p = signed_rank_greater(values);
            assert!((p - expected).abs() < 1e-15, "{values:?}: {p} is not {expected}");
        };
        check(&[], 1.0);
        check(&[0.0, 0.0], 1.0);
        check(&[1.0], 0.5);
        check(&[-1.0], 1.0);
        check(&[1.0, 2.0, 3.0], 0.125);
        check(&[-1.0, 2.0, 3.0], 0.25);
        check(&[1.0, 2.0, -3.0], 0.625);
        // Equal sizes: the sums of ranks 1.5, 1.5 and 3 that reach 4.5 are three of eight.
        check(&[-1.0, 1.0, 3.0], 0.375);
        check(&[0.0, 1.0, 2.0, 3.0], 0.125);
    }

    #[test]
    fn bounds_need_enough_values() {
        let values: Vec<f64> = (0..9).map(f64::from).collect();
        assert_eq!(signed_rank_bounds(&values, 0.001), None);
        let ten: Vec<f64> = (0..10).map(f64::from).collect();
        let bounds = signed_rank_bounds(&ten, 0.001).unwrap();
        assert_eq!((bounds.low, bounds.high), (0.0, 9.0));
        assert!((hodges_lehmann(&ten) - 4.5).abs() < 1e-15);
    }

    proptest::proptest! {
        #[test]
        fn order_scale_and_sign_mean_what_they_should(
            values in proptest::collection::vec(-1.0..1.0_f64, 1..25),
            scale in 0.1..10.0_f64,
        ) {
            let p = signed_rank_greater(&values);
            proptest::prop_assert!((0.0..=1.0).contains(&p));
            let mut turned = values.clone();
            turned.reverse();
            proptest::prop_assert_eq!(signed_rank_greater(&turned), p);
            let scaled: Vec<f64> = values.iter().map(|v| v * scale).collect();
            proptest::prop_assert!((signed_rank_greater(&scaled) - p).abs() < 1e-12);
            let negated: Vec<f64> = values.iter().map(|v| -v).collect();
            // Both tails hold the observed sum.
            proptest::prop_assert!(signed_rank_greater(&negated) + p >= 1.0 - 1e-12);
            proptest::prop_assert!((hodges_lehmann(&negated) + hodges_lehmann(&values)).abs() < 1e-12);
        }
    }
}
