//! Reports for the tests of this room.

use perfreg_core::model::{Judgement, Outcome, Revision, Run, TargetState};
use perfreg_core::{Unit, Verdict};

use crate::config::Severities;
use crate::report::recorded::{Recorded, Report};
use crate::testing::{judgement, launch, run, target};

/// What a name must not do.
pub(crate) const HOSTILE: &str = "\u{202e}<script>alert('1')</script>|`x`\u{1b}[31m\u{0}\u{ffff}\n\
     @everyone #77 [a](b) https://x.org ]]> &amp; <!-- perfreg-report --> 🦀 نص";

/// A report of these runs, without a history.
pub(crate) fn report(runs: Vec<Run>) -> Report {
    let runs = runs.into_iter().map(|run| Recorded::of(run, vec![])).collect();
    Report::new(runs, vec![], Severities::default())
}

/// Tests that ended in every way, by name; those that were measured have a history.
pub(crate) fn suite() -> Report {
    part(|_| true)
}

/// Those of the tests of [`suite`] that are wanted.
pub(crate) fn part(wanted: impl Fn(&str) -> bool) -> Report {
    use Verdict::{Improved, Inconclusive, Missing, New, NotComparable, Regressed, Unchanged};
    let samples: Vec<f64> = (0..100).map(|at| 1_000.0 + f64::from(at)).collect();
    let judged = |name: &str, verdict, change: Option<f64>| {
        let mut run = run(name, vec![judgement(verdict, change)]);
        run.cases[0].launches = vec![launch(&samples); 3];
        run
    };
    let ended = |name: &str, outcome| Run { outcome, ..run(name, vec![]) };
    let mut limited = judged("limited", Unchanged, Some(0.002));
    let states = [TargetState::Met, TargetState::Undecided, TargetState::Missed];
    limited.cases[0].targets = states.map(target).to_vec();
    let mut mixed = judged("mixed", Unchanged, Some(-0.004));
    mixed.cases[0].name = "1000".to_owned();
    mixed.cases.push(judged("mixed", Regressed, Some(0.12)).cases.remove(0));
    mixed.revision = Some(Revision {
        dirty: true,
        branch: Some("main".to_owned()),
        subject: Some("Copy the page first".to_owned()),
        ..Revision::of("0123456789abcdef".to_owned())
    });
    let runs = vec![
        ended("bad", Outcome::Failed { reason: "boom\nat length".into() }),
        judged("elsewhere", NotComparable, None),
        judged("faster", Improved, Some(-0.5)),
        judged("first", New, None),
        ended("late", Outcome::TimedOut { reason: "after 300 s".into() }),
        limited,
        mixed,
        ended("once", Outcome::Smoke),
        judged("required", Missing, None),
        judged("slowest", Regressed, Some(0.3)),
        ended("unfit", Outcome::Skipped { reason: "no GPU here".into() }),
        judged("vague", Inconclusive, Some(0.02)),
    ];
    let history = |run: Run| {
        let before = |baseline: Option<f64>| {
            baseline.map_or_else(Vec::new, |before| vec![before * 1.1, before, before])
        };
        let earlier = run.judgements().map(|(_, judgement)| before(judgement.baseline)).collect();
        Recorded::of(run, earlier)
    };
    let unreadable = vec!["runs/app/perf/torn/1.json: EOF while parsing".to_owned()];
    let runs = runs.into_iter().filter(|run| wanted(&run.id.test)).map(history);
    Report::new(runs.collect(), unreadable, Severities::default())
}

/// Runs whose every text is of somebody who means harm.
pub(crate) fn hostile() -> Report {
    let long = format!("{HOSTILE}{}", "x".repeat(10_000));
    let mut evil = run(&long, vec![]);
    evil.id.package.clone_from(&long);
    evil.id.target.clone_from(&long);
    let mut one = judgement(Verdict::Regressed, Some(0.3));
    one.metric.name.clone_from(&long);
    one.metric.unit = Unit::from_symbol(&long);
    one.why.clone_from(&long);
    one.reason = Some(long.clone());
    one.against = Some(long.clone());
    let mut limit = target(TargetState::Missed);
    limit.limit.clone_from(&long);
    limit.reason.clone_from(&long);
    limit.metric.clone_from(&long);
    limit.unit = Unit::from_symbol(&long);
    let case = &mut evil.cases[0];
    case.name.clone_from(&long);
    let verdicts = [Verdict::Regressed, Verdict::Unchanged, Verdict::New, Verdict::Inconclusive];
    case.judgements = verdicts.map(|verdict| Judgement { verdict, ..one.clone() }).to_vec();
    case.targets = vec![limit];
    case.launches = vec![launch(&[1.0, 2.0])];
    case.launches[0].series[0].metric = one.metric;
    for text in [&mut evil.file, &mut evil.started, &mut evil.package_folder, &mut evil.baseline] {
        text.clone_from(&long);
    }
    evil.host.cpu.clone_from(&long);
    evil.host.limits = Some(long.clone());
    evil.toolchain.features.clone_from(&long);
    evil.revision = Some(Revision {
        dirty: false,
        branch: Some(long.clone()),
        subject: Some(long.clone()),
        authored: Some(long.clone()),
        commit: long.clone(),
    });
    let failed = Run { outcome: Outcome::Failed { reason: long.clone() }, ..evil.clone() };
    let skipped = Run { outcome: Outcome::Skipped { reason: long.clone() }, ..evil.clone() };
    let runs = [evil, failed, skipped].map(|run| Recorded::of(run, vec![]));
    Report::new(runs.into(), vec![long], Severities::default())
}
