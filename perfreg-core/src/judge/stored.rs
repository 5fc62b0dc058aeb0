//! The gate's rule for times against a stored baseline: one value per launch.
//!
//! The launch is the unit of replication: samples within a process say nothing about the next
//! process. The shift between the launches of both sides, on logarithms, is estimated after Hodges
//! and Lehmann (1963), with the distribution-free interval that inverts the Mann-Whitney test.

use serde::{Deserialize, Serialize};

use crate::judge::counted::{Repetition, judge_counted};
use crate::model::{Change, Direction, Verdict};
use crate::stats::{
    hodges_lehmann_shift, mean_error, median, robust_deviation, shift_interval, t_quantile_above,
};

/// How much must have changed, and how surely.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct StoredPolicy {
    /// The relative change that matters: 0.05 is 5 %.
    pub threshold: f64,
    /// Which way is worse.
    pub direction: Direction,
}

impl StoredPolicy {
    /// Without its own threshold a test is judged at this one.
    pub const DEFAULT_THRESHOLD: f64 = 0.05;
    /// With fewer sessions than [`Self::ENOUGH_SESSIONS`] nobody knows how much this machine varies
    /// from hour to hour, and nothing below this is believed.
    pub const FLOOR: f64 = 0.05;
    /// From here on the sessions' spread is known.
    pub const ENOUGH_SESSIONS: usize = 5;
    /// How often one more session of the same would exceed what the baseline's sessions predict.
    const SESSION_ERROR: f64 = 0.001;
    /// Both sides of the interval together.
    pub const CONFIDENCE: f64 = 0.99;
    /// A change must exceed this many robust standard deviations between launches.
    const NOISE_MULTIPLIER: f64 = 3.0;

    /// A policy that holds changes against `threshold`, a share.
    pub fn new(threshold: f64, direction: Direction) -> Self {
        Self { threshold, direction }
    }

    /// True if launches vary so much that a baseline of them would decide little.
    ///
    /// # Panics
    /// If there are no launches.
    pub fn is_too_noisy(&self, launches: &[f64]) -> bool {
        if launches.iter().any(|value| *value <= 0.0) {
            return false;
        }
        let logs: Vec<f64> = launches.iter().map(|value| value.ln()).collect();
        let limits = self.limits_of_few_sessions(robust_deviation(&logs), 1);
        limits.convicts > limits.matters
    }

    /// What a change must exceed, given the logarithms of either side.
    fn limits(&self, sessions: &[Vec<f64>], now: &[f64]) -> Limits {
        if sessions.len() >= Self::ENOUGH_SESSIONS {
            return self.limits_of_sessions(sessions);
        }
        let before: Vec<f64> = sessions.concat();
        let spread = robust_deviation(&before).max(robust_deviation(now));
        self.limits_of_few_sessions(spread, sessions.len())
    }

    /// Where the sessions' own spread is known: Student's bound for one session more of the same.
    fn limits_of_sessions(&self, sessions: &[Vec<f64>]) -> Limits {
        let middles: Vec<f64> = sessions.iter().map(|session| median(session)).collect();
        let spread = mean_error(&middles).expect("enough sessions are more than one");
        let reach = t_quantile_above(Self::SESSION_ERROR, spread.freedom)
            * spread.deviation
            * (1.0 + 1.0 / middles.len() as f64).sqrt();
        let matters_name = format!("the threshold of {}", percent(self.threshold));
        let (convicts, convicts_name) = match reach > self.threshold {
            true => {
                let (bound, varies) = (percent(reach), percent(spread.deviation));
                let sessions = middles.len();
                let name = format!(
                    "the prediction bound of {bound} ({sessions} sessions vary by {varies})"
                );
                (reach, name)
            }
            false => (self.threshold, matters_name.clone()),
        };
        Limits { matters: self.threshold, matters_name, convicts, convicts_name }
    }

    /// Where nobody knows how sessions vary: a floor, and how launches vary.
    fn limits_of_few_sessions(&self, spread: f64, sessions: usize) -> Limits {
        let noise = Self::NOISE_MULTIPLIER * spread;
        let floor = Self::FLOOR;
        let matters = self.threshold.max(floor);
        let matters_name = if floor > self.threshold {
            let plural = if sessions == 1 { "" } else { "s" };
            format!(
                "the floor of {} (the threshold of {} needs a baseline of {} sessions, this one has {sessions} session{plural})",
                percent(floor),
                percent(self.threshold),
                Self::ENOUGH_SESSIONS,
            )
        } else {
            format!("the threshold of {}", percent(self.threshold))
        };
        let (convicts, convicts_name) = if noise > matters {
            (
                noise,
                format!(
                    "the noise band of {} (launches vary by {})",
                    percent(noise),
                    percent(spread)
                ),
            )
        } else {
            (matters, matters_name.clone())
        };
        Limits { matters, matters_name, convicts, convicts_name }
    }
}

