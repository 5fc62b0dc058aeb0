//! The launches of two builds that alternated, as rounds of one metric: values in, a verdict out.

use crate::judge::counted::{Repetition, judge_counts_of};
use crate::judge::paired::{Outlook, Pair, PairedLook, PairedPolicy, judge_pairs};
use crate::judge::stored::{Decision, Look};
use crate::judge::tail::unchecked_tail;
use crate::model::{Change, Health, Launch, LaunchStats, Metric, Pace, Tail};
use crate::stats::{mad, median};

/// What alternating launches say about one metric.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Contest {
    /// The metric.
    pub metric: Metric,
    /// The decision, with its numbers; a rule of its own for counts.
    pub ruling: Ruling,
    /// The typical value of the baseline's launches.
    pub baseline: f64,
    /// The typical value of the current launches.
    pub current: f64,
    /// Rounds that were set aside, beside a busy neighbour.
    pub set_aside: usize,
}

/// By which rule a metric was judged.
#[derive(Clone, PartialEq, Debug)]
pub enum Ruling {
    /// Times: rounds, until they decide.
    Paired(PairedLook),
    /// Counts: exact where they repeat exactly.
    Counted(Look),
    /// By none, for this reason.
    Unchecked(String),
}

impl Contest {
    /// What was decided.
    pub fn decision(&self) -> Decision {
        match &self.ruling {
            Ruling::Paired(look) => look.decision,
            Ruling::Counted(look) => look.decision,
            Ruling::Unchecked(_) => Decision::Undecided,
        }
    }

    /// The relative change with its interval; none of a count from zero, or of what no rule judged.
    pub fn change(&self) -> Option<Change> {
        match &self.ruling {
            Ruling::Paired(look) => Some(look.change),
            Ruling::Counted(look) => look.change,
            Ruling::Unchecked(_) => None,
        }
    }

    /// Whether more rounds may decide it.
    pub fn is_open(&self) -> bool {
        matches!(&self.ruling, Ruling::Paired(look) if look.outlook == Outlook::Open)
    }

    /// Why, in words.
    pub fn why(&self) -> String {
        let why = match &self.ruling {
            Ruling::Paired(look) => &look.why,
            Ruling::Counted(look) => &look.why,
            Ruling::Unchecked(why) => why,
        };
        match self.set_aside {
            0 => why.clone(),
            1 => format!("{why}; set aside 1 round beside a busy neighbour"),
            many => format!("{why}; set aside {many} rounds beside a busy neighbour"),
        }
    }
}

/// Doubts small changes of times where instructions were counted and are no more or fewer: where the
/// code of a build happens to lie moves times by so much, and no repetition of that build takes it away.
pub fn doubt_layout(contests: &mut [Contest]) {
    /// By how much relinked code was seen to change, with one instruction like another.
    const MOST: f64 = 0.03;
    const ALIKE: f64 = 0.001;
    let alike = |contest: &Contest| {
        let change = contest.change().map(|change| change.estimate.abs());
        contest.metric.is_instruction_count() && change.is_some_and(|change| change < ALIKE)
    };
    if !contests.iter().any(alike) {
        return;
    }
    // What other threads, the kernel and waiting take is in no such count.
    let own = |contest: &&mut Contest| contest.metric.name == Metric::THREAD_CPU_TIME;
    for contest in contests.iter_mut().filter(own) {
        let Ruling::Paired(look) = &mut contest.ruling else { continue };
        let is_harm = look.decision == Decision::Worse;
        if is_harm && look.change.estimate.abs() < MOST {
            look.decision = Decision::Undecided;
            look.outlook = Outlook::Hopeless;
            look.why += ", but the instructions are the same: it may be layout, which `diff --layouts 16` tells";
        }
    }
}

/// The rounds of `metric` as [`judge_contest`] judges them: those that had their core for themselves.
///
/// # Panics
/// If not all launches have the metric.
pub fn rounds_of(metric: &Metric, baseline: &[Launch], current: &[Launch]) -> Vec<Pair> {
    pairs(&undisturbed(&rounds(metric, baseline, current)))
}

