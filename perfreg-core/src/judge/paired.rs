//! The rule for two builds whose launches alternate: one pair of launches a round, judged until it
//! is decided.
//!
//! What disturbs a machine disturbs both launches of a round, so that their ratio is left. The ratios'
//! logarithms are looked at up to eight times, as more rounds come in. *Worse* takes a typical ratio
//! beyond half of the threshold, and the exact signed-rank test (Wilcoxon 1945) at a p that pays for
//! all looks, for both statistics that are judged, and for the other tests of the suite. *Same* takes
//! a bound that rules out harm of the threshold's size; its error is spent over the looks alike. Between the two more rounds are bought, unless it can be foreseen that the last look
//! would not decide either.
//!
//! Two statistics stand for a launch, each at half of the error: its location, which neighbours hardly
//! reach, and its winsorised mean, because a third of the calls at twice the time moves a low quantile
//! by nothing and the mean by a third.

use serde::{Deserialize, Serialize};

use crate::judge::stored::Decision;
use crate::model::{Change, Direction};
use crate::stats::{
    Interval, hodges_lehmann, mean_error, median, robust_deviation, signed_rank_bounds,
    signed_rank_greater, t_quantile_above,
};

/// One round: the logarithm of current over baseline.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pair {
    /// Of the location: the median of a launch, or its low quantile.
    pub location: f64,
    /// Of the winsorised mean, where it is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
}

/// How much must have changed, and how surely.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct PairedPolicy {
    /// The relative change that matters: 0.02 is 2 %.
    pub threshold: f64,
    /// How many tests and metrics are judged in all; declared before the first is.
    pub tests: usize,
    /// Which way is worse.
    pub direction: Direction,
    /// Fewer rounds decide nothing: looks before them are not taken.
    pub fewest: usize,
    /// How often a single one of them may be convicted without harm.
    single: f64,
    /// How often a change of the threshold's size may be ruled out.
    missed: f64,
}

impl PairedPolicy {
    /// After so many rounds there is a look.
    pub const LOOKS: [usize; 8] = [7, 9, 12, 16, 21, 28, 38, 50];
    /// At most one suite of tests in a hundred holds a false conviction, whatever the noise looks like
    /// as long as it is symmetric.
    pub const FAMILY_ERROR: f64 = 0.01;
    /// And at most one test in a thousand, however few there are.
    pub const SINGLE_ERROR: f64 = 0.001;
    /// A change of the threshold's size is ruled out once in fifty times at most.
    const MISSED: f64 = 0.02;

    /// A policy for one of `tests` tests and metrics.
    ///
    /// # Panics
    /// If the threshold is not above 0, or there are no tests.
    pub fn new(threshold: f64, tests: usize, direction: Direction) -> Self {
        assert!(threshold > 0.0 && tests > 0, "a threshold is above 0, and a test is a test");
        let (single, missed) = (Self::SINGLE_ERROR, Self::MISSED);
        Self { threshold, tests, direction, fewest: 0, single, missed }
    }

    /// The same where one wrong decision of either kind spoils what is built on it: convicting any of
    /// the tests without harm, and ruling out harm of the threshold's size, each at most this often.
    ///
    /// # Panics
    /// If the risk is not between 0 and 1.
    #[must_use]
    pub fn at_risk(self, risk: f64) -> Self {
        assert!(risk > 0.0 && risk < 1.0, "a risk is a probability");
        let single = self.single.min(risk / self.tests as f64);
        Self { single, missed: self.missed.min(risk), ..self }
    }

    /// The same policy, which decides nothing before so many rounds.
    #[must_use]
    pub fn from_rounds(self, fewest: usize) -> Self {
        Self { fewest, ..self }
    }

    /// The p below which a single test convicts; [`holm`](crate::stats::holm) over a suite convicts
    /// no fewer.
    pub fn level(&self) -> f64 {
        (Self::FAMILY_ERROR / self.tests as f64).min(self.single)
    }

