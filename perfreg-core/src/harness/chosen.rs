//! Which metrics of a test are judged, and on which clocks.

use crate::error::Error;
use crate::judge::{ClockChoice, choose_common_clock};
use crate::model::{Health, Launch, Metric, Tail};

/// What the attribute lists; else the time, the allocations if they were counted, and whatever the
/// test recorded itself, but for what a device tells of its own.
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
    let is_own = |metric: &&Metric| !metric.is_reserved() && !metric.is_reading_of_device();
    let own = launch.series.iter().map(|series| &series.metric).filter(is_own);
    names.extend(own.map(|metric| metric.name.clone()));
    names
}

/// The metrics to judge of launches that are compared, those of each side apart: what `listed` names,
/// else the time, the allocations and what the test recorded; the time on the clocks that fit the work
/// of all sides. What a device could not tell in every launch is left out.
///
/// # Errors
/// If a launch lacks one of them.
pub fn metrics_of(listed: Option<&[&str]>, sides: &[&[Launch]]) -> Result<Vec<Metric>, Error> {
    let launches = || sides.iter().copied().flatten();
    let Some(first) = launches().next() else { return Ok(Vec::new()) };
    let mut metrics = Vec::new();
    for name in wanted(listed, first) {
        let clocks = || clocks(sides).metrics().iter();
        let mut add = |metric: Metric| {
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        };
        match (name.as_str(), Tail::named(&name)) {
            (Metric::TIME, _) => {
                for clock in clocks() {
                    add(find_metric(clock, launches())?);
                }
            }
            (Metric::INSTRUCTIONS, _) => counted_instructions(sides).into_iter().for_each(add),
            _ if Metric::tells_device(&name) => {
                find_metric(&name, launches()).into_iter().for_each(add);
            }
            (_, Some(tail)) => {
                if let Some(clock) = clocks().next_back() {
                    add(find_metric(&tail.metric(clock).name, launches())?);
                }
            }
            _ => add(find_metric(&name, launches())?),
        }
    }
    Ok(metrics)
}

/// The clocks that fit the work of all sides, with what there is to say about them.
pub(super) fn clocks(sides: &[&[Launch]]) -> Clocks {
    let all_have =
        |name: &str| sides.iter().copied().flatten().all(|launch| launch.series(name).is_some());
    if !all_have(Metric::THREAD_CPU_TIME) {
        return Clocks::OnlyWall;
    }
    let healths = |side: &&[Launch]| side.iter().map(|launch| launch.health).collect();
    let sides: Vec<Vec<Health>> = sides.iter().map(healths).collect();
    let choice = choose_common_clock(&sides);
    match choice.metrics().iter().all(|name| all_have(name)) {
        true => Clocks::Of(choice),
        false => Clocks::OnlyWall,
    }
}

/// Which clocks are judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clocks {
    /// There is no other: the system has none, or the work timed itself.
    OnlyWall,
    /// Those that fit the work.
    Of(ClockChoice),
}

impl Clocks {
    pub(super) fn metrics(self) -> &'static [&'static str] {
        match self {
            Clocks::OnlyWall => &[Metric::WALL_TIME],
            Clocks::Of(choice) => choice.metrics(),
        }
    }
}

/// The count of instructions that all sides have in some of their launches, if there is one.
pub(super) fn counted_instructions(sides: &[&[Launch]]) -> Option<Metric> {
    let has = |side: &&[Launch], name: &str| side.iter().any(|one| one.series(name).is_some());
    let is_common = |name: &&str| sides.iter().all(|side| has(side, name));
    let counts = [Metric::RETIRED_INSTRUCTIONS, Metric::SIMULATED_INSTRUCTIONS];
    counts.into_iter().find(is_common).and_then(Metric::built_in)
}

/// The one clock that tells how long a call is for its caller.
///
/// # Errors
/// If a launch lacks it.
pub(super) fn clock_of(launches: &[Launch]) -> Result<Metric, Error> {
    let metrics = clocks(&[launches]).metrics();
    find_metric(metrics.last().expect("some clock is judged"), launches)
}

/// The metric called `name`.
///
/// # Errors
/// If a launch lacks it.
pub(super) fn find_metric<'a>(
    name: &str,
    launches: impl IntoIterator<Item = &'a Launch> + Clone,
) -> Result<Metric, Error> {
    let in_all = launches.clone().into_iter().all(|launch| launch.series(name).is_some());
    match launches.into_iter().next().and_then(|launch| launch.series(name)) {
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

#[cfg(test)]
mod tests {
    use super::metrics_of;
    use crate::harness::made_up::{PROCESS, THREAD, WALL, alone, launches, threads, waits};
    use crate::model::{Launch, Metric};

    #[test]
    fn the_clocks_fit_the_work_of_both_sides() {
        let check = |before: &[Launch], now: &[Launch], expected: &[&str]| {
            let metrics = metrics_of(None, &[before, now]).unwrap();
            let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
            assert_eq!(names, expected);
        };
        let (alone, threads, waits) = (alone(100.0), threads(60.0, 110.0), waits(100.0));
        check(&alone, &alone, &[THREAD]);
        check(&alone, &threads, &[PROCESS, WALL]);
        check(&threads, &alone, &[PROCESS, WALL]);
        check(&waits, &waits, &[WALL]);
        check(&launches(&[(WALL, 1.0)]), &threads, &[WALL]);
        check(&[], &[], &[]);
        let listed = [Metric::TIME, WALL, THREAD];
        let metrics = metrics_of(Some(&listed), &[&threads, &threads]).unwrap();
        let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(names, [PROCESS, WALL, THREAD]);
    }

    #[test]
    fn what_is_listed_twice_is_judged_once() {
        let counted =
            [(WALL, 1.0), (Metric::RETIRED_INSTRUCTIONS, 9.0), (Metric::DEVICE_ENERGY, 2.0)];
        let launches = launches(&counted);
        let check = |listed: [&str; 2], expected: &str| {
            let metrics = metrics_of(Some(&listed), &[&launches, &launches]).unwrap();
            let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
            assert_eq!(names, [expected], "{listed:?}");
        };
        let (energy, retired) = (Metric::DEVICE_ENERGY, Metric::RETIRED_INSTRUCTIONS);
        check([energy, energy], energy);
        check([retired, Metric::INSTRUCTIONS], retired);
        check([WALL, Metric::TIME], WALL);
    }
}
