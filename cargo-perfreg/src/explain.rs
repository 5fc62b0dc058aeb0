//! What is said below the table: why tests went unmeasured, and what to do about regressions.

use std::fmt::Write as _;

use perfreg_core::model::{Case, Judgement};
use perfreg_core::{TestId, Verdict};

use crate::summary::{Ending, TestResult};

/// A line for every test that has none in the table.
pub(crate) fn not_judged(results: &[TestResult], ignored: &[&TestId]) -> String {
    let line = |result: &TestResult| match &result.ending {
        Ending::Judged(_) => None,
        Ending::Unmeasured(why) => Some(format!("unmeasured {}: {why}\n", result.id)),
        Ending::Skipped(why) => Some(format!("skipped {}: {why}\n", result.id)),
        Ending::Failed { reason, .. } => Some(format!("failed {}: {reason}\n", result.id)),
    };
    let mut text: String = results.iter().filter_map(line).collect();
    text.extend(ignored.iter().map(|id| format!("ignored {id}\n")));
    text
}

/// The whole story of every regression, and how to accept it.
pub(crate) fn regressions(results: &[TestResult]) -> String {
    results.iter().filter_map(regression).collect()
}

fn regression(result: &TestResult) -> Option<String> {
    let run = result.run.as_ref()?;
    let regressed: Vec<_> =
        run.judgements().filter(|(_, j)| j.verdict == Verdict::Regressed).collect();
    if regressed.is_empty() {
        return None;
    }
    let mut text = format!("\nregressed {} ({})\n", result.id, run.file);
    regressed.into_iter().for_each(|(case, judgement)| text += &story(case, judgement));
    let id = &result.id;
    let _ = writeln!(text, "  if that is intended: cargo perfreg accept {id} -m \"why\"");
    Some(text)
}

fn story(case: &Case, judgement: &Judgement) -> String {
    let mut text = format!("  {}, {}: ", case.name, judgement.metric.name);
    text += &judgement.why.replace('\n', "\n  ");
    if let Some(against) = &judgement.against {
        let _ = write!(text, "\n  against {against}");
    }
    text + "\n"
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
            ended("bad", Ending::Failed { reason: "the test failed".into(), output: "x".into() }),
        ]
    }

    #[test]
    fn tests_outside_the_table_are_listed() {
        let ignored = TestId::new("app", "perf", "long");
        assert_snapshot!(not_judged(&results(), &[&ignored]));
    }

    #[test]
    fn regressions_come_with_the_way_out() {
        assert_snapshot!(regressions(&results()));
    }
}
