//! Rounds of two builds of one case: one launch of each, in an order that is drawn.

use crate::error::Error;
use crate::fixtures::Random;
use crate::harness::chosen::metrics_of;
use crate::harness::workers::Workers;
use crate::judge::{
    Contest, Decision, PairedPolicy, doubt_layout, doubt_units, judge_contest, undisturbed_rounds,
};
use crate::measure::Plan;
use crate::model::{Launch, Metric};

/// One case of a test in two builds, and the launches bought so far.
pub struct Rounds<'a> {
    baseline: Side<'a>,
    current: Side<'a>,
    plan: Plan,
    /// By how much the current side is slowed down, to see whether that is seen.
    slowdown: f64,
    /// How often a decision may be wrong, if less often than usual.
    risk: Option<f64>,
    /// What the attribute lists, if it does.
    metrics: Option<Vec<String>>,
    layouts: Layouts,
    /// The layout of each round.
    measured_in: Vec<usize>,
    order: Order,
}

/// How many layouts of its code each build is measured in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layouts {
    /// One, which the linker happened to choose.
    One,
    /// One of its own for every round, so that there are no more rounds than these.
    Many(usize),
}

/// A case in one of the two builds.
#[derive(Clone, Copy)]
pub struct CaseOf<'a> {
    /// The build's workers.
    pub workers: &'a Workers,
    /// The index of the case there.
    pub case: usize,
}

struct Side<'a> {
    of: CaseOf<'a>,
    launches: Vec<Launch>,
}

/// What has been decided by a look at all rounds.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// A contest a metric.
    pub contests: Vec<Contest>,
    /// Rounds until the next look; none if nothing is open, or too many rounds were set aside.
    pub wanted: Option<usize>,
}

impl Standing {
    /// Whether a metric became worse.
    pub fn is_worse(&self) -> bool {
        self.contests.iter().any(|contest| contest.decision() == Decision::Worse)
    }
}

impl<'a> Rounds<'a> {
    /// Rounds of these two, in an order that `seed` draws.
    pub fn new(
        baseline: CaseOf<'a>,
        current: CaseOf<'a>,
        plan: Plan,
        metrics: Option<Vec<String>>,
        seed: u64,
    ) -> Self {
        let side = |of| Side { of, launches: Vec::new() };
        let (baseline, current) = (side(baseline), side(current));
        let plan = plan.for_metrics(metrics.iter().flatten().map(String::as_str));
        let (order, layouts) = (Order(Random::new(seed)), Layouts::One);
        let measured_in = Vec::new();
        Self {
            baseline,
            current,
            plan,
            slowdown: 0.0,
            risk: None,
            metrics,
            layouts,
            measured_in,
            order,
        }
    }

    /// The same with workers of these layouts, a round each.
    #[must_use]
    pub fn over(self, layouts: Layouts) -> Self {
        Self { layouts, ..self }
    }

    /// The same with the current side slowed down by `share` of its time.
    #[must_use]
    pub fn slowed_by(self, share: f64) -> Self {
        Self { slowdown: share, ..self }
    }

    /// The same with decisions that are wrong at most so often, as
    /// [`PairedPolicy::at_risk`] says.
    #[must_use]
    pub fn at_risk(self, risk: Option<f64>) -> Self {
        Self { risk, ..self }
    }

    /// The layout that the next round is to be measured in: the first of which no round counts, those
    /// beside a neighbour being set aside.
    pub fn next_layout(&self) -> usize {
        let Layouts::Many(layouts) = self.layouts else { return 0 };
        let (before, now) = self.launches();
        let counted = undisturbed_rounds(before, now);
        let is_measured = |layout: usize| counted.iter().any(|at| self.measured_in[*at] == layout);
        (0..layouts).find(|layout| !is_measured(*layout)).unwrap_or(self.count() % layouts)
    }

    /// How many rounds there were.
    pub fn count(&self) -> usize {
        self.current.launches.len()
    }