/// Judges `metric` by the launches of both sides, of which the first of each were one round, and so
/// on.
///
/// Rounds in which either launch shared its core with a busy neighbour are set aside. Where the
/// ratios follow the CPU's own pace, they are taken at that pace.
///
/// # Panics
/// If a side has no launches, or not all of them have the metric; of a count, if none of a side has it.
pub fn judge_contest(
    metric: &Metric,
    baseline: &[Launch],
    current: &[Launch],
    policy: &PairedPolicy,
) -> Contest {
    let tail = Tail::of_metric(&metric.name);
    let launches = || baseline.iter().chain(current);
    if let Some(why) = tail.and_then(|(clock, tail)| unchecked_tail(tail, clock, launches())) {
        return unchecked(metric, baseline, current, why);
    }
    let policy = match tail {
        Some(_) => policy.from_rounds(Tail::LAUNCHES as usize),
        None => *policy,
    };
    let value = |stats: &LaunchStats| stats.representative(metric);
    if !metric.is_time() {
        // Instructions are counted in the first few launches.
        let counted = |side: &[Launch]| -> Vec<LaunchStats> {
            side.iter().filter_map(|launch| launch.stats(&metric.name)).collect()
        };
        let (before, now) = (counted(baseline), counted(current));
        let repeats = match before.iter().chain(&now).all(LaunchStats::is_constant) {
            true => Repetition::Exact,
            false => Repetition::Varying,
        };
        let values = |side: &[LaunchStats]| side.iter().map(value).collect::<Vec<_>>();
        let (before, now) = (values(&before), values(&now));
        let look = judge_counts_of(metric, &before, &now, policy.threshold, repeats);
        let (baseline, current) = (look.baseline, look.current);
        let metric = metric.clone();
        return Contest { metric, ruling: Ruling::Counted(look), baseline, current, set_aside: 0 };
    }
    let rounds = rounds(metric, baseline, current);
    let alone = undisturbed(&rounds);
    let set_aside = rounds.len() - alone.len();
    let typical = |of: fn(&Round) -> f64| {
        let all: Vec<f64> =
            if alone.is_empty() { &rounds } else { &alone }.iter().map(of).collect();
        median(&all)
    };
    let pairs = pairs(&alone);
    let look = match pairs.is_empty() {
        true => nothing_alone(&rounds, &policy),
        false => judge_pairs(&pairs, &policy),
    };
    Contest {
        metric: metric.clone(),
        baseline: typical(|round| round.baseline),
        current: typical(|round| round.current),
        ruling: Ruling::Paired(look),
        set_aside,
    }
}

/// What was measured, and why nothing can be said about it.
fn unchecked(metric: &Metric, baseline: &[Launch], current: &[Launch], why: String) -> Contest {
    let value = |launch: &Launch| {
        let series = launch.series(&metric.name).expect("every launch has the metric");
        median(series.samples.as_slice())
    };
    let typical = |side: &[Launch]| median(&side.iter().map(value).collect::<Vec<_>>());
    Contest {
        metric: metric.clone(),
        ruling: Ruling::Unchecked(why),
        baseline: typical(baseline),
        current: typical(current),
        set_aside: 0,
    }
}

/// The launches as rounds, each by its location.
fn rounds(metric: &Metric, baseline: &[Launch], current: &[Launch]) -> Vec<Round> {
    let location = match contaminated(baseline.iter().chain(current).map(|l| &l.health)) {
        Contamination::Slight => {
            |stats: &LaunchStats| stats.distribution.map_or(stats.q10, |d| d.median)
        }
        Contamination::Heavy => |stats: &LaunchStats| stats.q10,
    };
    let (before, now) = (stats(metric, baseline), stats(metric, current));
    // Of a single value, which a tail is, the mean says nothing of its own.
    let mean = |round: Round| match Tail::of_metric(&metric.name) {
        Some(_) => None,
        None => round.mean,
    };
    let round = |(before, now)| {
        let round = Round::of(before, now, location);
        Round { mean: mean(round), ..round }
    };
    before.iter().zip(&now).map(round).collect()
}

