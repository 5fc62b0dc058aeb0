//! What a test prints: why it failed, and what else is worth a line.

use crate::model::{Case, FollowUp, Judgement, Metric, Run, Target, TargetState, Verdict};
use crate::report::{Rate, format_value};

/// Why the test fails, so that a reader can decide what to do from this alone.
///
/// `fails` picks the judgements that are the reason, `misses` the limits.
pub fn failure(
    run: &Run,
    fails: impl Fn(&Judgement) -> bool,
    misses: impl Fn(&Target) -> bool,
) -> String {
    let mut text = String::from("perfreg:");
    let reasons = || run.judgements().filter(|(_, judgement)| fails(judgement));
    for (case, judgement) in reasons() {
        text.push_str(&format!("\n{}\n", headline(run, case, judgement)));
        for (name, value) in details(run, case, judgement) {
            text.push_str(&format!("  {name:<10} {value}\n"));
        }
    }
    for (case, target) in run.targets().filter(|(_, target)| misses(target)) {
        text.push_str(&format!("\n{} {}\n", name(run, case), missed(target)));
        text.push_str(&format!("  measured   {}\n", interval(target)));
        text.push_str(&format!("  because    {}\n", target.reason));
    }
    // What fails for several reasons is helped by what helps the worst.
    let worst = reasons().map(|(_, judgement)| judgement.verdict).min();
    text + &worst.map_or_else(String::new, |worst| way_out(run, worst))
}

fn missed(target: &Target) -> String {
    match target.state {
        TargetState::Undecided => format!("may miss its limit: {}", target.limit),
        _ => format!("misses its limit: {}", target.limit),
    }
}

fn interval(target: &Target) -> String {
    let value = |value: f64| format_value(value, &target.unit);
    let Target { metric, current, low, high, .. } = target;
    match low == high {
        true => format!("{} by {metric}", value(*current)),
        false => format!(
            "{} by {metric}, 99 % interval {} to {}",
            value(*current),
            value(*low),
            value(*high)
        ),
    }
}

/// What the reader can do about it.
fn way_out(run: &Run, worst: Verdict) -> String {
    let id = &run.id;
    let accept = format!("\n  cargo perfreg accept {id} -m \"why\"\n");
    let awaits = run.follow_up == FollowUp::Awaits;
    match worst {
        Verdict::Inconclusive => format!(
            "\nMore launches or a quieter machine may tell: cargo perfreg run {id}, or more of\n\
             them in the attribute: launches = 30, budget = \"10s\"\n"
        ),
        Verdict::Missing | Verdict::NotComparable if awaits => {
            format!("\nTo make these numbers the baseline here:{accept}")
        }
        Verdict::Missing | Verdict::NotComparable => format!(
            "\nNothing was kept here (CI or PERFREG_UPDATE=no). A baseline for this host is made with\n  \
             PERFREG_UPDATE=pending cargo perfreg run {id}\n  \
             cargo perfreg accept {id} --commit-time\n\
             and committed as {}\n",
            run.baseline
        ),
        _ if awaits => format!("\nIf this is intended, make it the new baseline:{accept}"),
        _ => format!(
            "\nIf this is intended: nothing was kept here (CI or PERFREG_UPDATE=no), so measure where it\n\
             can be, and accept there:\n  cargo perfreg run {id}{accept}"
        ),
    }
}

fn headline(run: &Run, case: &Case, judgement: &Judgement) -> String {
    let name = name(run, case);
    match (judgement.verdict, &judgement.change) {
        (Verdict::Regressed, Some(change)) if !judgement.metric.is_time() => {
            format!("{name} regressed: {} {:+.1} %", judgement.metric.name, change.estimate * 100.0)
        }
        (Verdict::Regressed, Some(change)) => format!(
            "{name} regressed: {} {:+.1} %, 99 % interval {:+.1} % to {:+.1} %",
            judgement.metric.name,
            change.estimate * 100.0,
            change.low * 100.0,
            change.high * 100.0
        ),
        (verdict, _) => format!("{name} {verdict}: {}", judgement.metric.name),
    }
}

