//! One case: launches, a look, more launches while that may decide it, and a second round before
//! any alarm.

use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::harness::compare::{Comparison, Judged};
use crate::harness::launcher::Launcher;
use crate::harness::targets;
use crate::judge::{Look, confirm};
use crate::model::{Case, Launch, Metric, Target, TargetState, Verdict};

/// How much a case may spend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spending {
    /// Launches of a round.
    pub(crate) launches: u32,
    /// The time that a decided case should take.
    pub(crate) budget: Duration,
}

impl Spending {
    /// Undecided cases may take this many times the launches and the budget.
    const PATIENCE: u32 = 3;
    /// A baseline of fewer launches could not convict at 99 %, however many follow.
    const LEAST_OF_BASELINE: u32 = 10;
}

/// What a neighbour does in bursts is over after this long, more often than not.
const PAUSE: Duration = Duration::from_millis(300);
/// While launches are crowded: long enough to meet the neighbour in another mood.
const LULL: Duration = Duration::from_millis(50);

/// Measures and judges one case.
///
/// # Errors
/// If a launch fails, or a wanted metric was not measured.
pub(crate) fn run(
    launcher: &Launcher,
    comparison: &Comparison<'_>,
    spending: Spending,
) -> Result<(Case, Vec<Judged>), Error> {
    let Round { mut launches, mut judged, mut targets, .. } =
        Round::begin(launcher, comparison, spending)?.decide()?;
    let waits = |judged: &Judged| judged.waiting.is_some();
    let suspicious = judged.iter().any(|judged| judged.is_suspicion() || waits(judged));
    if suspicious || targets.iter().any(misses_by_time) {
        launcher.log.info(|| format!("{}: a second round, after a pause", launcher.name));
        thread::sleep(PAUSE);
        let second = Round::begin(launcher, comparison, spending)?.decide()?;
        launches.extend(second.launches);
        judged = settle(&judged, &second.judged, comparison.judge(&launches)?);
        let pooled = comparison.targets(&launches, &judged)?;
        targets = targets::settle(&targets, &second.targets, pooled);
        tell_look(launcher, 0, &launches, &judged);
    }
    let judged: Vec<Judged> = judged.into_iter().flat_map(Judged::apart).collect();
    let case = Case {
        name: comparison.case.to_owned(),
        launches: launches.into_iter().map(Launch::without_excess_digits).collect(),
        judgements: judged.iter().map(|judged| judged.judgement.clone()).collect(),
        targets,
    };
    Ok((case, judged))
}

/// What a clock says is heard twice.
fn misses_by_time(target: &Target) -> bool {
    target.state == TargetState::Missed && Metric::time(&target.metric).is_clock()
}

/// Launches bought one after the other, and what they say so far.
struct Round<'a> {
    launcher: &'a Launcher,
    comparison: &'a Comparison<'a>,
    spending: Spending,
    begun: Instant,
    /// Launches of earlier rounds.
    earlier: u32,
    launches: Vec<Launch>,
    judged: Vec<Judged>,
    targets: Vec<Target>,
}

impl<'a> Round<'a> {
    /// As many launches as a round has, those beside a busy neighbour bought again for a while.
    fn begin(
        launcher: &'a Launcher,
        comparison: &'a Comparison<'a>,
        spending: Spending,
    ) -> Result<Self, Error> {
        let (begun, earlier) = (Instant::now(), launcher.bought());
        let launches = launcher.launch(spending.launches)?;
        let judged = comparison.judge(&launches)?;
        if earlier == 0 {
            comparison.require_any(&judged)?;
        }
        let targets = comparison.targets(&launches, &judged)?;
        launcher.log.info(|| format!("{}: bought {} launches", launcher.name, launches.len()));
        let mut round =
            Self { launcher, comparison, spending, begun, earlier, launches, judged, targets };
        if earlier == 0 {
            round.tell_untold();
            round.tell_baselines();
        }
        round.tell();
        while round.judged.iter().any(Judged::wants_replacements)
            && round.undisturbed() < spending.launches
            && round.allows_more()
        {
            thread::sleep(LULL);
            round.buy(spending.launches - round.undisturbed())?;
        }
        Ok(round)
    }

