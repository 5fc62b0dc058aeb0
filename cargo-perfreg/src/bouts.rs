//! The cases that both builds have, measured against each other until they are decided.

use std::process::Command;
use std::time::{Duration, Instant};

use perfreg_core::TestId;
use perfreg_core::harness::{CaseOf, Description, Layouts, Rounds, Standing, Workers};
use perfreg_core::judge::{Contest, Decision, PairedPolicy, Repetition};
use perfreg_core::logging::Log;
use perfreg_core::measure::Plan;
use perfreg_core::model::{Launch, Metric, Run, Tail};

use crate::error::Error;
use crate::layouts::Round;

/// One test in both builds.
pub(crate) struct Bout {
    pub(crate) id: TestId,
    base: Workers,
    head: Workers,
    /// The cases that both have, by their index in each.
    pub(crate) cases: Vec<(String, usize, usize)>,
    /// Cases that only the base has, or only the head.
    pub(crate) gone: Vec<String>,
    pub(crate) new: Vec<String>,
    metrics: Option<Vec<String>>,
    threshold: f64,
    /// How often a decision may be wrong, if less often than usual.
    risk: Option<f64>,
    samples: Option<u32>,
    /// The head's record, without its commit and measurements.
    pub(crate) record: Run,
    layouts: Layouts,
    /// The round that is measured, for those who start the workers.
    round: Round,
}

/// Why a test is not measured although both builds have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unfit {
    Skipped(String),
    NotComparable(String),
}

/// How workers are started.
#[derive(Clone, Copy)]
pub(crate) struct Starting {
    pub(crate) timeout: Duration,
    pub(crate) log: Log,
    /// The threshold of tests that state none.
    pub(crate) threshold: Option<f64>,
    /// The threshold whatever the tests state.
    pub(crate) forced: Option<f64>,
}

/// A test of one executable, and what that says of it.
pub(crate) struct Contestant {
    workers: Workers,
    pub(crate) told: Description,
}

impl Contestant {
    /// The test `id` of what `call` starts.
    ///
    /// # Errors
    /// If the executable cannot be started, or speaks another version.
    pub(crate) fn of(
        id: &TestId,
        call: impl Fn() -> Command + 'static,
        starting: Starting,
    ) -> Result<Self, Error> {
        let workers = Workers::new(&id.test, call, starting.timeout, starting.log)?;
        Ok(Self { told: workers.describe()?, workers })
    }

    /// Another of the same executable, which is not asked again.
    ///
    /// # Errors
    /// If there is no place for its results.
    pub(crate) fn again(
        &self,
        id: &TestId,
        call: impl Fn() -> Command + 'static,
        starting: Starting,
    ) -> Result<Self, Error> {
        let workers = Workers::new(&id.test, call, starting.timeout, starting.log)?;
        Ok(Self { workers, told: self.told.clone() })
    }
}

impl Bout {
    /// The test `id` of both sides, each by a call of its executable.
    ///
    /// # Errors
    /// If an executable cannot be started, or speaks another version.
    pub(crate) fn of(
        id: &TestId,
        base: impl Fn() -> Command + 'static,
        head: impl Fn() -> Command + 'static,
        starting: Starting,
    ) -> Result<Result<Self, Unfit>, Error> {
        let base = Contestant::of(id, base, starting)?;
        Ok(Self::between(id, base, Contestant::of(id, head, starting)?, starting))
    }

    /// The test `id` of both sides.
    ///
    /// # Errors
    /// If there is nothing to compare, with the reason.
    pub(crate) fn between(
        id: &TestId,
        Contestant { told: before, workers: base }: Contestant,
        Contestant { told: now, workers: head }: Contestant,
        starting: Starting,
    ) -> Result<Self, Unfit> {
        if let Some(why) = before.skip.or(now.skip) {
            return Err(Unfit::Skipped(why));
        }
        if before.signature != now.signature {
            let why =
                format!("its signature was `{}` and is `{}`", before.signature, now.signature);
            return Err(Unfit::NotComparable(why));
        }
        let place = |cases: &[String], name: &String| cases.iter().position(|one| one == name);
        let both = now
            .cases
            .iter()
            .enumerate()
            .filter_map(|(at, name)| Some((name.clone(), place(&before.cases, name)?, at)));
        let cases: Vec<_> = both.collect();
        if cases.is_empty() {
            let why = format!(
                "its cases were {} and are {}",
                before.cases.join(", "),
                now.cases.join(", ")
            );
            return Err(Unfit::NotComparable(why));
        }
        let only = |these: &[String], those: &[String]| {
            these.iter().filter(|name| !those.contains(name)).cloned().collect()
        };
        let threshold = starting.forced.or(now.threshold).or(starting.threshold);
        Ok(Self {
            id: id.clone(),
            base,
            head,
            gone: only(&before.cases, &now.cases),
            new: only(&now.cases, &before.cases),
            cases,
            metrics: now.metrics,
            threshold: threshold.unwrap_or(DEFAULT_THRESHOLD),
            risk: None,
            samples: now.samples,
            record: now.record,
            layouts: Layouts::One,
            round: Round::default(),
        })
    }
}

