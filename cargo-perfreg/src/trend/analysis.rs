//! What happened to a series of a history: its steps, told by commits, and whether they are settled.

use perfreg_core::Direction;
use perfreg_core::model::Revision;
use perfreg_core::stats::{mad, median};
use serde::{Deserialize, Serialize};

use crate::history::{Epoch, Point};
use crate::trend::steps::{Policy, Step, steps};

/// Counts up with every change of what an analysis finds, so that kept ones are not believed.
pub(crate) const VERSION: u32 = 1;

/// A step of a series, told by commits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    /// When the first run of the new level began.
    pub(crate) since: String,
    /// The last commit that is surely of the level before, with a confidence of 99 %.
    pub(crate) after_commit: Option<String>,
    /// The first commit that is surely of the new level.
    pub(crate) by_commit: Option<String>,
    /// The commit at which the new level most likely begins.
    pub(crate) first: Option<Revision>,
    /// The run of that commit.
    pub(crate) run: String,
    /// The last run before.
    pub(crate) run_before: String,
    /// The levels, in the unit of the metric.
    pub(crate) before: f64,
    pub(crate) after: f64,
    /// The relative change with its 99 % interval: 0.1 is +10 %. None from zero.
    pub(crate) change: Option<f64>,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// How likely chance makes such a step in its neighbourhood.
    pub(crate) p: f64,
    /// Whether it is for the worse, and settled.
    pub(crate) state: State,
}

/// What is to be thought of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// For the worse, and it still is.
    Open,
    /// For the worse, but most of it is gone since.
    Recovered,
    /// For the worse, before a change was accepted.
    Settled,
    /// For the better.
    Improved,
}

/// The steps of `points`, the oldest first. Statistics restart with every epoch: what was before
/// an accepted change is no measure of what came after it.
pub(crate) fn changes(
    points: &[Point],
    epochs: &[Epoch],
    direction: Direction,
    policy: &Policy,
) -> Vec<Change> {
    let mut begins: Vec<usize> = epochs
        .iter()
        .map(|epoch| points.partition_point(|point| point.time < epoch.since))
        .collect();
    begins.extend([0, points.len()]);
    begins.sort_unstable();
    begins.dedup();
    let mut changes = Vec::new();
    for stretch in begins.windows(2) {
        let points_of = &points[stretch[0]..stretch[1]];
        let is_last = stretch[1] == points.len();
        let found = steps(&at_pace(points_of), policy);
        changes.extend(found.iter().map(|step| {
            let state = state(step, &found, direction, is_last);
            change(step, points_of, state)
        }));
    }
    changes
}

/// The values; at the pace of the CPU's fixed chain of operations where that takes away most of what
/// one differs from the next, as the gate does within a run.
fn at_pace(points: &[Point]) -> Vec<f64> {
    const FOLLOWS: f64 = 0.5;
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let paces: Option<Vec<f64>> = points.iter().map(|point| point.pace).collect();
    let Some(paces) = paces.filter(|paces| paces.iter().all(|pace| *pace > 0.0)) else {
        return values;
    };
    if values.len() < 2 || values.iter().any(|value| *value <= 0.0) {
        return values;
    }
    let typical = median(&paces);
    let paced: Vec<f64> =
        values.iter().zip(&paces).map(|(value, pace)| value / pace * typical).collect();
    let roughness = |values: &[f64]| {
        let jumps: Vec<f64> = values.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
        mad(&jumps)
    };
    if roughness(&paced) < FOLLOWS * roughness(&values) { paced } else { values }
}

fn state(step: &Step, all: &[Step], direction: Direction, is_last: bool) -> State {
    let worse_by = |from: f64, to: f64| match direction {
        Direction::LowerIsBetter => to - from,
        Direction::HigherIsBetter => from - to,
    };
    let worse = worse_by(step.before, step.after);
    if worse <= 0.0 {
        return State::Improved;
    }
    if !is_last {
        return State::Settled;
    }
    let now = all.last().map_or(step.after, |last| last.after);
    match worse_by(step.before, now) > worse / 2.0 {
        true => State::Open,
        false => State::Recovered,
    }
}

