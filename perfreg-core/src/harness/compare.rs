//! From launches to judgements: which metrics, against what.

use crate::error::Error;
use crate::harness::chosen::{counted_instructions, find_metric, wanted};
use crate::harness::lookup::{Baselines, Found};
use crate::harness::reference::Reference;
use crate::judge::{
    ClockKind, Decision, LaunchValue, Look, Repetition, StoredPolicy, crowded, disturbance,
    judge_counts_of, judge_difference, judge_paced, launch_value, looked_at, shared_memory,
    too_crowded, two_kinds, undisturbed,
};
use crate::model::{Health, Judgement, Launch, Limit, Metric, Tail, Verdict};
use crate::stats::median;
use crate::store::Source;

/// What does not change between the looks at one case.
pub(crate) struct Comparison<'a> {
    pub(crate) baselines: &'a Baselines,
    pub(crate) case: &'a str,
    /// What the attribute lists, if it does.
    pub(crate) metrics: Option<&'a [&'a str]>,
    pub(crate) threshold: f64,
    /// Why the threshold is what it is, if the attribute says so.
    pub(crate) reason: Option<&'a str>,
    /// What the test must keep to whatever the baseline says.
    pub(crate) limits: &'a [Limit],
    pub(crate) cores: u32,
}

/// A judgement with what led to it.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) judgement: Judgement,
    /// The look, if there was something to look at.
    pub(crate) look: Option<Look>,
    pub(crate) source: Option<Source>,
    /// The positions of launches that shared their core with a busy neighbour, and do not count.
    pub(crate) set_aside: Vec<usize>,
    /// Whether these launches would make a good first baseline.
    steadiness: Steadiness,
    /// That the work waits more than it did, which the judged clock does not show.
    pub(super) waiting: Option<Judgement>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Steadiness {
    Steady,
    Noisy,
}

impl Judged {
    /// True if a second round must agree before this is said aloud.
    pub(crate) fn is_suspicion(&self) -> bool {
        self.judgement.metric.is_time()
            && matches!(self.judgement.verdict, Verdict::Regressed | Verdict::Improved)
    }

    /// How many undisturbed launches a baseline of these is short of `wanted`, if that is all they
    /// can become, there being nothing to compare with.
    pub(crate) fn short_of(&self, wanted: u32) -> u32 {
        let starts = self.judgement.metric.is_time() && self.look.is_none();
        if starts { wanted.saturating_sub(self.judgement.launches) } else { 0 }
    }

    /// True if the launches beside a neighbour are to be bought again: not where what is left of them
    /// rules a change out.
    pub(crate) fn wants_replacements(&self) -> bool {
        let is_same = matches!(&self.look, Some(look) if look.decision == Decision::Same);
        !self.set_aside.is_empty() && !is_same
    }

    /// True if too few launches had their core for themselves.
    pub(crate) fn is_crowded(&self, launches: usize) -> bool {
        too_crowded(launches - self.set_aside.len(), launches).is_some()
    }

    /// True if more launches may tell, or would make a better baseline.
    pub(crate) fn wants_more(&self) -> bool {
        let undecided = matches!(&self.look, Some(look) if look.decision == Decision::Undecided);
        self.judgement.metric.is_time() && (undecided || self.steadiness == Steadiness::Noisy)
    }
}

