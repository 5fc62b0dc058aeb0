//! The specified rule on samples from anywhere, and its successor.
//!
//! The origin is the accessor benchmark of tt-metal (Apache-2.0): medians, the baseline's MAD as
//! noise, and a Mann-Whitney test. The order of operations is part of the rule, because a change of
//! exactly 1 % falls on either side by rounding.

use crate::error::Error;
use crate::judge::policy::{Policy, Rule};
use crate::judge::regression_report::{RegressionReport, RegressionResult};
use crate::model::{Direction, PerformanceData};
use crate::stats;

/// Compares `current` with `baseline` by the specified rule, [`Policy::specified`].
///
/// The samples of one process say little about the next one: this rule, on one process against one
/// process, calls 7 to 21 % of identical runs regressed. Give it samples from several launches, or
/// one value a launch, as the attribute `#[perf_regression]` does.
///
/// ```
/// # fn main() -> Result<(), perfreg_core::Error> {
/// use perfreg_core::{PerformanceData, check_regression};
///
/// let mut baseline = PerformanceData::new();
/// baseline.insert("parse", "small", vec![100.0, 101.0, 99.0, 100.5, 100.2])?;
/// let mut current = PerformanceData::new();
/// current.insert("parse", "small", vec![110.0, 111.0, 109.0, 110.5, 110.2])?;
///
/// let report = check_regression(&baseline, &current)?;
/// let result = report.get("parse", "small").expect("it was compared");
/// assert_eq!(result.message, "Performance regression: +9.980% (p=0.008, threshold=1.0%)");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the two have different sections or subsections; the message names what is missing on which
/// side. If they hold nothing to compare.
pub fn check_regression(
    baseline: &PerformanceData,
    current: &PerformanceData,
) -> Result<RegressionReport, Error> {
    check_regression_with(baseline, current, &Policy::specified())
}

/// Compares `current` with `baseline` by `policy`.
///
/// # Errors
/// As [`check_regression`]; also if a parameter of the policy is negative or not finite.
pub fn check_regression_with(
    baseline: &PerformanceData,
    current: &PerformanceData,
    policy: &Policy,
) -> Result<RegressionReport, Error> {
    policy.validate()?;
    require_same_names(baseline, current)?;
    let mut report = RegressionReport::default();
    for section in baseline.sections() {
        for subsection in baseline.subsections(section) {
            let before = baseline.samples(section, subsection);
            let now = current.samples(section, subsection);
            let (Some(before), Some(now)) = (before, now) else {
                unreachable!("both sides have the same names");
            };
            report.push(section, subsection, compare(section, subsection, before, now, policy));
        }
    }
    if report.iter().next().is_none() {
        return Err(Error::nothing_compared("baseline and current hold no samples to compare"));
    }
    Ok(report)
}

fn require_same_names(baseline: &PerformanceData, current: &PerformanceData) -> Result<(), Error> {
    let missing = |of: &PerformanceData, from: &PerformanceData, side: &str| {
        let mut lines = Vec::new();
        for section in of.sections() {
            if !from.has_section(section) {
                lines.push(format!("section `{section}` is missing from the {side}"));
                continue;
            }
            for subsection in of.subsections(section) {
                if from.samples(section, subsection).is_none() {
                    lines.push(format!(
                        "subsection `{subsection}` of section `{section}` is missing from the {side}"
                    ));
                }
            }
        }
        lines
    };
    let mut lines = missing(baseline, current, "current data");
    lines.extend(missing(current, baseline, "baseline"));
    if lines.is_empty() { Ok(()) } else { Err(Error::mismatch(lines.join("; "))) }
}

fn compare(
    section: &str,
    subsection: &str,
    baseline: &[f64],
    current: &[f64],
    policy: &Policy,
) -> RegressionResult {
    let (before, now) = (stats::sorted(baseline), stats::sorted(current));
    let typical = |samples: &[f64], sorted: &[f64]| match policy.rule {
        Rule::MedianGuard => stats::median_sorted(sorted),
        Rule::MeanEffect => stats::mean(samples),
    };
    let (old, new) = (typical(baseline, &before), typical(current, &now));
    let min_attainable_p = stats::min_attainable_p(now.len(), before.len());
    if old == 0.0 {
        let name = match policy.rule {
            Rule::MedianGuard => "median",
            Rule::MeanEffect => "mean",
        };
        return RegressionResult {
            is_regression: false,
            is_improvement: false,
            delta_median_pct: 0.0,
            p_value: 1.0,
            noise_band_pct: 0.0,
            message: format!("Baseline {name} is zero for {section}.{subsection}"),
            current_median: new,
            baseline_median: old,
            min_attainable_p,
        };
    }
    let p = stats::mann_whitney_sorted(&now, &before).p;
    let (delta, band, changed) = match policy.rule {
        Rule::MedianGuard => {
            let delta = (new - old) / old * 100.0;
            let noise = policy.mad_multiplier * stats::mad_sorted(&before) / old * 100.0;
            let band = policy.noise_threshold_pct.max(noise);
            (delta, band, delta.abs() > band)
        }
        Rule::MeanEffect => {
            let delta = (new / old - 1.0) * 100.0;
            let band = policy.noise_threshold_pct;
            (delta, band, delta.abs() >= band)
        }
    };
    let significant = p < policy.significance_level;
    let harm = match policy.direction {
        Direction::LowerIsBetter => delta,
        Direction::HigherIsBetter => -delta,
    };
    let is_regression = changed && significant && harm > 0.0;
    let is_improvement = changed && significant && harm < 0.0;
    let finding = Finding { delta, p, band, is_regression, is_improvement, significant };
    RegressionResult {
        is_regression,
        is_improvement,
        delta_median_pct: delta,
        p_value: p,
        noise_band_pct: band,
        message: finding.message(policy.rule),
        current_median: new,
        baseline_median: old,
        min_attainable_p,
    }
}

struct Finding {
    delta: f64,
    p: f64,
    band: f64,
    is_regression: bool,
    is_improvement: bool,
    significant: bool,
}

impl Finding {
    fn message(&self, rule: Rule) -> String {
        let Self { delta, p, band, .. } = self;
        // A negative regression is one of a metric where higher is better.
        if self.is_regression && rule == Rule::MedianGuard {
            format!("Performance regression: {delta:+.3}% (p={p:.3}, threshold={band:.1}%)")
        } else if self.is_regression {
            format!("Performance regression: {delta:+.3}% (p={p:.3})")
        } else if self.is_improvement {
            format!("Performance improvement: {delta:.3}% (p={p:.3})")
        } else if rule == Rule::MeanEffect && self.significant {
            format!("Statistically significant but trivial change: {delta:.3}% (p={p:.3})")
        } else {
            format!("No significant change: {delta:.3}% (p={p:.3})")
        }
    }
}
