//! What `check_regression` found, by section and subsection.

use serde::Serialize;

use crate::model::OrderedMap;

/// One result a subsection, in the order of the baseline.
///
/// Serialises as `{section: {subsection: result}}`.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct RegressionReport {
    sections: OrderedMap<OrderedMap<RegressionResult>>,
}

/// What was found about one subsection.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct RegressionResult {
    /// Worse by more than the noise, and not by chance.
    pub is_regression: bool,
    /// Better by more than the noise, and not by chance.
    #[serde(skip)]
    pub is_improvement: bool,
    /// The change of the median in percent of the baseline's.
    pub delta_median_pct: f64,
    /// The two-sided p-value of the Mann-Whitney test.
    pub p_value: f64,
    /// What the change had to exceed, in percent.
    pub noise_band_pct: f64,
    /// The finding in words.
    pub message: String,
    /// The median of the current samples; the mean under `Policy::mean_effect`.
    pub current_median: f64,
    /// The median of the baseline's samples; the mean under `Policy::mean_effect`.
    pub baseline_median: f64,
    /// The smallest p-value that these numbers of samples could have reached without equal values.
    #[serde(skip)]
    pub min_attainable_p: f64,
}

/// The counts of a report, and what changed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// All subsections.
    pub total: usize,
    /// Those that regressed.
    pub regressions: usize,
    /// Those that improved.
    pub improvements: usize,
    /// The others.
    pub unchanged: usize,
    /// The message of each regression, prefixed with `section.subsection: `.
    pub regression_messages: Vec<String>,
    /// The message of each improvement, likewise.
    pub improvement_messages: Vec<String>,
}

impl RegressionReport {
    pub(super) fn push(&mut self, section: &str, subsection: &str, result: RegressionResult) {
        self.sections.get_or_insert_default(section).insert(subsection, result);
    }

    /// The result of a subsection.
    pub fn get(&self, section: &str, subsection: &str) -> Option<&RegressionResult> {
        self.sections.get(section)?.get(subsection)
    }

    /// Section, subsection and result of each, in the order of the baseline.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &RegressionResult)> {
        self.sections.iter().flat_map(|(section, results)| {
            results.iter().map(move |(name, result)| (section, name, result))
        })
    }

    /// The counts, and the messages of what changed.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for (section, subsection, result) in self.iter() {
            summary.total += 1;
            let message = || format!("{section}.{subsection}: {}", result.message);
            if result.is_regression {
                summary.regressions += 1;
                summary.regression_messages.push(message());
            } else if result.is_improvement {
                summary.improvements += 1;
                summary.improvement_messages.push(message());
            } else {
                summary.unchanged += 1;
            }
        }
        summary
    }
}