    /// Buys more while that may decide a metric, or make a better first baseline.
    fn decide(mut self) -> Result<Self, Error> {
        loop {
            let short = self.judged.iter().map(|j| j.short_of(Spending::LEAST_OF_BASELINE)).max();
            let more = match short {
                Some(short) if short > 0 => short,
                _ if self.wants_more() => self.spending.launches.div_ceil(2),
                _ => return Ok(self),
            };
            let owed = short.is_some_and(|short| short > 0)
                && self.launches.len() < Spending::LEAST_OF_BASELINE as usize;
            if !owed && !self.allows_more() {
                return Ok(self);
            }
            self.buy(more)?;
        }
    }

    /// Whether more launches may decide a metric or a limit.
    fn wants_more(&self) -> bool {
        let undecided = |target: &Target| target.state == TargetState::Undecided;
        self.judged.iter().any(Judged::wants_more) || self.targets.iter().any(undecided)
    }

    fn buy(&mut self, count: u32) -> Result<(), Error> {
        self.launches.extend(self.launcher.launch(count)?);
        self.judged = self.comparison.judge(&self.launches)?;
        self.targets = self.comparison.targets(&self.launches, &self.judged)?;
        let Self { launcher, launches, .. } = self;
        let all = launches.len();
        launcher.log.info(|| format!("{}: bought {count} more, {all} by now", launcher.name));
        self.tell();
        Ok(())
    }

    fn tell(&self) {
        tell_look(self.launcher, self.earlier, &self.launches, &self.judged);
    }

    fn tell_untold(&self) {
        for name in self.comparison.untold(&self.launches) {
            self.launcher.log.warn(|| {
                let test = &self.launcher.name;
                format!("{test}: {name} is listed and not judged: the device told it in no launch")
            });
        }
    }

    fn tell_baselines(&self) {
        for Judged { judgement, .. } in &self.judged {
            self.launcher.log.info(|| {
                let found = match (&judgement.against, judgement.baseline_launches) {
                    (Some(against), Some(n)) => format!("a baseline of {n} launches: {against}"),
                    _ => judgement.why.clone(),
                };
                format!("{}: {}: {found}", self.launcher.name, judgement.metric.name)
            });
        }
    }

    /// Launches that were set aside, of the metric that most were of.
    fn crowded(&self) -> u32 {
        self.judged.iter().map(|judged| judged.set_aside.len() as u32).max().unwrap_or(0)
    }

    fn undisturbed(&self) -> u32 {
        (self.launches.len() as u32).saturating_sub(self.crowded())
    }

    /// Crowded launches cost time, and no place among the others.
    fn allows_more(&self) -> bool {
        self.undisturbed() < self.spending.launches * Spending::PATIENCE
            && self.begun.elapsed() < self.spending.budget * Spending::PATIENCE
    }
}

/// What the launches say so far; the first of them is number `earlier` + 1.
fn tell_look(launcher: &Launcher, earlier: u32, launches: &[Launch], judged: &[Judged]) {
    for Judged { judgement, set_aside, .. } in judged {
        launcher.log.debug(|| {
            let numbers: Vec<String> =
                set_aside.iter().map(|at| (at + 1 + earlier as usize).to_string()).collect();
            let aside = match numbers.len() {
                0 => String::new(),
                _ => format!("; set aside: launch {}", numbers.join(", ")),
            };
            format!(
                "{}: {} is {} by {} launches: {}{aside}",
                launcher.name,
                judgement.metric.name,
                judgement.verdict,
                launches.len(),
                judgement.why
            )
        });
    }
}

/// The figures of all launches, with the verdict that both rounds agree on.
fn settle(first: &[Judged], second: &[Judged], pooled: Vec<Judged>) -> Vec<Judged> {
    let of = |round: &[Judged], metric: &Metric| {
        round.iter().find(|judged| judged.judgement.metric == *metric).cloned()
    };
    // A clock that a round was not read on cannot say what that round suspected.
    let on_a_clock = |judged: &Judged| judged.judgement.metric.is_clock();
    let suspected = first.iter().any(|judged| judged.is_suspicion() && on_a_clock(judged));
    let settled = pooled.into_iter().map(|mut pooled| {
        let metric = pooled.judgement.metric.clone();
        if let (Some(first), Some(second)) = (of(first, &metric), of(second, &metric)) {
            return settle_one(&first, &second, pooled);
        }
        pooled.waiting = None;
        if pooled.is_suspicion() || suspected && on_a_clock(&pooled) {
            pooled.judgement.verdict = Verdict::Inconclusive;
            pooled.judgement.why += ", but a second round had to be read on another clock";
        }
        pooled
    });
    settled.collect()
}

