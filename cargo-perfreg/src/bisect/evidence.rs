//! What was found at one commit, and what it says about it. Pure.

use perfreg_core::judge::Decision;
use perfreg_core::model::{Change, Metric};
use serde::{Deserialize, Serialize};

/// What a commit is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// No worse than the good end.
    Good,
    /// Worse than the good end.
    Bad,
    /// It cannot be told.
    Skip,
}

impl Answer {
    /// As git says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Answer::Good => "good",
            Answer::Bad => "bad",
            Answer::Skip => "skip",
        }
    }
}

/// What was found of one metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Finding {
    Worse,
    Better,
    Same,
    Undecided,
}

impl Finding {
    /// For a reader.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Finding::Worse => "worse",
            Finding::Better => "better",
            Finding::Same => "no worse",
            Finding::Undecided => "undecided",
        }
    }
}

impl From<Decision> for Finding {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Worse => Finding::Worse,
            Decision::Better => Finding::Better,
            Decision::Same => Finding::Same,
            Decision::Undecided => Finding::Undecided,
        }
    }
}

/// What was found of one metric of one case, against the good end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub(crate) case: String,
    /// As a list of metrics names it: `time` is of the clock that fits.
    pub(crate) asked: String,
    pub(crate) metric: Metric,
    pub(crate) baseline: f64,
    pub(crate) current: f64,
    /// None from zero.
    pub(crate) change: Option<Change>,
    pub(crate) finding: Finding,
    pub(crate) rounds: usize,
    pub(crate) why: String,
}

/// What the evidence says of a commit; none if it does not decide.
pub(crate) fn answer(evidence: &[Evidence]) -> Option<Answer> {
    let any = |finding| evidence.iter().any(|one| one.finding == finding);
    if any(Finding::Worse) {
        Some(Answer::Bad)
    } else if any(Finding::Undecided) || evidence.is_empty() {
        None
    } else {
        Some(Answer::Good)
    }
}

/// One commit that was looked at.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    /// The hash.
    pub(crate) commit: String,
    pub(crate) answer: Answer,
    /// How often such a step may be decided wrongly; 0 where nothing was measured.
    pub(crate) risk: f64,
    pub(crate) evidence: Vec<Evidence>,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::Finding::{Better, Same, Undecided, Worse};
    use super::{Answer, Finding, answer};
    use crate::bisect::state::tests::evidence;

    #[test]
    fn one_metric_convicts_and_all_acquit() {
        let check = |findings: &[Finding], expected: Option<Answer>| {
            let all: Vec<_> = findings.iter().map(|finding| evidence(*finding)).collect();
            assert_eq!(answer(&all), expected, "{findings:?}");
        };
        check(&[Same, Worse, Undecided], Some(Answer::Bad));
        check(&[Same, Undecided], None);
        check(&[Same, Better], Some(Answer::Good));
        check(&[], None);
    }
}