    /// The number of the first look after `rounds`; none after the last.
    pub fn next_look(rounds: usize) -> Option<usize> {
        Self::LOOKS.into_iter().find(|look| *look > rounds)
    }
}

/// What the rounds so far say.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct PairedLook {
    /// What they say.
    pub decision: Decision,
    /// Whether more rounds may say more.
    pub outlook: Outlook,
    /// The typical change with its 99 % interval, not turned by direction.
    pub change: Change,
    /// The smallest harm that is ruled out, as a share; 0.01 is 1 %.
    pub ruled_out: f64,
    /// How many rounds it took.
    pub rounds: usize,
    /// How probable so much harm is without any, paid for all looks and both statistics.
    pub p: f64,
    /// Why, in words.
    pub why: String,
}

/// Whether more rounds may say more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Outlook {
    /// It is decided.
    Settled,
    /// The next look may decide.
    Open,
    /// Not even the last look would.
    Hopeless,
}

/// Judges rounds, in the order in which they ran.
///
/// The looks of the policy are taken one after the other, and the first that decides stands, so that
/// rounds that came later change nothing.
///
/// # Panics
/// If there are no rounds.
pub fn judge_pairs(pairs: &[Pair], policy: &PairedPolicy) -> PairedLook {
    assert!(!pairs.is_empty(), "no rounds say nothing");
    let taken = |look: &usize| (policy.fewest..=pairs.len()).contains(look);
    let last = PairedPolicy::LOOKS.into_iter().filter(taken);
    let (mut worse, mut better) = (Evidence::default(), Evidence::default());
    for look in last {
        let seen = Seen::of(&pairs[..look], policy);
        worse.add(&seen.harms, policy);
        better.add(&seen.gains, policy);
        let outlook = seen.outlook(policy);
        let decision = if worse.convicts(policy) {
            Decision::Worse
        } else if better.convicts(policy) {
            Decision::Better
        } else if seen.is_same(policy) {
            Decision::Same
        } else if outlook == Outlook::Hopeless {
            return seen.report(Decision::Undecided, outlook, &worse, policy);
        } else {
            continue;
        };
        return seen.report(decision, Outlook::Settled, &worse, policy);
    }
    let outlook = match PairedPolicy::next_look(pairs.len()) {
        Some(_) => Outlook::Open,
        None => Outlook::Hopeless,
    };
    Seen::of(pairs, policy).report(Decision::Undecided, outlook, &worse, policy)
}

/// What speaks for a change in one direction, over the looks so far.
#[derive(Default)]
struct Evidence {
    /// The smallest p of each statistic over the looks.
    location: Option<f64>,
    mean: Option<f64>,
    /// Which of them lies beyond half of the threshold now.
    beyond: Beyond,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Beyond {
    #[default]
    Neither,
    Location,
    Mean,
    Both,
}

impl Evidence {
    fn add(&mut self, seen: &Sides, policy: &PairedPolicy) {
        let least = |old: Option<f64>, values: &[f64]| {
            let new = signed_rank_greater(values);
            Some(old.map_or(new, |old| old.min(new)))
        };
        // Of so many rounds, half of a change that matters.
        let is_beyond = |values: &[f64]| hodges_lehmann(values) > (policy.threshold / 2.0).ln_1p();
        self.location = least(self.location, &seen.location);
        let mean = seen.mean.as_deref().filter(|mean| !mean.is_empty());
        self.mean = mean.and_then(|mean| least(self.mean, mean));
        self.beyond = match (is_beyond(&seen.location), mean.is_some_and(is_beyond)) {
            (true, true) => Beyond::Both,
            (true, false) => Beyond::Location,
            (false, true) => Beyond::Mean,
            (false, false) => Beyond::Neither,
        };
    }

