//! What a run of tests came to: counts and the exit code.

use perfreg_core::model::{Judgement, Run};
use perfreg_core::{TestId, Verdict};

use crate::cli::FailOn;
use crate::config::{Severities, Severity};
use crate::exit_code::ExitCode;

/// One test and how it ended.
#[derive(Debug)]
pub(crate) struct TestResult {
    /// Which test.
    pub(crate) id: TestId,
    /// The record it left.
    pub(crate) run: Option<Run>,
    /// How it ended.
    pub(crate) ending: Ending,
}

/// How a test ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// It was measured; this is the worst of its verdicts.
    Judged(Verdict),
    /// It misses a limit, and did not regress besides.
    MissesLimit,
    /// It was selected but not measured, for this reason.
    Unmeasured(String),
    /// A launch took longer than it may.
    TimedOut(String),
    /// Its own `skip_if` said no, for this reason.
    Skipped(String),
    /// It failed for another reason than its speed.
    Failed {
        /// In short.
        reason: String,
        /// What it printed.
        output: String,
    },
}

/// What the exit code depends on besides the results.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    /// Whether a decision is demanded.
    pub(crate) strict: bool,
    /// Whether a baseline to compare with is demanded.
    pub(crate) require_baseline: bool,
    /// From which severity on a regression fails.
    pub(crate) fail_on: FailOn,
    /// The bounds of the severities.
    pub(crate) severities: Severities,
    /// Whether an improvement has to be accepted, as a regression has.
    pub(crate) ratchet: bool,
}

/// The exit code of a run of these tests.
pub(crate) fn exit_code(results: &[TestResult], gate: Gate) -> ExitCode {
    let ended = |test: fn(&Ending) -> bool| results.iter().any(|result| test(&result.ending));
    let any = |verdict| {
        let mut runs = results.iter().filter_map(|result| result.run.as_ref());
        runs.any(|run| run.judgements().any(|(_, judgement)| judgement.verdict == verdict))
    };
    let fails = |judgement: &Judgement| match (gate.fail_on, gate.severities.of(judgement)) {
        (FailOn::Never, _) | (_, None) => false,
        (FailOn::Warning, Some(severity)) => severity <= Severity::Warning,
        (FailOn::Critical, Some(severity)) => severity == Severity::Critical,
    };
    let regressed = results
        .iter()
        .filter_map(|result| result.run.as_ref())
        .any(|run| run.judgements().any(|(_, judgement)| fails(judgement)));
    // By a limit that its launches leave open, whatever its metrics say.
    let undecided = ended(|ending| matches!(ending, Ending::Judged(Verdict::Inconclusive)));
    let misses = ended(|ending| matches!(ending, Ending::MissesLimit));
    let lacks_baseline = any(Verdict::Missing)
        || (gate.require_baseline && (any(Verdict::New) || any(Verdict::NotComparable)));
    let skipped = ended(|ending| matches!(ending, Ending::Skipped(_)));
    let unmeasured = ended(|ending| matches!(ending, Ending::Unmeasured(_) | Ending::TimedOut(_)))
        || !ended(|ending| matches!(ending, Ending::Judged(_) | Ending::MissesLimit));
    if ended(|ending| matches!(ending, Ending::Failed { .. })) {
        ExitCode::TestFailed
    } else if regressed
        || misses && gate.fail_on != FailOn::Never
        || any(Verdict::Improved) && gate.ratchet
    {
        ExitCode::Regression
    } else if lacks_baseline {
        ExitCode::BaselineMissing
    } else if unmeasured || (gate.strict && skipped) {
        ExitCode::NothingMeasured
    } else if gate.strict && (any(Verdict::Inconclusive) || undecided) {
        ExitCode::Inconclusive
    } else {
        ExitCode::Fine
    }
}

