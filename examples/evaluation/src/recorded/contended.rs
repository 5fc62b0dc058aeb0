//! Launches of five kernels on a contended machine, with arms that really do 1, 2 and 5 % more.

use std::collections::BTreeMap;
use std::convert::Infallible;

use fastrand::Rng;
use perfreg_core::judge::{
    Contest, Decision, LaunchValue, PairedPolicy, StoredPolicy, judge_contest,
};
use perfreg_core::model::{Health, Launch, Metric, Series};
use perfreg_core::{Direction, Samples};

use super::{package, read};
use crate::rules::{ByMetric, Launches, gate, specified};
use crate::seed::mixed;
use crate::table::{Cost, Outcome, Table, of_outcomes};
use crate::tally::{Check, Suspicion, on_all_cores};

/// How many checks of each kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks {
    pub(super) unchanged: u64,
    pub(super) slowed: u64,
}

/// The arms, by the percentage of work that each really does more.
const ARMS: [(u32, &str); 4] = [(0, "A"), (1, "B1"), (2, "B2"), (5, "B5")];

/// One kernel's launches, by arm and round.
type Kernel = BTreeMap<String, Vec<Launch>>;

/// Every procedure on every kernel.
///
/// # Errors
/// In words, if the data cannot be read.
pub(super) fn table(checks: Checks, seed: u64) -> Result<Table, String> {
    let path = package().join("data/contended/launches.txt");
    let kernels = parse(&read(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut outcomes = Vec::new();
    for (name, kernel) in &kernels {
        for (procedure, check) in PROCEDURES {
            let by_slowdown = ARMS.map(|(slowdown, arm)| {
                let count = if slowdown == 0 { checks.unchanged } else { checks.slowed };
                let one = |number| {
                    let seed = mixed(&[seed, u64::from(slowdown), number]);
                    check(&kernel["A"], &kernel[arm], &mut Draw::new(kernel["A"].len(), seed))
                };
                (slowdown, on_all_cores(count, one))
            });
            let labels = vec![name.clone(), procedure.to_owned()];
            outcomes.push(Outcome { labels, by_slowdown: by_slowdown.into() });
        }
    }
    let title = "A contended machine, recorded: launches of 20 samples, load about 10 on 2 cores";
    Ok(of_outcomes(title, &["kernel", "procedure"], Cost::Launches, &outcomes)
        .noted(format!("seed {seed}; data/contended/PROVENANCE.txt"))
        .noted("checks begin at rounds that are drawn and go round the 115 there are: they overlap, and the intervals are too narrow for that")
        .noted("unchanged: neighbouring launches of arm A, roles drawn; slowed: arm A against the slower arm, which runs within the same round"))
}

type Procedure = fn(&[Launch], &[Launch], &mut Draw) -> Check;

const PROCEDURES: [(&str, Procedure); 4] = [
    ("paired, 2 %", paired),
    ("stored, one session, 5 %", stored),
    ("specified, one launch, wall time", |a, b, draw| one_launch(a, b, Metric::WALL_TIME, draw)),
    ("specified, one launch, CPU time", |a, b, draw| {
        one_launch(a, b, Metric::THREAD_CPU_TIME, draw)
    }),
];

/// Where a check begins, and which side is which.
struct Draw {
    rng: Rng,
    at: usize,
    rounds: usize,
}

impl Draw {
    fn new(rounds: usize, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let at = rng.usize(..rounds);
        Self { rng, at, rounds }
    }

    fn next(&mut self) -> usize {
        self.at = (self.at + 1) % self.rounds;
        self.at
    }

    /// A round of both: two neighbouring launches if they are of one arm.
    fn round<'a>(&mut self, before: &'a [Launch], now: &'a [Launch]) -> (&'a Launch, &'a Launch) {
        if !std::ptr::eq(before, now) {
            let at = self.next();
            return (&before[at], &now[at]);
        }
        let (one, other) = (self.next(), self.next());
        match self.rng.bool() {
            true => (&before[one], &before[other]),
            false => (&before[other], &before[one]),
        }
    }
}

fn paired(before: &[Launch], now: &[Launch], draw: &mut Draw) -> Check {
    let policy = PairedPolicy::new(0.02, 1, Direction::LowerIsBetter);
    let (first, rounds) = contest(before, now, draw, &policy);
    let change = first.change().map(|change| change.estimate);
    let cost = 2.0 * rounds as f64;
    if first.decision() != Decision::Worse {
        return Check { decision: first.decision(), suspected: Suspicion::None, cost, change };
    }
    let (second, again) = contest(before, now, draw, &policy);
    let decision = match second.decision() {
        Decision::Worse => Decision::Worse,
        _ => Decision::Undecided,
    };
    let cost = cost + 2.0 * again as f64;
    Check { decision, suspected: Suspicion::Raised, cost, change }
}

fn contest(
    before: &[Launch],
    now: &[Launch],
    draw: &mut Draw,
    policy: &PairedPolicy,
) -> (Contest, usize) {
    let (mut baseline, mut current) = (Vec::new(), Vec::new());
    let metric = Metric::time(Metric::THREAD_CPU_TIME);
    loop {
        let next =
            PairedPolicy::next_look(baseline.len()).expect("an open contest has a next look");
        while baseline.len() < next {
            let (one, other) = draw.round(before, now);
            baseline.push(one.clone());
            current.push(other.clone());
        }
        let contest = judge_contest(&metric, &baseline, &current, policy);
        if !contest.is_open() {
            return (contest, baseline.len());
        }
    }
}

/// A baseline of ten launches in a row, and what runs twenty rounds later.
fn stored(before: &[Launch], now: &[Launch], draw: &mut Draw) -> Check {
    const PASSED: usize = 20;
    let value = |launch: &Launch| {
        let metric = Metric::time(Metric::THREAD_CPU_TIME);
        let stats = launch.stats(&metric.name).expect("every launch has it");
        LaunchValue::new(stats.representative(&metric), stats.pace)
    };
    let baseline: Vec<LaunchValue> = (0..10).map(|_| value(&before[draw.next()])).collect();
    draw.at = (draw.at + PASSED) % draw.rounds;
    struct Later<'a, 'b, V> {
        launches: &'a [Launch],
        draw: &'b mut Draw,
        value: V,
    }
    impl<V: Fn(&Launch) -> LaunchValue> Launches for Later<'_, '_, V> {
        type Error = Infallible;
        fn launch(&mut self, count: usize) -> Result<ByMetric, Infallible> {
            Ok(vec![(0..count).map(|_| (self.value)(&self.launches[self.draw.next()])).collect()])
        }
    }
    let policy = StoredPolicy::new(0.05, Direction::LowerIsBetter);
    let Ok(gated) = gate(&[baseline], &policy, &mut Later { launches: now, draw, value });
    gated.check()
}

fn one_launch(before: &[Launch], now: &[Launch], metric: &str, draw: &mut Draw) -> Check {
    let (one, other) = draw.round(before, now);
    let samples = |launch: &Launch| {
        launch.series(metric).expect("every launch has both clocks").samples.as_slice().to_vec()
    };
    specified(&samples(one), &samples(other), 2.0).expect("samples are finite")
}

fn parse(text: &str) -> Result<BTreeMap<String, Kernel>, String> {
    let mut kernels: BTreeMap<String, Kernel> = BTreeMap::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let wrong = |what: &str| format!("line {}: {what}", at + 1);
        let parts: Vec<&str> = line.split('|').collect();
        let [head, cpu, wall] = parts[..] else { return Err(wrong("not three parts")) };
        let words: Vec<&str> = head.split(' ').collect();
        let [_, kernel, arm] = words[..] else { return Err(wrong("not a round, kernel and arm")) };
        let launch = launch(&times(cpu).map_err(wrong)?, &times(wall).map_err(wrong)?);
        let launch = launch.map_err(|error| wrong(&error.to_string()))?;
        kernels
            .entry(kernel.to_owned())
            .or_default()
            .entry(arm.to_owned())
            .or_default()
            .push(launch);
    }
    for (name, kernel) in &kernels {
        let rounds = kernel.get("A").map_or(0, Vec::len);
        if rounds == 0 || ARMS.iter().any(|(_, arm)| kernel.get(*arm).map_or(0, Vec::len) != rounds)
        {
            return Err(format!("{name} does not have each arm in every round"));
        }
    }
    Ok(kernels)
}

