//! How large a shift is, and how surely.

use statrs::function::erf::erfc_inv;

use super::rank::counts_of_u;
use super::{median_sorted, sorted};

/// A closed interval.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The median of all pairwise differences `current - baseline` (Hodges and Lehmann 1963).
///
/// # Panics
/// If a sample is empty.
pub fn hodges_lehmann_shift(current: &[f64], baseline: &[f64]) -> f64 {
    median_sorted(&differences(current, baseline))
}

/// The distribution-free confidence interval of that shift, which inverts the Mann-Whitney test
/// (Moses 1953; Hollander, Wolfe and Chicken 2014, section 4.3): order statistics of the pairwise
/// differences, by the exact null distribution.
///
/// `None` if samples of these sizes cannot reach `confidence`, a share such as 0.99.
///
/// # Panics
/// If a sample is empty, or `confidence` does not lie between 0 and 1.
pub fn shift_interval(current: &[f64], baseline: &[f64], confidence: f64) -> Option<Interval> {
    assert!(confidence > 0.0 && confidence < 1.0, "a confidence lies between 0 and 1");
    let tail = (1.0 - confidence) / 2.0;
    let outside = match current.len().min(baseline.len()) {
        few if few <= EXACT_UP_TO => outside_exactly(current.len(), baseline.len(), tail),
        _ => outside_normally(current.len() as f64, baseline.len() as f64, tail),
    };
    let differences = differences(current, baseline);
    let at = outside.checked_sub(1)?;
    Some(Interval { low: differences[at], high: differences[differences.len() - 1 - at] })
}

/// Up to this size of the smaller sample the counts of the null distribution are exact enough.
const EXACT_UP_TO: usize = 50;

/// How many of the smallest differences lie outside an interval that leaves out `tail` on each side.
fn outside_exactly(n1: usize, n2: usize, tail: f64) -> usize {
    let counts = counts_of_u(n1.min(n2), n1.max(n2));
    let allowed = tail * counts.iter().sum::<f64>();
    let mut below = 0.0;
    let outside = counts.iter().take_while(|count| {
        below += **count;
        below <= allowed
    });
    outside.count()
}

/// The same by the normal approximation, with continuity correction.
fn outside_normally(n1: f64, n2: f64, tail: f64) -> usize {
    let deviation = (n1 * n2 * (n1 + n2 + 1.0) / 12.0).sqrt();
    let z = std::f64::consts::SQRT_2 * erfc_inv(2.0 * tail);
    (n1 * n2 / 2.0 - 0.5 - z * deviation).floor().max(0.0) as usize
}

fn differences(current: &[f64], baseline: &[f64]) -> Vec<f64> {
    assert!(!current.is_empty() && !baseline.is_empty(), "a shift needs values on both sides");
    let all: Vec<f64> =
        current.iter().flat_map(|now| baseline.iter().map(move |before| now - before)).collect();
    sorted(&all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_values_reach_no_confidence() {
        assert_eq!(shift_interval(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], 0.95), None);
        assert!(shift_interval(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 3.0, 4.0], 0.95).is_some());
        assert_eq!(
            shift_interval(&[5.0; 10], &[3.0; 10], 0.99),
            Some(Interval { low: 2.0, high: 2.0 })
        );
    }

    /// R: wilcox.test(x, y, conf.int = TRUE) on the data of Hollander and Wolfe, p. 69 f.
    #[test]
    fn agrees_with_the_textbook() {
        let x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let y = [1.15, 0.88, 0.90, 0.74, 1.21];
        let shift = hodges_lehmann_shift(&x, &y);
        assert!((shift - 0.305).abs() < 1e-9, "{shift}");
        let interval = shift_interval(&x, &y, 0.95).unwrap();
        assert!(
            (interval.low + 0.15).abs() < 1e-9 && (interval.high - 0.76).abs() < 1e-9,
            "{interval:?}"
        );
    }

    #[test]
    fn large_samples_continue_where_small_ones_end() {
        let exact = outside_exactly(50, 60, 0.005);
        let normal = outside_normally(50.0, 60.0, 0.005);
        assert!(exact.abs_diff(normal) <= 3, "{exact} and {normal}");
        let values: Vec<f64> = (0..300).map(f64::from).collect();
        let interval = shift_interval(&values, &values, 0.99).unwrap();
        assert!(interval.low < 0.0 && interval.high == -interval.low, "{interval:?}");
    }

    proptest! {
        #[test]
        fn shifting_shifts_and_swapping_mirrors(
            a in prop::collection::vec(-100.0..100.0, 6..14),
            b in prop::collection::vec(-100.0..100.0, 6..14),
            by in -50.0..50.0,
        ) {
            let moved: Vec<f64> = a.iter().map(|value| value + by).collect();
            let (plain, shifted) = (hodges_lehmann_shift(&a, &b), hodges_lehmann_shift(&moved, &b));
            let error: f64 = shifted - plain - by;
            prop_assert!(error.abs() < 1e-9);
            let there = shift_interval(&a, &b, 0.95).unwrap();
            let back = shift_interval(&b, &a, 0.95).unwrap();
            prop_assert!((there.low + back.high).abs() < 1e-9 && (there.high + back.low).abs() < 1e-9);
            prop_assert!(there.low <= plain && plain <= there.high);
        }
    }
}
