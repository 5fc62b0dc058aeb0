//! Location, spread and quantiles.

/// The values in ascending order.
pub fn sorted(values: &[f64]) -> Vec<f64> {
    // Sorting integers of the same order is faster than asking `total_cmp` at every comparison.
    let mut keys: Vec<i64> = values.iter().map(|value| flip(value.to_bits() as i64)).collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| f64::from_bits(flip(key) as u64)).collect()
}

/// Maps the bits of a float to an integer of the same order, and back (as `f64::total_cmp` does):
/// negative floats are stored as sign and magnitude, so their magnitude is inverted.
fn flip(bits: i64) -> i64 {
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The median; of an even count the mean of the two middle values.
///
/// # Panics
/// If there are no values.
pub fn median(values: &[f64]) -> f64 {
    median_sorted(&sorted(values))
}

/// The median of values in ascending order.
///
/// # Panics
/// If there are no values.
pub fn median_sorted(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[half]
    } else {
        // Halved before they are added, the sum cannot overflow; twice the work otherwise.
        let (low, high) = (sorted[half - 1], sorted[half]);
        let sum = low + high;
        if sum.is_finite() { sum / 2.0 } else { low / 2.0 + high / 2.0 }
    }
}

/// The median absolute deviation from the median, unscaled (not times 1.4826).
///
/// # Panics
/// If there are no values.
pub fn mad(values: &[f64]) -> f64 {
    mad_sorted(&sorted(values))
}

/// The standard deviation of values that are normal but for some outliers: the median absolute
/// deviation, scaled (Rousseeuw and Croux 1993).
///
/// # Panics
/// If there are no values.
pub fn robust_deviation(values: &[f64]) -> f64 {
    const OF_NORMAL_VALUES: f64 = 1.4826;
    OF_NORMAL_VALUES * mad(values)
}

/// The median absolute deviation of values in ascending order.
///
/// Deviations of sorted values fall towards the median and rise after it, so that merging both runs
/// from the middle outwards finds their median without sorting again.
///
/// # Panics
/// If there are no values.
pub fn mad_sorted(sorted: &[f64]) -> f64 {
    let centre = median_sorted(sorted);
    let n = sorted.len();
    let mut above = sorted.partition_point(|value| *value < centre);
    let mut below = above;
    let wanted = n / 2 + 1;
    let (mut previous, mut last) = (0.0, 0.0);
    for _ in 0..wanted {
        let down = below.checked_sub(1).map(|i| centre - sorted[i]);
        let up = sorted.get(above).map(|value| value - centre);
        previous = last;
        last = match (down, up) {
            (Some(down), Some(up)) if down < up => {
                below -= 1;
                down
            }
            (Some(down), None) => {
                below -= 1;
                down
            }
            (_, Some(up)) => {
                above += 1;
                up
            }
            (None, None) => unreachable!("half of the values are fewer than all of them"),
        };
    }
    if n % 2 == 1 { last } else { (previous + last) / 2.0 }
}

/// The arithmetic mean.
///
/// # Panics
/// If there are no values.
pub fn mean(values: &[f64]) -> f64 {
    assert!(!values.is_empty(), "no values have no mean");
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation of the values themselves (`ddof` 0).
///
/// # Panics
/// If there are no values.
pub fn std_dev(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / values.len() as f64).sqrt()
}

/// The smallest value.
///
/// # Panics
/// If there are no values.
pub fn min(values: &[f64]) -> f64 {
    values.iter().copied().reduce(f64::min).expect("no values have no smallest one")
}

/// The largest value.
///
/// # Panics
/// If there are no values.
pub fn max(values: &[f64]) -> f64 {
    values.iter().copied().reduce(f64::max).expect("no values have no largest one")
}

/// The quantile `q`, 0 to 1, of values in ascending order, linear between the two nearest ranks
/// (type 7 of Hyndman and Fan 1996, which is also numpy's default).
///
/// # Panics
/// If there are no values or `q` lies outside 0 to 1.
pub fn quantile_sorted(sorted: &[f64], q: f64) -> f64 {
    assert!((0.0..=1.0).contains(&q), "a quantile lies between 0 and 1, not at {q}");
    let rank = q * (sorted.len() - 1) as f64;
    let below = rank.floor() as usize;
    match sorted.get(below + 1) {
        Some(next) => sorted[below] + (rank - rank.floor()) * (next - sorted[below]),
        None => sorted[below],
    }
}

/// The mean after moving the values outside the quantiles `share` and `1 - share` onto them.
///
/// # Panics
/// If there are no values or `share` lies outside 0 to 0.5.
pub fn winsorised_mean_sorted(sorted: &[f64], share: f64) -> f64 {
    assert!((0.0..=0.5).contains(&share), "both shares together are at most everything");
    let (low, high) = (quantile_sorted(sorted, share), quantile_sorted(sorted, 1.0 - share));
    sorted.iter().map(|value| value.clamp(low, high)).sum::<f64>() / sorted.len() as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_cases() {
        let check = |values: &[f64], expected_median: f64, expected_mad: f64| {
            assert_eq!(
                (median(values), mad(values)),
                (expected_median, expected_mad),
                "{values:?}"
            );
        };
        check(&[3.0], 3.0, 0.0);
        check(&[1.0, 2.0], 1.5, 0.5);
        check(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0], 2.0, 1.0);
        check(&[90.0, 110.0, 90.0, 110.0], 100.0, 10.0);
        check(&[5.0; 8], 5.0, 0.0);
        check(&[f64::MAX, f64::MAX], f64::MAX, 0.0);
        assert_eq!(quantile_sorted(&[1.0, 2.0, 3.0, 4.0], 0.1), 1.3);
        assert_eq!(quantile_sorted(&[1.0, 2.0, 3.0, 4.0], 1.0), 4.0);
        assert_eq!(std_dev(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]), 2.0);
        assert_eq!(winsorised_mean_sorted(&[0.0, 1.0, 2.0], 0.5), 1.0);
    }

    proptest! {
        #[test]
        fn mad_is_the_median_of_deviations(values in prop::collection::vec(-1e6..1e6, 1..60)) {
            let centre = median(&values);
            let deviations: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
            prop_assert!((mad(&values) - median(&deviations)).abs() <= 1e-9);
        }

        #[test]
        fn order_does_not_matter(mut values in prop::collection::vec(-1e6..1e6, 1..40)) {
            let before = (median(&values), mad(&values), min(&values), max(&values));
            values.reverse();
            prop_assert_eq!(before, (median(&values), mad(&values), min(&values), max(&values)));
        }

        #[test]
        fn quantiles_rise(values in prop::collection::vec(-1e6..1e6, 1..40), a in 0.0..1.0, b in 0.0..1.0) {
            let sorted = sorted(&values);
            let (low, high) = (f64::min(a, b), f64::max(a, b));
            prop_assert!(quantile_sorted(&sorted, low) <= quantile_sorted(&sorted, high) + 1e-9);
        }
    }
}
