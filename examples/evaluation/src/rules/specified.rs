//! The specified rule on one process against one process, as its users run it.

use perfreg_core::judge::Decision;
use perfreg_core::{Error, PerformanceData, check_regression};

use crate::tally::{Check, Suspicion};

/// What `check_regression` says of these samples; `cost` is what they took.
///
/// # Errors
/// If a side has no samples, or one that is not finite.
pub(crate) fn specified(baseline: &[f64], current: &[f64], cost: f64) -> Result<Check, Error> {
    let data = |samples: &[f64]| {
        let mut data = PerformanceData::new();
        data.insert("evaluation", "check", samples.to_vec())?;
        Ok(data)
    };
    let report = check_regression(&data(baseline)?, &data(current)?)?;
    let result = report.get("evaluation", "check").expect("both sides hold it");
    let decision = match (result.is_regression, result.is_improvement) {
        (true, _) => Decision::Worse,
        (_, true) => Decision::Better,
        _ => Decision::Same,
    };
    let suspected = if decision == Decision::Worse { Suspicion::Raised } else { Suspicion::None };
    Ok(Check { decision, suspected, cost, change: Some(result.delta_median_pct / 100.0) })
}

#[cfg(test)]
mod tests {
    use perfreg_core::judge::Decision;

    use super::specified;

    #[test]
    fn it_says_what_the_rule_says() {
        let samples = |factor: f64| -> Vec<f64> {
            (0..20).map(|at| factor * (100.0 + f64::from(at % 5) * 0.1)).collect()
        };
        let check = |factor, expected| {
            let found = specified(&samples(1.0), &samples(factor), 1.0).unwrap();
            assert_eq!(found.decision, expected, "{found:?}");
        };
        check(1.05, Decision::Worse);
        check(0.95, Decision::Better);
        check(1.001, Decision::Same);
        assert!(specified(&[], &[1.0], 1.0).is_err());
    }
}
