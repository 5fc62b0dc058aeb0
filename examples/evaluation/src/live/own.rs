//! perfreg's own procedures, and the specified rule.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use perfreg_core::Direction;
use perfreg_core::harness::{CaseOf, Rounds, Standing, Workers, metrics_of};
use perfreg_core::judge::{
    ClockKind, Contest, Decision, LaunchValue, StoredPolicy, disturbance, shared_memory, two_kinds,
};
use perfreg_core::measure::Plan;
use perfreg_core::model::{Health, Launch, Metric, Pace};

use super::Procedure;
use super::subject::Subject;
use crate::rules::{ByMetric, Launches, gate, specified, worst};
use crate::tally::{Check, Suspicion};

/// All of them.
pub(super) fn all(subject: &Subject) -> Vec<Box<dyn Procedure>> {
    let paces = Paces::default();
    let stored =
        |sessions, threshold| Stored::new(subject.clone(), sessions, threshold, Rc::clone(&paces));
    vec![
        Box::new(Paired(subject.clone())),
        Box::new(stored(1, 5)),
        Box::new(stored(5, 2)),
        Box::new(Specified { subject: subject.clone(), baselines: BTreeMap::new() }),
    ]
}

/// How fast the CPU was in every launch so far: the gate keeps what it needs of that in its lock file.
type Paces = Rc<RefCell<Vec<Pace>>>;

/// Rounds of both until they are decided, as `cargo perfreg diff` buys them; a suspicion is heard again
/// by fresh rounds.
pub(crate) struct Paired(pub(crate) Subject);

impl Paired {
    const THRESHOLD: f64 = 0.02;
    /// What one check may take; what is open then is inconclusive.
    const PATIENCE: Duration = Duration::from_secs(40);

    /// Compares workers of two builds, or of one at two slowdowns.
    ///
    /// # Errors
    /// In words, if a launch fails.
    pub(crate) fn compare(before: &Workers, now: &Workers, seed: u64) -> Result<Check, String> {
        let (first, _) = Self::until_decided(before, now, seed)?;
        let change = first.contests.first().and_then(Contest::change).map(|change| change.estimate);
        let decided = |standing: &Standing| worst(standing.contests.iter().map(Contest::decision));
        if !first.is_worse() {
            let suspected = Suspicion::None;
            return Ok(Check { decision: decided(&first), suspected, cost: 0.0, change });
        }
        let (second, _) = Self::until_decided(before, now, !seed)?;
        let decision = if second.is_worse() { Decision::Worse } else { Decision::Undecided };
        Ok(Check { decision, suspected: Suspicion::Raised, cost: 0.0, change })
    }

    fn until_decided(
        before: &Workers,
        now: &Workers,
        seed: u64,
    ) -> Result<(Standing, usize), String> {
        let begun = Instant::now();
        let of = |workers| CaseOf { workers, case: 0 };
        let mut rounds =
            Rounds::new(of(before), of(now), Plan::for_budget(1e9, 10, None), None, seed);
        let mut wanted = 1;
        loop {
            for _ in 0..wanted {
                rounds.buy().map_err(|error| error.to_string())?;
            }
            let standing = rounds.stand(Self::THRESHOLD, 1).map_err(|error| error.to_string())?;
            match standing.wanted {
                Some(more) if begun.elapsed() < Self::PATIENCE => wanted = more,
                _ => return Ok((standing, rounds.count())),
            }
        }
    }
}

impl Procedure for Paired {
    fn name(&self) -> String {
        "perfreg paired, 2 %".to_owned()
    }

    fn sessions(&self) -> usize {
        0
    }

    fn take_session(&mut self, _kernel: &'static str) -> Result<(), String> {
        Ok(())
    }

    fn check(&mut self, kernel: &'static str, slowdown: u32, seed: u64) -> Result<Check, String> {
        let before = self.0.workers(kernel, 0)?;
        Self::compare(&before, &self.0.workers(kernel, slowdown)?, seed)
    }

    fn forget(&mut self) {}
}

/// The gate against launches that were stored at the beginning of the block.
struct Stored {
    subject: Subject,
    sessions: usize,
    policy: StoredPolicy,
    threshold: u32,
    paces: Paces,
    baselines: BTreeMap<&'static str, Baseline>,
}

/// What is stored of one kernel.
struct Baseline {
    launches: ByMetric,
    sessions: usize,
    /// The clocks that fitted the first session; the others are read on them as well.
    clocks: Vec<Metric>,
}

impl Stored {
    fn new(subject: Subject, sessions: usize, threshold: u32, paces: Paces) -> Self {
        let policy = StoredPolicy::new(f64::from(threshold) / 100.0, Direction::LowerIsBetter);
        Self { subject, sessions, policy, threshold, paces, baselines: BTreeMap::new() }
    }

    fn fresh(
        &self,
        kernel: &str,
        slowdown: u32,
        clocks: Option<Vec<Metric>>,
    ) -> Result<Fresh, String> {
        let workers = self.subject.workers(kernel, slowdown)?;
        let paces = Rc::clone(&self.paces);
        Ok(Fresh { workers, paces, clocks, healths: Vec::new(), begun: Instant::now() })
    }
}

impl Procedure for Stored {
    fn name(&self) -> String {
        let s = if self.sessions == 1 { "" } else { "s" };
        format!("perfreg stored, {} session{s}, {} %", self.sessions, self.threshold)
    }

    fn sessions(&self) -> usize {
        self.sessions
    }

