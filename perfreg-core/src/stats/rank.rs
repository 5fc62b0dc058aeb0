//! The Mann-Whitney U test (Mann and Whitney 1947), as `scipy.stats.mannwhitneyu` computes it with
//! its default method.

use statrs::function::erf::erfc;

/// The result of a two-sided Mann-Whitney test.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MannWhitney {
    /// The statistic of the first sample: pairs in which it is larger, ties counting half.
    pub u: f64,
    /// The two-sided p-value.
    pub p: f64,
}

/// Up to this size of the smaller sample, without ties, the exact distribution is used.
const EXACT_UP_TO: usize = 8;

/// The two-sided test whether `current` tends to be larger or smaller than `baseline`.
///
/// Exact without ties if the smaller sample has at most 8 values; else the normal approximation
/// with tie and continuity corrections. If all values are equal, p is 1.
///
/// # Panics
/// If a sample is empty.
pub fn mann_whitney(current: &[f64], baseline: &[f64]) -> MannWhitney {
    mann_whitney_sorted(&super::sorted(current), &super::sorted(baseline))
}

/// The same on samples in ascending order.
///
/// # Panics
/// If a sample is empty.
pub fn mann_whitney_sorted(current: &[f64], baseline: &[f64]) -> MannWhitney {
    assert!(!current.is_empty() && !baseline.is_empty(), "a test needs values on both sides");
    let (n1, n2) = (current.len(), baseline.len());
    let Ranks { sum, ties } = merge_ranks(current, baseline);
    let u = sum - (n1 * (n1 + 1)) as f64 / 2.0;
    let pairs = (n1 as f64) * (n2 as f64);
    let larger = u.max(pairs - u);
    let p = if ties == 0.0 && n1.min(n2) <= EXACT_UP_TO {
        exact_p(larger, n1, n2)
    } else {
        asymptotic_p(larger, n1 as f64, n2 as f64, ties)
    };
    MannWhitney { u, p }
}

/// The smallest two-sided p that samples of these sizes can reach if no values are equal.
///
/// Below a significance level of 0.05 this needs at least 4 against 4, 3 against 5 or 2 against 8.
///
/// # Panics
/// If a size is 0.
pub fn min_attainable_p(current: usize, baseline: usize) -> f64 {
    assert!(current > 0 && baseline > 0, "a test needs values on both sides");
    let pairs = current as f64 * baseline as f64;
    if current.min(baseline) <= EXACT_UP_TO {
        exact_p(pairs, current, baseline)
    } else {
        asymptotic_p(pairs, current as f64, baseline as f64, 0.0)
    }
}

/// The rank sum of the first sample in the pooled order, and the tie term, the sum of t^3 - t.
struct Ranks {
    sum: f64,
    ties: f64,
}

fn merge_ranks(current: &[f64], baseline: &[f64]) -> Ranks {
    let (mut i, mut j) = (0, 0);
    let (mut sum, mut ties) = (0.0, 0.0);
    while i < current.len() {
        let value = current[i];
        while j < baseline.len() && baseline[j] < value {
            // Ties within the other sample count too.
            let run = run_length(&baseline[j..]);
            ties += tie_term(run);
            j += run;
        }
        let mine = run_length(&current[i..]);
        let theirs = match baseline.get(j) {
            Some(other) if *other == value => run_length(&baseline[j..]),
            _ => 0,
        };
        let average_rank = (i + j) as f64 + ((mine + theirs + 1) as f64) / 2.0;
        sum += average_rank * mine as f64;
        ties += tie_term(mine + theirs);
        (i, j) = (i + mine, j + theirs);
    }
    while j < baseline.len() {
        let run = run_length(&baseline[j..]);
        ties += tie_term(run);
        j += run;
    }
    Ranks { sum, ties }
}

/// How many values at the front are equal to the first one.
fn run_length(values: &[f64]) -> usize {
    values.iter().take_while(|value| **value == values[0]).count()
}

fn tie_term(run: usize) -> f64 {
    let t = run as f64;
    t * t * t - t
}