/// What a change is held against.
struct Limits {
    /// The smallest change that somebody wants to know of.
    matters: f64,
    matters_name: String,
    /// The smallest change that can be told from noise; never less than what matters.
    convicts: f64,
    convicts_name: String,
}

fn percent(value: f64) -> String {
    format!("{:.1} %", value * 100.0)
}

/// What one look at the launches says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Decision {
    /// Beyond the limit in the bad direction.
    Worse,
    /// Beyond the limit in the good direction.
    Better,
    /// A change for the worse that matters is ruled out.
    Same,
    /// Neither can be said yet; more launches may tell.
    Undecided,
}

impl From<Decision> for Verdict {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Worse => Self::Regressed,
            Decision::Better => Self::Improved,
            Decision::Same => Self::Unchanged,
            Decision::Undecided => Self::Inconclusive,
        }
    }
}

/// One look at the launches of both sides.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Look {
    /// What it says.
    pub decision: Decision,
    /// The change from baseline to current, not turned by direction.
    pub change: Option<Change>,
    /// What the change had to exceed.
    pub limit: f64,
    /// Median over the baseline's launches.
    pub baseline: f64,
    /// Median over the current launches.
    pub current: f64,
    /// Why, in words.
    pub why: String,
}

/// Judges launches against a baseline's sessions of launches; each value stands for one launch.
///
/// With five sessions and more a change must exceed Student's prediction bound of one session more;
/// below that it must exceed a floor and three times what launches vary by.
///
/// Values that are not positive have no ratio: they are judged as counts
/// ([`judge_counted`](crate::judge::judge_counted)).
///
/// # Panics
/// If a side has no launches.
pub fn judge_stored(sessions: &[Vec<f64>], current: &[f64], policy: &StoredPolicy) -> Look {
    let baseline = &sessions.concat();
    assert!(!baseline.is_empty() && !current.is_empty(), "a side without launches says nothing");
    if baseline.iter().chain(current).any(|value| *value <= 0.0) {
        let StoredPolicy { threshold, direction } = *policy;
        return judge_counted(baseline, current, threshold, direction, Repetition::Varying);
    }
    let logs = |values: &[f64]| values.iter().map(|v| v.ln()).collect::<Vec<_>>();
    let (before, now) = (logs(baseline), logs(current));
    let estimate = hodges_lehmann_shift(&now, &before);
    let interval = shift_interval(&now, &before, StoredPolicy::CONFIDENCE);
    let filled = sessions.iter().filter(|session| !session.is_empty());
    let limits = policy.limits(&filled.map(|session| logs(session)).collect::<Vec<_>>(), &now);
    let ratio = |log: f64| log.exp_m1();
    let change = interval.map(|interval| Change {
        estimate: ratio(estimate),
        low: ratio(interval.low),
        high: ratio(interval.high),
    });
    let (decision, why) = match &change {
        Some(change) => decide(change, &limits, policy.direction),
        None => (
            Decision::Undecided,
            format!(
                "{} launches against {} are too few for a {:.0} % interval",
                current.len(),
                baseline.len(),
                StoredPolicy::CONFIDENCE * 100.0
            ),
        ),
    };
    let limit = limits.convicts;
    Look { decision, change, limit, baseline: median(baseline), current: median(current), why }
}

fn decide(change: &Change, limits: &Limits, direction: Direction) -> (Decision, String) {
    // A harm is what goes in the bad direction, whichever that is.
    let (harm, least, most) = match direction {
        Direction::LowerIsBetter => (change.estimate, change.low, change.high),
        Direction::HigherIsBetter => (-change.estimate, -change.high, -change.low),
    };
    // An interval that only just excludes zero is no proof of a change of the limit's size.
    let (limit, surely) = (limits.convicts, limits.convicts / 2.0);
    if harm > limit && least > surely {
        (Decision::Worse, format!("worse by more than {}", limits.convicts_name))
    } else if -harm > limit && -most > surely {
        (Decision::Better, format!("better by more than {}", limits.convicts_name))
    } else if most < limits.matters && least > -limits.matters {
        (Decision::Same, format!("within {}", limits.matters_name))
    } else if most < limits.matters {
        // Whether it is better by that much nobody has to wait for.
        (Decision::Same, format!("no worse than {}", limits.matters_name))
    } else {
        let ruled_out =
            format!("only changes beyond {:+.1} % are ruled out", most.max(0.0) * 100.0);
        (Decision::Undecided, format!("not decided against {}: {ruled_out}", limits.convicts_name))
    }
}