impl Comparison<'_> {
    /// Judges every wanted metric; one judgement each, in the order of the attribute. The time may be
    /// two of them.
    ///
    /// # Errors
    /// If a wanted metric was not measured.
    pub(crate) fn judge(&self, launches: &[Launch]) -> Result<Vec<Judged>, Error> {
        let first = launches.first().expect("a gate buys launches before it judges");
        let baselines = self.baselines.on(first.gpu.as_ref());
        Comparison { baselines: &baselines, ..*self }.judge_here(first, launches)
    }

    fn judge_here(&self, first: &Launch, launches: &[Launch]) -> Result<Vec<Judged>, Error> {
        let mut all: Vec<Judged> = Vec::new();
        for name in wanted(self.metrics, first) {
            for judged in self.judge_metric(&name, launches)? {
                // A clock that is listed may be the one that fits the work, too.
                let known = all.iter().any(|one| one.judgement.metric == judged.judgement.metric);
                if !known {
                    all.push(judged);
                }
            }
        }
        Ok(all.into_iter().map(|judged| self.in_both_units(judged, launches)).collect())
    }

    /// # Errors
    /// If none of the listed metrics could be measured.
    pub(crate) fn require_any(&self, judged: &[Judged]) -> Result<(), Error> {
        match (judged.is_empty(), self.metrics) {
            (true, Some(listed)) => Err(Error::usage(format!(
                "nothing is left to judge of the listed metrics ({}); list another one besides, such as `time`",
                listed.join(", ")
            ))),
            _ => Ok(()),
        }
    }

    fn judge_metric(&self, name: &str, launches: &[Launch]) -> Result<Vec<Judged>, Error> {
        if name == Metric::TIME {
            return self.judge_time(launches);
        }
        if let Some(tail) = Tail::named(name) {
            return Ok(vec![self.judge_tail(tail, launches)?]);
        }
        let metric = match name {
            // Not in a second round, which counts none, nor where nobody can: that was said.
            Metric::INSTRUCTIONS => counted_instructions(&[launches]),
            _ if Metric::tells_device(name) => {
                return Ok(self.judge_reading(name, launches).into_iter().collect());
            }
            _ => Some(find_metric(name, launches)?),
        };
        let look = |metric: Metric| {
            let found = self.baselines.find(self.case, &metric);
            self.look(metric, &found, launches, None)
        };
        Ok(metric.into_iter().map(look).collect())
    }

    /// What was measured of a metric, of which `why` tells that nothing can be said.
    pub(super) fn unchecked(&self, metric: Metric, launches: &[Launch], why: String) -> Judged {
        let measured = launches.iter().filter_map(|launch| launch.series(&metric.name));
        let values: Vec<f64> = measured.map(|series| median(series.samples.as_slice())).collect();
        let judgement = Judgement {
            verdict: Verdict::Inconclusive,
            current: median(&values),
            launches: launches.len() as u32,
            why,
            ..self.unjudged(metric)
        };
        let (look, source, set_aside, waiting) = (None, None, Vec::new(), None);
        Judged { judgement, look, source, set_aside, steadiness: Steadiness::Steady, waiting }
    }

    fn unjudged(&self, metric: Metric) -> Judgement {
        Judgement {
            verdict: Verdict::New,
            baseline: None,
            current: 0.0,
            change: None,
            threshold: self.threshold,
            reason: self.reason.map(str::to_owned),
            launches: 0,
            baseline_launches: None,
            why: "no baseline yet".to_owned(),
            against: None,
            metric,
        }
    }

    pub(super) fn look(
        &self,
        metric: Metric,
        found: &Found,
        launches: &[Launch],
        note: Option<&str>,
    ) -> Judged {
        let values = values(&metric, launches);
        let (_, alone) = undisturbed(&[], &values);
        let set_aside = crowded(&[], &values);
        let mut judgement = Judgement {
            current: median(&plain(if alone.is_empty() { &values } else { &alone })),
            launches: alone.len() as u32,
            ..self.unjudged(metric)
        };
        match found {
            Found::Nothing => {
                if let Some(crowded) = too_crowded(alone.len(), values.len()) {
                    judgement.verdict = Verdict::Inconclusive;
                    judgement.why = format!("no baseline yet, and none of these: {crowded}");
                }
                let policy = StoredPolicy::new(self.threshold, judgement.metric.direction);
                let steadiness = match !alone.is_empty() && policy.is_too_noisy(&plain(&alone)) {
                    true => Steadiness::Noisy,
                    false => Steadiness::Steady,
                };
                let waiting = None;
                Judged { judgement, look: None, source: None, set_aside, steadiness, waiting }
            }
            Found::NotComparable(why) => {
                judgement.verdict = Verdict::NotComparable;
                judgement.why.clone_from(why);
                let (steadiness, waiting) = (Steadiness::Steady, None);
                Judged { judgement, look: None, source: None, set_aside, steadiness, waiting }
            }
            Found::Baseline(reference) => {
                self.compare(judgement, reference, &values, launches, note)
            }
        }
    }

    fn compare(
        &self,
        mut judgement: Judgement,
        reference: &Reference,
        values: &[LaunchValue],
        launches: &[Launch],
        note: Option<&str>,
    ) -> Judged {
        let direction = judgement.metric.direction;
        let tolerance = self.tolerance(&judgement.metric);
        let counted = |reference: &Reference| {
            let (before, now) = (plain(&reference.launches), plain(values));
            match tolerance {
                Some(most) => judge_difference(&before, &now, most, direction),
                None => {
                    let repeats = Repetition::of(reference.launches.iter().chain(values));
                    judge_counts_of(&judgement.metric, &before, &now, self.threshold, repeats)
                }
            }
        };
        let newer = self.baselines.accepted_elsewhere(self.case, &judgement.metric);
        let (reference, look) = if judgement.metric.is_time() {
            let policy = StoredPolicy::new(self.threshold, direction);
            (reference, judge_paced(&reference.launches, values, &policy))
        } else {
            match (counted(reference), &newer) {
                (look, Some(newer)) if look.decision != Decision::Same => (newer, counted(newer)),
                (look, _) => (reference, look),
            }
        };
        judgement.verdict = look.decision.into();
        judgement.baseline = Some(look.baseline);
        judgement.current = look.current;
        let (before, now) = undisturbed(&reference.launches, values);
        judgement.launches = looked_at(now.len(), values.len()) as u32;
        let set_aside = crowded(&reference.launches, values);
        judgement.baseline_launches = Some(before.len() as u32);
        judgement.change = look.change;
        judgement.threshold = look.limit;
        judgement.against = Some(reference.against.clone());
        judgement.why = match note {
            Some(note) => format!("{}; {note}", look.why),
            None => look.why.clone(),
        };
        if judgement.verdict == Verdict::Regressed
            && judgement.metric.is_time()
            && let Some(disturbed) = self.disturbed(&judgement.metric, launches, reference, values)
        {
            judgement.verdict = Verdict::Inconclusive;
            judgement.why = format!("{}, but {disturbed}", judgement.why);
        }
        Judged {
            judgement,
            look: Some(look),
            source: Some(reference.source),
            set_aside,
            steadiness: Steadiness::Steady,
            waiting: None,
        }
    }

    /// How far the metric may be from its baseline, if a limit says so.
    fn tolerance(&self, metric: &Metric) -> Option<f64> {
        let of_metric = self.limits.iter().filter(|limit| limit.metric() == metric.name);
        // What does not fit the metric is an error of its own.
        of_metric.filter_map(|limit| limit.tolerance(metric).ok().flatten()).next_back()
    }

    /// Why the machine may be the reason for what looks like a regression.
    fn disturbed(
        &self,
        metric: &Metric,
        launches: &[Launch],
        reference: &Reference,
        values: &[LaunchValue],
    ) -> Option<String> {
        let clock = Tail::of_metric(&metric.name).map_or(metric.name.as_str(), |(clock, _)| clock);
        let clock = if clock == Metric::WALL_TIME { ClockKind::Wall } else { ClockKind::Cpu };
        let healths: Vec<Health> = launches.iter().map(|launch| launch.health).collect();
        let places: Vec<_> = healths.iter().map(|health| health.placement).collect();
        disturbance(&healths, clock, self.cores)
            .or_else(|| two_kinds(&places, &reference.launches, values))
            .or_else(|| shared_memory(&healths, values, self.cores))
    }
}

