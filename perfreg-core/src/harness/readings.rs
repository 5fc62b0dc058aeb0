//! What a device tells of itself: judged only where a test lists it, and where every launch could read it.

use crate::harness::compare::{Comparison, Judged};
use crate::model::Launch;

impl Comparison<'_> {
    /// Judges the reading of this name; `None` if no launch has it.
    pub(super) fn judge_reading(&self, name: &str, launches: &[Launch]) -> Option<Judged> {
        let told: Vec<_> = launches.iter().filter_map(|launch| launch.series(name)).collect();
        let metric = told.first()?.metric.clone();
        if told.len() < launches.len() {
            let why =
                format!("the device told it in {} of {} launches", told.len(), launches.len());
            return Some(self.unchecked(metric, launches, why));
        }
        let found = self.baselines.find(self.case, &metric);
        Some(self.look(metric, &found, launches, None))
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::chosen::metrics_of;
    use crate::harness::compare::Comparison;
    use crate::harness::made_up::{baselines, comparison, launches};
    use crate::model::Verdict::{self, Inconclusive, Regressed, Unchanged};
    use crate::model::{Launch, Metric};

    const TIME: &str = "device_time";
    const ENERGY: &str = Metric::DEVICE_ENERGY;

    #[test]
    fn readings_are_judged_where_they_are_listed_and_told() {
        let baselines = baselines(&[(TIME, 100.0), (ENERGY, 20.0)]);
        let check = |now: &[Launch], metrics: Option<&[&str]>, expected: &[(&str, Verdict)]| {
            let judged = Comparison { metrics, ..comparison(&baselines) }.judge(now).unwrap();
            let rows: Vec<_> = judged
                .iter()
                .map(|j| (j.judgement.metric.name.as_str(), j.judgement.verdict))
                .collect();
            assert_eq!(rows, expected, "{judged:?}");
            let compared = metrics_of(metrics, &[now, now]).unwrap();
            let all_tell = expected.iter().filter(|(_, verdict)| *verdict != Inconclusive);
            assert_eq!(compared.len(), all_tell.count(), "{compared:?}");
        };
        let listed = Some(&[TIME, ENERGY][..]);
        let more = launches(&[(TIME, 100.0), (ENERGY, 30.0)]);
        check(&more, None, &[(TIME, Unchanged)]);
        check(&more, listed, &[(TIME, Unchanged), (ENERGY, Regressed)]);
        check(&launches(&[(TIME, 100.0)]), listed, &[(TIME, Unchanged)]);
        let mut some = more;
        some[3].series.retain(|series| series.metric.name != ENERGY);
        check(&some, listed, &[(TIME, Unchanged), (ENERGY, Inconclusive)]);
    }
}
