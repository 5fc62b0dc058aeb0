//! Files whose units differ without saying so: every number of one is a thousand times the other's. Pure.

use std::collections::BTreeMap;

use perfreg_core::stats;

use crate::series::{Key, Series};

/// By what unit the sides differ, if every series changed by its factor: 1000 and its powers, or 1024
/// and its. Nothing else makes all of them so much larger at once.
pub(crate) fn unit_change(
    baseline: &BTreeMap<Key, Series>,
    current: &BTreeMap<Key, Series>,
) -> Option<f64> {
    let middle = |series: &Series| stats::median(&series.values);
    let ratios: Vec<f64> = baseline
        .iter()
        .filter_map(|(key, before)| Some(middle(current.get(key)?) / middle(before)))
        // What is zero has no unit to tell.
        .filter(|ratio| ratio.is_finite() && *ratio > 0.0)
        .collect();
    // A single one may be anything; it has to be very close.
    let tolerance = if ratios.len() < 2 { 0.02 } else { 0.2 };
    let factors = [1e3, 1e6, 1e9, 1_048_576.0, 1_073_741_824.0];
    let both_ways = factors.into_iter().flat_map(|factor| [factor, 1.0 / factor]);
    both_ways.into_iter().find(|factor| {
        !ratios.is_empty() && ratios.iter().all(|ratio| (ratio / factor - 1.0).abs() <= tolerance)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use perfreg_core::Metric;

    use super::unit_change;
    use crate::series::{Basis, Key, Series};

    #[test]
    fn units_that_changed_are_recognised() {
        let side = |values: &[f64]| -> BTreeMap<Key, Series> {
            let one = |(at, value): (usize, &f64)| {
                let metric = Metric::time("t");
                let key = ("s".to_owned(), at.to_string(), "t".to_owned());
                (key, Series { metric, values: vec![*value], basis: Basis::Own })
            };
            values.iter().enumerate().map(one).collect()
        };
        let check = |before: &[f64], now: &[f64], expected: Option<f64>| {
            assert_eq!(unit_change(&side(before), &side(now)), expected, "{before:?} {now:?}");
        };
        check(&[1.0, 2.0], &[1000.0, 2100.0], Some(1e3));
        check(&[1e6, 2e6], &[1.0, 2.0], Some(1e-6));
        check(&[1.0, 2.0], &[1000.0, 2.0], None);
        check(&[1.0], &[1000.0], Some(1e3));
        check(&[1.0], &[1100.0], None);
        check(&[1.0, 2.0], &[1.1, 2.2], None);
        check(&[0.0], &[0.0], None);
    }
}
