//! Many tests at once: the same p is found more easily among a hundred.

/// Which of `p` are convicted if at most one suite in 1/`level` may hold a false one: the procedure of
/// Holm (1979), among `tests` that were declared before, of which `p` are those that were made.
///
/// # Panics
/// If there are more values than declared tests.
pub fn holm(p: &[f64], tests: usize, level: f64) -> Vec<bool> {
    assert!(p.len() <= tests, "{} tests were declared, {} made", tests, p.len());
    let mut convicted = vec![false; p.len()];
    for (rank, at) in ascending(p).into_iter().enumerate() {
        if p[at] > level / (tests - rank) as f64 {
            break;
        }
        convicted[at] = true;
    }
    convicted
}

/// `p` adjusted after Benjamini and Hochberg (1995): the share of false ones among all that are no
/// greater.
pub fn false_discovery_rates(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut least = 1.0_f64;
    for (rank, at) in ascending(p).into_iter().enumerate().rev() {
        least = least.min(p[at] * p.len() as f64 / (rank + 1) as f64);
        adjusted[at] = least;
    }
    adjusted
}

/// The positions of `p` by size.
fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn the_first_that_fails_ends_it() {
        let check = |p: &[f64], tests: usize, expected: &[bool]| {
            assert_eq!(holm(p, tests, 0.05), expected, "{p:?}");
        };
        check(&[0.04], 1, &[true]);
        check(&[0.04], 2, &[false]);
        check(&[0.01, 0.04, 0.03, 0.005], 4, &[true, false, false, true]);
        check(&[0.02, 0.001], 3, &[true, true]);
        check(&[0.03, 0.001], 3, &[false, true]);
        check(&[], 3, &[]);
    }
}
