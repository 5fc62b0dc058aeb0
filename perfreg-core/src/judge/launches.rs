//! The gate's rules for launches from anywhere: samples by session and launch in, a finding out.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::judge::counted::{Repetition, judge_counted};
use crate::judge::launch_policy::{LaunchPolicy, LaunchRule};
use crate::judge::paired::{Outlook, Pair, PairedPolicy, judge_pairs};
use crate::judge::stored::{Decision, Look, judge_stored};
use crate::model::{Change, Direction, LaunchSamples, LaunchStats, Verdict};
use crate::stats::median;

/// What launches say, and why.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// What was decided.
    pub verdict: Verdict,
    /// The typical launch of the baseline, in the unit of the samples.
    pub baseline: f64,
    /// The typical current launch, in the unit of the samples.
    pub current: f64,
    /// The change from baseline to current with its 99 % interval, as shares; not turned by direction.
    pub change: Option<Change>,
    /// The smallest harm that is ruled out, as a share: 0.01 is 1 %.
    pub ruled_out: Option<f64>,
    /// How many launches of the baseline were judged.
    pub baseline_launches: usize,
    /// How many current launches were judged: the paired rule stops at the look that decides.
    pub launches: usize,
    /// How many launches a side more may decide it; `None` if it is decided, or more would not help.
    pub more: Option<usize>,
    /// Why, in words.
    pub why: String,
    /// The rule that judged.
    pub policy: LaunchPolicy,
}

/// Judges launches of any harness by one of the gate's rules.
///
/// The same samples and policy give the same finding, in every digit.
///
/// ```
/// # fn main() -> Result<(), perfreg_core::Error> {
/// use perfreg_core::{LaunchPolicy, LaunchSamples, Verdict, judge_launches};
///
/// let launch = |at: usize, by: f64| (0..20).map(|i| by + ((at * 7 + i) % 5) as f64 * 0.01).collect();
/// let side = |by: f64| LaunchSamples::of_one_session((0..16).map(|at| launch(at, by)).collect());
///
/// let finding = judge_launches(&side(10.0)?, &side(10.5)?, &LaunchPolicy::paired())?;
/// assert_eq!(finding.verdict, Verdict::Regressed);
/// println!("{}: {}", finding.verdict, finding.why);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::is_usage`] if a parameter of the policy makes no sense; [`Error::is_mismatch`] if launches
/// to be paired are not as many on either side; [`Error::is_data`] if a launch to be paired has no
/// positive time.
pub fn judge_launches(
    baseline: &LaunchSamples,
    current: &LaunchSamples,
    policy: &LaunchPolicy,
) -> Result<Finding, Error> {
    policy.validate()?;
    match policy.rule {
        LaunchRule::Stored => Ok(stored(baseline, current, policy)),
        LaunchRule::Paired => paired(baseline, current, policy),
        LaunchRule::Exact => Ok(exact(baseline, current, policy)),
    }
}

fn stored(baseline: &LaunchSamples, current: &LaunchSamples, policy: &LaunchPolicy) -> Finding {
    /// Launches after which the gate stops to ask for more.
    const MOST: usize = 30;
    let value = |stats: LaunchStats| match policy.direction {
        Direction::LowerIsBetter => stats.q10,
        Direction::HigherIsBetter => middle(&stats),
    };
    let of = |samples| value(LaunchStats::of(samples));
    let sessions: Vec<Vec<f64>> =
        baseline.sessions().map(|launches| launches.iter().map(of).collect()).collect();
    let now: Vec<f64> = current.launches().map(of).collect();
    let look = judge_stored(&sessions, &now, &policy.of_stored());
    let may_decide = look.decision == Decision::Undecided && now.len() < MOST;
    let more = may_decide.then(|| now.len().div_ceil(2).min(MOST - now.len()));
    Finding { more, ..counted(look, baseline, current, policy) }
}

