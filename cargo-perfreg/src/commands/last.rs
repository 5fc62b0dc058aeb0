//! `cargo perfreg last`: the newest result of every test.

use perfreg_core::model::{Outcome, Run};

use crate::commands::workspace;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::explain::{NO_RUN, head};
use crate::table::{When, render};
use crate::targets;

/// Prints the newest record of every test.
///
/// # Errors
/// If there is no workspace, or its records cannot be read.
pub(crate) fn run(context: &Context) -> Result<ExitCode, Error> {
    let runs = workspace(context)?.last_runs()?;
    let mut text = render(&runs.iter().collect::<Vec<_>>(), When::Shown, context.style);
    let targets = targets::render(&runs.iter().collect::<Vec<_>>(), context.style);
    if !targets.is_empty() {
        text += &format!("\n{targets}");
    }
    text.extend(runs.iter().filter_map(not_in_table));
    if text.is_empty() {
        NO_RUN.clone_into(&mut text);
    }
    context.print(&text)?;
    Ok(ExitCode::Fine)
}

/// A line for a run that has none in the table.
fn not_in_table(run: &Run) -> Option<String> {
    let how = match &run.outcome {
        Outcome::Measured if run.judgements().next().is_some() => return None,
        Outcome::Measured => "measured nothing".to_owned(),
        Outcome::Smoke => "ran once without measuring".to_owned(),
        Outcome::Skipped { reason } => format!("skipped: {reason}"),
        Outcome::Failed { reason } => format!("failed: {}", head(reason)),
        Outcome::TimedOut { reason } => format!("timed out: {}", head(reason)),
        other => format!("{other:?}"),
    };
    Some(format!("{} {}: {how}\n", run.started, run.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{judgement, run};
    use perfreg_core::Verdict;

    #[test]
    fn runs_without_numbers_have_a_line() {
        let check = |outcome: Outcome, expected: Option<&str>| {
            let line = not_in_table(&Run { outcome, ..run("sort", vec![]) });
            let expected = expected.map(|how| format!("2026-01-02T03:04:05Z perf::sort: {how}\n"));
            assert_eq!(line, expected);
        };
        check(Outcome::Smoke, Some("ran once without measuring"));
        check(Outcome::Measured, Some("measured nothing"));
        check(Outcome::Skipped { reason: "no GPU".into() }, Some("skipped: no GPU"));
        check(Outcome::Failed { reason: "boom\nat length".into() }, Some("failed: boom"));
        let judged = run("sort", vec![judgement(Verdict::New, None)]);
        assert_eq!(not_in_table(&judged), None);
    }
}