fn stats(metric: &Metric, launches: &[Launch]) -> Vec<LaunchStats> {
    let of = |launch: &Launch| launch.stats(&metric.name).expect("every launch has the metric");
    launches.iter().map(of).collect()
}

/// One launch of each side.
#[derive(Clone, Copy)]
struct Round {
    baseline: f64,
    current: f64,
    /// Logarithms of current over baseline.
    location: f64,
    mean: Option<f64>,
    paces: Option<(Pace, Pace)>,
}

impl Round {
    fn of(before: &LaunchStats, now: &LaunchStats, location: fn(&LaunchStats) -> f64) -> Self {
        let (baseline, current) = (location(before), location(now));
        let mean = |stats: &LaunchStats| stats.distribution.map(|d| d.winsorised_mean);
        Self {
            baseline,
            current,
            location: (current / baseline).ln(),
            mean: mean(before).zip(mean(now)).map(|(before, now)| (now / before).ln()),
            paces: before.pace.zip(now.pace),
        }
    }

    /// How much slower the CPU itself was beside the current launch.
    fn clock(&self) -> Option<f64> {
        self.paces.map(|(before, now)| (now.chain_ns / before.chain_ns).ln())
    }
}

fn undisturbed(rounds: &[Round]) -> Vec<Round> {
    let paces: Vec<_> = rounds.iter().map(|round| round.paces).collect();
    alone(&paces).into_iter().map(|at| rounds[at]).collect()
}

/// The positions of the rounds that had their core for themselves, or a neighbour that stayed.
pub fn undisturbed_rounds(baseline: &[Launch], current: &[Launch]) -> Vec<usize> {
    let paces = |(before, now): (&Launch, &Launch)| before.health.pace.zip(now.health.pace);
    alone(&baseline.iter().zip(current).map(paces).collect::<Vec<_>>())
}

fn alone(rounds: &[Option<(Pace, Pace)>]) -> Vec<usize> {
    let paces = rounds.iter().flatten().flat_map(|(before, now)| [*before, *now]);
    let least = Pace::least_crowding(paces);
    let is_alone = |at: &usize| {
        rounds[*at].is_none_or(|(before, now)| {
            let has_core = !before.is_crowded(least) && !now.is_crowded(least);
            // A neighbour that stays is in both launches, and not in their ratio.
            has_core || before.is_crowded_like(now)
        })
    };
    (0..rounds.len()).filter(is_alone).collect()
}

/// The rounds as they are judged: at the CPU's pace if that takes away more than half of what they
/// differ by, which is no matter of how large a change is.
fn pairs(rounds: &[Round]) -> Vec<Pair> {
    const FOLLOWS: f64 = 0.5;
    if rounds.is_empty() {
        return Vec::new();
    }
    let plain: Vec<f64> = rounds.iter().map(|round| round.location).collect();
    let clocks: Option<Vec<f64>> = rounds.iter().map(Round::clock).collect();
    let paced: Option<Vec<f64>> =
        clocks.as_ref().map(|c| plain.iter().zip(c).map(|(value, clock)| value - clock).collect());
    let follows = paced.as_ref().is_some_and(|paced| mad(paced) < FOLLOWS * mad(&plain));
    let off = |at: usize| match &clocks {
        Some(clocks) if follows => clocks[at],
        _ => 0.0,
    };
    let pair = |(at, round): (usize, &Round)| Pair {
        location: round.location - off(at),
        mean: round.mean.map(|mean| mean - off(at)),
    };
    rounds.iter().enumerate().map(pair).collect()
}

