//! Critical, warning, improvement: the rule of the BitNet-rs benchmarks, with its order of operations.

use std::fmt;

use perfreg_core::{Direction, Metric, Unit};

/// What sort of number is compared; each has bounds of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Work per time; more is better.
    Throughput,
    /// Time; less is better.
    Latency,
    /// Memory; less is better.
    Memory,
    /// A quality between 0 and 1, compared by difference; more is better.
    Accuracy,
}

/// Units of memory that files of other tools have.
const SIZES: [&str; 6] = ["KB", "MB", "GB", "KiB", "MiB", "GiB"];

impl Kind {
    /// Which bounds a metric falls under.
    pub(crate) fn of(metric: &Metric) -> Self {
        match (metric.direction, &metric.unit) {
            (Direction::LowerIsBetter, Unit::Bytes | Unit::Count) => Kind::Memory,
            (Direction::LowerIsBetter, unit) if SIZES.contains(&unit.symbol()) => Kind::Memory,
            (Direction::LowerIsBetter, _) => Kind::Latency,
            (Direction::HigherIsBetter, Unit::Dimensionless | Unit::Percent) => Kind::Accuracy,
            (Direction::HigherIsBetter, _) => Kind::Throughput,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Throughput => "Throughput",
            Kind::Latency => "Latency",
            Kind::Memory => "Memory usage",
            Kind::Accuracy => "Accuracy",
        }
    }

    fn more_is_better(self) -> bool {
        matches!(self, Kind::Throughput | Kind::Accuracy)
    }
}

/// Where the levels of one kind begin: in percent, of accuracy as a difference.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Bounds {
    /// Worse by more than this is critical.
    pub(crate) critical: f64,
    /// Worse by more than this is a warning.
    pub(crate) warning: f64,
    /// Better by more than this is an improvement.
    pub(crate) improvement: f64,
}

/// The bounds of every kind.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Levels {
    pub(crate) throughput: Bounds,
    pub(crate) latency: Bounds,
    pub(crate) memory: Bounds,
    pub(crate) accuracy: Bounds,
}

impl Default for Levels {
    /// The specified ones.
    fn default() -> Self {
        let bounds = |critical, warning, improvement| Bounds { critical, warning, improvement };
        Self {
            throughput: bounds(15.0, 8.0, 5.0),
            latency: bounds(25.0, 15.0, 5.0),
            memory: bounds(30.0, 20.0, 5.0),
            accuracy: bounds(0.005, 0.002, 0.0005),
        }
    }
}

/// How much a number changed for whom it may concern, the gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    /// Worse beyond the critical bound.
    Critical,
    /// Worse beyond the warning bound.
    Warning,
    /// Better beyond the improvement bound.
    Improvement,
    /// None of these.
    Stable,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Critical => "critical",
            Level::Warning => "warning",
            Level::Improvement => "improvement",
            Level::Stable => "stable",
        })
    }
}

/// What the levels say of one number.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LevelOutcome {
    pub(crate) level: Level,
    /// In percent, also of accuracy.
    pub(crate) percent: f64,
    /// The bound that was crossed, if one was.
    pub(crate) bound: Option<f64>,
    /// Such as `Throughput decreased by 15.4%`.
    pub(crate) message: String,
}

