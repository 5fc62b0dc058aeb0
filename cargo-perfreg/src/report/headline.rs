//! What came out, in words: the first that a reader sees.

use perfreg_core::Verdict;

use crate::report::recorded::Report;
use crate::summary::Ending;
use crate::words::counted;

/// What came out, and whether that is all; each test counts once, by the worst of it, as in the line of
/// counts. No name is in it, nor a reason: words and numbers alone.
pub(crate) fn headline(report: &Report) -> String {
    let outcome = outcome(report);
    match report.unreadable.len() {
        0 => outcome,
        n => format!("{outcome}; {} cannot be read", counted(n, "record")),
    }
}

fn outcome(report: &Report) -> String {
    let count = |test: &dyn Fn(&Ending) -> bool| {
        report.results.iter().filter(|result| test(&result.ending)).count()
    };
    let verdict = |wanted: Verdict| {
        count(&|ending| matches!(ending, Ending::Judged(verdict) if *verdict == wanted))
    };
    let bad = [
        (count(&|ending| matches!(ending, Ending::Failed { .. })), "failed".to_owned()),
        (verdict(Verdict::Regressed), format!("regressed{}", critical(report))),
        (count(&|ending| matches!(ending, Ending::MissesLimit)), "beyond a limit".to_owned()),
        (verdict(Verdict::Missing), "missing a baseline".to_owned()),
        (count(&|ending| matches!(ending, Ending::TimedOut(_))), "timed out".to_owned()),
    ];
    let bad: Vec<_> = bad.into_iter().filter(|(n, _)| *n > 0).collect();
    if let [(first, how), rest @ ..] = &bad[..] {
        let rest: String = rest.iter().map(|(n, how)| format!(", {n} {how}")).collect();
        return format!("{} {how}{rest}", counted(*first, "test"));
    }
    let judged = count(&|ending| matches!(ending, Ending::Judged(_)));
    if report.results.is_empty() {
        return "no run is recorded".to_owned();
    } else if judged == 0 {
        return "nothing was measured".to_owned();
    }
    let notes = [Verdict::Improved, Verdict::Inconclusive, Verdict::New, Verdict::NotComparable];
    let notes: Vec<_> = notes
        .into_iter()
        .filter(|wanted| verdict(*wanted) > 0)
        .map(|wanted| format!("{} {wanted}", verdict(wanted)))
        .collect();
    match notes.join(", ") {
        notes if notes.is_empty() => format!("no regression in {}", counted(judged, "test")),
        notes => format!("no regression in {}: {notes}", counted(judged, "test")),
    }
}

/// How many of the regressed tests are critical.
fn critical(report: &Report) -> String {
    match report.critical() {
        0 => String::new(),
        n => format!(" ({n} critical)"),
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict::{Improved, Inconclusive, Missing, New, Regressed, Unchanged};
    use perfreg_core::model::{Outcome, Run, TargetState};

    use super::headline;
    use crate::report::recorded::Report;
    use crate::report::testing::report;
    use crate::testing::{judgement, run, target};

    #[test]
    fn the_worst_is_said_first() {
        let judged = |verdict, change| run("sort", vec![judgement(verdict, Some(change))]);
        let ended = |outcome| Run { outcome, ..run("sort", vec![]) };
        let check = |runs: Vec<Run>, expected: &str| assert_eq!(headline(&report(runs)), expected);
        check(vec![], "no run is recorded");
        check(vec![ended(Outcome::Smoke)], "nothing was measured");
        check(vec![judged(Unchanged, 0.0)], "no regression in 1 test");
        let torn = Report { unreadable: vec!["torn".into()], ..report(vec![judged(New, 0.0)]) };
        assert_eq!(headline(&torn), "no regression in 1 test: 1 new; 1 record cannot be read");
        let fine = || vec![judged(Improved, -0.2), judged(Inconclusive, 0.0), judged(New, 0.0)];
        check(fine(), "no regression in 3 tests: 1 improved, 1 inconclusive, 1 new");
        let slow = || vec![judged(Regressed, 0.1), judged(Regressed, 0.3), judged(Unchanged, 0.0)];
        check(slow(), "2 tests regressed (1 critical)");
        let mut beyond = judged(Unchanged, 0.0);
        beyond.cases[0].targets = vec![target(TargetState::Missed)];
        let failed = ended(Outcome::Failed { reason: "boom".into() });
        let late = ended(Outcome::TimedOut { reason: "300 s".into() });
        let mut bad = slow();
        bad.extend([beyond, failed, late, judged(Missing, 0.0)]);
        check(
            bad,
            "1 test failed, 2 regressed (1 critical), 1 beyond a limit, 1 missing a baseline, \
             1 timed out",
        );
    }
}
