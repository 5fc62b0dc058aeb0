//! The launches as baselines of the tests in `tests/on_device/suite.rs`.

use std::collections::BTreeMap;
use std::path::Path;

use perfreg_core::model::{
    BaselineCase, BaselineMetric, LaunchStats, Metric, Provenance, Revision, Session,
};
use perfreg_core::probe::toolchain;
use perfreg_core::store::BaselineFile;
use perfreg_core::{HostKey, Samples};

use crate::cases::Case;
use crate::launch::{Launched, What};

/// An implementation's launches on a case, and where they were measured.
pub(crate) struct Kept<'a> {
    pub(crate) case: Case,
    pub(crate) implementation: What,
    /// Those that failed do not count.
    pub(crate) launches: &'a [Result<Launched, String>],
    pub(crate) host: &'a HostKey,
    /// What the binary was built of.
    pub(crate) commit: Option<&'a str>,
    /// When the run began, as RFC 3339 in UTC.
    pub(crate) started: &'a str,
}

/// Writes `gt/<gpu>/attention.json` for each GPU, in the format `perfreg-baseline/2`.
///
/// # Errors
/// If a file cannot be written.
pub(crate) fn write(all: &[Kept<'_>], out: &Path) -> Result<(), String> {
    let mut files: BTreeMap<String, BaselineFile> = BTreeMap::new();
    for kept in all {
        if let Some(of_case) = kept.of_case() {
            let file = files.entry(folder(kept.host)).or_default();
            file.put(kept.host, of_case).map_err(|error| error.to_string())?;
        }
    }
    files.iter().try_for_each(|(folder, file)| {
        let path = out.join("gt").join(folder).join("attention.json");
        file.write(&path).map_err(|error| error.to_string())
    })
}

/// The GPU's name as a folder's, such as `nvidia-h200`.
fn folder(host: &HostKey) -> String {
    let name = host.gpu.as_ref().map_or("unknown", |gpu| gpu.name.as_str());
    let plain = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9') => letter,
        _ => '-',
    };
    name.chars().map(plain).collect()
}

impl Kept<'_> {
    fn of_case(&self) -> Option<BaselineCase> {
        let launches: Vec<&Launched> = self.launches.iter().flatten().collect();
        let first = launches.first()?;
        let of_metric = |metric: &Metric| {
            // A clock that could not be read in one launch says nothing of the others.
            let stats = launches.iter().map(|launched| {
                let samples = Samples::new(launched.samples(&metric.name).to_vec()).ok()?;
                Some(LaunchStats::of(&samples))
            });
            Some(BaselineMetric {
                metric: metric.clone(),
                provenance: self.provenance(launches.len()),
                launches: stats.collect::<Option<_>>()?,
            })
        };
        Some(BaselineCase {
            section: format!("suite::{}::{}", self.case.test, self.implementation.name()),
            subsection: self.case.name(),
            metrics: first.series.iter().filter_map(|(metric, _)| of_metric(metric)).collect(),
        })
    }

    fn provenance(&self, launches: usize) -> Provenance {
        Provenance {
            revision: self.commit.map(|commit| Revision::of(commit.to_owned())),
            toolchain: toolchain("", None),
            sessions: vec![Session { date: self.started.to_owned(), launches: launches as u32 }],
            reason: None,
        }
    }
}
