//! How grave a regression is. It only grades what was convicted: no verdict depends on it.

use std::fmt;

use perfreg_core::model::Judgement;
use perfreg_core::{Metric, Verdict};
use serde::{Deserialize, Serialize};

use crate::config::values::Percent;
use crate::rules::{Kind, Levels};

/// The grades, the gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Severity {
    /// Beyond the critical bound.
    Critical,
    /// Beyond the warning bound.
    Warning,
    /// Below both.
    Notice,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        })
    }
}

/// The table `[severity]`: bounds by the sort of metric.
#[derive(Serialize, Deserialize, Clone, Copy, Default, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Severities {
    #[serde(default)]
    throughput: Bounds,
    #[serde(default)]
    latency: Bounds,
    #[serde(default)]
    memory: Bounds,
    #[serde(default)]
    quality: Bounds,
}

/// From which change on a regression is a warning, and from which critical.
#[derive(Serialize, Deserialize, Clone, Copy, Default, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Bounds {
    /// Every regression is at least a warning unless this is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<Percent>,
    /// The specified bound unless this is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    critical: Option<Percent>,
}

impl Severities {
    /// The grade of a regression; `None` for any other verdict.
    pub(crate) fn of(&self, judgement: &Judgement) -> Option<Severity> {
        // From zero any growth is beyond every bound.
        let change = judgement.change.map_or(f64::INFINITY, |change| change.estimate);
        (judgement.verdict == Verdict::Regressed).then(|| self.of_change(&judgement.metric, change))
    }

    /// The grade of a change for the worse: 0.1 is 10 %, of either sign.
    pub(crate) fn of_change(&self, metric: &Metric, change: f64) -> Severity {
        let specified = Levels::default();
        let (bounds, specified) = match Kind::of(metric) {
            Kind::Throughput => (self.throughput, specified.throughput),
            Kind::Latency => (self.latency, specified.latency),
            Kind::Memory => (self.memory, specified.memory),
            // In percent here: what repeats exactly has no absolute bound of its own.
            Kind::Accuracy => (self.quality, specified.throughput),
        };
        let percent = change.abs() * 100.0;
        let critical = bounds.critical.map_or(specified.critical, Percent::number);
        let warning = bounds.warning.map_or(0.0, Percent::number);
        if percent >= critical {
            Severity::Critical
        } else if percent >= warning {
            Severity::Warning
        } else {
            Severity::Notice
        }
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict;

    use super::{Severities, Severity};
    use crate::testing::judgement;

    #[test]
    fn a_regression_has_a_grade() {
        let configured: Severities =
            toml::from_str("[latency]\nwarning = '15%'\ncritical = '40%'").unwrap();
        let check = |severities: Severities, change: f64, expected| {
            let regressed = judgement(Verdict::Regressed, Some(change));
            assert_eq!(severities.of(&regressed), Some(expected), "{change}");
        };
        check(Severities::default(), 0.06, Severity::Warning);
        check(Severities::default(), 0.24, Severity::Warning);
        check(Severities::default(), 0.26, Severity::Critical);
        check(configured, 0.06, Severity::Notice);
        check(configured, 0.26, Severity::Warning);
        check(configured, 0.41, Severity::Critical);
        let from_zero = judgement(Verdict::Regressed, None);
        assert_eq!(Severities::default().of(&from_zero), Some(Severity::Critical));
        assert_eq!(configured.of(&judgement(Verdict::Improved, Some(-0.5))), None);
    }
}
