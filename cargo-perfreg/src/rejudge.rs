//! Two runs of a test against each other by the gate's own rule: values in, values out.

use perfreg_core::judge::{
    LaunchValue, Repetition, StoredPolicy, judge_counted, judge_paced, launch_value, looked_at,
    undisturbed,
};
use perfreg_core::model::{Case, Judgement, Launch, Metric, Run};
use perfreg_core::{Direction, Verdict};

/// `now` with the judgements that it gets against `before`.
pub(crate) fn rejudge(before: &Run, now: &Run, threshold: f64) -> Run {
    let mut judged = now.clone();
    for case in &mut judged.cases {
        let older = before.cases.iter().find(|older| older.name == case.name);
        let judgements = case.judgements.iter().map(|judgement| {
            let metric = &judgement.metric;
            let there = older.map(|older| values(&older.launches, metric));
            match there.filter(|values| !values.is_empty()) {
                None => unseen(judgement),
                Some(_) if metric.is_time() && before.host != now.host => Judgement {
                    verdict: Verdict::NotComparable,
                    why: format!("the times are of another host: {}", before.host),
                    ..unseen(judgement)
                },
                Some(values) => against(before, case, judgement, &values, threshold),
            }
        });
        case.judgements = judgements.collect();
    }
    judged
}

/// One value a launch; none if a launch lacks the metric.
pub(crate) fn values(launches: &[Launch], metric: &Metric) -> Vec<LaunchValue> {
    let value = |launch: &Launch| Some(launch_value(metric, &launch.stats(&metric.name)?));
    launches.iter().map(value).collect::<Option<_>>().unwrap_or_default()
}

fn unseen(judgement: &Judgement) -> Judgement {
    Judgement {
        verdict: Verdict::New,
        baseline: None,
        change: None,
        baseline_launches: None,
        against: None,
        why: "was not measured then".to_owned(),
        ..judgement.clone()
    }
}

fn against(
    before: &Run,
    case: &Case,
    judgement: &Judgement,
    older: &[LaunchValue],
    threshold: f64,
) -> Judgement {
    let metric = &judgement.metric;
    let newer = values(&case.launches, metric);
    let direction: Direction = metric.direction;
    let plain = |values: &[LaunchValue]| values.iter().map(|v| v.value).collect::<Vec<_>>();
    let look = match metric.is_time() {
        true => judge_paced(older, &newer, &StoredPolicy::new(threshold, direction)),
        false => {
            let repeats = Repetition::of(older.iter().chain(&newer));
            judge_counted(&plain(older), &plain(&newer), threshold, direction, repeats)
        }
    };
    let (then, now) = undisturbed(older, &newer);
    let revision = before.revision.as_ref().map(|revision| format!(", commit {revision}"));
    Judgement {
        verdict: look.decision.into(),
        baseline: Some(look.baseline),
        current: look.current,
        change: look.change,
        threshold: look.limit,
        launches: looked_at(now.len(), newer.len()) as u32,
        baseline_launches: Some(then.len() as u32),
        why: look.why,
        against: Some(format!("{}{}", before.started, revision.unwrap_or_default())),
        ..judgement.clone()
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict;
    use perfreg_core::model::{Run, Series};

    use super::rejudge;

    fn sample() -> Run {
        let text = include_str!("../../perfreg-core/tests/data/formats/run-1.json");
        serde_json::from_str(text).unwrap()
    }

    fn slowed(mut run: Run, factor: f64) -> Run {
        let series = run.cases[0].launches.iter_mut().flat_map(|launch| &mut launch.series);
        for Series { metric, samples } in series.filter(|series| series.metric.is_time()) {
            assert!(metric.is_time());
            let values = samples.as_slice().iter().map(|v| v * factor).collect();
            *samples = perfreg_core::Samples::new(values).unwrap();
        }
        run
    }

    #[test]
    fn a_record_judged_again_is_the_same_in_every_byte() {
        let text = || {
            let judged = rejudge(&sample(), &slowed(sample(), 1.031), 0.02);
            serde_json::to_string(&judged).unwrap()
        };
        assert_eq!(text(), text());
    }

    #[test]
    fn the_gates_rule_decides() {
        let check = |before: Run, now: Run, expected: Verdict| {
            let judged = rejudge(&before, &now, 0.05);
            let time = judged.judgements().find(|(_, j)| j.metric.is_time()).unwrap().1;
            assert_eq!(time.verdict, expected, "{}", time.why);
        };
        check(sample(), sample(), Verdict::Unchanged);
        check(sample(), slowed(sample(), 1.2), Verdict::Regressed);
        check(slowed(sample(), 1.2), sample(), Verdict::Improved);
        let mut elsewhere = sample();
        elsewhere.host.cores += 1;
        check(elsewhere, sample(), Verdict::NotComparable);
        let mut other_case = sample();
        other_case.cases[0].name = "other".to_owned();
        check(other_case, sample(), Verdict::New);
    }
}
