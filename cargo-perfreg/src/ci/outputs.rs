//! What later steps and jobs are told in variables: values in, text out.

use std::fmt::Write as _;

use perfreg_core::Verdict;

use crate::exit_code::ExitCode;
use crate::report::{Report, headline};
use crate::summary::{Ending, TestResult};

/// Names and values, none of which has more than one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outputs(Vec<(&'static str, String)>);

impl Outputs {
    /// What is told of `report`, which ends a job with `code`.
    pub(crate) fn of(report: &Report, code: ExitCode) -> Self {
        let count = |test: &dyn Fn(&TestResult) -> bool| {
            report.results.iter().filter(|result| test(result)).count().to_string()
        };
        let ended = |verdict: Verdict| {
            count(&|result| matches!(result.ending, Ending::Judged(of) if of == verdict))
        };
        Self(vec![
            ("verdict", verdict(code).to_owned()),
            ("headline", headline(report)),
            ("tests", report.results.len().to_string()),
            ("regressed", ended(Verdict::Regressed)),
            ("critical", report.critical().to_string()),
            ("improved", ended(Verdict::Improved)),
            ("inconclusive", ended(Verdict::Inconclusive)),
            (
                "failed",
                count(&|of| matches!(of.ending, Ending::Failed { .. } | Ending::TimedOut(_))),
            ),
        ])
    }

    /// The values.
    pub(crate) fn values(&self) -> Vec<&str> {
        self.0.iter().map(|(_, value)| value.as_str()).collect()
    }

    /// As GitHub reads them, each between two lines of `delimiter`.
    pub(crate) fn github(&self, delimiter: &Delimiter) -> String {
        let Delimiter(delimiter) = delimiter;
        self.0.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = write!(text, "{name}<<{delimiter}\n{value}\n{delimiter}\n");
            text
        })
    }

    /// As GitLab reads them out of a report of the sort `dotenv`: a line each, in capitals.
    pub(crate) fn dotenv(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "PERFREG_{}={value}", name.to_uppercase());
            text
        })
    }
}

/// A line that no value has.
#[derive(Debug)]
pub(crate) struct Delimiter(String);

impl Delimiter {
    /// One that is drawn, so that no value can be made to end by it.
    pub(crate) fn avoiding(values: &[&str], mut draw: impl FnMut() -> u128) -> Self {
        loop {
            let delimiter = format!("perfreg-{:032x}", draw());
            if !values.iter().any(|value| value.contains(&delimiter)) {
                return Self(delimiter);
            }
        }
    }
}

/// How a job ends, in a word.
fn verdict(code: ExitCode) -> &'static str {
    match code {
        ExitCode::Fine => "fine",
        ExitCode::Regression => "regressed",
        ExitCode::BaselineMissing => "baseline-missing",
        ExitCode::NothingMeasured => "unmeasured",
        ExitCode::Inconclusive => "inconclusive",
        ExitCode::TestFailed | ExitCode::BuildFailed => "failed",
        ExitCode::Usage | ExitCode::Internal => "error",
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{Delimiter, Outputs};
    use crate::exit_code::ExitCode;
    use crate::report::testing::{hostile, report, suite};

    #[test]
    fn outputs_are_lines() {
        let outputs = Outputs::of(&suite(), ExitCode::TestFailed);
        let delimiter = Delimiter::avoiding(&outputs.values(), || 7);
        assert_snapshot!("github", outputs.github(&delimiter));
        assert_snapshot!("dotenv", outputs.dotenv());
        for report in [hostile(), report(vec![])] {
            let outputs = Outputs::of(&report, ExitCode::Fine);
            let tame = |value: &&str| !value.contains(char::is_control);
            assert!(outputs.values().iter().all(tame), "{outputs:?}");
        }
    }

    #[test]
    fn no_value_ends_by_itself() {
        let values = [format!("x\nperfreg-{:032x}\nother=1", 7), format!("perfreg-{:032x}", 8)];
        let mut drawn = 6_u128;
        let draw = || {
            drawn += 1;
            drawn
        };
        let Delimiter(delimiter) =
            Delimiter::avoiding(&values.each_ref().map(String::as_str), draw);
        assert_eq!(delimiter, format!("perfreg-{:032x}", 9));
    }
}
