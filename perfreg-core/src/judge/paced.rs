//! The gate's rule for CPU time: a change must show in the time and in the time at the CPU's pace.
//!
//! A CPU that is shared changes under a program: its clock frequency moves by some percent from run
//! to run, and a neighbour on the same core costs half the speed of code that uses it well. Launches
//! that say they were crowded are set aside, whatever they measured, unless hardly any others are
//! left. Of the others each is judged twice, as time and as time relative to a fixed chain of
//! operations that ran between its samples.
//! Work that computes scales with the chain, work that waits for memory does not. Where the times
//! follow the chain from launch to launch, the second look decides; else a change must show in both,
//! as a change of the code does.

use std::collections::BTreeMap;

use crate::judge::stored::{Decision, Look, StoredPolicy, judge_stored};
use crate::model::{Change, Pace};
use crate::stats::{mad, median};

/// What stands for one launch.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LaunchValue {
    /// The value, in the unit of the metric.
    pub value: f64,
    /// How fast the CPU was, where that is known and matters.
    pub pace: Option<Pace>,
    /// Which session of its side it is of, counted from 0.
    pub session: usize,
    /// Whether the value is that of every sample of the launch.
    pub within: Within,
}

/// Whether the samples of a launch are one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Within {
    /// They are, as far as is known.
    Same,
    /// They are not.
    Varying,
}

impl LaunchValue {
    /// A launch of the first session.
    pub fn new(value: f64, pace: Option<Pace>) -> Self {
        Self { value, pace, session: 0, within: Within::Same }
    }

    /// The same launch, of another session.
    #[must_use]
    pub fn in_session(self, session: usize) -> Self {
        Self { session, ..self }
    }
}

/// Fewer launches than these are no ground for a verdict.
const ENOUGH: usize = 5;

/// The launches of both sides that had their core for themselves.
///
/// Where hardly any baseline launch had, all of them are taken as they are.
pub fn undisturbed(
    baseline: &[LaunchValue],
    current: &[LaunchValue],
) -> (Vec<LaunchValue>, Vec<LaunchValue>) {
    let is_crowded = crowding(baseline, current);
    let alone = |launches: &[LaunchValue]| -> Vec<LaunchValue> {
        launches.iter().filter(|launch| !is_crowded(launch)).copied().collect()
    };
    let before = alone(baseline);
    let before = if before.len() < ENOUGH.min(baseline.len()) { baseline.to_vec() } else { before };
    (before, alone(current))
}

/// Which of the current launches did not, as positions among them.
pub fn crowded(baseline: &[LaunchValue], current: &[LaunchValue]) -> Vec<usize> {
    let is_crowded = crowding(baseline, current);
    current.iter().enumerate().filter(|(_, l)| is_crowded(l)).map(|(at, _)| at).collect()
}

/// Tells launches that shared their core from the others, by the least crowding that both sides know of.
fn crowding(baseline: &[LaunchValue], current: &[LaunchValue]) -> impl Fn(&LaunchValue) -> bool {
    let least = Pace::least_crowding(baseline.iter().chain(current).filter_map(|l| l.pace));
    move |launch| launch.pace.is_some_and(|pace| pace.is_crowded(least))
}

/// Judges launches against a baseline's launches.
///
/// # Panics
/// If a side has no launches.
pub fn judge_paced(
    baseline: &[LaunchValue],
    current: &[LaunchValue],
    policy: &StoredPolicy,
) -> Look {
    let (before, now) = undisturbed(baseline, current);
    if let Some(why) = too_crowded(now.len(), current.len()) {
        let is_crowded = crowding(baseline, current);
        if before.iter().any(is_crowded) {
            let look = judge_stored(&by_session(&before, time), &times(current), policy);
            return Look { decision: Decision::Undecided, why, ..look };
        }
        return beside_a_neighbour(&before, current, policy, why);
    }
    let look = judge_stored(&by_session(&before, time), &times(&now), policy);
    let look = match (paced(&before), paced(&now)) {
        (Some(paced_before), Some(paced_now)) => {
            let paced = judge_stored(&by_session(&before, at_its_pace), &paced_now, policy);
            let follows =
                spread(&paced_before, &paced_now) < FOLLOWS * spread(&times(&before), &times(&now));
            if follows { at_pace(&look, paced) } else { both(look, &paced) }
        }
        _ => look,
    };
    match current.len() - now.len() {
        0 => look,
        crowded => {
            let s = if crowded == 1 { "" } else { "es" };
            let why =
                format!("{}; set aside {crowded} launch{s} beside a busy neighbour", look.why);
            Look { why, ..look }
        }
    }
}