fn values(metric: &Metric, launches: &[Launch]) -> Vec<LaunchValue> {
    let stats = launches.iter().filter_map(|launch| launch.stats(&metric.name));
    stats.map(|stats| launch_value(metric, &stats)).collect()
}

fn plain(values: &[LaunchValue]) -> Vec<f64> {
    values.iter().map(|value| value.value).collect()
}

#[cfg(test)]
mod tests {
    use crate::harness::lookup::Baselines;
    use crate::harness::made_up::comparison;
    use crate::model::{
        BaselineCase, BaselineMetric, Health, Launch, LaunchStats, Metric, Pace, Placement, Power,
        Provenance, Samples, Series, Session, Verdict,
    };
    use crate::store::BaselineFile;

    /// Launches of one sample each, the first `alone` of them undisturbed.
    fn launches(count: usize, alone: usize) -> Vec<Launch> {
        let launch = |i: usize| {
            let crowding = if i < alone { 1.1 } else { 1.5 };
            let series = |name: &str| Series {
                metric: Metric::time(name),
                samples: Samples::new(vec![100.0 + i as f64]).unwrap(),
            };
            Launch {
                series: vec![series(Metric::WALL_TIME), series(Metric::THREAD_CPU_TIME)],
                iterations_per_sample: 1,
                throughput: None,
                single_calls: None,
                gpu: None,
                health: Health {
                    wall_ns: 100.0,
                    thread_cpu_ns: 100.0,
                    process_cpu_ns: 100.0,
                    pace: Some(Pace { chain_ns: 1800.0, crowding, at_best: 1.1 }),
                    ..Health::default()
                },
            }
        };
        (0..count).map(launch).collect()
    }