impl Bout {
    /// The same in several layouts; who starts the workers looks at `round`.
    pub(crate) fn over(self, layouts: Layouts, round: Round) -> Self {
        Self { layouts, round, ..self }
    }

    /// The change that matters, as a share.
    pub(crate) fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Judges by this threshold from now on, and is wrong at most so often.
    pub(crate) fn demand(&mut self, threshold: f64, risk: f64) {
        (self.threshold, self.risk) = (threshold, Some(risk));
    }

    /// Judges these metrics alone.
    pub(crate) fn look_at(&mut self, metrics: Vec<String>) {
        self.metrics = Some(metrics);
    }

    /// Under which name a list of metrics means `metric`: the clock may be one that fits the work.
    pub(crate) fn asked_name(&self, metric: &Metric) -> String {
        let listed = self.metrics.iter().flatten().any(|name| *name == metric.name);
        match Tail::of_metric(&metric.name) {
            _ if listed => metric.name.clone(),
            Some((_, tail)) => tail.name().to_owned(),
            None if metric.is_clock() => Metric::TIME.to_owned(),
            None if metric.is_instruction_count() => Metric::INSTRUCTIONS.to_owned(),
            None => metric.name.clone(),
        }
    }

    /// Rounds of the case at `at`, none of them bought.
    pub(crate) fn rounds(&self, at: usize, seed: u64) -> Rounds<'_> {
        let (_, base, head) = &self.cases[at];
        rounds(self, (*base, *head), seed)
    }
}

/// Side by side smaller changes show than against a stored baseline.
const DEFAULT_THRESHOLD: f64 = 0.02;

/// How much may be spent, and in which order rounds run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spending {
    /// For all cases together.
    pub(crate) budget: Duration,
    pub(crate) seed: u64,
    pub(crate) slowdown: Slowdown,
}

/// By how much the head's work is slowed down, as a share of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Slowdown {
    None,
    /// By so much.
    Of(f64),
    /// By so much, or by the threshold of the test if that is more.
    AtLeast(f64),
}

impl Slowdown {
    /// The share for work that is judged at `threshold`.
    pub(crate) fn share(self, threshold: f64) -> f64 {
        match self {
            Slowdown::None => 0.0,
            Slowdown::Of(share) => share,
            Slowdown::AtLeast(share) => share.max(threshold),
        }
    }
}

/// One case and what came out.
pub(crate) struct Bouted {
    /// The index of its bout.
    pub(crate) bout: usize,
    /// Its name.
    pub(crate) case: String,
    pub(crate) contests: Vec<Contest>,
    pub(crate) rounds: usize,
    /// The head's launches that were judged first.
    pub(crate) launches: Vec<Launch>,
    /// How long they and the others of this case took.
    pub(crate) took: Duration,
    /// What fresh launches said of a suspicion.
    pub(crate) second: Option<Vec<Contest>>,
    /// Why it was given up.
    pub(crate) failed: Option<String>,
}

impl Bouted {
    /// What was decided about the metric at `at`: worse only if fresh launches say so too.
    pub(crate) fn decision(&self, at: usize) -> Decision {
        let first = &self.contests[at];
        if first.decision() != Decision::Worse || !first.metric.is_time() {
            return first.decision();
        }
        let second = self.second.iter().flatten().find(|other| other.metric == first.metric);
        match second.map(Contest::decision) {
            Some(Decision::Worse) => Decision::Worse,
            _ => Decision::Undecided,
        }
    }
}