    /// The launches of the baseline and of the current build.
    pub fn launches(&self) -> (&[Launch], &[Launch]) {
        (&self.baseline.launches, &self.current.launches)
    }

    /// Buys one round more.
    ///
    /// # Errors
    /// If a launch fails; the message says of which build.
    pub fn buy(&mut self) -> Result<(), Error> {
        let (rounds, layout) = (self.count(), self.next_layout());
        let Self { baseline, current, plan, slowdown, order, .. } = self;
        let earlier = baseline.launches.iter().chain(&current.launches);
        let plan =
            plan.after(earlier.filter_map(|launch| launch.health.pace)).counting_after(rounds);
        let (of_baseline, of_current) = (plan, plan.slowed_by(*slowdown));
        let launch = |side: &Side<'_>, plan: Plan, name: &str| {
            let launch = side.of.workers.launch(side.of.case, plan);
            launch.map_err(|error| error.of(name))
        };
        // Whoever runs second finds the machine as the first has left it.
        let (before, now) = match order.draw() {
            First::Baseline => {
                let before = launch(baseline, of_baseline, "the baseline")?;
                (before, launch(current, of_current, "the current build")?)
            }
            First::Current => {
                let now = launch(current, of_current, "the current build")?;
                (launch(baseline, of_baseline, "the baseline")?, now)
            }
        };
        baseline.launches.push(before);
        current.launches.push(now);
        self.measured_in.push(layout);
        Ok(())
    }

    /// Judges every metric by all rounds so far, as one of `tests` tests and metrics.
    ///
    /// # Errors
    /// If a launch lacks a metric that is asked for.
    pub fn stand(&self, threshold: f64, tests: usize) -> Result<Standing, Error> {
        /// Rounds beside a neighbour cost time; twice as many as would do are enough.
        const PATIENCE: usize = 2;
        let (before, now) = self.launches();
        let listed: Option<Vec<&str>> =
            self.metrics.as_ref().map(|names| names.iter().map(String::as_str).collect());
        let policy_of = |metric: &Metric| {
            let policy = PairedPolicy::new(threshold, tests, metric.direction);
            self.risk.map_or(policy, |risk| policy.at_risk(risk))
        };
        let metrics = metrics_of(listed.as_deref(), &[before, now])?;
        let mut contests: Vec<Contest> = metrics
            .iter()
            .map(|metric| judge_contest(metric, before, now, &policy_of(metric)))
            .collect();
        doubt_units(&mut contests, |name| {
            let metric = before.first()?.series(name)?.metric.clone();
            let have = |side: &[Launch]| side.iter().all(|launch| launch.series(name).is_some());
            let both = have(before) && have(now);
            both.then(|| judge_contest(&metric, before, now, &policy_of(&metric)))
        });
        let most = match self.layouts {
            Layouts::One => {
                doubt_layout(&mut contests);
                PairedPolicy::LOOKS[PairedPolicy::LOOKS.len() - 1]
            }
            Layouts::Many(layouts) => layouts,
        };
        let wanted = contests
            .iter()
            .filter(|contest| contest.is_open() && self.count() < PATIENCE * most)
            .filter_map(|contest| {
                let kept = self.count() - contest.set_aside;
                let look = PairedPolicy::next_look(kept)?.min(most);
                look.checked_sub(kept).filter(|missing| *missing > 0)
            })
            .min();
        Ok(Standing { contests, wanted })
    }
}

#[derive(Clone, Copy)]
enum First {
    Baseline,
    Current,
}

/// A coin that falls as its seed says, so that a run can be repeated as it was.
struct Order(Random);

impl Order {
    fn draw(&mut self) -> First {
        if self.0.draw() & 1 == 0 { First::Baseline } else { First::Current }
    }
}

#[cfg(test)]
mod tests {
    use super::{First, Order, Random};

    #[test]
    fn either_side_is_first_half_of_the_time() {
        let mut order = Order(Random::new(7));
        let first = (0..1000).filter(|_| matches!(order.draw(), First::Baseline)).count();
        assert!((450..550).contains(&first), "{first} of 1000");
    }
}
