//! Student's t (1908), for values that are normal enough.

use statrs::function::beta::beta_reg;

use crate::stats::mean;

/// The probability that a t of `freedom` degrees is at least `t`.
///
/// # Panics
/// If `freedom` is not above 0.
pub fn t_above(t: f64, freedom: f64) -> f64 {
    assert!(freedom > 0.0, "a t has degrees of freedom");
    let tail = beta_reg(freedom / 2.0, 0.5, freedom / (freedom + t * t)) / 2.0;
    if t >= 0.0 { tail } else { 1.0 - tail }
}

/// The t of `freedom` degrees that is exceeded with the probability `level`.
///
/// # Panics
/// If `freedom` is not above 0, or `level` does not lie between 0 and a half.
pub fn t_quantile_above(level: f64, freedom: f64) -> f64 {
    assert!(level > 0.0 && level < 0.5, "a level is a small probability");
    let mut high = 1.0;
    while t_above(high, freedom) > level {
        high *= 2.0;
    }
    let mut low = 0.0;
    // Halving until nothing lies between: some sixty rounds.
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if t_above(middle, freedom) > level { low = middle } else { high = middle }
    }
}

/// A mean with its standard error.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MeanError {
    /// The mean.
    pub mean: f64,
    /// The standard deviation of the values, with n - 1.
    pub deviation: f64,
    /// The standard error of the mean.
    pub error: f64,
    /// Degrees of freedom.
    pub freedom: f64,
}

/// The mean of `values` with its standard error; `None` of fewer than two.
pub fn mean_error(values: &[f64]) -> Option<MeanError> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    Some(MeanError { mean, deviation, error: deviation / n.sqrt(), freedom: n - 1.0 })
}

/// How probable a mean at least as positive is if the true one is 0, by the t-test of one sample; a
/// half of fewer than two values.
pub fn t_greater(values: &[f64]) -> f64 {
    match mean_error(values) {
        None => 0.5,
        Some(found) if found.error == 0.0 => {
            if found.mean > 0.0 {
                0.0
            } else {
                1.0
            }
        }
        Some(found) => t_above(found.mean / found.error, found.freedom),
    }
}

/// How probable a difference of means at least as positive is if there is none, by the test of Welch
/// (1947) for unequal variances; a half where a side has fewer than two values.
pub fn welch_greater(current: &[f64], baseline: &[f64]) -> f64 {
    let (Some(now), Some(then)) = (mean_error(current), mean_error(baseline)) else { return 0.5 };
    let (a, b) = (now.error * now.error, then.error * then.error);
    let difference = now.mean - then.mean;
    if a + b == 0.0 {
        return if difference > 0.0 { 0.0 } else { 1.0 };
    }
    let freedom = (a + b).powi(2) / (a * a / now.freedom + b * b / then.freedom);
    t_above(difference / (a + b).sqrt(), freedom)
}

#[cfg(test)]
mod tests {
    use super::{t_above, t_greater, t_quantile_above};

    #[test]
    fn quantiles_of_the_tables() {
        let check = |level: f64, freedom: f64, expected: f64| {
            let found = t_quantile_above(level, freedom);
            assert!((found - expected).abs() < 5e-4, "{level} {freedom}: {found}");
            assert!((t_above(found, freedom) - level).abs() < 1e-12 * level.max(1e-3));
        };
        check(0.05, 1.0, 6.3138);
        check(0.01, 4.0, 3.7469);
        check(0.001, 9.0, 4.2968);
        check(0.005, 30.0, 2.7500);
    }

    #[test]
    fn values_that_agree_leave_no_doubt() {
        assert_eq!(t_greater(&[1.0, 1.0]), 0.0);
        assert_eq!(t_greater(&[0.0, 0.0]), 1.0);
        assert_eq!(t_greater(&[3.0]), 0.5);
    }
}
