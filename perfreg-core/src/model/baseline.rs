//! What a baseline keeps of one case on one host.

use serde::{Deserialize, Serialize};

use crate::model::{LaunchStats, Metric, Revision, Toolchain};

/// One case as it was accepted on one host.
#[derive(Clone, PartialEq, Debug)]
pub struct BaselineCase {
    /// The test path.
    pub section: String,
    /// The case within it.
    pub subsection: String,
    /// The metrics, each with its launches.
    pub metrics: Vec<BaselineMetric>,
}

impl BaselineCase {
    /// What sorts the cases of a host, and tells them apart.
    pub fn key(&self) -> (&str, &str) {
        (&self.section, &self.subsection)
    }

    /// The metric with this name.
    pub fn metric(&self, name: &str) -> Option<&BaselineMetric> {
        self.metrics.iter().find(|m| m.metric.name == name)
    }
}

/// One metric of an accepted case: the statistics of each launch.
#[derive(Clone, PartialEq, Debug)]
pub struct BaselineMetric {
    /// What was measured.
    pub metric: Metric,
    /// Where the numbers come from: each metric is accepted for itself.
    pub provenance: Provenance,
    /// One entry a launch, session after session.
    pub launches: Vec<LaunchStats>,
}

/// Where the numbers of a metric come from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Provenance {
    /// The commit they were measured at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// What compiled the code.
    pub toolchain: Toolchain,
    /// When, and how many launches each time.
    pub sessions: Vec<Session>,
    /// Why the numbers were accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One sitting: launches taken one after the other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Session {
    /// When, as RFC 3339 in UTC.
    pub date: String,
    /// How many launches.
    pub launches: u32,
}
