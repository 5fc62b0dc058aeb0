//! Work of a device that is known in seconds and in cycles of its clock: a change must show in both.
//!
//! A clock that differs from the baseline's moves the seconds and not the cycles; work that waits for
//! memory takes more cycles of a faster clock and no more seconds. Neither is a change of the work. Nor is
//! what the host alone takes to hand the work over.

use crate::judge::contest::{Contest, Ruling};
use crate::judge::paired::Outlook;
use crate::judge::stored::Decision;
use crate::model::{Change, Metric};

/// Why a change that `metric` shows proves nothing; `None` if it does, or if it shows none.
///
/// `other` is what the same work shows in the other unit, with its change; `None` if nothing is known of
/// it.
pub fn doubt_of_unit(
    metric: &Metric,
    decision: Decision,
    other: Option<(Decision, Option<Change>)>,
) -> Option<String> {
    if !is_change(decision) || other.is_some_and(|(other, _)| other == decision) {
        return None;
    }
    if metric.name == Metric::ENQUEUE_TIME {
        let why = "but not the device's time, and what the host takes is not judged alone";
        return Some(why.to_owned());
    }
    let unit = if metric.is_in_cycles() { "seconds" } else { "cycles" };
    let Some((other, change)) = other else {
        return Some(format!("but nothing is known of it in {unit}"));
    };
    let by = change.map_or_else(String::new, |c| format!(" ({:+.1} %)", c.estimate * 100.0));
    Some(match other {
        Decision::Undecided => format!("but in {unit} it is not decided{by}"),
        _ => format!("but not in {unit}{by}: the device's clock may be the reason"),
    })
}

fn is_change(decision: Decision) -> bool {
    matches!(decision, Decision::Worse | Decision::Better)
}

/// Doubts contests that show a change in one unit alone. `contest_of` judges what was not asked for.
pub fn doubt_units(contests: &mut [Contest], contest_of: impl Fn(&str) -> Option<Contest>) {
    let others: Vec<Option<Contest>> = contests
        .iter()
        .map(|contest| {
            // There is nothing to doubt else, and judging what was not asked for takes its time.
            let name = is_change(contest.decision()).then(|| contest.metric.counterpart())??;
            let asked = contests.iter().find(|other| other.metric.name == name);
            asked.cloned().or_else(|| contest_of(&name))
        })
        .collect();
    for (contest, other) in contests.iter_mut().zip(others) {
        let Some(other) = other else { continue };
        let shown = Some((other.decision(), other.change()));
        let doubt = doubt_of_unit(&contest.metric, contest.decision(), shown);
        if let (Ruling::Paired(look), Some(doubt)) = (&mut contest.ruling, doubt) {
            look.decision = Decision::Undecided;
            look.outlook = if other.is_open() { Outlook::Open } else { Outlook::Hopeless };
            look.why += &format!(", {doubt}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Contest, doubt_of_unit, doubt_units};
    use crate::judge::{Decision, PairedPolicy, judge_contest};
    use crate::model::{Change, Direction, Health, Launch, Metric, Samples, Series, Unit};
    use Decision::{Better, Same, Undecided, Worse};

    fn time() -> Metric {
        Metric::time("device_time")
    }

    fn cycles() -> Metric {
        Metric::new("device_cycles", Unit::Other("cycles".into()), Direction::LowerIsBetter)
    }

    #[test]
    fn a_change_stands_if_both_units_show_it() {
        let check = |metric: &Metric, decision, other: Option<(Decision, f64)>, expected| {
            let change = |estimate| Change { estimate, low: estimate, high: estimate };
            let other = other.map(|(decision, by)| (decision, Some(change(by))));
            assert_eq!(doubt_of_unit(metric, decision, other).as_deref(), expected);
        };
        check(&time(), Worse, Some((Worse, 0.1)), None);
        check(&time(), Better, Some((Better, -0.1)), None);
        check(&time(), Same, Some((Worse, 0.1)), None);
        let clock = Some("but not in cycles (+0.2 %): the device's clock may be the reason");
        check(&time(), Worse, Some((Same, 0.002)), clock);
        let clock = Some("but not in cycles (-8.0 %): the device's clock may be the reason");
        check(&time(), Worse, Some((Better, -0.08)), clock);
        let open = Some("but in cycles it is not decided (+4.0 %)");
        check(&time(), Worse, Some((Undecided, 0.04)), open);
        let clock = Some("but not in seconds (+0.0 %): the device's clock may be the reason");
        check(&cycles(), Worse, Some((Same, 0.0)), clock);
        check(&time(), Worse, None, Some("but nothing is known of it in cycles"));
        let enqueue = Metric::time(Metric::ENQUEUE_TIME);
        assert_eq!(enqueue.counterpart().as_deref(), Some("device_time"));
        let host = Some("but not the device's time, and what the host takes is not judged alone");
        check(&enqueue, Worse, Some((Same, 0.0)), host);
        check(&enqueue, Worse, Some((Worse, 0.1)), None);
    }

    /// Launches of so many cycles on a clock of so many MHz.
    fn launches(of_cycles: f64, megahertz: f64) -> Vec<Launch> {
        let launch = |at: usize| {
            let noisy = of_cycles * (1.0 + 0.001 * ((at * 7 % 11) as f64 - 5.0));
            let series = |metric, value: f64| Series {
                metric,
                samples: Samples::new(vec![value; 5]).unwrap(),
            };
            let nanoseconds = noisy / megahertz * 1e3;
            Launch {
                series: vec![series(time(), nanoseconds), series(cycles(), noisy)],
                iterations_per_sample: 1,
                throughput: None,
                single_calls: None,
                health: Health::default(),
                gpu: None,
            }
        };
        (0..30).map(launch).collect()
    }

    #[test]
    fn rounds_of_two_clocks_prove_nothing() {
        let check = |of_cycles: f64, megahertz: f64, listed: usize, expected: &[Decision]| {
            let (before, now) = (launches(60_000.0, 1_980.0), launches(of_cycles, megahertz));
            let policy = PairedPolicy::new(0.02, 1, Direction::LowerIsBetter);
            let judge = |metric: &Metric| judge_contest(metric, &before, &now, &policy);
            let metrics = [time(), cycles()];
            let mut contests: Vec<_> = metrics[..listed].iter().map(judge).collect();
            doubt_units(&mut contests, |name| {
                metrics.iter().find(|metric| metric.name == name).map(judge)
            });
            let found: Vec<_> = contests.iter().map(Contest::decision).collect();
            assert_eq!(found, expected, "{contests:?}");
            assert!(!contests.iter().any(Contest::is_open));
        };
        check(60_000.0, 1_980.0, 2, &[Same, Same]);
        check(63_000.0, 1_980.0, 2, &[Worse, Worse]);
        check(57_000.0, 1_980.0, 2, &[Better, Better]);
        // The same work on a slower clock, and more work that a faster one hides.
        check(60_000.0, 1_800.0, 2, &[Undecided, Same]);
        check(66_000.0, 2_178.0, 2, &[Same, Undecided]);
        // What is not listed speaks all the same.
        check(60_000.0, 1_800.0, 1, &[Undecided]);
        check(63_000.0, 1_980.0, 1, &[Worse]);
    }
}