fn exact(baseline: &LaunchSamples, current: &LaunchSamples, policy: &LaunchPolicy) -> Finding {
    let stats = |side: &LaunchSamples| side.launches().map(LaunchStats::of).collect::<Vec<_>>();
    let (before, now) = (stats(baseline), stats(current));
    let repeats = match before.iter().chain(&now).all(LaunchStats::is_constant) {
        true => Repetition::Exact,
        false => Repetition::Varying,
    };
    let values = |stats: &[LaunchStats]| stats.iter().map(middle).collect::<Vec<_>>();
    let (before, now) = (values(&before), values(&now));
    let look = judge_counted(&before, &now, policy.threshold, policy.direction, repeats);
    counted(look, baseline, current, policy)
}

/// A look at all launches of either side, as a finding.
fn counted(
    look: Look,
    baseline: &LaunchSamples,
    current: &LaunchSamples,
    policy: &LaunchPolicy,
) -> Finding {
    let most = |change: Change| match policy.direction {
        Direction::LowerIsBetter => change.high,
        Direction::HigherIsBetter => -change.low,
    };
    Finding {
        verdict: look.decision.into(),
        baseline: look.baseline,
        current: look.current,
        change: look.change,
        ruled_out: look.change.map(|change| most(change).max(0.0)),
        baseline_launches: baseline.launch_count(),
        launches: current.launch_count(),
        more: None,
        why: look.why,
        policy: *policy,
    }
}

fn paired(
    baseline: &LaunchSamples,
    current: &LaunchSamples,
    policy: &LaunchPolicy,
) -> Result<Finding, Error> {
    let (before, now) = (baseline.launch_count(), current.launch_count());
    if before != now {
        return Err(Error::mismatch(format!(
            "{before} launches of the baseline and {now} current ones are no rounds: as many are"
        )));
    }
    let stats = |side: &LaunchSamples| side.launches().map(LaunchStats::of).collect::<Vec<_>>();
    let (before, now) = (stats(baseline), stats(current));
    positive("baseline", &before)?;
    positive("current", &now)?;
    let ratio = |of: fn(&LaunchStats) -> f64, (before, now): (&LaunchStats, &LaunchStats)| {
        (of(now) / of(before)).ln()
    };
    let pair = |round| Pair { location: ratio(middle, round), mean: Some(ratio(mean, round)) };
    let pairs: Vec<Pair> = before.iter().zip(&now).map(pair).collect();
    let look = judge_pairs(&pairs, &policy.of_paired());
    let typical =
        |side: &[LaunchStats]| median(&side[..look.rounds].iter().map(middle).collect::<Vec<_>>());
    let next = PairedPolicy::next_look(look.rounds).filter(|_| look.outlook == Outlook::Open);
    Ok(Finding {
        verdict: look.decision.into(),
        baseline: typical(&before),
        current: typical(&now),
        change: Some(look.change),
        ruled_out: Some(look.ruled_out).filter(|harm| harm.is_finite()),
        baseline_launches: look.rounds,
        launches: look.rounds,
        more: next.map(|next| next - look.rounds),
        why: look.why,
        policy: *policy,
    })
}

/// Ratios need values that have some.
fn positive(side: &str, launches: &[LaunchStats]) -> Result<(), Error> {
    let is_bad = |stats: &LaunchStats| !(middle(stats) > 0.0 && mean(stats) > 0.0);
    match launches.iter().position(is_bad) {
        Some(at) => Err(Error::data(format!(
            "{side}, launch {}: the median {} has no ratio to another; the paired rule judges positive \
             values",
            at + 1,
            middle(&launches[at])
        ))),
        None => Ok(()),
    }
}

fn middle(stats: &LaunchStats) -> f64 {
    stats.distribution.map_or(stats.q10, |distribution| distribution.median)
}

fn mean(stats: &LaunchStats) -> f64 {
    stats.distribution.map_or(stats.q10, |distribution| distribution.winsorised_mean)
}
