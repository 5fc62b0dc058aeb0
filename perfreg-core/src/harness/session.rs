//! An ordinary run that changed nothing becomes one more session of what it was compared with.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::harness::compare::Judged;
use crate::harness::entry::Test;
use crate::harness::reference::sessions;
use crate::judge::{ClockKind, disturbance};
use crate::model::{Case, Health, Judgement, Metric, Run, Verdict};
use crate::probe;
use crate::store::{Sitting, Source, committed_baseline};

/// Adds the times of `run` to the entries that they were compared with, where they may join, and
/// says so in the judgements.
///
/// The run is judged by then, and stands whatever becomes of this.
pub(crate) fn add(test: &Test<'_>, run: &mut Run, judged: &[Vec<Judged>]) {
    let committed = committed_baseline(&test.package, &run.baseline, &run.host.platform);
    // git takes its time in large repositories, and the cases of a test are of one commit mostly.
    let asked = RefCell::new(BTreeMap::new());
    let is_source = |commit: &str| {
        let ask = || probe::is_source_of(test.workspace.root(), commit, &committed);
        *asked.borrow_mut().entry(commit.to_owned()).or_insert_with(ask)
    };
    let mut joined = Vec::new();
    for (at, (case, judged)) in run.cases.iter().zip(judged).enumerate() {
        for (of, (judgement, judged)) in case.judgements.iter().zip(judged).enumerate() {
            let may_join =
                || is_quiet(case, judgement, run) && !judged.is_crowded(case.launches.len());
            let Some(source) = judged.source.filter(|_| may_join()) else { continue };
            let sitting = Sitting { run, case: &case.name, metric: &judgement.metric.name, source };
            let name = format!("{} [{}] {}", test.id, case.name, judgement.metric.name);
            match test.workspace.add_session(sitting, is_source) {
                Ok(Ok(count)) => joined.push((at, of, source, count)),
                Ok(Err(why)) => {
                    test.settings
                        .log
                        .debug(|| format!("{name}: no session of its baseline: {why}"));
                }
                Err(error) => {
                    test.settings.log.error(|| format!("{name}: this run joins nothing: {error}"));
                }
            }
        }
    }
    for (case, of, source, count) in joined {
        let place = match source {
            Source::Committed => ", kept on this machine",
            Source::Local => "",
        };
        let judgement = &mut run.cases[case].judgements[of];
        judgement.why += &format!("; this run joined its baseline{place}: {}", sessions(count));
    }
}

/// True if nothing changed, and nothing on the machine stood in the way of seeing a change.
fn is_quiet(case: &Case, judgement: &Judgement, run: &Run) -> bool {
    let Judgement { metric, verdict, .. } = judgement;
    let clock = if metric.name == Metric::WALL_TIME { ClockKind::Wall } else { ClockKind::Cpu };
    let healths: Vec<Health> = case.launches.iter().map(|launch| launch.health).collect();
    *verdict == Verdict::Unchanged
        && metric.is_time()
        && disturbance(&healths, clock, run.host.cores).is_none()
}