    fn take_session(&mut self, kernel: &'static str) -> Result<(), String> {
        let known = self.baselines.get(kernel).map(|baseline| baseline.clocks.clone());
        let mut fresh = self.fresh(kernel, 0, known)?;
        let launches = fresh.launch(10)?;
        let clocks = fresh.clocks.unwrap_or_default();
        let new = || Baseline { launches: vec![Vec::new(); clocks.len()], sessions: 0, clocks };
        let baseline = self.baselines.entry(kernel).or_insert_with(new);
        let session = baseline.sessions;
        for (all, new) in baseline.launches.iter_mut().zip(launches) {
            all.extend(new.into_iter().map(|launch| launch.in_session(session)));
        }
        baseline.sessions += 1;
        Ok(())
    }

    fn check(&mut self, kernel: &'static str, slowdown: u32, _seed: u64) -> Result<Check, String> {
        let Baseline { launches, clocks, .. } =
            self.baselines.get(kernel).ok_or("it has no baseline")?;
        let mut fresh = self.fresh(kernel, slowdown, Some(clocks.clone()))?;
        Ok(gate(launches, &self.policy, &mut fresh)?.check())
    }

    fn forget(&mut self) {
        self.baselines.clear();
    }
}

/// Launches of the gate's length, one after the other.
struct Fresh {
    workers: Workers,
    paces: Paces,
    /// Chosen from the first launches, if they are not known yet.
    clocks: Option<Vec<Metric>>,
    /// Of the launches since the pause.
    healths: Vec<Health>,
    begun: Instant,
}

impl Fresh {
    /// What an undecided round may take: three times the gate's budget.
    const PATIENCE: Duration = Duration::from_secs(6);
}

impl Launches for Fresh {
    type Error = String;

    fn launch(&mut self, count: usize) -> Result<ByMetric, String> {
        let one = |_| {
            let plan = plan().after(self.paces.borrow().iter().copied());
            let launch = launch(&self.workers, plan)?;
            self.paces.borrow_mut().extend(launch.health.pace);
            Ok(launch)
        };
        let launches: Vec<Launch> = (0..count).map(one).collect::<Result<_, String>>()?;
        self.healths.extend(launches.iter().map(|launch| launch.health));
        let clocks = match self.clocks.take() {
            Some(clocks) => clocks,
            None => metrics_of(None, &[&launches]).map_err(|error| error.to_string())?,
        };
        let clocks = self.clocks.insert(clocks);
        clocks.retain(Metric::is_time);
        let value = |metric: &Metric, launch: &Launch| {
            let stats = launch.stats(&metric.name).ok_or("a launch lacks the clock")?;
            Ok(LaunchValue::new(stats.representative(metric), stats.pace))
        };
        let of = |metric: &Metric| launches.iter().map(|launch| value(metric, launch)).collect();
        clocks.iter().map(of).collect()
    }

    fn pause(&mut self) {
        thread::sleep(Duration::from_millis(300));
        self.begun = Instant::now();
        self.healths.clear();
    }

    fn excuse(
        &self,
        metric: usize,
        baseline: &[LaunchValue],
        current: &[LaunchValue],
    ) -> Option<String> {
        let clocks = self.clocks.as_deref().unwrap_or_default();
        let is_wall = clocks.get(metric).is_some_and(|clock| clock.name == Metric::WALL_TIME);
        let clock = if is_wall { ClockKind::Wall } else { ClockKind::Cpu };
        let cores = thread::available_parallelism().map_or(1, usize::from) as u32;
        let placements: Vec<_> = self.healths.iter().map(|health| health.placement).collect();
        disturbance(&self.healths, clock, cores)
            .or_else(|| two_kinds(&placements, baseline, current))
            .or_else(|| shared_memory(&self.healths, current, cores))
    }

    fn has_time(&self) -> bool {
        self.begun.elapsed() < Self::PATIENCE
    }
}

/// As the gate plans launches.
fn plan() -> Plan {
    Plan::for_budget(2e9, 10, None)
}

fn launch(workers: &Workers, plan: Plan) -> Result<Launch, String> {
    workers.launch(0, plan).map_err(|error| error.to_string())
}

/// The samples of one launch against those of one that was stored, on wall time.
struct Specified {
    subject: Subject,
    baselines: BTreeMap<&'static str, Vec<f64>>,
}

impl Specified {
    fn samples(&self, kernel: &str, slowdown: u32) -> Result<Vec<f64>, String> {
        let launch = launch(&self.subject.workers(kernel, slowdown)?, plan())?;
        let series = launch.series(Metric::WALL_TIME).ok_or("a launch lacks wall time")?;
        Ok(series.samples.as_slice().to_vec())
    }
}

impl Procedure for Specified {
    fn name(&self) -> String {
        "specified, one launch".to_owned()
    }

    fn sessions(&self) -> usize {
        1
    }

    fn take_session(&mut self, kernel: &'static str) -> Result<(), String> {
        let samples = self.samples(kernel, 0)?;
        self.baselines.insert(kernel, samples);
        Ok(())
    }

    fn check(&mut self, kernel: &'static str, slowdown: u32, _seed: u64) -> Result<Check, String> {
        let now = self.samples(kernel, slowdown)?;
        let before = self.baselines.get(kernel).ok_or("it has no baseline")?;
        specified(before, &now, 0.0).map_err(|error| error.to_string())
    }

    fn forget(&mut self) {
        self.baselines.clear();
    }
}