fn details(run: &Run, case: &Case, judgement: &Judgement) -> Vec<(&'static str, String)> {
    let value = |value: f64| format_value(value, &judgement.metric.unit);
    let mut lines = Vec::new();
    let rate = Rate::of(case, judgement).map_or_else(String::new, |rate| format!(" ({rate})"));
    let now = format!("{}{rate}", value(judgement.current));
    let per = if judgement.metric.is_time() { " per iteration" } else { "" };
    match judgement.baseline {
        Some(before) => lines.push(("change", format!("{} -> {now}{per}", value(before)))),
        None => lines.push(("now", format!("{now}{per}"))),
    }
    lines.push(("why", judgement.why.clone()));
    if let Some(reason) = &judgement.reason {
        lines.push(("threshold", format!("as it is because: {reason}")));
    }
    let launches = match judgement.baseline_launches {
        Some(before) => format!("{} now, {before} in the baseline", judgement.launches),
        None => format!("{} now", judgement.launches),
    };
    lines.push(("launches", launches));
    if let Some(against) = &judgement.against {
        lines.push(("baseline", against.clone()));
    }
    lines.push(("host", run.host.to_string()));
    if let Some(revision) = &run.revision {
        lines.push(("measured", format!("{}, commit {revision}", run.started)));
    }
    lines
}

/// One line for every judgement of a passing test that is not simply unchanged.
pub fn notes(run: &Run) -> Vec<String> {
    let noted = run.judgements().filter(|(_, judgement)| {
        !matches!(judgement.verdict, Verdict::Unchanged | Verdict::Regressed | Verdict::Missing)
    });
    let undecided = run.targets().filter(|(_, target)| target.state == TargetState::Undecided);
    noted
        .map(|(case, judgement)| note(run, case, judgement))
        .chain(undecided.map(|(case, target)| {
            format!("perfreg: {} {}: {}", name(run, case), missed(target), interval(target))
        }))
        .collect()
}

fn note(run: &Run, case: &Case, judgement: &Judgement) -> String {
    let Judgement { metric: Metric { name: metric, unit, .. }, verdict, why, .. } = judgement;
    let name = name(run, case);
    let current = format_value(judgement.current, unit);
    let change = judgement.change.map(|change| format!(", {change}")).unwrap_or_default();
    let advice = match verdict {
        _ if run.follow_up != FollowUp::Awaits => String::new(),
        Verdict::Improved => format!("; cargo perfreg accept {} keeps the gain", run.id),
        Verdict::NotComparable => format!("; cargo perfreg accept {} starts anew here", run.id),
        _ => String::new(),
    };
    format!("perfreg: {name} {verdict}: {metric} {current}{change}: {why}{advice}")
}