    /// The p of what lies beyond, paid for all looks and both statistics; 1 if nothing does.
    fn p(&self) -> f64 {
        let counted = match self.beyond {
            Beyond::Neither => [None, None],
            Beyond::Location => [self.location, None],
            Beyond::Mean => [None, self.mean],
            Beyond::Both => [self.location, self.mean],
        };
        let least = counted.into_iter().flatten().fold(1.0, f64::min);
        let statistics = if self.mean.is_some() { 2.0 } else { 1.0 };
        (least * statistics * PairedPolicy::LOOKS.len() as f64).min(1.0)
    }

    fn convicts(&self, policy: &PairedPolicy) -> bool {
        self.p() <= policy.level()
    }
}

/// The rounds up to a look, turned so that positive is what a side looks for.
struct Seen {
    harms: Sides,
    gains: Sides,
    bounds: Interval,
    rounds: usize,
}

struct Sides {
    location: Vec<f64>,
    mean: Option<Vec<f64>>,
}

impl Seen {
    fn of(pairs: &[Pair], policy: &PairedPolicy) -> Self {
        let harm = match policy.direction {
            Direction::LowerIsBetter => 1.0,
            Direction::HigherIsBetter => -1.0,
        };
        let sides = |sign: f64| Sides {
            location: pairs.iter().map(|pair| sign * pair.location).collect(),
            mean: pairs.iter().map(|pair| pair.mean.map(|mean| sign * mean)).collect(),
        };
        let harms = sides(harm);
        let bounds = bounds(&harms.location, policy);
        Self { gains: sides(-harm), harms, bounds, rounds: pairs.len() }
    }

    /// Whether harm that matters is ruled out, and no gain is to be expected.
    fn is_same(&self, policy: &PairedPolicy) -> bool {
        let matters = policy.threshold.ln_1p();
        self.bounds.high < matters && hodges_lehmann(&self.gains.location) < matters / 2.0
    }

    /// Whether the last look may decide, if the rest varies as these do.
    fn outlook(&self, policy: &PairedPolicy) -> Outlook {
        const ENOUGH_TO_FORESEE: usize = 12;
        if self.rounds < ENOUGH_TO_FORESEE {
            return Outlook::Open;
        }
        let spread = robust_deviation(&self.harms.location);
        let all = PairedPolicy::LOOKS[PairedPolicy::LOOKS.len() - 1] as f64;
        let (error_now, error_then) = (spread / (self.rounds as f64).sqrt(), spread / all.sqrt());
        // The median's error exceeds the mean's; what is foreseen is foreseen in its favour.
        let typical = hodges_lehmann(&self.harms.location).abs();
        let (least, most) = ((typical - error_now).max(0.0), typical + error_now);
        let matters = policy.threshold.ln_1p();
        let may_be_same = least + 3.3 * error_then < matters;
        let may_convict = most > matters / 2.0 && most > 3.5 * error_then;
        match may_be_same || may_convict {
            true => Outlook::Open,
            false => Outlook::Hopeless,
        }
    }

