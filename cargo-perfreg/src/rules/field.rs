//! `min:10%`: one statistic may grow by so much, the fail expression of pytest-benchmark.

use std::fmt;
use std::str::FromStr;

use perfreg_core::stats;

/// A statistic of a series of samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    Min,
    Max,
    Mean,
    Median,
    /// The sample standard deviation.
    Stddev,
    /// The distance between the quartiles.
    Iqr,
}

impl Field {
    const ALL: [(&'static str, Field); 6] = [
        ("min", Field::Min),
        ("max", Field::Max),
        ("mean", Field::Mean),
        ("median", Field::Median),
        ("stddev", Field::Stddev),
        ("iqr", Field::Iqr),
    ];
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::ALL.iter().find(|(_, field)| field == self);
        f.write_str(known.map_or("?", |(name, _)| name))
    }
}

/// How much a statistic may grow.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Bound {
    /// Percent of the baseline.
    Percent(f64),
    /// The unit of the samples.
    Absolute(f64),
}

/// The expression.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct FieldRule {
    pub(crate) field: Field,
    pub(crate) bound: Bound,
}

impl FieldRule {
    /// The change in percent, and whether it fails. Growth from zero is without bounds.
    pub(crate) fn judge(self, baseline: f64, current: f64) -> (f64, bool) {
        let percent = match baseline {
            0.0 => f64::INFINITY,
            _ => current / baseline * 100.0 - 100.0,
        };
        match self.bound {
            Bound::Percent(most) => (percent, percent > most),
            Bound::Absolute(most) => (percent, current - baseline > most),
        }
    }
}

impl FromStr for FieldRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (field, bound) = text.split_once(':').ok_or("a field stands before a colon")?;
        let field = Field::ALL.iter().find(|(name, _)| *name == field).ok_or_else(|| {
            let known: Vec<&str> = Field::ALL.iter().map(|(name, _)| *name).collect();
            format!("unknown field `{field}`; known are {}", known.join(", "))
        })?;
        let number = |text: &str| match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
            _ => Err(format!("`{text}` is no number of 0 or more")),
        };
        let bound = match bound.strip_suffix('%') {
            Some(percent) => Bound::Percent(number(percent)?),
            None => Bound::Absolute(number(bound)?),
        };
        Ok(Self { field: field.1, bound })
    }
}

impl fmt::Display for FieldRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bound {
            Bound::Percent(percent) => write!(f, "{}:{percent}%", self.field),
            Bound::Absolute(amount) => write!(f, "{}:{amount}", self.field),
        }
    }
}

/// The statistics that a field can name.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Statistics {
    min: f64,
    max: f64,
    mean: f64,
    median: f64,
    stddev: f64,
    iqr: f64,
}

impl Statistics {
    /// The statistics of samples; `None` without samples.
    pub(crate) fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len() as f64;
        let mean = sorted.iter().sum::<f64>() / n;
        let squares = sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        Some(Self {
            min: *sorted.first()?,
            max: *sorted.last()?,
            mean,
            median: stats::median(&sorted),
            // One sample has no spread.
            stddev: if sorted.len() < 2 { 0.0 } else { (squares / (n - 1.0)).sqrt() },
            iqr: stats::quantile_sorted(&sorted, 0.75) - stats::quantile_sorted(&sorted, 0.25),
        })
    }

    /// The statistic that `field` names.
    pub(crate) fn get(&self, field: Field) -> f64 {
        match field {
            Field::Min => self.min,
            Field::Max => self.max,
            Field::Mean => self.mean,
            Field::Median => self.median,
            Field::Stddev => self.stddev,
            Field::Iqr => self.iqr,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{Field, FieldRule, Statistics};

    #[derive(Deserialize)]
    struct Case {
        field: String,
        baseline: f64,
        current: f64,
        percent: f64,
        fails: bool,
    }

    #[test]
    fn agrees_with_the_tool_that_it_comes_from() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../tests/data/rules/field.json")).unwrap();
        assert_eq!(cases.len(), 87);
        for case in cases {
            let rule: FieldRule = format!("{}:10%", case.field).parse().unwrap();
            let outcome = rule.judge(case.baseline, case.current);
            assert_eq!(outcome, (case.percent, case.fails), "{rule}");
        }
    }

    #[test]
    fn expressions() {
        let check = |text: &str, baseline: f64, current: f64, fails: bool| {
            let rule: FieldRule = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
            assert_eq!(rule.judge(baseline, current).1, fails, "{text}: {baseline} -> {current}");
        };
        check("min:7.5%", 100.0, 107.4, false);
        check("min:7.5%", 100.0, 107.6, true);
        check("mean:0.25", 1.0, 1.25, false);
        check("mean:0.25", 1.0, 1.5, true);
        check("max:10%", 0.0, 0.1, true);
        let broken = |text: &str, part: &str| {
            let error = text.parse::<FieldRule>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        };
        broken("min", "before a colon");
        broken("minimum:10%", "known are min, max, mean, median, stddev, iqr");
        broken("min:-3%", "no number of 0 or more");
        broken("min:10 %", "no number");
        broken("min:", "no number");
    }

    #[test]
    fn statistics() {
        let statistics = Statistics::of(&[4.0, 1.0, 3.0, 2.0]).unwrap();
        let check = |field, expected: f64| {
            assert!((statistics.get(field) - expected).abs() < 1e-12, "{field}");
        };
        check(Field::Min, 1.0);
        check(Field::Max, 4.0);
        check(Field::Mean, 2.5);
        check(Field::Median, 2.5);
        check(Field::Stddev, (5.0_f64 / 3.0).sqrt());
        check(Field::Iqr, 1.5);
        assert!(Statistics::of(&[]).is_none());
        assert_eq!(Statistics::of(&[2.0]).unwrap().get(Field::Stddev), 0.0);
    }
}
