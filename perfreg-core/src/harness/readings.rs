//! What a device tells of itself: judged only where a test lists it, and where every launch could read it.

use crate::harness::compare::{Comparison, Judged};
use crate::model::{Launch, Metric};

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

    /// The readings that are listed and that no launch has, which have no judgement to say so.
    pub(super) fn untold(&self, launches: &[Launch]) -> Vec<&str> {
        let is_untold = |name: &&str| {
            let told = |launch: &Launch| launch.series(name).is_some();
            Metric::time(name).is_reading_of_device() && !launches.iter().any(told)
        };
        self.metrics.unwrap_or_default().iter().copied().filter(is_untold).collect()
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

    #[test]
    fn a_reading_that_is_listed_and_told_in_no_launch_is_named() {
        let baselines = baselines(&[(TIME, 100.0)]);
        let check = |now: &[Launch], metrics: Option<&[&str]>, expected: &[&str]| {
            let comparison = Comparison { metrics, ..comparison(&baselines) };
            assert_eq!(comparison.untold(now), expected);
        };
        let listed = Some(&[TIME, ENERGY, Metric::DEVICE_DRAM_USE][..]);
        let mut energy = launches(&[(TIME, 100.0), (ENERGY, 20.0)]);
        let time = launches(&[(TIME, 100.0)]);
        check(&time, listed, &[ENERGY, Metric::DEVICE_DRAM_USE]);
        check(&time, None, &[]);
        check(&energy, listed, &[Metric::DEVICE_DRAM_USE]);
        // What some launches have is judged, and that says of how many.
        energy[3].series.retain(|series| series.metric.name != ENERGY);
        check(&energy, listed, &[Metric::DEVICE_DRAM_USE]);
    }
}
