//! One number a launch, or one number for all of them if they agree.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::model::{Distribution, LaunchStats, Pace};

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(untagged)]
pub(super) enum Column {
    Same(Number),
    Each(Vec<Number>),
}

impl Column {
    pub(super) fn of(values: impl Iterator<Item = Number>) -> Self {
        let values: Vec<Number> = values.collect();
        match values.first() {
            Some(first) if values.iter().all(|value| value == first) => Self::Same(first.clone()),
            _ => Self::Each(values),
        }
    }

    /// The column called `name`, if it is there, as a value a launch.
    pub(super) fn optional(
        column: Option<&Self>,
        name: &str,
        launches: usize,
    ) -> Result<Option<Vec<f64>>, String> {
        column.map(|column| column.expand(name, launches)).transpose()
    }

    /// A value a launch; `name` is for the error.
    pub(super) fn expand(&self, name: &str, launches: usize) -> Result<Vec<f64>, String> {
        let number = |value: &Number| {
            value.as_f64().filter(|v| v.is_finite()).ok_or(format!("`{name}` holds {value}"))
        };
        match self {
            Self::Same(value) => Ok(vec![number(value)?; launches]),
            Self::Each(values) if values.len() == launches => values.iter().map(number).collect(),
            Self::Each(values) => {
                Err(format!("`{name}` has {} values for {launches} launches", values.len()))
            }
        }
    }
}

/// The columns of a metric, with a value a launch.
pub(super) struct Columns {
    pub(super) q10: Vec<f64>,
    /// n, min, median, mean, p95 and p99: a distribution, if all of them are there.
    pub(super) distribution: [Option<Vec<f64>>; 6],
    /// The time of the chain, and the crowding: a pace, if both are there.
    pub(super) pace: [Option<Vec<f64>>; 2],
}

impl Columns {
    /// What they say of each launch.
    pub(super) fn stats(&self) -> Vec<LaunchStats> {
        let distribution = |i: usize| match &self.distribution {
            [Some(n), Some(min), Some(median), Some(mean), Some(p95), Some(p99)] => {
                Some(Distribution {
                    n: n[i] as u64,
                    min: min[i],
                    median: median[i],
                    winsorised_mean: mean[i],
                    p95: p95[i],
                    p99: p99[i],
                })
            }
            _ => None,
        };
        let pace = |i: usize| match &self.pace {
            [Some(chain_ns), Some(crowding)] if chain_ns[i] > 0.0 => {
                Some(Pace::of_baseline(chain_ns[i], crowding[i]))
            }
            _ => None,
        };
        let stats = |(i, q10): (usize, &f64)| LaunchStats {
            q10: *q10,
            distribution: distribution(i),
            pace: pace(i),
        };
        self.q10.iter().enumerate().map(stats).collect()
    }
}

/// `value` to so many significant digits.
pub(super) fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().expect("Rust reads what it writes")
}

/// A finite number in its shortest form.
pub(super) fn number(value: f64) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return (value as i64).into();
    }
    Number::from_f64(value).expect("statistics of samples are finite")
}
