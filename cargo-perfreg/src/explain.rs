//! What is said below the table: why tests went unmeasured, and what to do about regressions.

use perfreg_core::model::{Judgement, Run, Target, TargetState};
use perfreg_core::{TestId, Verdict, report};

use crate::config::Severities;
use crate::summary::{Ending, TestResult};

/// A line for every test that has none in the table.
pub(crate) fn not_judged(results: &[TestResult], ignored: &[&TestId]) -> String {
    let line = |result: &TestResult| match &result.ending {
        Ending::Judged(_) | Ending::MissesLimit => None,
        Ending::Unmeasured(why) => Some(format!("unmeasured {}: {why}\n", result.id)),
        Ending::TimedOut(why) => Some(format!("timed out {}: {why}\n", result.id)),
        Ending::Skipped(why) => Some(format!("skipped {}: {why}\n", result.id)),
        // The rest stands in the output of the test.
        Ending::Failed { reason, .. } => Some(format!("failed {}: {}\n", result.id, head(reason))),
    };
    let mut text: String = results.iter().filter_map(line).collect();
    text.extend(ignored.iter().map(|id| format!("ignored {id}\n")));
    text
}

/// The first line of a reason that may quote a whole backtrace.
pub(crate) fn head(reason: &str) -> &str {
    reason.lines().next().unwrap_or_default()
}

/// The whole story of every regression and every missed limit, and what to do about it.
pub(crate) fn regressions(results: &[TestResult], severities: &Severities) -> String {
    let regressed = |judgement: &Judgement| judgement.verdict == Verdict::Regressed;
    let missed = |target: &Target| target.state == TargetState::Missed;
    let story = |run: &Run| {
        let any = run.judgements().any(|(_, judgement)| regressed(judgement))
            || run.targets().any(|(_, target)| missed(target));
        // As the test itself says it, but for the heading that tells its lines from others there.
        let worst = run.judgements().filter_map(|(_, judgement)| severities.of(judgement)).min();
        let heading = worst.map_or_else(String::new, |worst| format!("\n{worst}:\n"));
        any.then(|| report::failure(run, regressed, missed).replacen("perfreg:\n", &heading, 1))
    };
    results.iter().filter_map(|result| story(result.run.as_ref()?)).collect()
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