/// Measures every case of `bouts`, spending rounds where something is open; `tell` hears what is
/// measured now, how many cases are open, and how much time is left.
pub(crate) fn measure(
    bouts: &[Bout],
    spending: Spending,
    mut tell: impl FnMut(&Bout, usize, Duration),
) -> Vec<Bouted> {
    let begun = Instant::now();
    let left = || spending.budget.saturating_sub(begun.elapsed());
    let mut cases: Vec<Case<'_>> = Vec::new();
    for (at, bout) in bouts.iter().enumerate() {
        for (name, base, head) in &bout.cases {
            cases.push(Case::new(at, bout, name, (*base, *head), spending));
        }
    }
    // A first round of each tells how many metrics there are: all of them are declared before any
    // is judged.
    let count = cases.len();
    for case in &mut cases {
        tell(case.bout, count, left());
        case.buy(1);
    }
    let times = |case: &Case<'_>| {
        let contests = case.standing.iter().flat_map(|standing| &standing.contests);
        contests.filter(|contest| contest.metric.is_time()).count()
    };
    let tests = cases.iter().map(times).sum::<usize>().max(1);
    loop {
        let count = cases.iter().filter(|case| case.wanted > 0).count();
        if count == 0 || left().is_zero() {
            break;
        }
        for case in cases.iter_mut().filter(|case| case.wanted > 0) {
            if left().is_zero() {
                break;
            }
            tell(case.bout, count, left());
            case.look_again(tests);
        }
    }
    cases.into_iter().map(|case| case.end(tests, spending)).collect()
}

struct Case<'a> {
    at: usize,
    bout: &'a Bout,
    name: &'a str,
    indices: (usize, usize),
    rounds: Rounds<'a>,
    standing: Option<Standing>,
    /// Rounds until the next look; 0 if nothing is open.
    wanted: usize,
    took: Duration,
    failed: Option<String>,
}

impl<'a> Case<'a> {
    fn new(
        at: usize,
        bout: &'a Bout,
        name: &'a str,
        indices: (usize, usize),
        spending: Spending,
    ) -> Self {
        let rounds =
            rounds(bout, indices, spending.seed).slowed_by(spending.slowdown.share(bout.threshold));
        Self {
            at,
            bout,
            name,
            indices,
            rounds,
            standing: None,
            wanted: 0,
            took: Duration::ZERO,
            failed: None,
        }
    }

    /// Buys so many rounds and looks at all of them, as one of `tests`.
    fn advance(&mut self, rounds: usize, tests: usize) -> Result<(), perfreg_core::Error> {
        for _ in 0..rounds {
            self.bout.round.set(self.rounds.next_layout());
            self.rounds.buy()?;
        }
        let standing = self.rounds.stand(self.bout.threshold, tests)?;
        // Fewer launches do not show whether a count repeats.
        let counts = standing.contests.iter().any(|contest| !contest.metric.is_time());
        let missing = Repetition::ENOUGH.saturating_sub(self.rounds.count());
        self.wanted = standing.wanted.unwrap_or(if counts { missing } else { 0 });
        self.standing = Some(standing);
        Ok(())
    }

    fn buy(&mut self, rounds: usize) {
        self.advance_or_fail(rounds, 1);
    }

    fn look_again(&mut self, tests: usize) {
        self.advance_or_fail(self.wanted, tests);
    }

    /// A test that fails is not measured any more; the others are.
    fn advance_or_fail(&mut self, rounds: usize, tests: usize) {
        let begun = Instant::now();
        if let Err(error) = self.advance(rounds, tests) {
            self.failed = Some(error.to_string());
            self.wanted = 0;
        }
        self.took += begun.elapsed();
    }

    /// The end, with fresh launches if something became worse: what a neighbour did is over by then.
    fn end(self, tests: usize, spending: Spending) -> Bouted {
        let contests = self.standing.map_or_else(Vec::new, |standing| standing.contests);
        let suspicious =
            |contest: &Contest| contest.decision() == Decision::Worse && contest.metric.is_time();
        let mut bouted = Bouted {
            bout: self.at,
            case: self.name.to_owned(),
            rounds: self.rounds.count(),
            launches: self.rounds.launches().1.to_vec(),
            took: self.took,
            second: None,
            failed: self.failed,
            contests,
        };
        if bouted.failed.is_none() && bouted.contests.iter().any(suspicious) {
            let spending = Spending { seed: !spending.seed, ..spending };
            let mut again = Case::new(self.at, self.bout, self.name, self.indices, spending);
            again.advance_or_fail(PairedPolicy::LOOKS[0], tests);
            while again.wanted > 0 {
                again.look_again(tests);
            }
            bouted.rounds += again.rounds.count();
            bouted.took += again.took;
            bouted.failed = again.failed;
            bouted.second = again.standing.map(|standing| standing.contests);
        }
        bouted
    }
}

fn rounds(bout: &Bout, (base, head): (usize, usize), seed: u64) -> Rounds<'_> {
    /// Short launches: what is bought is rounds.
    const LAUNCHES_A_SECOND: u32 = 10;
    let plan = Plan::for_budget(1e9, LAUNCHES_A_SECOND, bout.samples);
    let base = CaseOf { workers: &bout.base, case: base };
    let head = CaseOf { workers: &bout.head, case: head };
    Rounds::new(base, head, plan, bout.metrics.clone(), seed).at_risk(bout.risk).over(bout.layouts)
}
