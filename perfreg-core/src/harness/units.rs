//! A time of a device beside its cycles: a change that one of them shows alone is *inconclusive*.

use crate::harness::compare::{Comparison, Judged};
use crate::harness::lookup::Found;
use crate::judge::{Decision, doubt_of_unit};
use crate::model::{Change, Launch, Metric, Verdict};

/// A decision with its change, if there was something to decide by.
type Shown = Option<(Decision, Option<Change>)>;

impl Comparison<'_> {
    /// What was judged, if the same work in the other unit says so too, listed or not.
    pub(super) fn in_both_units(&self, mut judged: Judged, launches: &[Launch]) -> Judged {
        let Some(look) = &judged.look else { return judged };
        let is_change = matches!(judged.judgement.verdict, Verdict::Regressed | Verdict::Improved);
        let Some(other) = is_change.then(|| self.counterpart(&judged, launches)).flatten() else {
            return judged;
        };
        if let Some(doubt) = doubt_of_unit(&judged.judgement.metric, look.decision, other) {
            judged.judgement.verdict = Verdict::Inconclusive;
            judged.judgement.why += &format!(", {doubt}");
        }
        judged
    }

    /// What the same work shows in the other unit; `None` if neither the launches nor the baseline have
    /// it.
    fn counterpart(&self, judged: &Judged, launches: &[Launch]) -> Option<Shown> {
        let name = judged.judgement.metric.counterpart()?;
        let metric = match launches.iter().find_map(|launch| launch.series(&name)) {
            Some(series) => series.metric.clone(),
            None => Metric { name, ..judged.judgement.metric.clone() },
        };
        let found = self.baselines.find(self.case, &metric);
        let measured = launches.iter().all(|launch| launch.series(&metric.name).is_some());
        match (measured, &found) {
            (true, _) => {
                let look = self.look(metric, &found, launches, None).look;
                Some(look.map(|look| (look.decision, look.change)))
            }
            (false, Found::Baseline(_)) => Some(None),
            (false, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::compare::Comparison;
    use crate::harness::made_up::{baselines, comparison, launches};
    use crate::model::Verdict::{Improved, Inconclusive, Regressed, Unchanged};
    use crate::model::{Launch, Verdict};

    const TIME: &str = "device_time";
    const CYCLES: &str = "device_cycles";

    fn check(
        baseline: &[(&str, f64)],
        now: &[Launch],
        metrics: Option<&[&str]>,
        expected: &[(&str, Verdict)],
        why: &str,
    ) {
        let baselines = baselines(baseline);
        let comparison = Comparison { metrics, ..comparison(&baselines) };
        let judged = comparison.judge(now).unwrap();
        let rows: Vec<_> = judged
            .iter()
            .map(|j| (j.judgement.metric.name.as_str(), j.judgement.verdict))
            .collect();
        assert_eq!(rows, expected, "{judged:?}");
        assert!(judged[0].judgement.why.contains(why), "{}", judged[0].judgement.why);
    }

    #[test]
    fn a_regression_holds_in_seconds_and_in_cycles() {
        let baseline = &[(TIME, 100.0), (CYCLES, 200.0)];
        let now = |time, cycles| launches(&[(TIME, time), (CYCLES, cycles)]);
        let both = |time, cycles| [(TIME, time), (CYCLES, cycles)];
        check(baseline, &now(110.0, 220.0), None, &both(Regressed, Regressed), "worse by more");
        check(baseline, &now(90.0, 180.0), None, &both(Improved, Improved), "better by more");
        let clock = "but not in cycles (+0.0 %): the device's clock may be the reason";
        check(baseline, &now(110.0, 200.0), None, &both(Inconclusive, Unchanged), clock);
        check(baseline, &now(100.0, 220.0), None, &both(Unchanged, Inconclusive), "within");
        // The attribute lists one of them.
        let listed = Some(&[TIME][..]);
        check(baseline, &now(110.0, 200.0), listed, &[(TIME, Inconclusive)], clock);
        check(baseline, &now(110.0, 220.0), listed, &[(TIME, Regressed)], "worse by more");
    }

    #[test]
    fn what_one_side_alone_knows_in_cycles_convicts_nobody() {
        let now = launches(&[(TIME, 110.0)]);
        let unknown = "but nothing is known of it in cycles";
        let both = &[(TIME, 100.0), (CYCLES, 200.0)];
        check(both, &now, None, &[(TIME, Inconclusive)], unknown);
        let with_cycles = launches(&[(TIME, 110.0), (CYCLES, 220.0)]);
        let listed = Some(&[TIME][..]);
        check(&[(TIME, 100.0)], &with_cycles, listed, &[(TIME, Inconclusive)], unknown);
        // Where nobody ever read the clock, the seconds are all there is.
        check(&[(TIME, 100.0)], &now, None, &[(TIME, Regressed)], "worse by more");
    }
}
