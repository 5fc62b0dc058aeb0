//! Which rule `check_regression` applies, and its parameters.

use crate::error::Error;
use crate::model::Direction;

/// A rule for comparing samples, with its parameters.
///
/// ```
/// # fn main() -> Result<(), perfreg_core::Error> {
/// use perfreg_core::{PerformanceData, Policy, check_regression_with};
///
/// let mut baseline = PerformanceData::new();
/// baseline.insert("parse", "small", (0..20).map(|i| 100.0 + f64::from(i % 3)).collect())?;
/// let mut current = PerformanceData::new();
/// current.insert("parse", "small", (0..20).map(|i| 103.0 + f64::from(i % 3)).collect())?;
///
/// let tolerant = Policy::specified().noise_threshold_pct(5.0);
/// let report = check_regression_with(&baseline, &current, &tolerant)?;
/// assert_eq!(report.summary().regressions, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Policy {
    pub(super) rule: Rule,
    pub(super) noise_threshold_pct: f64,
    pub(super) significance_level: f64,
    pub(super) mad_multiplier: f64,
    pub(super) direction: Direction,
}

/// What is compared, and what noise is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    /// Medians; the baseline's MAD is the noise.
    MedianGuard,
    /// Means; a fixed smallest effect.
    MeanEffect,
}

impl Policy {
    /// The specified rule: medians must differ by more than 1 % and by more than three times the
    /// baseline's median absolute deviation, and the Mann-Whitney p be below 0.05.
    pub fn specified() -> Self {
        Self {
            rule: Rule::MedianGuard,
            noise_threshold_pct: 1.0,
            significance_level: 0.05,
            mad_multiplier: 3.0,
            direction: Direction::LowerIsBetter,
        }
    }

    /// The successor of the specified rule: means must differ by at least 1 %, and the
    /// Mann-Whitney p be below 0.05. The `*_median` fields of its results hold means.
    pub fn mean_effect() -> Self {
        Self { rule: Rule::MeanEffect, ..Self::specified() }
    }

    /// The smallest change in percent that counts; 1.0 unless set.
    #[must_use]
    pub fn noise_threshold_pct(mut self, percent: f64) -> Self {
        self.noise_threshold_pct = percent;
        self
    }

    /// The p-value from which on a change is taken for chance; 0.05 unless set.
    #[must_use]
    pub fn significance_level(mut self, level: f64) -> Self {
        self.significance_level = level;
        self
    }

    /// How many MADs of the baseline are noise; 3.0 unless set. Without effect on
    /// [`Policy::mean_effect`].
    #[must_use]
    pub fn mad_multiplier(mut self, multiplier: f64) -> Self {
        self.mad_multiplier = multiplier;
        self
    }

    /// Which way is better; lower unless set.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let parameters = [
            ("noise_threshold_pct", self.noise_threshold_pct, f64::MAX),
            ("significance_level", self.significance_level, 1.0),
            ("mad_multiplier", self.mad_multiplier, f64::MAX),
        ];
        match parameters.iter().find(|(_, value, most)| !(0.0..=*most).contains(value)) {
            Some((name, value, most)) if *most == 1.0 => {
                Err(Error::usage(format!("{name} is {value}; it lies between 0 and 1")))
            }
            Some((name, value, _)) => Err(Error::usage(format!(
                "{name} is {value}; it is a finite number and not negative"
            ))),
            None => Ok(()),
        }
    }
}