fn asymptotic_p(larger_u: f64, n1: f64, n2: f64, ties: f64) -> f64 {
    let n = n1 + n2;
    let variance = n1 * n2 / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    let z = (larger_u - n1 * n2 / 2.0 - 0.5) / variance.sqrt();
    erfc(z / std::f64::consts::SQRT_2).min(1.0)
}

/// Twice the chance of a statistic of at least `larger_u`, without ties.
fn exact_p(larger_u: f64, n1: usize, n2: usize) -> f64 {
    let counts = counts_of_u(n1.min(n2), n1.max(n2));
    let total: f64 = counts.iter().sum();
    // The distribution is symmetric, so the upper tail is read from below, where it is short.
    let most = counts.len() - 1;
    let tail: f64 = counts[..=(most - larger_u as usize)].iter().sum();
    (2.0 * tail / total).min(1.0)
}

/// In how many ways `few` and `many` distinct values give each U, from 0 to `few * many`.
///
/// The coefficients of the Gaussian binomial: a product of `1 - q^(many + i)` over `1 - q^i`.
/// Counts are exact in `f64` up to 2^53, and relatively exact to rounding beyond.
pub(crate) fn counts_of_u(few: usize, many: usize) -> Vec<f64> {
    let size = few * many + 1;
    let mut counts = vec![0.0; size];
    counts[0] = 1.0;
    for i in 1..=few {
        for at in (many + i..size).rev() {
            counts[at] -= counts[at - (many + i)];
        }
        for at in i..size {
            counts[at] += counts[at - i];
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_smallest_p_of_small_counts() {
        let check = |n1: usize, n2: usize, expected: f64| {
            let p = min_attainable_p(n1, n2);
            assert!((p - expected).abs() < 5e-5, "{n1} against {n2}: {p}");
        };
        check(1, 1, 1.0);
        check(2, 2, 0.3333);
        check(3, 3, 0.1);
        check(3, 4, 0.0571);
        check(4, 4, 0.0286);
        check(5, 5, 0.0079);
        check(2, 8, 0.0444);
        check(1, 39, 0.05);
    }

    #[test]
    fn ties_reach_what_counts_cannot() {
        assert!(mann_whitney(&[2.0; 3], &[1.0; 3]).p < 0.05);
        assert_eq!(mann_whitney(&[1.0; 5], &[1.0; 7]).p, 1.0);
        assert_eq!(mann_whitney(&[0.0, -0.0], &[0.0]).p, 1.0);
    }

    proptest! {
        #[test]
        fn swapping_the_sides_keeps_p(
            a in prop::collection::vec(-100.0..100.0, 1..30),
            b in prop::collection::vec(-100.0..100.0, 1..30),
        ) {
            let (there, back) = (mann_whitney(&a, &b), mann_whitney(&b, &a));
            prop_assert!((there.p - back.p).abs() <= 1e-12);
            prop_assert_eq!(there.u + back.u, (a.len() * b.len()) as f64);
        }

        #[test]
        fn scaling_changes_nothing(
            a in prop::collection::vec(1i32..50, 1..30),
            b in prop::collection::vec(1i32..50, 1..30),
        ) {
            let scaled = |values: &[i32], factor: f64| -> Vec<f64> {
                values.iter().map(|value| f64::from(*value) * factor).collect()
            };
            let once = mann_whitney(&scaled(&a, 1.0), &scaled(&b, 1.0));
            prop_assert_eq!(once, mann_whitney(&scaled(&a, 4.0), &scaled(&b, 4.0)));
        }

        #[test]
        fn u_counts_the_pairs(
            a in prop::collection::vec(0i32..9, 1..20),
            b in prop::collection::vec(0i32..9, 1..20),
        ) {
            let floats = |values: &[i32]| values.iter().map(|v| f64::from(*v)).collect::<Vec<_>>();
            let pairs: f64 = a.iter().flat_map(|x| b.iter().map(move |y| match x.cmp(y) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            })).sum();
            prop_assert_eq!(mann_whitney(&floats(&a), &floats(&b)).u, pairs);
        }
    }
}