/// Slower than this many times its speed alone nothing was seen beside a neighbour: 7,000 launches of
/// twelve cases took up to 1.98 times as long.
pub const MOST_A_NEIGHBOUR_COSTS: f64 = 3.0;

/// What `current` can still say beside `before`, where too few launches had their core for themselves,
/// as `crowded` says.
///
/// A neighbour makes slower, and never faster: what is not worse beside one is not worse, and what is
/// worse by more than any neighbour costs is worse. What is better is better, but by how much only
/// launches without a neighbour tell.
fn beside_a_neighbour(
    before: &[LaunchValue],
    current: &[LaunchValue],
    policy: &StoredPolicy,
    crowded: String,
) -> Look {
    let decided = |of: fn(&LaunchValue) -> f64| {
        let before = by_session(before, of);
        let now: Vec<f64> = current.iter().map(of).collect();
        let relieved: Vec<f64> = now.iter().map(|value| value / MOST_A_NEIGHBOUR_COSTS).collect();
        let decision = |now: &[f64]| judge_stored(&before, now, policy).decision;
        match (decision(&now), decision(&relieved)) {
            (Decision::Worse, Decision::Worse) => Decision::Worse,
            (not_worse @ (Decision::Same | Decision::Better), _) => not_worse,
            _ => Decision::Undecided,
        }
    };
    let look = judge_stored(&by_session(before, time), &times(current), policy);
    // Without paces nobody knows whether the baseline itself was crowded.
    let at_pace = paced(before).and(paced(current)).map(|_| decided(at_its_pace));
    let (decision, why) = match (decided(time), at_pace) {
        (Decision::Worse, Some(Decision::Worse)) => {
            let why = format!("{}, by more than a neighbour can cost, though {crowded}", look.why);
            (Decision::Worse, why)
        }
        (Decision::Better, Some(Decision::Better)) => {
            let why = format!("{}, but by how much is not known: {crowded}", look.why);
            (Decision::Undecided, why)
        }
        (Decision::Same | Decision::Better, Some(Decision::Same | Decision::Better)) => {
            (Decision::Same, format!("{}, though {crowded}", look.why))
        }
        _ => (Decision::Undecided, crowded),
    };
    Look { decision, why, ..look }
}

/// How many of `all` launches are looked at, of which `alone` had their core for themselves: where too
/// few had, all of them.
pub fn looked_at(alone: usize, all: usize) -> usize {
    if too_crowded(alone, all).is_some() { all } else { alone }
}

/// Why `alone` undisturbed launches of `all` are no ground for a verdict or a baseline, if so.
pub fn too_crowded(alone: usize, all: usize) -> Option<String> {
    (alone < ENOUGH.min(all)).then(|| {
        format!("{} of {all} launches shared their core with a busy neighbour", all - alone)
    })
}

fn time(launch: &LaunchValue) -> f64 {
    launch.value
}

/// In chains of operations, where the pace is known.
pub(super) fn at_its_pace(launch: &LaunchValue) -> f64 {
    launch.pace.map_or(launch.value, |pace| launch.value / pace.chain_ns)
}

fn times(launches: &[LaunchValue]) -> Vec<f64> {
    launches.iter().map(time).collect()
}

/// The values in chains of operations; `None` if one of them has no pace.
fn paced(launches: &[LaunchValue]) -> Option<Vec<f64>> {
    launches.iter().map(|launch| launch.pace.map(|_| at_its_pace(launch))).collect()
}

/// What `of` makes of the launches, session by session.
fn by_session(launches: &[LaunchValue], of: fn(&LaunchValue) -> f64) -> Vec<Vec<f64>> {
    let mut sessions: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for launch in launches {
        sessions.entry(launch.session).or_default().push(of(launch));
    }
    sessions.into_values().collect()
}