impl Levels {
    /// Judges `current` against `baseline`.
    ///
    /// Every bound is crossed only by more than itself, and the change is computed in the order of
    /// operations of the origin: `125.3 * 0.85` is critical there by the last bit of the division.
    pub(crate) fn judge(&self, kind: Kind, baseline: f64, current: f64) -> LevelOutcome {
        let percent = if baseline == 0.0 { 0.0 } else { (current - baseline) / baseline * 100.0 };
        let (bounds, change) = match kind {
            Kind::Throughput => (self.throughput, percent),
            Kind::Latency => (self.latency, percent),
            Kind::Memory => (self.memory, percent),
            Kind::Accuracy => (self.accuracy, current - baseline),
        };
        let better = if kind.more_is_better() { change } else { -change };
        let (level, bound) = if better < -bounds.critical {
            (Level::Critical, Some(bounds.critical))
        } else if better < -bounds.warning {
            (Level::Warning, Some(bounds.warning))
        } else if better > bounds.improvement {
            (Level::Improvement, Some(bounds.improvement))
        } else {
            (Level::Stable, None)
        };
        let verb = if change < 0.0 { "decreased" } else { "increased" };
        let amount = match kind {
            Kind::Accuracy => format!("{:.4}", change.abs()),
            _ => format!("{:.1}%", change.abs()),
        };
        let message = format!("{} {verb} by {amount}", kind.name());
        LevelOutcome { level, percent, bound, message }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::{Kind, Level, Levels};

    #[derive(Deserialize)]
    struct Case {
        case: String,
        baseline: BTreeMap<String, f64>,
        current: BTreeMap<String, f64>,
        status: String,
        fails: bool,
        alerts: Vec<Alert>,
    }

    #[derive(Deserialize, PartialEq, Debug)]
    struct Alert {
        level: String,
        metric: String,
        message: String,
        change_percent: f64,
        threshold: f64,
    }

    /// The metrics that the origin compares, in its order.
    const METRICS: [(&str, Kind); 6] = [
        ("throughput_tokens_per_second", Kind::Throughput),
        ("latency_p50_ms", Kind::Latency),
        ("latency_p95_ms", Kind::Latency),
        ("latency_p99_ms", Kind::Latency),
        ("memory_usage_mb", Kind::Memory),
        ("accuracy_score", Kind::Accuracy),
    ];

    #[test]
    fn agrees_with_the_tool_that_it_comes_from() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../tests/data/rules/levels.json")).unwrap();
        assert_eq!(cases.len(), 35);
        for case in cases {
            let both = METRICS.iter().filter_map(|(name, kind)| {
                Some((name, kind, *case.baseline.get(*name)?, *case.current.get(*name)?))
            });
            let outcomes: Vec<_> = both
                .map(|(name, kind, before, now)| {
                    (name, Levels::default().judge(*kind, before, now))
                })
                .collect();
            let worst = outcomes.iter().map(|(_, outcome)| outcome.level).min();
            let status = match worst.unwrap_or(Level::Stable) {
                Level::Improvement => "improved".to_owned(),
                level => level.to_string(),
            };
            let fails = worst == Some(Level::Critical);
            assert_eq!((&status, fails), (&case.status, case.fails), "{}", case.case);
            let alerts: Vec<Alert> = outcomes
                .into_iter()
                .filter_map(|(name, outcome)| {
                    let level = outcome.level.to_string();
                    Some(Alert {
                        message: format!("{}: {}", level.to_uppercase(), outcome.message),
                        level,
                        metric: (*name).to_owned(),
                        change_percent: outcome.percent,
                        threshold: outcome.bound?,
                    })
                })
                .collect();
            let sorted = |mut alerts: Vec<Alert>| {
                alerts.sort_by(|a, b| a.metric.cmp(&b.metric));
                alerts
            };
            assert_eq!(sorted(alerts), sorted(case.alerts), "{}", case.case);
        }
    }

    #[test]
    fn rounding_decides_at_the_bounds_as_there() {
        let check = |kind, baseline: f64, factor: f64, expected| {
            let outcome = Levels::default().judge(kind, baseline, baseline * factor);
            assert_eq!(outcome.level, expected, "{baseline} x {factor}: {outcome:?}");
        };
        check(Kind::Throughput, 125.3, 0.85, Level::Critical);
        check(Kind::Throughput, 125.3, 0.92, Level::Warning);
        check(Kind::Latency, 89.2, 1.15, Level::Stable);
        check(Kind::Latency, 89.2, 1.25, Level::Warning);
        check(Kind::Memory, 0.0, 2.0, Level::Stable);
    }
}
