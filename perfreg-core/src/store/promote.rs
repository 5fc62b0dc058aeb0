//! From a run to a baseline: the statistics of its launches, with where they come from.

use crate::model::{
    BaselineCase, BaselineMetric, Case, Launch, LaunchStats, Metric, Provenance, Revision, Run,
    Session,
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
        self.session_of(&self.launches)
    }

    fn session_of(&self, launches: &[&Launch]) -> Session {
        Session { date: self.run.started.clone(), launches: launches.len() as u32 }
    }

    /// The launches that say something of a metric: instructions are counted in some of them, and a
    /// neighbour is no matter of theirs.
    fn launches_of(&self, metric: &Metric) -> Vec<&'a Launch> {
        let has = |launch: &&Launch| launch.series(&metric.name).is_some();
        match metric.is_instruction_count() {
            true => self.case.launches.iter().filter(has).collect(),
            false => self.launches.clone(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Location,
    Distribution,
}

/// A metric over all sessions; `None` if a launch lacks it.
fn metric(
    sittings: &[Sitting<'_>],
    metric: &Metric,
    detail: Detail,
    provenance: &Provenance,
) -> Option<BaselineMetric> {
    let taken: Vec<_> = sittings.iter().map(|sitting| sitting.launches_of(metric)).collect();
    let all = || taken.iter().flatten();
    let metric = all().find_map(|launch| launch.series(&metric.name))?.metric.clone();
    let launches: Option<Vec<LaunchStats>> = all().map(|l| l.stats(&metric.name)).collect();
    let launches = launches?.into_iter().map(|stats| match detail {
        Detail::Location => LaunchStats { distribution: None, ..stats },
        Detail::Distribution => stats,
    });
    let sessions = sittings.iter().zip(&taken).map(|(sitting, of)| sitting.session_of(of));
    let provenance = Provenance { sessions: sessions.collect(), ..provenance.clone() };
    Some(BaselineMetric { launches: launches.collect(), provenance, metric })
}

/// The launches that had their core for themselves; all of them if few had.
fn undisturbed(case: &Case) -> Vec<&Launch> {
    // Who accepts what was measured in a crowd wants it.
    const ENOUGH: usize = 5;
    let undisturbed = Launch::undisturbed(&case.launches);
    match undisturbed.len() >= ENOUGH {
        true => undisturbed,
        false => case.launches.iter().collect(),
    }
}
