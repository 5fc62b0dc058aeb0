//! Where the numbers of a run come from that perfreg did not measure itself.

use serde::{Deserialize, Serialize};

/// The tool and the file that a run was imported from, and what that file says of numbers whose samples
/// it does not have.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// The name of the file's format, such as `hyperfine`.
    pub tool: String,
    /// The name of the file, without its folders.
    pub file: String,
    /// One entry for each metric of which the file has no samples. The one value in its series is then
    /// no sample, and no test can be made of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summaries: Vec<SummaryOf>,
}

impl Origin {
    /// The summary that stands for the samples of a metric, if it was imported without them.
    pub fn summary(&self, case: &str, metric: &str) -> Option<&Summary> {
        let found = self.summaries.iter().find(|one| one.case == case && one.metric == metric);
        found.map(|one| &one.summary)
    }
}

/// The summary of one metric of one case.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SummaryOf {
    /// The name of the case.
    pub case: String,
    /// The name of the metric.
    pub metric: String,
    /// The summary.
    #[serde(flatten)]
    pub summary: Summary,
}

/// What a tool says of samples that it did not keep. Values have the unit of their metric.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// What the one value is.
    pub statistic: Statistic,
    /// How many samples there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    /// The smallest sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The largest sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// The median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median: Option<f64>,
    /// The standard deviation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stddev: Option<f64>,
    /// The distance between the quartiles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iqr: Option<f64>,
    /// The lower end of an interval around the value, as wide as the tool makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper end of that interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

impl Summary {
    /// A value of this kind, of which nothing else is known.
    pub fn of(statistic: Statistic) -> Self {
        Self {
            statistic,
            samples: None,
            min: None,
            max: None,
            mean: None,
            median: None,
            stddev: None,
            iqr: None,
            low: None,
            high: None,
        }
    }

    /// Every number but the count.
    pub fn numbers(&self) -> impl Iterator<Item = f64> {
        let Self { min, max, mean, median, stddev, iqr, low, high, .. } = *self;
        [min, max, mean, median, stddev, iqr, low, high].into_iter().flatten()
    }

    /// The same, to change them.
    pub fn numbers_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        let Self { min, max, mean, median, stddev, iqr, low, high, .. } = self;
        [min, max, mean, median, stddev, iqr, low, high].into_iter().flatten()
    }
}

/// What a value without samples is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Statistic {
    /// A mean.
    Mean,
    /// A median.
    Median,
    /// The file does not say.
    Unstated,
}

impl std::fmt::Display for Statistic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mean => "a mean",
            Self::Median => "a median",
            Self::Unstated => "a single value",
        })
    }
}