fn name(run: &Run, case: &Case) -> String {
    match case.name.as_str() {
        "default" => run.id.to_string(),
        case => format!("{} [{case}]", run.id),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{failure, notes};
    use crate::model::{
        Case, Change, FollowUp, HostKey, Judgement, Metric, Outcome, Revision, Run, Target,
        TargetState, TestId, Toolchain, Unit, Verdict,
    };

    fn judgement(metric: Metric, verdict: Verdict, values: (Option<f64>, f64)) -> Judgement {
        let (baseline, current) = values;
        let change = baseline.map(|before| {
            let estimate = current / before - 1.0;
            Change { estimate, low: estimate - 0.01, high: estimate + 0.01 }
        });
        Judgement {
            metric,
            verdict,
            baseline,
            current,
            change,
            threshold: 0.05,
            reason: Some("on every request".to_owned()),
            launches: 20,
            baseline_launches: baseline.map(|_| 10),
            why: "worse by more than the threshold of 5.0 %".to_owned(),
            against: baseline
                .map(|_| "2026-01-02T03:04:05Z, commit 0123456789ab, in gt/perf.json".to_owned()),
        }
    }

    fn run() -> Run {
        let time = Metric::time(Metric::THREAD_CPU_TIME);
        let count =
            Metric::new(Metric::ALLOCATIONS, Unit::Count, crate::model::Direction::LowerIsBetter);
        let case = |name: &str, judgements| Case {
            name: name.to_owned(),
            launches: vec![],
            judgements,
            targets: vec![],
        };
        Run {
            schema: Run::SCHEMA.to_owned(),
            id: TestId::new("app", "perf::sorting", "reversed"),
            file: "tests/perf.rs".to_owned(),
            line: None,
            started: "2026-02-03T04:05:06Z".to_owned(),
            seconds: 1.0,
            host: HostKey::new("linux-x86_64", "AMD EPYC", 2, Some("CPU quota 150 %".to_owned())),
            toolchain: Toolchain {
                rustc: "1.95.0".to_owned(),
                profile: "release".to_owned(),
                features: String::new(),
                seed: None,
            },
            revision: Some(Revision {
                commit: "fedcba9876543210".to_owned(),
                dirty: true,
                branch: None,
                subject: None,
                authored: None,
            }),
            package_folder: String::new(),
            baseline: "gt/perf.json".to_owned(),
            outcome: Outcome::Measured,
            follow_up: FollowUp::Awaits,
            cases: vec![
                case(
                    "1000",
                    vec![
                        judgement(time.clone(), Verdict::Regressed, (Some(1e6), 1.123e6)),
                        judgement(count, Verdict::Regressed, (Some(3.0), 4.0)),
                    ],
                ),
                case(
                    "default",
                    vec![judgement(time.clone(), Verdict::Improved, (Some(1e6), 0.8e6))],
                ),
                case("new", vec![judgement(time, Verdict::New, (None, 512.0))]),
            ],
            origin: None,
        }
    }

    #[test]
    fn a_failure_says_all_that_a_decision_needs() {
        let regressed = |judgement: &Judgement| judgement.verdict == Verdict::Regressed;
        assert_snapshot!(failure(&run(), regressed, |_| false));
    }

    fn targets() -> Run {
        let target = |limit: &str, state: TargetState, unit: Unit, values: [f64; 3]| Target {
            limit: limit.to_owned(),
            reason: "the broker promises it".to_owned(),
            metric: "thread_cpu_time".to_owned(),
            unit,
            current: values[0],
            low: values[1],
            high: values[2],
            state,
        };
        let events = || Unit::Other("events/s".into());
        let mut run = run();
        run.cases.truncate(1);
        run.cases[0].judgements.clear();
        run.cases[0].targets = vec![
            target("over 100 events/s", TargetState::Missed, events(), [97.2, 96.8, 97.9]),
            target("under 50 ms", TargetState::Undecided, Unit::Nanoseconds, [5e7, 4.9e7, 5.1e7]),
            target("at most 64 MiB", TargetState::Met, Unit::Bytes, [1e6; 3]),
        ];
        run
    }

    #[test]
    fn a_missed_limit_is_a_failure_with_its_reason() {
        let missed = |target: &Target| target.state == TargetState::Missed;
        assert_snapshot!(failure(&targets(), |_| false, missed));
        assert_snapshot!(notes(&targets()).join("\n"));
    }

    #[test]
    fn the_way_out_depends_on_what_was_kept() {
        let check = |verdict: Verdict, follow_up: FollowUp, expected: &str| {
            let text = super::way_out(&Run { follow_up, ..run() }, verdict);
            assert!(text.contains(expected), "{verdict} {follow_up:?}: {text}");
        };
        use FollowUp::{Awaits, Nothing};
        check(Verdict::Regressed, Awaits, "intended, make it the new baseline:");
        check(Verdict::Regressed, Nothing, "nothing was kept here");
        check(Verdict::Missing, Awaits, "the baseline here");
        check(Verdict::Missing, Nothing, "accept perf::sorting::reversed --commit-time");
        check(Verdict::NotComparable, Nothing, "committed as gt/perf.json");
        check(Verdict::Inconclusive, Nothing, "quieter machine");
    }

    #[test]
    fn what_passes_but_is_news_gets_a_line() {
        assert_snapshot!(notes(&run()).join("\n"));
    }
}
