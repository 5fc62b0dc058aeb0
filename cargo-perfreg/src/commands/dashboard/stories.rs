//! The series of the history, with what their newest runs tell.

use std::collections::{BTreeMap, BTreeSet};

use perfreg_core::Metric;
use perfreg_core::model::{Case, Run};

use crate::commands::dashboard::reader::Reader;
use crate::commands::trend::{change, severity};
use crate::config::Severities;
use crate::dashboard::{Recent, Story};
use crate::error::Error;
use crate::history::Digest;
use crate::look_back::Told;
use crate::trend::{Change, State};

/// Newest runs of a test whose launches are drawn one by one.
const RECENT: usize = 10;
/// Documents that are read for that, in all.
const MOST_READ: usize = 1_000;

/// The series with what their newest runs tell, test by test, since a run has all series of a test.
///
/// # Errors
/// If the store gives no answer.
pub(super) fn stories<'a>(
    reader: &mut Reader<'_>,
    told: &'a [Told],
    severities: &Severities,
) -> Result<Vec<Story<'a>>, Error> {
    let mut stories = Vec::new();
    let mut room = MOST_READ;
    for of_test in told.chunk_by(|one, other| one.key.id == other.key.id) {
        let runs = newest(reader, of_test, room)?;
        room -= runs.len();
        stories.extend(of_test.iter().map(|told| story(told, &runs, severities)));
    }
    Ok(stories)
}

/// The newest runs of the series of a test, as far as there is room.
///
/// # Errors
/// If the store gives no answer.
fn newest(
    reader: &mut Reader<'_>,
    of_test: &[Told],
    room: usize,
) -> Result<BTreeMap<Digest, Run>, Error> {
    let newest = of_test.iter().flat_map(|told| told.points.iter().rev().take(RECENT));
    let digests: BTreeSet<Digest> = newest.map(|point| point.run.clone()).collect();
    let read = |digest: Digest| Some(reader.read(&digest).transpose()?.map(|run| (digest, run)));
    digests.into_iter().take(room).filter_map(read).collect()
}

/// A series with what its newest runs tell of it.
fn story<'a>(told: &'a Told, runs: &BTreeMap<Digest, Run>, severities: &Severities) -> Story<'a> {
    let of_point = |at: usize| -> Option<&Case> {
        let run = runs.get(&told.points[at].run)?;
        run.cases.iter().find(|case| case.name == told.key.case)
    };
    let from = told.points.len().saturating_sub(RECENT);
    let recent = (from..told.points.len()).filter_map(|at| {
        let values = launches(of_point(at)?, &told.metric);
        (values.len() > 1).then_some(Recent { at, values })
    });
    let newest = of_point(told.points.len() - 1).and_then(|case| {
        case.judgements.iter().find(|judgement| judgement.metric.name == told.key.metric)
    });
    let words = |step: &Change| {
        let grave = || severity(&told.metric, step, severities).to_string();
        (change(told, step, severities), (step.state == State::Open).then(grave))
    };
    Story {
        told,
        words: told.changes.iter().map(words).collect(),
        baseline: newest.and_then(|judgement| judgement.baseline),
        threshold: newest.map(|judgement| judgement.threshold),
        recent: recent.collect(),
    }
}

/// A value a launch.
pub(super) fn launches(case: &Case, metric: &Metric) -> Vec<f64> {
    let stats = case.launches.iter().filter_map(|launch| launch.stats(&metric.name));
    stats.map(|stats| stats.representative(metric)).collect()
}
