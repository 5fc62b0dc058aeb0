//! What is said below the table: why tests went unmeasured, and what to do about regressions.

use perfreg_core::model::{Judgement, Run, Target, TargetState};
use perfreg_core::{TestId, Verdict, report};

use crate::config::Severities;
use crate::summary::{Ending, TestResult};

/// What is said where no run is recorded.
pub(crate) const NO_RUN: &str = "no run is recorded; `cargo perfreg run` makes the first\n";

/// A line for every test that has none in the table.
pub(crate) fn not_judged(results: &[TestResult], ignored: &[&TestId]) -> String {
    let line = |result: &TestResult| {
        let (how, why) = without_judgement(&result.ending)?;
        Some(format!("{how} {}: {why}\n", result.id))
    };
    let mut text: String = results.iter().filter_map(line).collect();
    text.extend(ignored.iter().map(|id| format!("ignored {id}\n")));
    text
}

/// How a test ended that was not judged, and why.
pub(crate) fn without_judgement(ending: &Ending) -> Option<(&'static str, &str)> {
    match ending {
        Ending::Judged(_) | Ending::MissesLimit => None,
        Ending::Unmeasured(why) => Some(("unmeasured", why.as_str())),
        Ending::TimedOut(why) => Some(("timed out", why.as_str())),
        Ending::Skipped(why) => Some(("skipped", why.as_str())),
        // The rest stands in the output of the test.
        Ending::Failed { reason, .. } => Some(("failed", head(reason))),
    }
}

/// The first line of a text that may go on at length, such as a reason that quotes a whole backtrace.
pub(crate) fn head(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The whole story of every regression and every missed limit, and what to do about it.
pub(crate) fn regressions(results: &[TestResult], severities: &Severities) -> String {
    let regressed = |judgement: &Judgement| judgement.verdict == Verdict::Regressed;
    let story = |run: &Run| {
        // As the test itself says it, but for the heading that tells its lines from others there.
        let worst = run.judgements().filter_map(|(_, judgement)| severities.of(judgement)).min();
        let heading = worst.map_or_else(String::new, |worst| format!("\n{worst}:\n"));
        Some(failure(run, regressed)?.replacen("perfreg:\n", &heading, 1))
    };
    results.iter().filter_map(|result| story(result.run.as_ref()?)).collect()
}

/// The whole story of the judgements that `fails` picks and of every missed limit, as the test itself
/// tells it; none if there are none.
pub(crate) fn failure(run: &Run, fails: impl Fn(&Judgement) -> bool) -> Option<String> {
    let missed = |target: &Target| target.state == TargetState::Missed;
    let any = run.judgements().any(|(_, judgement)| fails(judgement))
        || run.targets().any(|(_, target)| missed(target));
    any.then(|| report::failure(run, fails, missed))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::testing::{judgement, run};

    fn results() -> Vec<TestResult> {
        let judgements = vec![
            judgement(Verdict::Regressed, Some(0.2)),
            judgement(Verdict::Unchanged, Some(0.0)),
            Judgement {
                why: "first line\nsecond line".into(),
                ..judgement(Verdict::Regressed, Some(0.1))
            },
        ];
        let slow = run("slow", judgements);
        let ended = |function, ending| {
            let id = TestId::new("app", "perf", function);
            TestResult { id, run: None, ending }
        };
        vec![
            TestResult {
                id: slow.id.clone(),
                run: Some(slow),
                ending: Ending::Judged(Verdict::Regressed),
            },
            ended("gone", Ending::Unmeasured("no record".into())),
            ended("gpu", Ending::Skipped("no CUDA here".into())),
            ended(
                "bad",
                Ending::Failed { reason: "the test failed\nat length".into(), output: "x".into() },
            ),
        ]
    }

    #[test]
    fn tests_outside_the_table_are_listed() {
        let ignored = TestId::new("app", "perf", "long");
        assert_snapshot!(not_judged(&results(), &[&ignored]));
    }

    #[test]
    fn regressions_come_with_the_way_out() {
        assert_snapshot!(regressions(&results(), &Severities::default()));
    }
}
