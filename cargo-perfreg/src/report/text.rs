//! For a terminal: the table, the limits, why tests went unmeasured, and the story of regressions.

use perfreg_core::TestId;
use perfreg_core::model::Run;

use crate::config::Severities;
use crate::explain::{NO_RUN, not_judged, regressions};
use crate::report::recorded::Report;
use crate::report::tame::Lengths;
use crate::summary::{TestResult, counts};
use crate::table::{Style, When, render};
use crate::targets;

/// Everything about `results` but their counts; empty if there is nothing to say.
pub(crate) fn table(
    results: &[TestResult],
    ignored: &[&TestId],
    severities: &Severities,
    when: When,
    style: Style,
) -> String {
    let runs: Vec<&Run> = results.iter().filter_map(|result| result.run.as_ref()).collect();
    let mut text = render(&runs, when, style);
    let targets = targets::render(&runs, style);
    if !targets.is_empty() {
        text += &format!("\n{targets}");
    }
    text += &not_judged(results, ignored);
    text += &regressions(results, severities);
    text
}

/// What is shown of a text without a terminal's width to break it.
const LENGTHS: Lengths = Lengths { names: 200, reasons: 2_000 };

/// A report as `run` prints one, with the time of each run.
pub(crate) fn text(report: &Report, style: Style) -> String {
    let report = LENGTHS.tame(report);
    if report.results.is_empty() && report.unreadable.is_empty() {
        return NO_RUN.to_owned();
    }
    let mut text = table(&report.results, &[], &report.severities, When::Shown, style);
    if !report.unreadable.is_empty() {
        text += "\n";
    }
    let unreadable = report.unreadable.iter();
    text.extend(unreadable.map(|why| format!("left out, for it cannot be read: {why}\n")));
    format!("{text}\n{}\n", counts(&report.results, 0, report.seconds()))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::text;
    use crate::cli::Sort;
    use crate::report::testing::{hostile, report, suite};
    use crate::table::Style;

    const PLAIN: Style = Style { width: None, coloured: false, sort: Sort::Effect };

    #[test]
    fn a_report_is_what_a_run_prints() {
        assert_snapshot!(text(&suite(), PLAIN));
        assert!(text(&report(vec![]), PLAIN).starts_with("no run is recorded"));
    }

    #[test]
    fn hostile_names_move_no_cursor() {
        let text = text(&hostile(), PLAIN);
        let is_harmful = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(is_harmful), "{text:?}");
        assert!(text.contains("\\u{202e}") && text.contains("characters cut]"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 6_000), "{text}");
    }
}
