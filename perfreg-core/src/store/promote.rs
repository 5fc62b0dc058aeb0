//! From a run to a baseline: the statistics of its launches, with where they come from.

use crate::model::{
    BaselineCase, BaselineMetric, Case, LaunchStats, Metric, Provenance, Run, Session,
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
        revision: run.revision.clone(),
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
    let series = case.launches.iter().filter_map(|launch| launch.series(name));
    let launches: Vec<LaunchStats> = series
        .clone()
        .map(|series| LaunchStats::of(&series.samples))
        .map(|stats| match detail {
            Detail::Middle => LaunchStats { tails: None, ..stats },
            Detail::WithTails => stats,
        })
        .collect();
    let metric = series.map(|series| series.metric.clone()).next()?;
    Some(BaselineMetric { metric, provenance: provenance.clone(), launches })
}
