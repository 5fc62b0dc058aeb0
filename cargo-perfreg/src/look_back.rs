//! From an index to what happened to each series: the steps, analysed where they are not known yet.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use perfreg_core::{Metric, TestId};

use crate::error::Error;
use crate::history::{Digest, Epoch, Point, SeriesKey, SeriesRow, Store};
use crate::trend::{Change, Policy, VERSION, changes, on_all_cores};

/// A series with what happened to it.
pub(crate) struct Told {
    /// Which, and what its values mean.
    pub(crate) key: SeriesKey,
    pub(crate) metric: Metric,
    /// Its points, the oldest first.
    pub(crate) points: Vec<Point>,
    /// Its epochs, the oldest first.
    pub(crate) epochs: Vec<Epoch>,
    /// Its steps, the oldest first.
    pub(crate) changes: Vec<Change>,
    /// Whether they had to be found, or were known from before.
    pub(crate) source: Source,
}

/// Where the steps of a series come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Analysed now.
    Analysed,
    /// Kept from an analysis of the same points.
    Kept,
}

/// Series in memory at once.
const BATCH: usize = 512;

/// The series of these tests in `store`, or of all, of runs on `branch`, or on any.
///
/// Only series whose points or epochs are others than at the last analysis are analysed again.
///
/// # Errors
/// If the store cannot be read or written to.
pub(crate) fn tell(
    store: &mut dyn Store,
    tests: Option<&[TestId]>,
    branch: Option<&str>,
) -> Result<Vec<Told>, Error> {
    let policy = Policy::default();
    let series: Vec<SeriesRow> = store.series(tests)?;
    let mut told = Vec::new();
    for batch in series.chunks(BATCH) {
        let mut found = Vec::new();
        for row in batch {
            let epochs = store.epochs(&row.key)?;
            let state = state(row, &epochs, &policy, branch);
            let kept = store.kept(&row.key, &state)?;
            let kept = kept.and_then(|text| serde_json::from_str::<Vec<Change>>(&text).ok());
            let mut points = store.points(&row.key)?;
            points.retain(|point| branch.is_none() || branch_of(point) == branch);
            found.push((row, epochs, state, kept, points));
        }
        let all = on_all_cores(&found, |(row, epochs, _, kept, points)| match kept {
            Some(kept) => kept.clone(),
            None => changes(points, epochs, row.metric.direction, &policy),
        });
        let new = found.iter().zip(&all).filter(|((_, _, _, kept, _), _)| kept.is_none());
        let text = |changes| serde_json::to_string(changes).expect("plain data, finite numbers");
        let keep: Vec<_> = new
            .map(|((row, _, state, ..), changes)| (row.key.clone(), state.clone(), text(changes)))
            .collect();
        store.keep(&keep)?;
        told.extend(found.into_iter().zip(all).map(|((row, epochs, _, kept, points), changes)| {
            let source = if kept.is_some() { Source::Kept } else { Source::Analysed };
            let (key, metric) = (row.key.clone(), row.metric.clone());
            Told { key, metric, points, epochs, changes, source }
        }));
    }
    told.sort_by(|a, b| {
        let of_test = |told: &Told| told.key.id.clone();
        of_test(a).cmp(&of_test(b)).then_with(|| by_size(&a.key.case, &b.key.case))
    });
    Ok(told)
}

/// Cases that are numbers first, in their order; others as text.
fn by_size(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => one.cmp(other),
    }
}

fn branch_of(point: &Point) -> Option<&str> {
    point.revision.as_ref()?.branch.as_deref()
}

/// Everything that the steps of a series depend on, in words.
fn state(row: &SeriesRow, epochs: &[Epoch], policy: &Policy, branch: Option<&str>) -> String {
    let since: Vec<&str> = epochs.iter().map(|epoch| epoch.since.as_str()).collect();
    let SeriesRow { points, last, .. } = row;
    format!("{VERSION} {policy:?} {points} {last} {since:?} {branch:?}")
}

/// The runs among `surplus` that must stay for the epochs to have a beginning, and for every step to
/// be found again without the rest.
///
/// # Errors
/// If the store cannot be read or written to.
pub(crate) fn indispensable(
    store: &mut dyn Store,
    surplus: &BTreeSet<Digest>,
) -> Result<BTreeSet<Digest>, Error> {
    let mut stays = BTreeSet::new();
    for told in tell(store, None, None)? {
        let Told { points, epochs, changes: steps, .. } = &told;
        let begins = |epoch: &Epoch| points.iter().find(|point| point.time >= epoch.since);
        stays.extend(epochs.iter().filter_map(begins).map(|point| point.run.clone()));
        let sides = steps.iter().flat_map(|step| [&step.run_before, &step.run]);
        stays.extend(sides.filter_map(|run| Digest::parse(run)));
        let goes = |point: &Point| surplus.contains(&point.run) && !stays.contains(&point.run);
        let rest: Vec<Point> = points.iter().filter(|point| !goes(point)).cloned().collect();
        if rest.len() < points.len() {
            let found = changes(&rest, epochs, told.metric.direction, &Policy::default());
            let is_lost = |step: &&Change| !found.iter().any(|other| other.run == step.run);
            for lost in steps.iter().filter(is_lost) {
                stays.extend(levels_beside(lost, points, steps).iter().map(|p| p.run.clone()));
            }
        }
    }
    Ok(stays)
}

/// The points of the level before a step and of the one after it.
fn levels_beside<'a>(step: &Change, points: &'a [Point], steps: &[Change]) -> &'a [Point] {
    let earlier = steps.iter().rev().find(|other| other.since < step.since);
    let later = steps.iter().find(|other| other.since > step.since);
    let at = |step: &Change| points.partition_point(|point| point.time < step.since);
    &points[earlier.map_or(0, at)..later.map_or(points.len(), at)]
}