    /// A baseline of ten launches at `value` and a little more, on this host.
    fn baselines(value: f64) -> Baselines {
        let none = Baselines::none();
        let stats = |i| LaunchStats::of(&Samples::new(vec![value + f64::from(i) * 0.01]).unwrap());
        let metric = BaselineMetric {
            metric: Metric::time(Metric::THREAD_CPU_TIME),
            provenance: Provenance {
                revision: None,
                toolchain: none.toolchain.clone(),
                sessions: vec![Session { date: "2026-01-02T03:04:05Z".to_owned(), launches: 10 }],
                reason: None,
            },
            launches: (0..10).map(stats).collect(),
        };
        let case = BaselineCase {
            section: none.section.clone(),
            subsection: "default".to_owned(),
            metrics: vec![metric],
        };
        let mut file = BaselineFile::Versioned(Vec::new());
        file.put(&none.host, case).unwrap();
        Baselines { local: Some(file), ..none }
    }

    #[test]
    fn a_machine_that_may_be_the_reason_does_not_convict() {
        let baselines = baselines(50.0);
        let check = |change: fn(usize, &mut Launch), verdict: Verdict, why: &str| {
            let mut launches = launches(10, 10);
            for (at, launch) in launches.iter_mut().enumerate() {
                launch.health.pace = None;
                launch.health.placement = Some(Placement::Unknown);
                change(at, launch);
            }
            let judged = comparison(&baselines).judge(&launches).unwrap();
            let judgement = &judged[0].judgement;
            assert_eq!(judgement.verdict, verdict, "{judgement:?}");
            assert!(judgement.why.contains(why), "{} lacks {why}", judgement.why);
        };
        /// Three launches at half the speed of the others.
        fn slow(at: usize, launch: &mut Launch) {
            let value = if at < 7 { 100.0 } else { 200.0 } + at as f64;
            for series in &mut launch.series {
                series.samples = Samples::new(vec![value]).unwrap();
            }
        }
        use Verdict::{Inconclusive, Regressed};
        check(|_, _| (), Regressed, "worse by more than");
        let on_battery = |at, launch: &mut Launch| {
            launch.health.power = (at == 3).then_some(Power::Battery);
        };
        check(on_battery, Inconclusive, "but 1 of 10 launches ran on battery");
        let hot = |at, launch: &mut Launch| launch.health.throttled = Some(at as u64 / 8);
        check(hot, Inconclusive, "but the CPU throttled itself for heat in 2 of 10 launches");
        check(slow, Inconclusive, "but launches fall into two groups 10");
        let on_one_kind = |at, launch: &mut Launch| {
            slow(at, launch);
            launch.health.placement = Some(Placement::Performance);
        };
        check(on_one_kind, Regressed, "worse by more than");
    }

    #[test]
    fn a_crowded_round_makes_no_first_baseline() {
        let baselines = Baselines::none();
        let comparison = comparison(&baselines);
        let check = |alone: usize, verdict: Verdict, set_aside: usize| {
            let judged = comparison.judge(&launches(10, alone)).unwrap();
            assert_eq!(judged.len(), 1);
            let (found, judgement) = (judged[0].set_aside.len(), &judged[0].judgement);
            assert_eq!((judgement.verdict, found), (verdict, set_aside), "{judgement:?}");
        };
        check(10, Verdict::New, 0);
        check(7, Verdict::New, 3);
        check(4, Verdict::Inconclusive, 6);
        check(0, Verdict::Inconclusive, 10);
    }
}
