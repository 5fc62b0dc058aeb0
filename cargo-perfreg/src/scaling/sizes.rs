//! Sizes in the names of cases: `1000`, `1e6`, `n1_000`.

use std::collections::BTreeMap;

use crate::scaling::fit::Measured;

/// Cases of one test that differ by a number.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Family {
    /// What stands before the number; often nothing.
    pub(crate) prefix: String,
    /// The positions of the cases with their sizes, the smallest first; no two of one size.
    pub(crate) cases: Vec<(usize, f64)>,
}

impl Family {
    /// What each size cost, by the position of its case; without those that nothing is known of.
    pub(crate) fn costs(&self, cost: impl Fn(usize, f64) -> Option<Measured>) -> Vec<Measured> {
        self.cases.iter().filter_map(|(at, size)| cost(*at, *size)).collect()
    }
}

/// No law is told from fewer sizes.
const FEWEST: usize = 3;

/// The families among cases of these names: each of three sizes or more.
pub(crate) fn families(names: &[&str]) -> Vec<Family> {
    let mut by_prefix: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
    for (at, name) in names.iter().enumerate() {
        if let Some((prefix, size)) = size(name) {
            by_prefix.entry(prefix).or_default().push((at, size));
        }
    }
    let family = |(prefix, mut cases): (&str, Vec<(usize, f64)>)| {
        cases.sort_by(|a, b| a.1.total_cmp(&b.1));
        cases.dedup_by(|a, b| a.1 == b.1);
        (cases.len() >= FEWEST).then(|| Family { prefix: prefix.to_owned(), cases })
    };
    by_prefix.into_iter().filter_map(family).collect()
}

/// The number that a name is or ends with, and what stands before it.
fn size(name: &str) -> Option<(&str, f64)> {
    let number = |text: &str| {
        let digits = text.replace('_', "");
        let starts = digits.starts_with(|c: char| c.is_ascii_digit());
        digits.parse::<f64>().ok().filter(|size| starts && size.is_finite() && *size > 0.0)
    };
    if let Some(size) = number(name) {
        return Some(("", size));
    }
    if name.parse::<f64>().is_ok() {
        return None;
    }
    let is_part = |c: char| c.is_ascii_digit() || c == '_';
    let end = name.trim_end_matches(is_part);
    let digits = name[end.len()..].trim_start_matches('_');
    let prefix = &name[..name.len() - digits.len()];
    Some((prefix, number(digits)?))
}

#[cfg(test)]
mod tests {
    use super::families;

    fn check(names: &[&str], expected: &[(&str, &[(usize, f64)])]) {
        let found = families(names);
        let found: Vec<_> =
            found.iter().map(|family| (family.prefix.as_str(), family.cases.as_slice())).collect();
        assert_eq!(found, expected, "{names:?}");
    }

    #[test]
    fn numbers_are_sizes() {
        check(&["100", "10", "1_000"], &[("", &[(1, 10.0), (0, 100.0), (2, 1000.0)])]);
        check(&["1e3", "2.5e3", "4000"], &[("", &[(0, 1e3), (1, 2.5e3), (2, 4e3)])]);
        check(&["n10", "n20", "n40", "m1"], &[("n", &[(0, 10.0), (1, 20.0), (2, 40.0)])]);
        check(
            &["b1_s256", "b1_s512", "b1_s1024"],
            &[("b1_s", &[(0, 256.), (1, 512.), (2, 1024.)])],
        );
    }

    #[test]
    fn too_few_or_none() {
        check(&["10", "20"], &[]);
        check(&["10", "10", "1_0", "20"], &[]);
        check(&["default", "x", "", "_", "nan", "inf", "-5", "0", "é"], &[]);
        check(&["1e999", "1e998", "1e997"], &[]);
    }
}
