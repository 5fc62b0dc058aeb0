//! From a document to the rows of an index: values in, values out.

use perfreg_core::Metric;
use perfreg_core::model::{
    Case, FollowUp, Judgement, Launch, LaunchStats, Outcome, Run, Toolchain,
};
use perfreg_core::stats::{median, median_interval};
use serde::Deserialize;

use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::store::{Point, RunRow, SeriesKey};

/// What a file of the archive holds.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Document {
    /// A measured run.
    Run(Box<Run>),
    /// An epoch.
    Epoch(Box<Epoch>),
}

/// A document under the digest of its bytes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Filed {
    digest: Digest,
    bytes: Vec<u8>,
    document: Document,
}

impl Filed {
    /// What `bytes` are.
    ///
    /// # Errors
    /// What is wrong with them, as a fragment.
    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let document = Document::parse(&bytes)?;
        Ok(Self { digest: Digest::of(&bytes), bytes, document })
    }

    /// Its name.
    pub(crate) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What it is made of.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it holds.
    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// The same, alone.
    pub(crate) fn into_document(self) -> Document {
        self.document
    }
}

#[derive(Deserialize)]
struct Version {
    schema: String,
}

impl Document {
    /// The document that `bytes` are.
    ///
    /// # Errors
    /// What is wrong with them, as a fragment.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        // The version first: one of another would fail to parse for reasons that mislead.
        let version: Version = serde_json::from_slice(bytes).map_err(|cause| cause.to_string())?;
        match version.schema.as_str() {
            schema if Run::reads(schema) => {
                let run: Run = serde_json::from_slice(bytes).map_err(|cause| cause.to_string())?;
                match run.outcome {
                    Outcome::Measured => Ok(Self::Run(Box::new(run))),
                    outcome => Err(format!("is a run that measured nothing: {outcome:?}")),
                }
            }
            Epoch::SCHEMA => {
                let epoch = serde_json::from_slice(bytes).map_err(|cause| cause.to_string())?;
                Ok(Self::Epoch(Box::new(epoch)))
            }
            other => Err(format!(
                "has schema `{}`, this version reads {} and `{}`",
                other.escape_debug(),
                Run::known_schemas(),
                Epoch::SCHEMA
            )),
        }
    }
}

/// The row of a run in the list of runs.
pub(crate) fn run_row(digest: &Digest, run: &Run) -> RunRow {
    RunRow {
        digest: digest.clone(),
        id: run.id.clone(),
        started: run.started.clone(),
        seconds: run.seconds,
        host: run.host.to_string(),
        toolchain: run.toolchain.to_string(),
        revision: run.revision.clone(),
        verdict: run.judgements().map(|(_, judgement)| judgement.verdict).min(),
    }
}

/// The points of a run: one for every metric that was judged.
pub(crate) fn points(project: &str, digest: &Digest, run: &Run) -> Vec<(SeriesKey, Metric, Point)> {
    let judged = run.judgements().filter(|(_, judgement)| judgement.current.is_finite());
    let row = judged.map(|(case, judgement)| {
        let metric = judgement.metric.clone();
        (key(project, run, case, &metric), metric, point(digest, run, case, judgement))
    });
    row.collect()
}

/// The epochs that begin with a run because it was accepted as it ran.
pub(crate) fn epochs(run: &Run) -> Vec<Epoch> {
    match run.follow_up {
        FollowUp::Accepted => Epoch::of_accepted(run, None),
        _ => Vec::new(),
    }
}

/// The key of the series that a metric of a run is of.
pub(crate) fn key(project: &str, run: &Run, case: &Case, metric: &Metric) -> SeriesKey {
    SeriesKey {
        project: project.to_owned(),
        id: run.id.clone(),
        case: case.name.clone(),
        metric: metric.name.clone(),
        host: run.host.to_string(),
        profile: profile(&run.toolchain),
        toolchain: run.toolchain.rustc.clone(),
    }
}

/// The key of the series that an epoch is of.
pub(crate) fn key_of_epoch(project: &str, epoch: &Epoch) -> SeriesKey {
    SeriesKey {
        project: project.to_owned(),
        id: epoch.id.clone(),
        case: epoch.case.clone(),
        metric: epoch.metric.clone(),
        host: epoch.host.to_string(),
        profile: profile(&epoch.toolchain),
        toolchain: epoch.toolchain.rustc.clone(),
    }
}

/// The profile with the features, since both make other code, and with the seed of other data.
fn profile(toolchain: &Toolchain) -> String {
    let mut profile = toolchain.profile.clone();
    if !toolchain.features.is_empty() {
        profile += &format!(", features {}", toolchain.features);
    }
    if let Some(seed) = toolchain.seed {
        profile += &format!(", deterministic with seed {seed}");
    }
    profile
}

fn point(digest: &Digest, run: &Run, case: &Case, judgement: &Judgement) -> Point {
    let metric = &judgement.metric;
    let of = |launch: &Launch| launch.stats(&metric.name);
    let launches: Vec<LaunchStats> = case.launches.iter().filter_map(of).collect();
    let middle = |number: fn(&LaunchStats) -> f64| {
        (!launches.is_empty()).then(|| median(&launches.iter().map(number).collect::<Vec<_>>()))
    };
    let values: Vec<f64> = launches.iter().map(|launch| launch.representative(metric)).collect();
    let interval = if values.is_empty() { None } else { median_interval(&values, CONFIDENCE) };
    let paces: Vec<f64> = launches.iter().filter_map(|l| Some(l.pace?.chain_ns)).collect();
    let paced = !paces.is_empty() && paces.len() == launches.len();
    Point {
        run: digest.clone(),
        revision: run.revision.clone(),
        time: run.started.clone(),
        value: judgement.current,
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
        median: middle(|launch| launch.distribution.map_or(launch.q10, |d| d.median)),
        q10: middle(|launch| launch.q10),
        mean: middle(|launch| launch.distribution.map_or(launch.q10, |d| d.winsorised_mean)),
        pace: paced.then(|| median(&paces)),
        launches: judgement.launches,
        verdict: judgement.verdict,
    }
}

/// Both sides of a point's interval together.
const CONFIDENCE: f64 = 0.99;
