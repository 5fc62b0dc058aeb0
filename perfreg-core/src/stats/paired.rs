//! The typical value of differences that come in pairs, and how surely.

use crate::stats::{Interval, sorted};

/// The distribution-free confidence interval of a median: order statistics by the binomial
/// distribution (the sign test inverted; Hollander, Wolfe and Chicken 2014, section 3.6).
///
/// `None` if so few values cannot reach `confidence`, a share such as 0.99.
///
/// # Panics
/// If `confidence` does not lie between 0 and 1.
pub fn median_interval(values: &[f64], confidence: f64) -> Option<Interval> {
    assert!(confidence > 0.0 && confidence < 1.0, "a confidence lies between 0 and 1");
    let tail = (1.0 - confidence) / 2.0;
    let n = values.len() as f64;
    // On logarithms: half to the power of thousands is no number.
    let mut log_share = -n * std::f64::consts::LN_2;
    let (mut below, mut outside) = (0.0, 0_usize);
    while outside < values.len() {
        below += log_share.exp();
        if below > tail {
            break;
        }
        let k = outside as f64;
        log_share += ((n - k) / (k + 1.0)).ln();
        outside += 1;
    }
    let at = outside.checked_sub(1)?;
    let sorted = sorted(values);
    Some(Interval { low: sorted[at], high: sorted[sorted.len() - 1 - at] })
}

#[cfg(test)]
mod tests {
    use super::median_interval;

    /// The ranks of the ends are those of tables of the sign test.
    #[test]
    fn ranks_of_the_tables() {
        let check = |n: u32, confidence: f64, expected: Option<(f64, f64)>| {
            let values: Vec<f64> = (1..=n).rev().map(f64::from).collect();
            let interval = median_interval(&values, confidence).map(|i| (i.low, i.high));
            assert_eq!(interval, expected, "{n} at {confidence}");
        };
        check(5, 0.95, None);
        check(6, 0.95, Some((1.0, 6.0)));
        check(10, 0.95, Some((2.0, 9.0)));
        check(20, 0.95, Some((6.0, 15.0)));
        check(7, 0.99, None);
        check(8, 0.99, Some((1.0, 8.0)));
        check(25, 0.99, Some((6.0, 20.0)));
        check(0, 0.99, None);
        // Far beyond where the shares themselves are numbers.
        let (low, high) = {
            let values: Vec<f64> = (1..=5000).map(f64::from).collect();
            let interval = median_interval(&values, 0.95).unwrap();
            (interval.low, interval.high)
        };
        assert!((low - 2431.0).abs() <= 1.0 && (high - 2570.0).abs() <= 1.0, "{low} {high}");
    }
}