/// Times follow the chain if taking it off leaves less than this share of their spread: two thirds
/// of the work and more scale with the clock then.
const FOLLOWS: f64 = 0.5;

/// How much the launches of each side differ among themselves, as a share.
fn spread(before: &[f64], now: &[f64]) -> f64 {
    let around_their_median = |values: &[f64]| -> Vec<f64> {
        let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        let middle = median(&logs);
        logs.iter().map(|log| log - middle).collect()
    };
    let mut all = around_their_median(before);
    all.extend(around_their_median(now));
    mad(&all)
}

/// What `paced` says, with the times themselves for the reader.
fn at_pace(time: &Look, paced: Look) -> Look {
    const WORTH_A_WORD: f64 = 0.01;
    let estimate = |change: &Option<Change>| change.map_or(0.0, |change| change.estimate);
    let clock = (1.0 + estimate(&time.change)) / (1.0 + estimate(&paced.change)) - 1.0;
    let direction = if clock > 0.0 { "slower" } else { "faster" };
    let why = if clock.abs() < WORTH_A_WORD {
        paced.why
    } else {
        let percent = clock.abs() * 100.0;
        format!("{}; the CPU runs {percent:.1} % {direction} now, which is taken off", paced.why)
    };
    Look { baseline: time.baseline, current: time.current, why, ..paced }
}

/// What `time` says, if `paced` does not contradict it.
fn both(time: Look, paced: &Look) -> Look {
    use Decision::{Same, Undecided};
    let decision = match (time.decision, paced.decision) {
        (one, other) if one == other => one,
        (Undecided, Decision::Worse) | (Decision::Worse, Undecided) => Undecided,
        _ => Same,
    };
    if decision == time.decision {
        return Look { decision, ..time };
    }
    let percent = |look: &Look| look.change.map_or(0.0, |change| change.estimate * 100.0);
    let why = format!(
        "{}, at the CPU's own pace ({:+.1} % as time, {:+.1} % relative to a fixed chain of operations)",
        paced.why,
        percent(&time),
        percent(paced)
    );
    Look { decision, why, ..time }
}

#[cfg(test)]
mod tests {
    use super::{LaunchValue, judge_paced};
    use crate::judge::stored::Decision::{self, Better, Same, Undecided, Worse};
    use crate::judge::stored::StoredPolicy;
    use crate::model::Direction::LowerIsBetter;
    use crate::model::Pace;

    /// Launches of work that takes `work` chains on a CPU whose chain takes `chain_ns`, each with
    /// half a percent of noise, and every `nth` one beside a neighbour.
    fn launches(work: f64, chain_ns: f64, nth: usize) -> Vec<LaunchValue> {
        (0..10)
            .map(|i| {
                let crowded = nth > 0 && i % nth == 0;
                let noise = 1.0 + 0.005 * ((i * 7 % 10) as f64 / 9.0 - 0.5);
                let (slower, crowding) = if crowded { (1.5, 1.4) } else { (1.0, 1.11) };
                let pace = Pace { chain_ns, crowding, at_best: 1.10 };
                LaunchValue::new(work * chain_ns * noise * slower, Some(pace))
            })
            .collect()
    }

    /// The same launches on a clock that moves by a percent from one to the next.
    fn on_a_moving_clock(launches: Vec<LaunchValue>) -> Vec<LaunchValue> {
        let moved = |(i, launch): (usize, LaunchValue)| {
            let by = 1.0 + 0.01 * ((i * 3 % 10) as f64 - 4.5);
            let pace = launch.pace.map(|pace| Pace { chain_ns: pace.chain_ns * by, ..pace });
            LaunchValue::new(launch.value * by, pace)
        };
        launches.into_iter().enumerate().map(moved).collect()
    }

    fn check(baseline: &[LaunchValue], current: &[LaunchValue], expected: Decision) -> String {
        let policy = StoredPolicy::new(0.05, LowerIsBetter);
        let look = judge_paced(baseline, current, &policy);
        assert_eq!(look.decision, expected, "{look:?}");
        look.why
    }