/// In nanoseconds.
fn times(text: &str) -> Result<Vec<f64>, &'static str> {
    let time = |word: &str| word.parse::<f64>().map(|value| value * 100.0);
    text.split(' ').map(time).collect::<Result<_, _>>().map_err(|_| "a time is not a number")
}

fn launch(cpu: &[f64], wall: &[f64]) -> Result<Launch, perfreg_core::Error> {
    let series = |name: &str, values: &[f64]| {
        Ok(Series { metric: Metric::time(name), samples: Samples::new(values.to_vec())? })
    };
    let (cpu_ns, wall_ns): (f64, f64) = (cpu.iter().sum(), wall.iter().sum());
    Ok(Launch {
        series: vec![series(Metric::THREAD_CPU_TIME, cpu)?, series(Metric::WALL_TIME, wall)?],
        iterations_per_sample: 1,
        throughput: None,
        single_calls: None,
        gpu: None,
        health: Health {
            wall_ns,
            thread_cpu_ns: cpu_ns,
            process_cpu_ns: cpu_ns,
            // These programs do nothing but compute: what is not CPU time is waiting for a CPU.
            run_delay_ns: Some((wall_ns - cpu_ns).max(0.0)),
            ..Health::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{ARMS, parse};

    #[test]
    fn lines_are_launches() {
        let lines: Vec<String> =
            ARMS.iter().map(|(_, arm)| format!("0 alu {arm}|10 20|11 90")).collect();
        let kernels = parse(&lines.join("\n")).unwrap();
        let launch = &kernels["alu"]["B5"][0];
        assert_eq!(launch.series("thread_cpu_time").unwrap().samples.as_slice(), [1000.0, 2000.0]);
        assert_eq!(launch.health.run_delay_ns, Some(7100.0));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |text: &str, expected: &str| assert_eq!(parse(text).unwrap_err(), expected);
        check("# x\n0 alu A|10", "line 2: not three parts");
        check("0 alu|10|10", "line 1: not a round, kernel and arm");
        check("0 alu A|10|x", "line 1: a time is not a number");
        check("0 alu A|10|10", "alu does not have each arm in every round");
    }
}
