//! From a run to a baseline: the statistics of its launches, with where they come from.

use crate::model::{
    BaselineCase, BaselineMetric, Case, Launch, LaunchStats, Metric, Pace, Provenance, Revision,
    Run, Session,
};

/// The baseline that a case makes of the sessions that measured it, oldest first, with the metrics
/// that `wanted` picks of those judged in the last; `None` if it picks none that was measured.
///
/// Wall time goes along with thread CPU time: a later run may turn out to use other threads.
pub fn baseline_case(
    sessions: &[&Run],
    case: &str,
    reason: Option<&str>,
    wanted: impl Fn(&Metric) -> bool,
) -> Option<BaselineCase> {
    let measured: Vec<Sitting<'_>> =
        sessions.iter().filter_map(|run| Sitting::of(run, case)).collect();
    let last = measured.last()?;
    let provenance = Provenance {
        revision: last.run.revision.as_ref().map(Revision::bare),
        toolchain: last.run.toolchain.clone(),
        sessions: measured.iter().map(Sitting::session).collect(),
        reason: reason.map(str::to_owned),
    };
    let mut metrics: Vec<BaselineMetric> = Vec::new();
    for judgement in last.case.judgements.iter().filter(|j| wanted(&j.metric)) {
        metrics.extend(metric(&measured, &judgement.metric, Detail::Distribution, &provenance));
    }
    let judged = |name: &str| metrics.iter().any(|m| m.metric.name == name);
    if judged(Metric::THREAD_CPU_TIME) && !judged(Metric::WALL_TIME) {
        let wall = Metric::time(Metric::WALL_TIME);
        metrics.extend(metric(&measured, &wall, Detail::Location, &provenance));
    }
    (!metrics.is_empty()).then(|| BaselineCase {
        section: last.run.id.test.clone(),
        subsection: case.to_owned(),
        metrics,
    })
}

/// A case in one run, with the launches that a baseline keeps of it.
struct Sitting<'a> {
    run: &'a Run,
    case: &'a Case,
    launches: Vec<&'a Launch>,
}

impl<'a> Sitting<'a> {
    fn of(run: &'a Run, case: &str) -> Option<Self> {
        let case = run.cases.iter().find(|one| one.name == case)?;
        let launches = undisturbed(case);
        (!launches.is_empty()).then_some(Self { run, case, launches })
    }

    fn session(&self) -> Session {
        Session { date: self.run.started.clone(), launches: self.launches.len() as u32 }
    }

    /// The session of a metric that some launches have.
    fn counted(&self, metric: &Metric) -> Session {
        let has = |launch: &&Launch| launch.series(&metric.name).is_some();
        let launches = self.case.launches.iter().filter(has).count() as u32;
        Session { launches, ..self.session() }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Location,
    Distribution,
}

/// A metric over all sessions; `None` if a launch lacks it. Instructions are counted in some launches,
/// and a neighbour is no matter of theirs.
fn metric(
    sittings: &[Sitting<'_>],
    metric: &Metric,
    detail: Detail,
    provenance: &Provenance,
) -> Option<BaselineMetric> {
    if metric.is_instruction_count() {
        let all = sittings.iter().flat_map(|sitting| &sitting.case.launches);
        let launches: Vec<LaunchStats> = all.filter_map(|l| l.stats(&metric.name)).collect();
        let baseline = BaselineMetric {
            metric: metric.clone(),
            provenance: Provenance {
                sessions: sittings.iter().map(|sitting| sitting.counted(metric)).collect(),
                ..provenance.clone()
            },
            launches,
        };
        return (!baseline.launches.is_empty()).then_some(baseline);
    }
    let all = || sittings.iter().flat_map(|sitting| &sitting.launches);
    let metric = all().find_map(|launch| launch.series(&metric.name))?.metric.clone();
    let launches: Option<Vec<LaunchStats>> = all().map(|l| l.stats(&metric.name)).collect();
    let launches = launches?.into_iter().map(|stats| match detail {
        Detail::Location => LaunchStats { distribution: None, ..stats },
        Detail::Distribution => stats,
    });
    Some(BaselineMetric { launches: launches.collect(), provenance: provenance.clone(), metric })
}

/// The launches that had their core for themselves; all of them if few had.
fn undisturbed(case: &Case) -> Vec<&Launch> {
    // Who accepts what was measured in a crowd wants it.
    const ENOUGH: usize = 5;
    let pace = |launch: &Launch| launch.health.pace;
    let least = Pace::least_crowding(case.launches.iter().filter_map(pace));
    let alone = |launch: &&Launch| !pace(launch).is_some_and(|pace| pace.is_crowded(least));
    let undisturbed: Vec<&Launch> = case.launches.iter().filter(alone).collect();
    match undisturbed.len() >= ENOUGH {
        true => undisturbed,
        false => case.launches.iter().collect(),
    }
}