    #[test]
    fn a_slower_clock_does_not_convict() {
        let baseline = launches(10.0, 1800.0, 0);
        check(&baseline, &launches(10.0, 1800.0, 0), Same);
        let why = check(&baseline, &launches(10.0, 1950.0, 0), Same);
        assert!(why.contains("+8.3 % as time, +0.0 % relative"), "{why}");
        check(&baseline, &launches(11.0, 1800.0, 0), Worse);
        check(&baseline, &launches(11.0, 1950.0, 0), Worse);
        check(&baseline, &launches(9.0, 1800.0, 0), Better);
        // A faster clock may hide a change, and does not turn it into its opposite.
        check(&baseline, &launches(11.0, 1600.0, 0), Same);
    }

    #[test]
    fn work_that_follows_the_clock_is_judged_at_its_pace_alone() {
        let baseline = on_a_moving_clock(launches(10.0, 1800.0, 0));
        let current = |work, chain| on_a_moving_clock(launches(work, chain, 0));
        check(&baseline, &current(10.0, 1950.0), Same);
        let why = check(&baseline, &current(11.0, 1650.0), Worse);
        assert!(why.contains("the CPU runs 8.3 % faster now"), "{why}");
        check(&baseline, &current(9.0, 1950.0), Better);
    }

    #[test]
    fn work_that_does_not_must_differ_in_both() {
        // The clock moves, and the times do not.
        let fixed = |work: f64, chain_ns: f64| -> Vec<LaunchValue> {
            let clocks = on_a_moving_clock(launches(work, chain_ns, 0));
            let of_both = |(launch, clock): (LaunchValue, LaunchValue)| LaunchValue {
                pace: clock.pace,
                ..launch
            };
            launches(work, 1800.0, 0).into_iter().zip(clocks).map(of_both).collect()
        };
        check(&fixed(10.0, 1800.0), &fixed(10.0, 1600.0), Same);
        check(&fixed(10.0, 1800.0), &fixed(12.0, 1800.0), Worse);
    }

    #[test]
    fn crowded_launches_are_set_aside() {
        let baseline = launches(10.0, 1800.0, 3);
        let why = check(&baseline, &launches(10.0, 1800.0, 2), Same);
        assert!(why.contains("set aside 5 launches beside a busy"), "{why}");
        check(&baseline, &launches(11.0, 1800.0, 2), Worse);
        let why = check(&baseline, &launches(11.0, 1800.0, 1), Undecided);
        assert!(why.contains("10 of 10 launches shared their core"), "{why}");
    }

    #[test]
    fn a_neighbour_makes_slower_and_never_faster() {
        let baseline = launches(10.0, 1800.0, 3);
        // Each of these took half as long again as it would have alone.
        let why = check(&baseline, &launches(6.7, 1800.0, 1), Same);
        assert!(why.contains("within the threshold of 5.0 %, though 10 of 10"), "{why}");
        let why = check(&baseline, &launches(6.0, 1800.0, 1), Undecided);
        assert!(why.contains("5.0 %, but by how much is not known: 10 of 10"), "{why}");
        check(&baseline, &launches(18.0, 1800.0, 1), Undecided);
        let why = check(&baseline, &launches(40.0, 1800.0, 1), Worse);
        assert!(why.contains("by more than a neighbour can cost, though 10 of 10"), "{why}");
        // What is not slower on a faster clock may be.
        check(&baseline, &launches(7.4, 1630.0, 1), Undecided);
        // A crowd on both sides tells nothing of what either is alone.
        let crowd = launches(10.0, 1800.0, 1);
        check(&crowd, &launches(6.0, 1800.0, 1), Undecided);
    }

    #[test]
    fn without_a_pace_the_time_decides() {
        let unknown = |launches: Vec<LaunchValue>| -> Vec<LaunchValue> {
            launches.into_iter().map(|launch| LaunchValue { pace: None, ..launch }).collect()
        };
        let baseline = unknown(launches(10.0, 1800.0, 0));
        check(&baseline, &launches(10.0, 1950.0, 0), Worse);
        check(&baseline, &unknown(launches(10.0, 1800.0, 0)), Same);
    }
}
