//! Two runs of a test against each other by the gate's own rule: values in, values out.

use std::collections::BTreeMap;

use perfreg_core::judge::{
    LaunchValue, Repetition, StoredPolicy, judge_counted, judge_paced, launch_value, looked_at,
    undisturbed,
};
use perfreg_core::model::{Case, Change, Judgement, Launch, Metric, Run};
use perfreg_core::{Direction, Verdict, stats};

use crate::comparison::judge_imported;
use crate::series::{Key, Series, of_run};
use crate::without_samples::no_test;

/// `now` with the judgements that it gets against `before`.
pub(crate) fn rejudge(before: &Run, now: &Run, threshold: f64) -> Run {
    let mut judged = now.clone();
    // Made of whole records, and so once for all of their metrics.
    let is_imported = before.origin.is_some() || now.origin.is_some();
    let sides = is_imported.then(|| [of_run(before), of_run(now)]);
    for case in &mut judged.cases {
        let older = before.cases.iter().find(|older| older.name == case.name);
        let judgements = case.judgements.iter().map(|judgement| {
            let metric = &judgement.metric;
            let there = older.map(|older| values(&older.launches, metric));
            match (there.filter(|values| !values.is_empty()), &sides) {
                (None, _) => unseen(judgement),
                (Some(_), _) if metric.is_time() && before.host != now.host => Judgement {
                    verdict: Verdict::NotComparable,
                    why: format!("the times are of another host: {}", before.host),
                    ..unseen(judgement)
                },
                (Some(_), Some(sides)) => {
                    imported((before, now), sides, (case, judgement), threshold)
                }
                (Some(values), None) => against(before, case, judgement, &values, threshold),
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

/// What another tool measured has no launches: the samples of its one process are compared by their means
/// and a U test, and without samples the threshold decides alone, as the reason says.
fn imported(
    (before, now): (&Run, &Run),
    [older, newer]: &[BTreeMap<Key, Series>; 2],
    (case, judgement): (&Case, &Judgement),
    threshold: f64,
) -> Judgement {
    let metric = &judgement.metric;
    let key = (now.id.test.clone(), case.name.clone(), metric.name.clone());
    let (Some(older), Some(newer)) = (older.get(&key), newer.get(&key)) else {
        return unseen(judgement);
    };
    if older.metric != newer.metric {
        let why = format!("its unit or direction is another: it was in `{}`", older.metric.unit);
        return Judgement { verdict: Verdict::NotComparable, why, ..unseen(judgement) };
    }
    let row = match judge_imported(&key, older, newer, threshold * 100.0) {
        Ok(row) => row,
        Err(why) => {
            let why = why.to_string();
            return Judgement { verdict: Verdict::Inconclusive, why, ..unseen(judgement) };
        }
    };
    let change = change(older, newer);
    let why = match (change, row.change_percent) {
        (None, Some(percent)) => format!("{percent:+.1} %, {}", row.message),
        _ => row.message,
    };
    Judgement {
        verdict: row.verdict,
        baseline: Some(row.baseline),
        current: row.current,
        change,
        threshold,
        launches: 1,
        baseline_launches: Some(1),
        why,
        against: Some(before.started.clone()),
        ..judgement.clone()
    }
}

/// The shift between the samples with its 99 % interval, as a ratio; none without samples, or where there
/// are so many that it would take long, or a ratio means nothing.
fn change(older: &Series, newer: &Series) -> Option<Change> {
    const CONFIDENCE: f64 = 0.99;
    const MOST_PAIRS: usize = 4_000_000;
    let is_ratio = [older, newer].iter().all(|side| side.values.iter().all(|v| *v > 0.0));
    let is_quick = older.values.len() * newer.values.len() <= MOST_PAIRS;
    if no_test(older, newer).is_some() || !is_ratio || !is_quick {
        return None;
    }
    let logs = |side: &Series| side.values.iter().map(|value| value.ln()).collect::<Vec<_>>();
    let (before, now) = (logs(older), logs(newer));
    let interval = stats::shift_interval(&now, &before, CONFIDENCE)?;
    let ratio = |shift: f64| shift.exp_m1();
    Some(Change {
        estimate: ratio(stats::hodges_lehmann_shift(&now, &before)),
        low: ratio(interval.low),
        high: ratio(interval.high),
    })
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict;
    use perfreg_core::model::{Run, Series};

    use super::rejudge;

    #[test]
    fn what_was_imported_is_judged_by_its_samples_or_by_the_threshold_alone() {
        let text = include_str!("../../perfreg-core/tests/data/formats/run-2.json");
        let before: Run = serde_json::from_str(text).unwrap();
        let check = |factor: f64, expected: [&str; 2]| {
            let judged = rejudge(&before, &slowed(before.clone(), factor), 0.05);
            let told: Vec<String> = judged
                .judgements()
                .map(|(_, j)| format!("{} {}, {}", j.metric.name, j.verdict, j.why))
                .collect();
            for (told, expected) in told.iter().zip(expected) {
                assert!(told.starts_with(expected), "{told}");
            }
            assert!(judged.cases[0].judgements[0].change.is_some());
            assert!(judged.cases[0].judgements[1].change.is_none());
        };
        let alone =
            "by the threshold of 5 % alone, no test: the baseline is a mean without samples";
        let same = format!("process_cpu_time unchanged, +0.0 %, {alone}");
        let worse = format!("process_cpu_time regressed, +10.0 %, {alone}");
        check(1.0, ["wall_time unchanged, No significant change", &same]);
        check(1.1, ["wall_time regressed, Performance regression: +10.0", &worse]);
    }

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