/// So far every round was beside a neighbour: their numbers, and no decision.
fn nothing_alone(rounds: &[Round], policy: &PairedPolicy) -> PairedLook {
    let pairs: Vec<Pair> =
        rounds.iter().map(|round| Pair { location: round.location, mean: round.mean }).collect();
    let look = judge_pairs(&pairs, policy);
    PairedLook {
        decision: Decision::Undecided,
        outlook: Outlook::Open,
        why: "no round had its core for itself".to_owned(),
        ..look
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Contamination {
    Slight,
    Heavy,
}

/// Whether so many samples were interrupted that a median is one of them; read from what the kernel
/// counts, never from the times themselves.
fn contaminated<'a>(healths: impl Iterator<Item = &'a Health>) -> Contamination {
    /// Share of the wall time spent waiting for a CPU.
    const DELAYED: f64 = 0.05;
    let shares: Vec<f64> =
        healths.filter_map(|health| Some(health.run_delay_ns? / health.wall_ns.max(1.0))).collect();
    match !shares.is_empty() && median(&shares) > DELAYED {
        true => Contamination::Heavy,
        false => Contamination::Slight,
    }
}

#[cfg(test)]
mod tests {
    use super::{doubt_layout, judge_contest};
    use crate::judge::{Decision, PairedPolicy};
    use crate::model::{
        Direction, Health, Launch, Metric, Pace, Samples, Series, SingleCalls, Tail, Unit,
    };

    /// Launches whose work takes `work` chains, on a clock that `clock` moves from launch to launch.
    fn launches(work: f64, clock: fn(usize) -> f64, crowded: fn(usize) -> bool) -> Vec<Launch> {
        let launch = |at: usize| {
            let noise = 1.0 + 0.001 * ((at * 7 % 11) as f64 - 5.0);
            let chain_ns = 1800.0 * clock(at);
            let slower = if crowded(at) { 1.5 } else { 1.0 };
            let value = work * chain_ns * noise * slower;
            let series = |metric: Metric, value: f64| Series {
                metric,
                samples: Samples::new(vec![value; 5]).unwrap(),
            };
            let count = Metric::new("allocations", Unit::Count, Direction::LowerIsBetter);
            let crowding = if crowded(at) { 1.6 } else { 1.1 };
            Launch {
                series: vec![
                    series(Metric::time(Metric::THREAD_CPU_TIME), value),
                    series(count, work.round()),
                ],
                iterations_per_sample: 1,
                throughput: None,
                single_calls: None,
                gpu: None,
                health: Health {
                    wall_ns: 1e6,
                    pace: Some(Pace { chain_ns, crowding, at_best: 1.1 }),
                    ..Health::default()
                },
            }
        };
        (0..30).map(launch).collect()
    }

    fn check(
        metric: &str,
        baseline: &[Launch],
        current: &[Launch],
        expected: Decision,
        set_aside: usize,
    ) {
        let metric = baseline[0].series(metric).unwrap().metric.clone();
        let policy = PairedPolicy::new(0.02, 1, Direction::LowerIsBetter);
        let contest = judge_contest(&metric, baseline, current, &policy);
        let found = (contest.decision(), contest.set_aside);
        assert_eq!(found, (expected, set_aside), "{contest:?}");
    }

    #[test]
    fn rounds_decide_about_times_and_launches_about_counts() {
        let (steady, quiet) = (|_: usize| 1.0, |_: usize| false);
        let base = launches(10.0, steady, quiet);
        let time = Metric::THREAD_CPU_TIME;
        check(time, &base, &launches(10.0, steady, quiet), Decision::Same, 0);
        check(time, &base, &launches(10.3, steady, quiet), Decision::Worse, 0);
        check(time, &base, &launches(9.7, steady, quiet), Decision::Better, 0);
        check("allocations", &base, &launches(10.0, steady, quiet), Decision::Same, 0);
        check("allocations", &base, &launches(11.0, steady, quiet), Decision::Worse, 0);
        // One launch of three is half as slow again, and says so.
        let beside = |at: usize| at.is_multiple_of(3);
        check(time, &base, &launches(10.0, steady, beside), Decision::Same, 10);
        check(time, &base, &launches(10.0, steady, |_| true), Decision::Undecided, 30);
        // A neighbour that stays for both is none of the difference.
        let both = launches(10.0, steady, beside);
        check(time, &both, &launches(10.0, steady, beside), Decision::Same, 0);
        check(time, &both, &launches(10.3, steady, beside), Decision::Worse, 0);
    }

    #[test]
    fn a_clock_that_moves_between_the_two_of_a_round_is_taken_off() {
        let quiet = |_: usize| false;
        let base = launches(10.0, |at| 1.0 + 0.01 * (at % 5) as f64, quiet);
        let moved = |at: usize| 1.0 + 0.01 * (at % 7) as f64;
        check(Metric::THREAD_CPU_TIME, &base, &launches(10.0, moved, quiet), Decision::Same, 0);
        check(Metric::THREAD_CPU_TIME, &base, &launches(10.2, moved, quiet), Decision::Worse, 0);
    }

    #[test]
    fn small_harm_without_an_instruction_more_may_be_layout() {
        let counted = |mut launches: Vec<Launch>, instructions: f64| {
            for launch in launches.iter_mut().take(3) {
                let metric = Metric::built_in(Metric::SIMULATED_INSTRUCTIONS).unwrap();
                let samples = Samples::new(vec![instructions]).unwrap();
                launch.series.push(Series { metric, samples });
            }
            launches
        };
        let check = |work: f64, instructions: f64, expected: Decision| {
            let sides = [(10.0, 5_000.0), (work, instructions)]
                .map(|(work, count)| counted(launches(work, |_| 1.0, |_| false), count));
            let policy = PairedPolicy::new(0.02, 1, Direction::LowerIsBetter);
            let names = [Metric::THREAD_CPU_TIME, Metric::SIMULATED_INSTRUCTIONS];
            let mut contests = names.map(|name| {
                let metric = sides[0][0].series(name).unwrap().metric.clone();
                judge_contest(&metric, &sides[0], &sides[1], &policy)
            });
            doubt_layout(&mut contests);
            let [time, _] = &contests;
            assert_eq!(time.decision(), expected, "{work} {instructions}: {contests:?}");
            assert_eq!(time.why().contains("may be layout"), expected == Decision::Undecided);
            assert!(!time.is_open());
        };
        check(10.25, 5_000.0, Decision::Undecided);
        check(10.25, 5_004.0, Decision::Undecided);
        check(10.25, 5_010.0, Decision::Worse);
        check(10.4, 5_000.0, Decision::Worse);
        check(9.75, 5_000.0, Decision::Better);
        check(10.0, 5_000.0, Decision::Same);
    }

    /// The launches with so many single calls, of which one in a hundred takes `factor` of the time.
    fn with_tails(mut launches: Vec<Launch>, calls: u32, factor: f64) -> Vec<Launch> {
        for launch in &mut launches {
            let value = launch.series[0].samples.as_slice()[0] * factor;
            launch.series.push(Series {
                metric: Tail::P99.metric(Metric::THREAD_CPU_TIME),
                samples: Samples::new(vec![value]).unwrap(),
            });
            let (wall_cost_ns, thread_cpu_cost_ns, process_cpu_cost_ns) = (40.0, 300.0, 900.0);
            launch.single_calls =
                Some(SingleCalls { calls, wall_cost_ns, thread_cpu_cost_ns, process_cpu_cost_ns });
        }
        launches
    }

    #[test]
    fn a_tail_is_contested_by_ten_rounds_and_more() {
        let name = "thread_cpu_time_p99";
        let launches = || launches(10.0, |_| 1.0, |_| false);
        let base = with_tails(launches(), 1_000, 1.2);
        let slower = with_tails(launches(), 1_000, 1.8);
        check(name, &base, &base, Decision::Same, 0);
        check(name, &base, &slower, Decision::Worse, 0);
        check(Metric::THREAD_CPU_TIME, &base, &slower, Decision::Same, 0);
        // The time is decided by seven rounds.
        check(Metric::THREAD_CPU_TIME, &base[..9], &slower[..9], Decision::Same, 0);
        check(name, &base[..9], &base[..9], Decision::Undecided, 0);
        let metric = Metric::time(name);
        let policy = PairedPolicy::new(0.02, 1, Direction::LowerIsBetter);
        assert!(judge_contest(&metric, &base[..9], &base[..9], &policy).is_open());
        let few = with_tails(launches(), 999, 1.8);
        let contest = judge_contest(&metric, &base, &few, &policy);
        assert!(contest.decision() == Decision::Undecided && !contest.is_open(), "{contest:?}");
        assert!(contest.why().contains("tail unchecked: p99 needs 1000 calls"), "{contest:?}");
    }
}
