//! What an entry of a baseline gives to compare with: a value for each launch, and where it is from.

use crate::judge::{LaunchValue, StoredPolicy, entry_values};
use crate::model::BaselineMetric;
use crate::store::Source;

/// Launches to compare with.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Reference {
    pub(crate) launches: Vec<LaunchValue>,
    pub(crate) source: Source,
    /// Date, commit, host and file, in words.
    pub(crate) against: String,
}

impl Reference {
    /// The launches of `of`, an entry of the file called `file`.
    pub(crate) fn new(of: &BaselineMetric, source: Source, file: &str) -> Self {
        let BaselineMetric { metric, provenance, .. } = of;
        let mut against = String::new();
        if let Some(session) = provenance.sessions.last() {
            against += &format!("{}, ", session.date);
        }
        if let Some(revision) = &provenance.revision {
            against += &format!("commit {revision}, ");
        }
        against += &format!("{}, ", provenance.toolchain);
        if metric.is_time() {
            against += &format!("{}, ", sessions(provenance.sessions.len()));
        }
        against += &format!("in {file}");
        if let Some(reason) = &provenance.reason {
            against += &format!(" (accepted: {reason})");
        }
        Self { launches: entry_values(of), source, against }
    }
}

/// How many sessions, and how many it takes to know their spread.
pub(crate) fn sessions(count: usize) -> String {
    let enough = StoredPolicy::ENOUGH_SESSIONS;
    if count < enough {
        format!("{count} of {enough} sessions")
    } else {
        format!("{count} sessions")
    }
}

pub(crate) fn last_date(of_metric: &BaselineMetric) -> &str {
    of_metric.provenance.sessions.last().map_or("", |session| &session.date)
}
