//! The launches as baselines of the tests in `tests/on_device/suite.rs`.

use std::path::Path;

use perfreg_core::Samples;
use perfreg_core::model::{
    BaselineCase, BaselineMetric, LaunchStats, Metric, Provenance, Revision, Session,
};
use perfreg_core::probe::toolchain;
use perfreg_core::store::BaselineFile;

use crate::cases::Case;
use crate::document::{CaseReport, Document, Ours};
use crate::rounds::succeeded;

/// Writes `gt/<gpu>/attention.json` in the format `perfreg-baseline/2`.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write(document: &Document, cases: &[Case], out: &Path) -> Result<(), String> {
    let mut file = BaselineFile::default();
    for (case, report) in cases.iter().zip(&document.cases) {
        for ours in &report.ours {
            if let Some(of_case) = of_case(document, case, report, ours) {
                file.put(&document.host, of_case).map_err(|error| error.to_string())?;
            }
        }
    }
    if file.hosts().is_empty() {
        return Ok(());
    }
    let path = out.join("gt").join(folder(document)).join("attention.json");
    file.write(&path).map_err(|error| error.to_string())
}

/// The GPU's name as a folder's, such as `nvidia-h200`.
fn folder(document: &Document) -> String {
    let name = document.host.gpu.as_ref().map_or("unknown", |gpu| gpu.name.as_str());
    let plain = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9') => letter,
        _ => '-',
    };
    name.chars().map(plain).collect()
}

fn of_case(
    document: &Document,
    case: &Case,
    report: &CaseReport,
    ours: &Ours,
) -> Option<BaselineCase> {
    let launches: Vec<_> = succeeded(ours).collect();
    let first = launches.first()?;
    let of_metric = |metric: &Metric| {
        // A clock that could not be read in one launch says nothing of the others.
        let stats = launches.iter().map(|launched| {
            let samples = Samples::new(launched.samples(&metric.name).to_vec()).ok()?;
            Some(LaunchStats::of(&samples))
        });
        Some(BaselineMetric {
            metric: metric.clone(),
            provenance: provenance(document, launches.len()),
            launches: stats.collect::<Option<_>>()?,
        })
    };
    Some(BaselineCase {
        section: format!("suite::{}::{}", case.test, ours.implementation.name()),
        subsection: report.name.clone(),
        metrics: first.series.iter().filter_map(|(metric, _)| of_metric(metric)).collect(),
    })
}

fn provenance(document: &Document, launches: usize) -> Provenance {
    Provenance {
        revision: document.commit.map(|commit| Revision::of(commit.to_owned())),
        toolchain: toolchain("", None),
        sessions: vec![Session { date: document.started.clone(), launches: launches as u32 }],
        reason: None,
    }
}