fn settle_one(first: &Judged, second: &Judged, pooled: Judged) -> Judged {
    let mut pooled = pooled.agreeing_with([first, second]);
    if !first.is_suspicion() {
        // Both rounds together may raise what neither was asked about alone.
        if pooled.is_suspicion() {
            pooled.judgement.verdict = Verdict::Inconclusive;
            pooled.judgement.why += ", but the first round alone did not say so";
        }
        return pooled;
    }
    let (Some(look), Some(again)) = (&first.look, &second.look) else {
        pooled.judgement.verdict = Verdict::Inconclusive;
        if pooled.look.is_some() {
            pooled.judgement.why += ", but of a second round: ";
            pooled.judgement.why += &second.judgement.why;
        }
        return pooled;
    };
    // All launches together may be judged at the CPU's pace where a round alone was not.
    let all = pooled.look.as_ref().filter(|all| all.decision == look.decision);
    let why = all.unwrap_or(look).why.clone();
    let (decision, why) = confirm(&Look { why, ..look.clone() }, again);
    pooled.judgement.verdict = decision.into();
    pooled.judgement.why = why;
    // The second round may agree and yet have been disturbed.
    if decision == look.decision && second.judgement.verdict == Verdict::Inconclusive {
        pooled.judgement.verdict = Verdict::Inconclusive;
        pooled.judgement.why.clone_from(&second.judgement.why);
    }
    pooled
}

#[cfg(test)]
mod tests {
    use super::settle;
    use crate::harness::lookup::Baselines;
    use crate::harness::made_up::{PROCESS, THREAD, WALL, alone, baselines, comparison, threads};
    use crate::model::{Launch, Verdict};

    /// What two rounds of these launches say.
    fn check(
        baselines: &Baselines,
        [first, second]: [Vec<Launch>; 2],
        expected: &[(&str, Verdict)],
        why: &str,
    ) {
        let comparison = comparison(baselines);
        let judge = |launches: &[Launch]| comparison.judge(launches).unwrap();
        let all = [first.clone(), second.clone()].concat();
        let settled = settle(&judge(&first), &judge(&second), judge(&all));
        let rows = settled.iter().map(|j| (j.judgement.metric.name.as_str(), j.judgement.verdict));
        assert_eq!(rows.collect::<Vec<_>>(), expected, "{settled:?}");
        let whys: Vec<&str> = settled.iter().map(|j| j.judgement.why.as_str()).collect();
        assert!(whys.join("\n").contains(why), "{whys:?} lack {why}");
    }

    use Verdict::{Inconclusive, Regressed, Unchanged};

    #[test]
    fn each_clock_is_confirmed_by_itself() {
        let of_threads = baselines(&[(PROCESS, 200.0), (WALL, 100.0)]);
        let check = |first: (f64, f64), second: (f64, f64), process, wall, why| {
            let rounds = [threads(first.0, first.1), threads(second.0, second.1)];
            check(&of_threads, rounds, &[(PROCESS, process), (WALL, wall)], why);
        };
        check((100.0, 240.0), (100.0, 240.0), Regressed, Unchanged, "after a pause agrees");
        check((130.0, 200.0), (130.0, 200.0), Unchanged, Regressed, "after a pause agrees");
        check((130.0, 240.0), (130.0, 200.0), Unchanged, Regressed, "a first round had +20.0 %");
        check((100.0, 200.0), (130.0, 240.0), Inconclusive, Inconclusive, "not decided");
    }

    #[test]
    fn a_round_on_other_clocks_confirms_nothing() {
        let of_one = baselines(&[(PROCESS, 300.0), (THREAD, 100.0), (WALL, 100.0)]);
        let rounds = [alone(120.0), threads(120.0, 300.0)];
        let why = "a second round had to be read on another clock";
        let both = &[(PROCESS, Inconclusive), (WALL, Inconclusive)];
        let [one, other] = rounds;
        check(&of_one, [one.clone(), other.clone()], both, why);
        check(&of_one, [other, one.clone()], both, why);
        check(&of_one, [one.clone(), one], &[(THREAD, Regressed)], "after a pause agrees");
    }
}
