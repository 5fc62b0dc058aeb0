//! Epochs: accepted changes, from which on a series is measured by what it is since then. They are
//! documents of their own, `perfreg-epoch/1`, which outlive the runs they are of.

use perfreg_core::model::{HostKey, Revision, Run, Toolchain};
use perfreg_core::{TestId, Verdict};
use serde::{Deserialize, Serialize};

/// The moment from which on other numbers are right for one metric of one case.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Epoch {
    /// The format, [`Epoch::SCHEMA`].
    pub(crate) schema: String,
    /// Which test.
    pub(crate) id: TestId,
    /// Which case.
    pub(crate) case: String,
    /// The name of the metric.
    pub(crate) metric: String,
    /// The machine.
    pub(crate) host: HostKey,
    /// What compiled the code.
    pub(crate) toolchain: Toolchain,
    /// When the run that was accepted began, as RFC 3339 in UTC.
    pub(crate) since: String,
    /// The commit of that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revision: Option<Revision>,
    /// The relative change: 0.1 is +10 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<f64>,
    /// Why it is right, in the words of who accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

impl Epoch {
    /// The format that this version writes.
    pub(crate) const SCHEMA: &'static str = "perfreg-epoch/1";

    /// The epochs that accepting `run` begins: one for every metric that differed from its baseline.
    pub(crate) fn of_accepted(run: &Run, reason: Option<&str>) -> Vec<Self> {
        let differs = |verdict| matches!(verdict, Verdict::Regressed | Verdict::Improved);
        let judged = run.judgements().filter(|(_, judgement)| differs(judgement.verdict));
        let epochs = judged.map(|(case, judgement)| Self {
            schema: Self::SCHEMA.to_owned(),
            id: run.id.clone(),
            case: case.name.clone(),
            metric: judgement.metric.name.clone(),
            host: run.host.clone(),
            toolchain: run.toolchain.clone(),
            since: run.started.clone(),
            revision: run.revision.as_ref().map(Revision::bare),
            change: judgement.change.map(|change| change.estimate),
            reason: reason.map(str::to_owned),
        });
        epochs.collect()
    }
}
