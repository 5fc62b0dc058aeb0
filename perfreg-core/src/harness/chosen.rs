//! Which metrics of a test are judged, and on which clock.

use crate::error::Error;
use crate::judge::choose_clock;
use crate::model::{Health, Launch, Metric};

/// What the attribute lists; else the time, the allocations if they were counted, and whatever the
/// test recorded itself.
pub(super) fn wanted(listed: Option<&[&str]>, launch: &Launch) -> Vec<String> {
    if let Some(listed) = listed {
        return listed.iter().map(|name| (*name).to_owned()).collect();
    }
    let measured = |name: &str| launch.series(name).is_some();
    let mut names = Vec::new();
    if measured(Metric::WALL_TIME) {
        names.push(Metric::TIME.to_owned());
    }
    if measured(Metric::ALLOCATIONS) {
        names.push(Metric::ALLOCATIONS.to_owned());
    }
    let own =
        launch.series.iter().map(|series| &series.metric).filter(|metric| !metric.is_reserved());
    names.extend(own.map(|metric| metric.name.clone()));
    names
}

/// The metrics to judge of these launches: what `listed` names, else the time, the allocations and
/// what the test recorded; the time on the clock that fits the launches of both sides.
///
/// # Errors
/// If a launch lacks one of them.
pub fn metrics_of(listed: Option<&[&str]>, launches: &[Launch]) -> Result<Vec<Metric>, Error> {
    let Some(first) = launches.first() else { return Ok(Vec::new()) };
    let metric = |name: &String| match name.as_str() {
        Metric::TIME => clock_of(launches),
        name => find_metric(name, launches),
    };
    wanted(listed, first).iter().map(metric).collect()
}

/// The clock that fits the work, with what there is to say about it.
pub(super) fn clock(launches: &[Launch]) -> Result<(Metric, Option<&'static str>), Error> {
    let only_wall = |launch: &Launch| launch.series(Metric::THREAD_CPU_TIME).is_none();
    if launches.iter().any(only_wall) {
        return Ok((find_metric(Metric::WALL_TIME, launches)?, None));
    }
    let healths: Vec<Health> = launches.iter().map(|launch| launch.health).collect();
    let choice = choose_clock(&healths);
    Ok((find_metric(choice.metric(), launches)?, choice.note()))
}

/// The clock that fits the work.
pub(super) fn clock_of(launches: &[Launch]) -> Result<Metric, Error> {
    clock(launches).map(|(metric, _)| metric)
}

/// The metric called `name`.
///
/// # Errors
/// If a launch lacks it.
pub(super) fn find_metric(name: &str, launches: &[Launch]) -> Result<Metric, Error> {
    let in_all = launches.iter().all(|launch| launch.series(name).is_some());
    match launches.first().and_then(|launch| launch.series(name)) {
        Some(series) if in_all => Ok(series.metric.clone()),
        _ => Err(Error::usage(match Metric::time(name).is_allocator_count() {
            true => format!(
                "metric `{name}` needs a counting allocator in the test target: `#[global_allocator] static ALLOC: perfreg::AllocCounter = perfreg::AllocCounter::system();`"
            ),
            false => format!(
                "metric `{name}` is asked for, but the test does not record it in every launch"
            ),
        })),
    }
}
