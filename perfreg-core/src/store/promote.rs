//! From a run to a baseline: the statistics of its launches, with where they come from.

use crate::model::{
    BaselineCase, BaselineMetric, Case, Launch, LaunchStats, Metric, Pace, Provenance, Revision,
    Run, Session,
};

/// The baseline that `case` of `run` makes, with the metrics that `wanted` picks; `None` if it
/// picks none that was measured.
///
/// Wall time goes along with thread CPU time: a later run may turn out to use other threads.
pub fn baseline_case(
    run: &Run,
    case: &Case,
    reason: Option<&str>,
    wanted: impl Fn(&Metric) -> bool,
) -> Option<BaselineCase> {
    let mut metrics: Vec<BaselineMetric> = Vec::new();
    let provenance = provenance(run, case, reason);
    for judgement in case.judgements.iter().filter(|j| wanted(&j.metric)) {
        let name = &judgement.metric.name;
        metrics.extend(statistics(case, name, Detail::WithTails, &provenance));
    }
    let judged = |name: &str| metrics.iter().any(|m| m.metric.name == name);
    if judged(Metric::THREAD_CPU_TIME) && !judged(Metric::WALL_TIME) {
        metrics.extend(statistics(case, Metric::WALL_TIME, Detail::Middle, &provenance));
    }
    (!metrics.is_empty()).then(|| BaselineCase {
        section: run.id.test.clone(),
        subsection: case.name.clone(),
        metrics,
    })
}

fn provenance(run: &Run, case: &Case, reason: Option<&str>) -> Provenance {
    Provenance {
        revision: run.revision.as_ref().map(Revision::bare),
        toolchain: run.toolchain.clone(),
        sessions: vec![Session { date: run.started.clone(), launches: case.launches.len() as u32 }],
        reason: reason.map(str::to_owned),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Middle,
    WithTails,
}

fn statistics(
    case: &Case,
    name: &str,
    detail: Detail,
    provenance: &Provenance,
) -> Option<BaselineMetric> {
    let metric = case.launches.iter().find_map(|l| l.series(name))?.metric.clone();
    let launches: Vec<LaunchStats> = undisturbed(case, &metric)
        .into_iter()
        .filter_map(|launch| launch.stats(name))
        .map(|stats| match detail {
            Detail::Middle => LaunchStats { tails: None, ..stats },
            Detail::WithTails => stats,
        })
        .collect();
    Some(BaselineMetric { metric, provenance: provenance.clone(), launches })
}

/// The launches that had their core for themselves; all of them if few had, or if it does not matter.
fn undisturbed<'a>(case: &'a Case, metric: &Metric) -> Vec<&'a Launch> {
    // Who accepts what was measured in a crowd wants it.
    const ENOUGH: usize = 5;
    let pace = |launch: &Launch| launch.health.pace;
    let least = Pace::least_crowding(case.launches.iter().filter_map(pace));
    let alone = |launch: &&Launch| !pace(launch).is_some_and(|pace| pace.is_crowded(least));
    let undisturbed: Vec<&Launch> = case.launches.iter().filter(alone).collect();
    match metric.is_clock() && undisturbed.len() >= ENOUGH {
        true => undisturbed,
        false => case.launches.iter().collect(),
    }
}
