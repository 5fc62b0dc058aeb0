//! What was decided.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The outcome of judging one metric of one case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Worse than the baseline by more than the threshold, beyond doubt.
    Regressed,
    /// A baseline was required and there is none.
    Missing,
    /// The evidence decides neither way.
    Inconclusive,
    /// The baseline is of another machine, profile or toolchain.
    NotComparable,
    /// There is no baseline yet.
    New,
    /// Better than the baseline by more than the threshold, beyond doubt.
    Improved,
    /// Any change is smaller than the threshold.
    Unchanged,
}

impl Verdict {
    /// True if the metric was compared with a baseline and a decision fell.
    pub fn is_decided(self) -> bool {
        matches!(self, Verdict::Regressed | Verdict::Improved | Verdict::Unchanged)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Regressed => "regressed",
            Verdict::Missing => "missing",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NotComparable => "not comparable",
            Verdict::New => "new",
            Verdict::Improved => "improved",
            Verdict::Unchanged => "unchanged",
        })
    }
}

/// A relative change with its interval: 0.1 is +10 %.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The estimate.
    pub estimate: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { estimate, low, high } = self;
        write!(f, "{:+.1} % ({:+.1} % to {:+.1} %)", estimate * 100.0, low * 100.0, high * 100.0)
    }
}