fn change(step: &Step, points: &[Point], state: State) -> Change {
    let commit = |at: usize| points[at].revision.as_ref().map(|revision| revision.commit.clone());
    let finite = |number: f64| Some(number).filter(|number| number.is_finite());
    Change {
        since: points[step.at].time.clone(),
        after_commit: commit(step.within.0 - 1),
        by_commit: commit(step.within.1),
        first: points[step.at].revision.clone(),
        run: points[step.at].run.to_string(),
        run_before: points[step.at - 1].run.to_string(),
        before: step.before,
        after: step.after,
        change: finite(step.change),
        low: finite(step.low),
        high: finite(step.high),
        p: step.p,
        state,
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict;

    use super::*;
    use crate::history::Digest;
    use crate::testing::{Random, judgement, run};

    /// Points of a day each, on these levels, with one percent of noise.
    fn points(of: &[(usize, f64)]) -> Vec<Point> {
        let mut random = Random::new(21);
        let levels = of.iter().flat_map(|(length, level)| std::iter::repeat_n(*level, *length));
        let point = |(at, level): (usize, f64)| Point {
            run: Digest::of(&at.to_le_bytes()),
            revision: None,
            time: format!("2026-01-01T{:02}:{:02}:00Z", at / 60, at % 60),
            value: level * (1.0 + 0.01 * random.normal()),
            low: None,
            high: None,
            median: None,
            q10: None,
            mean: None,
            pace: None,
            launches: 10,
            verdict: Verdict::Unchanged,
        };
        levels.enumerate().map(point).collect()
    }

    fn accepted_at(at: usize) -> Epoch {
        let mut run = run("sort", vec![judgement(Verdict::Regressed, Some(0.2))]);
        run.started = format!("2026-01-01T{:02}:{:02}:00Z", at / 60, at % 60);
        Epoch::of_accepted(&run, None).remove(0)
    }

    #[test]
    fn a_step_is_open_until_it_is_gone_or_accepted() {
        use Direction::{HigherIsBetter, LowerIsBetter};
        use State::{Improved, Open, Recovered, Settled};
        let check = |of: &[(usize, f64)], epochs: &[usize], direction, expected: &[State]| {
            let epochs: Vec<Epoch> = epochs.iter().map(|at| accepted_at(*at)).collect();
            let found = changes(&points(of), &epochs, direction, &Policy::default());
            let states: Vec<State> = found.iter().map(|change| change.state).collect();
            assert_eq!(states, expected, "{of:?} {epochs:?}");
        };
        let up: &[_] = &[(20, 100.0), (20, 120.0)];
        check(up, &[], LowerIsBetter, &[Open]);
        check(up, &[], HigherIsBetter, &[Improved]);
        let back: &[_] = &[(20, 100.0), (20, 120.0), (20, 101.0)];
        check(back, &[], LowerIsBetter, &[Recovered, Improved]);
        let half_back: &[_] = &[(20, 100.0), (20, 120.0), (20, 115.0)];
        check(half_back, &[], LowerIsBetter, &[Open, Improved]);
        // Accepted where it began it is none; accepted later it is settled.
        check(up, &[20], LowerIsBetter, &[]);
        check(up, &[30], LowerIsBetter, &[Settled]);
        check(up, &[0], LowerIsBetter, &[Open]);
        check(up, &[30, 30, 59], LowerIsBetter, &[Settled]);
        check(&[], &[3], LowerIsBetter, &[]);
    }

    #[test]
    fn the_pace_of_the_cpu_is_no_step() {
        let mut points = points(&[(40, 100.0)]);
        let of = |points: &[Point]| {
            changes(points, &[], Direction::LowerIsBetter, &Policy::default()).len()
        };
        // From the middle on the CPU is slower; before, it moves from run to run.
        for (at, point) in points.iter_mut().enumerate() {
            let pace = if at < 20 { 1.0 } else { 1.1 } + (at * 7 % 5) as f64 * 0.02;
            point.value = 100.0 * pace * (1.0 + (at * 3 % 7) as f64 * 0.001);
            point.pace = Some(pace);
        }
        assert_eq!(of(&points), 0);
        // A step of the code is seen beside it, and without the pace nobody can tell.
        for point in &mut points[30..] {
            point.value *= 1.2;
        }
        assert_eq!(of(&points), 1);
        points.truncate(30);
        points.iter_mut().for_each(|point| point.pace = None);
        assert_eq!(of(&points), 1);
    }
}