    fn report(
        &self,
        decision: Decision,
        outlook: Outlook,
        worse: &Evidence,
        policy: &PairedPolicy,
    ) -> PairedLook {
        let locations = &self.harms.location;
        let ends = signed_rank_bounds(locations, 0.005).unwrap_or_else(|| range(locations));
        let share = |log: f64| log.exp_m1();
        let turned = |log: f64| match policy.direction {
            Direction::LowerIsBetter => share(log),
            Direction::HigherIsBetter => share(-log),
        };
        let (one, other) = (turned(ends.low), turned(ends.high));
        let change = Change {
            estimate: turned(hodges_lehmann(locations)),
            low: one.min(other),
            high: one.max(other),
        };
        let ruled_out = share(self.bounds.high).max(0.0);
        let p = worse.p();
        let why = why(decision, outlook, self.rounds, ruled_out, p, worse.beyond, policy);
        PairedLook { decision, outlook, change, ruled_out, rounds: self.rounds, p, why }
    }
}

fn why(
    decision: Decision,
    outlook: Outlook,
    rounds: usize,
    ruled_out: f64,
    p: f64,
    beyond: Beyond,
    policy: &PairedPolicy,
) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let threshold = percent(policy.threshold);
    let of = if beyond == Beyond::Mean { "mean" } else { "typical" };
    match (decision, outlook) {
        (Decision::Worse, _) => format!(
            "the {of} ratio of {rounds} rounds lies beyond half of the threshold of {threshold}, \
             p {p:.1e} of at most {:.1e}",
            policy.level()
        ),
        (Decision::Better, _) => format!("better in {rounds} rounds, beyond half of {threshold}"),
        (Decision::Same, _) => format!(
            "{rounds} rounds rule out a change of {threshold}; the smallest harm ruled out is {}",
            percent(ruled_out)
        ),
        (_, Outlook::Hopeless) => format!(
            "{rounds} rounds vary too much for {threshold}; the smallest harm ruled out is {}",
            percent(ruled_out)
        ),
        _ => format!(
            "{rounds} rounds decide neither way; the smallest harm ruled out is {}",
            percent(ruled_out)
        ),
    }
}

/// Bounds of the typical value, each wrong as often as one look may be: the narrower of the signed
/// ranks' and Student's, which exist for fewer rounds.
fn bounds(values: &[f64], policy: &PairedPolicy) -> Interval {
    let level = policy.missed / PairedPolicy::LOOKS.len() as f64;
    let by_rank = signed_rank_bounds(values, level);
    let by_mean = mean_error(values).map(|found| {
        let reach = t_quantile_above(level, found.freedom) * found.error;
        Interval { low: found.mean - reach, high: found.mean + reach }
    });
    match (by_rank, by_mean) {
        (Some(rank), Some(mean)) => {
            Interval { low: rank.low.max(mean.low), high: rank.high.min(mean.high) }
        }
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => Interval { low: f64::NEG_INFINITY, high: f64::INFINITY },
    }
}

fn range(values: &[f64]) -> Interval {
    let middle = median(values);
    let low = values.iter().copied().fold(middle, f64::min);
    let high = values.iter().copied().fold(middle, f64::max);
    Interval { low, high }
}

#[cfg(test)]
mod tests {
    use super::{Decision, Direction, Outlook, Pair, PairedPolicy, judge_pairs};

    /// So many rounds about `typical`, each within 0.4 % of it.
    fn rounds(count: usize, typical: f64) -> Vec<Pair> {
        let location = |at: usize| typical + 0.002 * ((at * 3 % 5) as f64 - 2.0);
        (0..count).map(|at| Pair { location: location(at), mean: None }).collect()
    }

    fn check(pairs: &[Pair], risk: Option<f64>, expected: (Decision, Outlook)) {
        let policy = PairedPolicy::new(0.02, 1, Direction::LowerIsBetter);
        let policy = risk.map_or(policy, |risk| policy.at_risk(risk));
        let look = judge_pairs(pairs, &policy);
        assert_eq!((look.decision, look.outlook), expected, "{risk:?}: {look:?}");
    }

    #[test]
    fn less_risk_takes_more_rounds() {
        let (settled, open) = (Outlook::Settled, Outlook::Open);
        let calm = rounds(50, 0.008);
        check(&calm[..7], None, (Decision::Same, settled));
        check(&calm[..7], Some(0.0001), (Decision::Undecided, open));
        check(&calm, Some(0.0001), (Decision::Same, settled));
        // Sixteen rounds that all say so are a p of 1.2e-4 for the eight looks.
        let slower = rounds(50, 0.05);
        check(&slower[..16], None, (Decision::Worse, settled));
        check(&slower[..16], Some(0.0001), (Decision::Undecided, open));
        check(&slower, Some(0.0001), (Decision::Worse, settled));
        // Nobody gets more than usual by asking for it.
        check(&slower[..12], Some(0.5), (Decision::Undecided, open));
    }
}