/// How many tests ended how, in a line. A test counts once, by the worst of its verdicts.
pub(crate) fn counts(results: &[TestResult], ignored: usize, seconds: f64) -> String {
    let count = |test: &dyn Fn(&Ending) -> bool| {
        results.iter().filter(|result| test(&result.ending)).count()
    };
    let verdict = |wanted| count(&|e| matches!(e, Ending::Judged(verdict) if *verdict == wanted));
    let judged = [
        Verdict::Regressed,
        Verdict::Improved,
        Verdict::Unchanged,
        Verdict::Inconclusive,
        Verdict::New,
        Verdict::NotComparable,
        Verdict::Missing,
    ];
    let judged = judged
        .map(|wanted| (verdict(wanted), wanted))
        .into_iter()
        // The number of regressions is the answer, even if it is 0.
        .filter(|(n, wanted)| *n > 0 || *wanted == Verdict::Regressed)
        .map(|(n, wanted)| format!("{n} {wanted}"));
    let rest = [
        (count(&|e| matches!(e, Ending::MissesLimit)), "beyond a limit"),
        (count(&|e| matches!(e, Ending::Unmeasured(_))), "unmeasured"),
        (count(&|e| matches!(e, Ending::TimedOut(_))), "timed out"),
        (count(&|e| matches!(e, Ending::Skipped(_))), "skipped"),
        (ignored, "ignored"),
        (count(&|e| matches!(e, Ending::Failed { .. })), "failed"),
    ];
    let rest = rest.into_iter().filter(|(n, _)| *n > 0).map(|(n, label)| format!("{n} {label}"));
    let mut parts = vec![judged.collect::<Vec<_>>().join(", ")];
    parts.extend(Some(rest.collect::<Vec<_>>().join(", ")).filter(|rest| !rest.is_empty()));
    format!("{} selected: {}; {seconds:.1} s", results.len(), parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{judgement, run};

    /// A measured test with these verdicts.
    fn judged(verdicts: &[Verdict]) -> TestResult {
        let judgements = verdicts.iter().map(|v| judgement(*v, None)).collect();
        let run = run("sort", judgements);
        let worst = *verdicts.iter().min().unwrap();
        TestResult { id: run.id.clone(), run: Some(run), ending: Ending::Judged(worst) }
    }

    fn ended(ending: Ending) -> TestResult {
        TestResult { id: TestId::new("app", "perf", "sort"), run: None, ending }
    }

    fn unmeasured() -> TestResult {
        ended(Ending::Unmeasured("why".into()))
    }

    fn skipped() -> TestResult {
        ended(Ending::Skipped("why".into()))
    }

    fn failed() -> TestResult {
        ended(Ending::Failed { reason: "why".into(), output: String::new() })
    }

    #[test]
    fn only_what_is_grave_enough_fails() {
        let regressed = |change: f64| {
            let run = run("sort", vec![judgement(Verdict::Regressed, Some(change))]);
            let id = run.id.clone();
            [TestResult { id, run: Some(run), ending: Ending::Judged(Verdict::Regressed) }]
        };
        let check = |change: f64, fail_on: FailOn, expected| {
            let severities = Severities::default();
            let gate = Gate {
                strict: false,
                require_baseline: false,
                ratchet: false,
                fail_on,
                severities,
            };
            assert_eq!(exit_code(&regressed(change), gate), expected, "{change} {fail_on:?}");
        };
        check(0.1, FailOn::Warning, ExitCode::Regression);
        check(0.1, FailOn::Critical, ExitCode::Fine);
        check(0.3, FailOn::Critical, ExitCode::Regression);
        check(0.3, FailOn::Never, ExitCode::Fine);
    }

    #[test]
    fn the_worst_news_make_the_exit_code() {
        use ExitCode::{BaselineMissing, Fine, NothingMeasured, Regression, TestFailed};
        use Verdict::{Improved, Inconclusive, Missing, New, NotComparable, Regressed, Unchanged};
        let check = |results: &[TestResult], options: &str, expected: ExitCode| {
            let gate = Gate {
                strict: options.contains("strict"),
                require_baseline: options.contains("require-baseline"),
                fail_on: match options {
                    "report-only" => FailOn::Never,
                    "critical" => FailOn::Critical,
                    _ => FailOn::Warning,
                },
                severities: Severities::default(),
                ratchet: options.contains("fail-on-improvement"),
            };
            assert_eq!(exit_code(results, gate), expected, "{results:?} {options}");
        };
        check(&[judged(&[Unchanged, Improved, NotComparable])], "strict", Fine);
        check(&[judged(&[New])], "strict", Fine);
        check(&[judged(&[New, Unchanged])], "require-baseline", BaselineMissing);
        check(&[judged(&[NotComparable])], "require-baseline", BaselineMissing);
        check(&[judged(&[Inconclusive])], "require-baseline", Fine);
        check(&[], "", NothingMeasured);
        check(&[judged(&[Unchanged, Regressed])], "", Regression);
        check(&[judged(&[Unchanged, Regressed])], "report-only", Fine);
        check(&[judged(&[Improved, Unchanged])], "", Fine);
        check(&[judged(&[Improved, Unchanged])], "fail-on-improvement", Regression);
        check(&[judged(&[Regressed, Missing])], "", Regression);
        check(&[judged(&[Regressed, Missing])], "report-only", BaselineMissing);
        check(&[judged(&[Regressed]), failed()], "report-only", TestFailed);
        check(&[unmeasured(), failed()], "", TestFailed);
        check(&[judged(&[Missing]), unmeasured()], "", BaselineMissing);
        check(&[judged(&[Unchanged]), unmeasured()], "", NothingMeasured);
        check(&[judged(&[Regressed]), unmeasured()], "", Regression);
        check(&[judged(&[Unchanged]), skipped()], "", Fine);
        check(&[judged(&[Inconclusive]), skipped()], "strict", NothingMeasured);
        check(&[skipped()], "", NothingMeasured);
        check(&[judged(&[Inconclusive])], "", Fine);
        check(&[judged(&[Inconclusive])], "strict", ExitCode::Inconclusive);
        let beyond = || TestResult { ending: Ending::MissesLimit, ..judged(&[Unchanged]) };
        check(&[beyond()], "critical", Regression);
        check(&[beyond()], "report-only", Fine);
        let undecided =
            || TestResult { ending: Ending::Judged(Inconclusive), ..judged(&[Unchanged]) };
        check(&[undecided()], "", Fine);
        check(&[undecided()], "strict", ExitCode::Inconclusive);
    }

    #[test]
    fn counts_add_up_in_a_line() {
        use Verdict::{Improved, Inconclusive, Missing, New, NotComparable, Regressed, Unchanged};
        let check = |results: &[TestResult], ignored: usize, expected: &str| {
            assert_eq!(counts(results, ignored, 1.25), expected);
        };
        check(&[judged(&[Unchanged])], 0, "1 selected: 0 regressed, 1 unchanged; 1.2 s");
        check(&[], 3, "0 selected: 0 regressed; 3 ignored; 1.2 s");
        check(
            &[
                judged(&[Unchanged, Regressed]),
                judged(&[Improved]),
                judged(&[New]),
                judged(&[NotComparable, New]),
                judged(&[Missing]),
                judged(&[Inconclusive]),
                unmeasured(),
                skipped(),
                failed(),
            ],
            1,
            "9 selected: 1 regressed, 1 improved, 1 inconclusive, 1 new, 1 not comparable, \
             1 missing; 1 unmeasured, 1 skipped, 1 ignored, 1 failed; 1.2 s",
        );
    }
}
