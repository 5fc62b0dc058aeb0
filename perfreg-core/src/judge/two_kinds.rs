//! Whether launches ran on cores of two kinds, where the system does not say.

use crate::judge::paced::{LaunchValue, undisturbed};
use crate::model::Placement;
use crate::stats::two_modes;

/// Why times that fall into two groups do not convict; `None` if they do not, or if the current
/// launches are known to have run on cores of one kind.
///
/// A core of another kind is slower by more than its clock, so where the CPU's pace is known the
/// groups must be there at that pace too: a clock that jumps is taken off elsewhere.
pub fn two_kinds(
    placements: &[Option<Placement>],
    baseline: &[LaunchValue],
    current: &[LaunchValue],
) -> Option<String> {
    let told = |place: &Option<Placement>| place.is_some_and(Placement::is_of_one_kind);
    if placements.iter().all(told) {
        return None;
    }
    let (before, now) = undisturbed(baseline, current);
    let sides = [("launches", &now), ("the baseline's launches", &before)];
    sides.into_iter().find_map(|(name, launches)| {
        let by = apart(launches)?;
        Some(format!(
            "{name} fall into two groups {:.0} % apart, as on cores of two kinds, which this system \
             does not keep apart",
            by * 100.0
        ))
    })
}

/// By how much the slower of two groups is slower, as a fraction.
fn apart(launches: &[LaunchValue]) -> Option<f64> {
    /// Less than any two kinds of cores differ by.
    const LEAST_GAP: f64 = 0.10;
    let times: Vec<f64> = launches.iter().map(|launch| launch.value).collect();
    let (low, high) = two_modes(&times, LEAST_GAP)?;
    let paced: Option<Vec<f64>> =
        launches.iter().map(|launch| Some(launch.value / launch.pace?.chain_ns)).collect();
    let still = paced.is_none_or(|paced| two_modes(&paced, LEAST_GAP).is_some());
    (still && low > 0.0).then(|| high / low - 1.0)
}

#[cfg(test)]
mod tests {
    use super::two_kinds;
    use crate::judge::paced::LaunchValue;
    use crate::model::{Pace, Placement};

    /// Launches around 100, those from `slow` on slower by half, on a CPU whose chain takes
    /// `chain_ns` there.
    fn launches(slow: usize, chain_ns: Option<f64>) -> Vec<LaunchValue> {
        let launch = |at: usize| {
            let is_slow = at >= slow;
            let chain_ns = chain_ns.map(|of_slow| if is_slow { of_slow } else { 1000.0 });
            let pace = |chain_ns| Pace { chain_ns, crowding: 1.1, at_best: 1.1 };
            let value = if is_slow { 150.0 } else { 100.0 } + at as f64 * 0.1;
            LaunchValue::new(value, chain_ns.map(pace))
        };
        (0..10).map(launch).collect()
    }

    #[test]
    fn two_groups_convict_only_on_cores_of_one_kind() {
        let check = |place: Option<Placement>, before, now, expected: Option<&str>| {
            let why = two_kinds(&[place; 10], &launches(before, None), &launches(now, None));
            let begin = why.as_deref().and_then(|why| why.split(',').next());
            assert_eq!(begin, expected, "{place:?} {before} {now}");
        };
        let unknown = Some(Placement::Unknown);
        let now = Some("launches fall into two groups 50 % apart");
        let before = Some("the baseline's launches fall into two groups 50 % apart");
        check(unknown, 10, 10, None);
        // Slower in every launch is one group a side.
        check(unknown, 10, 0, None);
        check(unknown, 10, 5, now);
        check(unknown, 10, 7, now);
        check(unknown, 10, 8, None);
        check(unknown, 4, 0, before);
        check(None, 10, 5, now);
        check(Some(Placement::Refused), 10, 5, now);
        check(Some(Placement::Alike), 10, 5, None);
        check(Some(Placement::Performance), 4, 5, None);
    }

    #[test]
    fn a_clock_that_jumps_is_no_second_kind() {
        let check = |chain_ns: f64, expected: bool| {
            let now = launches(5, Some(chain_ns));
            let why = two_kinds(&[Some(Placement::Unknown); 10], &launches(10, None), &now);
            assert_eq!(why.is_some(), expected, "{chain_ns}: {why:?}");
        };
        check(1500.0, false);
        check(1200.0, true);
    }
}