/// What holds after a suspicion (`first`) was followed by launches of a second round alone.
///
/// A regression stands only if both rounds say so: what a neighbour did to the first one is gone
/// after a pause.
pub fn confirm(first: &Look, second: &Look) -> (Decision, String) {
    let percent = |look: &Look| {
        look.change
            .map_or_else(|| "no estimate".to_owned(), |c| format!("{:+.1} %", c.estimate * 100.0))
    };
    match second.decision {
        decision if decision == first.decision => (
            decision,
            format!(
                "{}; a second round after a pause agrees ({}, then {})",
                first.why,
                percent(first),
                percent(second)
            ),
        ),
        Decision::Same => {
            (Decision::Same, format!("{}; a first round had {}", second.why, percent(first)))
        }
        _ => (
            Decision::Undecided,
            format!(
                "a first round had {}, but a second one after a pause {}",
                percent(first),
                percent(second)
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, StoredPolicy, confirm, judge_stored};
    use crate::model::Direction::{HigherIsBetter, LowerIsBetter};
    use Decision::{Better, Same, Undecided, Worse};

    /// As so many sessions that agree.
    fn sessions(launches: Vec<f64>, count: usize) -> Vec<Vec<f64>> {
        vec![launches; count]
    }

    /// Ten launches around `centre`, `spread` apart in all.
    fn launches(centre: f64, spread: f64) -> Vec<f64> {
        (0..10).map(|i| centre * (1.0 + spread * (f64::from((i * 7) % 10) / 9.0 - 0.5))).collect()
    }

    #[test]
    fn decides_by_size_and_certainty() {
        let check = |ratio: f64, spread: f64, threshold: f64, sessions, expected: Decision| {
            let policy = StoredPolicy::new(threshold, LowerIsBetter);
            let baseline = self::sessions(launches(100.0, spread), sessions);
            let look = judge_stored(&baseline, &launches(100.0 * ratio, spread), &policy);
            assert_eq!(look.decision, expected, "{ratio} {spread} {threshold}: {look:?}");
        };
        check(1.00, 0.01, 0.05, 1, Same);
        check(1.04, 0.01, 0.05, 1, Same);
        check(1.10, 0.01, 0.05, 1, Worse);
        check(0.90, 0.01, 0.05, 1, Better);
        // Harm is ruled out, a gain of the threshold's size neither proved nor ruled out.
        check(0.95, 0.03, 0.05, 1, Same);
        // Under five sessions the floor is 5 %, whatever the test asks for.
        check(1.04, 0.01, 0.03, 1, Same);
        check(1.04, 0.01, 0.03, 5, Worse);
        check(1.02, 0.01, 0.03, 5, Same);
        check(1.04, 0.03, 0.03, 5, Worse);
        // Launches that vary by more than the change prove nothing.
        check(1.10, 0.30, 0.05, 1, Undecided);
        check(1.00, 0.30, 0.05, 1, Undecided);
    }

    #[test]
    fn sessions_that_differ_predict_the_next() {
        // By 1 % up and down: one more may well lie 5 % away before it says anything.
        let baseline: Vec<Vec<f64>> = [0.0, 0.01, -0.01, 0.005, -0.005]
            .map(|by| launches(100.0 * (1.0 + by), 0.002))
            .to_vec();
        let check = |ratio: f64, expected: Decision, part: &str| {
            let policy = StoredPolicy::new(0.02, LowerIsBetter);
            let look = judge_stored(&baseline, &launches(100.0 * ratio, 0.002), &policy);
            assert!(look.decision == expected && look.why.contains(part), "{ratio}: {look:?}");
        };
        check(1.00, Same, "the threshold of 2.0 %");
        check(1.04, Undecided, "the prediction bound of 6.2 % (5 sessions vary by 0.8 %)");
        check(1.08, Worse, "the prediction bound of 6.2 %");
    }

    #[test]
    fn direction_turns_the_verdict() {
        let policy = StoredPolicy::new(0.05, HigherIsBetter);
        let decision = |ratio: f64| {
            judge_stored(&sessions(launches(10.0, 0.01), 1), &launches(10.0 * ratio, 0.01), &policy)
                .decision
        };
        assert_eq!((decision(1.2), decision(0.8), decision(1.0)), (Better, Worse, Same));
    }

    #[test]
    fn three_launches_decide_nothing() {
        let policy = StoredPolicy::new(0.05, LowerIsBetter);
        let look = judge_stored(&[vec![1.0, 1.0, 1.0]], &[2.0, 2.0, 2.0], &policy);
        assert_eq!(look.decision, Undecided);
        assert!(look.why.contains("too few"), "{}", look.why);
    }

    #[test]
    fn a_suspicion_needs_a_second_round() {
        let policy = StoredPolicy::new(0.05, LowerIsBetter);
        let look = |ratio: f64, spread: f64| {
            judge_stored(&sessions(launches(1.0, 0.01), 1), &launches(ratio, spread), &policy)
        };
        let suspicion = look(1.2, 0.01);
        let check = |ratio: f64, spread: f64, expected| {
            assert_eq!(confirm(&suspicion, &look(ratio, spread)).0, expected);
        };
        check(1.19, 0.01, Worse);
        check(1.0, 0.01, Same);
        check(1.2, 0.9, Undecided);
        check(0.8, 0.01, Undecided);
    }
}
