//! Which of the gate's rules judges launches from anywhere, and its parameters.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::judge::paired::PairedPolicy;
use crate::judge::stored::StoredPolicy;
use crate::model::Direction;

/// A rule that judges launches, with its parameters; see [`judge_launches`](crate::judge_launches).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct LaunchPolicy {
    pub(super) rule: LaunchRule,
    pub(super) threshold: f64,
    pub(super) direction: Direction,
    pub(super) tests: usize,
}

/// How launches came about, which decides how they can be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LaunchRule {
    /// Current launches against those of sessions that were stored: what `#[perf_regression]` does.
    Stored,
    /// Launches of two builds that alternated, the first of either side being a round, and so on: what
    /// `cargo perfreg diff` does.
    Paired,
    /// Counts, of which any change matters if they repeat exactly.
    Exact,
}

impl LaunchPolicy {
    /// Current launches against stored ones; 5 % unless [`Self::threshold`] says otherwise.
    ///
    /// From five sessions on, a change must exceed Student's prediction bound of one session more.
    /// Below that nothing under 5 % is believed, nor what three times the launches' spread explains.
    pub fn stored() -> Self {
        Self::new(LaunchRule::Stored, StoredPolicy::DEFAULT_THRESHOLD)
    }

    /// Launches of two builds that alternated; 2 % unless [`Self::threshold`] says otherwise.
    ///
    /// Rounds are looked at eight times, at [`PairedPolicy::LOOKS`], and the first look that decides
    /// stands. Conviction is by the exact signed-rank test (Wilcoxon 1945), at an error that pays for
    /// all looks, for location and mean, and for the other [`Self::tests`].
    pub fn paired() -> Self {
        Self::new(LaunchRule::Paired, 0.02)
    }

    /// Counts: any change matters if every sample of every launch of either side is its side's one
    /// number. Otherwise each current launch must exceed each of the baseline's by the threshold, of
    /// 5 % unless [`Self::threshold`] says otherwise.
    pub fn exact() -> Self {
        Self::new(LaunchRule::Exact, StoredPolicy::DEFAULT_THRESHOLD)
    }

    fn new(rule: LaunchRule, threshold: f64) -> Self {
        Self { rule, threshold, direction: Direction::LowerIsBetter, tests: 1 }
    }

    /// The relative change that matters: 0.03 is 3 %.
    #[must_use]
    pub fn threshold(self, share: f64) -> Self {
        Self { threshold: share, ..self }
    }

    /// Which way is better; lower unless set.
    #[must_use]
    pub fn direction(self, direction: Direction) -> Self {
        Self { direction, ..self }
    }

    /// How many tests and metrics are judged in all, declared before the first is; 1 unless set. Only
    /// [`Self::paired`] spends its error over them.
    #[must_use]
    pub fn tests(self, tests: usize) -> Self {
        Self { tests, ..self }
    }

    /// Which rule it is.
    pub fn rule(&self) -> LaunchRule {
        self.rule
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        if !(self.threshold > 0.0 && self.threshold.is_finite()) {
            let threshold = self.threshold;
            return Err(Error::usage(format!("threshold is {threshold}; it is a share above 0")));
        }
        match self.tests {
            0 => Err(Error::usage("tests is 0; the judged test itself counts")),
            _ => Ok(()),
        }
    }

    pub(super) fn of_stored(&self) -> StoredPolicy {
        StoredPolicy::new(self.threshold, self.direction)
    }

    pub(super) fn of_paired(&self) -> PairedPolicy {
        PairedPolicy::new(self.threshold, self.tests, self.direction)
    }
}
