//! For a comment on a pull request: GitHub's Markdown, as much as it takes, the worst first.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use perfreg_core::Verdict;
use perfreg_core::model::{Case, Revision, Run, Target};
use perfreg_core::report::format_value;

use crate::explain::{NO_RUN, without_judgement};
use crate::report::headline::headline;
use crate::report::markup::{code, prose};
use crate::report::recorded::{Report, Row};
use crate::report::section::{Line, Section, within};
use crate::report::tame::Lengths;
use crate::sparkline::sparkline;
use crate::summary::{TestResult, counts};
use crate::table::Size;
use crate::targets::alarm;

/// What a comment may hold. GitHub counts characters; bytes are never fewer.
pub(crate) const LIMIT: usize = 65_536;
/// The first line, by which a comment is found again.
const MARKER: &str = "<!-- perfreg-report -->";
/// How much of a text is shown in a cell.
const LENGTHS: Lengths = Lengths { names: 120, reasons: 300 };
/// Places and records that are named.
const NAMED: usize = 3;

/// What stands around a report, and how many bytes the whole may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    /// Before it, up to the end of a line.
    pub(crate) before: &'a str,
    /// After it, up to the end of a line.
    pub(crate) after: &'a str,
    /// For all of it: a few thousand at least.
    pub(crate) room: usize,
}

/// A report as a comment of at most 65,536 characters, whose first line marks it as one.
pub(crate) fn markdown(report: &Report) -> String {
    framed(report, Frame { before: &format!("{MARKER}\n"), after: "", room: LIMIT })
}

/// A report as Markdown within a frame.
pub(crate) fn framed(report: &Report, frame: Frame<'_>) -> String {
    let Frame { before, after, room } = frame;
    let report = LENGTHS.tame(report);
    let mut text = format!("{before}## perfreg: {}\n\n", headline(&report));
    if report.results.is_empty() && report.unreadable.is_empty() {
        let _ = writeln!(text, "{NO_RUN}");
    } else if !report.results.is_empty() {
        let counts = counts(&report.results, 0, report.seconds());
        let _ = writeln!(text, "{}\n\n{}\n", prose(&counts), places(&report));
    }
    text += &unreadable(&report.unreadable);
    let mut rows: Vec<Row<'_>> = report.rows().collect();
    rows.sort_by(|one, other| worst_first(&report, one, other));
    let sections = [
        ended(&report, "Failed", &["failed", "timed out"], 15),
        changed(&report, &rows),
        limits(&report),
        ended(&report, "Not measured", &["unmeasured", "skipped"], 5),
        first_seen(&report, &rows),
        unchanged(&report, &rows),
        figures(&report, &rows),
    ];
    let room = room.saturating_sub(text.len() + after.len() + 1);
    text += within(&sections, room).trim_end();
    format!("{}\n{after}", text.trim_end())
}

/// By verdict, then by severity, then by size.
fn worst_first(report: &Report, one: &Row<'_>, other: &Row<'_>) -> Ordering {
    let key = |row: &Row<'_>| (row.judgement.verdict, report.severities.of(row.judgement));
    let size = |row: &Row<'_>| Size::of(row.judgement);
    key(one).cmp(&key(other)).then_with(|| size(one).largest_first(&size(other)))
}

/// Where, with what and of what the runs were.
fn places(report: &Report) -> String {
    let place = |run: &Run| {
        let commit = run.revision.as_ref().map_or_else(String::new, commit);
        format!("{}, {}{commit}", prose(&run.host.to_string()), prose(&run.toolchain.to_string()))
    };
    let places: BTreeSet<String> = report.runs().map(place).collect();
    let (first, last) =
        (report.runs().map(|run| &run.started).min(), report.runs().map(|run| &run.started).max());
    let when = match (first, last) {
        (Some(first), Some(last)) if first == last => format!("Measured {}", prose(first)),
        (Some(first), Some(last)) => format!("Measured {} to {}", prose(first), prose(last)),
        _ => String::new(),
    };
    let named: Vec<&str> = places.iter().take(NAMED).map(String::as_str).collect();
    let rest = match places.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("{when} on {}{rest}.", named.join("; "))
}

fn commit(revision: &Revision) -> String {
    let mut text = format!(", commit {}", code(revision.short()));
    if revision.dirty {
        text += " with local changes";
    }
    if let Some(branch) = &revision.branch {
        let _ = write!(text, " on {}", code(branch));
    }
    if let Some(subject) = &revision.subject {
        let _ = write!(text, ": {}", prose(subject));
    }
    text
}

/// A report without the tests whose records are damaged must not look like a whole one.
fn unreadable(records: &[String]) -> String {
    let mut text = String::new();
    for record in records.iter().take(NAMED) {
        let _ = writeln!(text, "- left out, for it cannot be read: {}", prose(record));
    }
    if records.len() > NAMED {
        let _ = writeln!(text, "- …and {} more records that cannot be read", records.len() - NAMED);
    }
    if !text.is_empty() {
        text += "\n";
    }
    text
}

/// The head of a table, under a title that is open or folded.
fn table(title: &str, fold: Fold, columns: &[&str]) -> (String, String) {
    let (title, close) = match fold {
        Fold::Open => (format!("### {title}\n\n"), "\n".to_owned()),
        Fold::Closed => {
            (format!("<details><summary>{title}</summary>\n\n"), "\n</details>\n\n".to_owned())
        }
    };
    let rule = "|---".repeat(columns.len());
    (format!("{title}| {} |\n{rule}|\n", columns.join(" | ")), close)
}

/// Whether a section has to be opened to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    Open,
    Closed,
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn name(report: &Report, run: &Run, case: &str) -> String {
    code(&report.naming.name(run, case))
}

/// Tests that ended in one of these ways, which are none of a judgement.
fn ended(report: &Report, title: &str, ways: &[&str], share: usize) -> Section {
    let line = |result: &TestResult| {
        let (how, why) = without_judgement(&result.ending)?;
        let name = name(report, result.run.as_ref()?, "default");
        let text = format!("- {how} {name}: {}\n", prose(why));
        let kind = format!("{how} test");
        ways.contains(&how).then(|| Line { text, kind, test: result.id.clone() })
    };
    let lines = report.results.iter().filter_map(line).collect();
    Section { open: format!("### {title}\n\n"), lines, close: "\n".to_owned(), share }
}

fn row(report: &Report, row: &Row<'_>, cells: Vec<String>) -> Line {
    let Row { run, case, judgement, .. } = row;
    let first = [name(report, run, &case.name), code(&judgement.metric.name)];
    Line {
        text: line(&first.into_iter().chain(cells).collect::<Vec<_>>()),
        kind: format!("{} metric", judgement.verdict),
        test: run.id.clone(),
    }
}

fn value(row: &Row<'_>, value: Option<f64>) -> String {
    value.map_or_else(none, |value| prose(&format_value(value, &row.judgement.metric.unit)))
}

fn none() -> String {
    "-".to_owned()
}

fn change(row: &Row<'_>) -> String {
    row.judgement.change.map_or_else(none, |change| change.to_string())
}

/// The last values as a line of blocks; one value is no line.
fn drawn(row: &Row<'_>) -> String {
    match &row.figures.recent[..] {
        [_] | [] => none(),
        recent => sparkline(recent),
    }
}

fn verdict(report: &Report, row: &Row<'_>) -> String {
    match report.severities.of(row.judgement) {
        Some(severity) => format!("{} ({severity})", row.judgement.verdict),
        None => row.judgement.verdict.to_string(),
    }
}

/// What calls for a look.
fn changed(report: &Report, rows: &[Row<'_>]) -> Section {
    use Verdict::{Improved, Inconclusive, Missing, Regressed};
    let columns = [
        "test",
        "metric",
        "verdict",
        "baseline",
        "current",
        "change",
        "threshold",
        "last runs",
        "why",
    ];
    let (open, close) = table("Regressed, improved and inconclusive", Fold::Open, &columns);
    let wanted = [Regressed, Missing, Inconclusive, Improved];
    let of = |one: &Row<'_>| {
        let judgement = one.judgement;
        let why = match &judgement.reason {
            Some(reason) => format!("{}; threshold because: {reason}", judgement.why),
            None => judgement.why.clone(),
        };
        let cells = vec![
            verdict(report, one),
            value(one, judgement.baseline),
            value(one, Some(judgement.current)),
            change(one),
            format!("{:.1} %", judgement.threshold * 100.0),
            drawn(one),
            prose(&why),
        ];
        row(report, one, cells)
    };
    let news = rows.iter().filter(|row| wanted.contains(&row.judgement.verdict));
    // Two builds that were compared with each other have no baseline to move.
    let has_baseline = |row: &Row<'_>| !row.run.baseline.is_empty();
    let moves = |row: &Row<'_>| row.judgement.verdict == Regressed && has_baseline(row);
    let close = match rows.iter().any(moves) {
        true => format!(
            "{close}If this is intended, make it the new baseline: \
             `cargo perfreg accept TEST -m \"why\"`\n\n"
        ),
        false => close,
    };
    Section { open, lines: news.map(of).collect(), close, share: 50 }
}

/// The limits beside what was measured.
fn limits(report: &Report) -> Section {
    let columns = ["test", "limit", "measured", "99 % interval", "limit is", "because"];
    let (open, close) = table("Limits", Fold::Open, &columns);
    let mut targets: Vec<_> =
        report.runs().flat_map(|run| run.targets().map(move |found| (run, found))).collect();
    targets.sort_by_key(|(_, (_, target))| alarm(target.state));
    let of = |(run, (case, target)): (&Run, (&Case, &Target))| {
        let value = |value: f64| prose(&format_value(value, &target.unit));
        let cells = [
            name(report, run, &case.name),
            code(&target.limit),
            value(target.current),
            format!("{} to {}", value(target.low), value(target.high)),
            target.state.to_string(),
            prose(&target.reason),
        ];
        let kind = format!("limit ({})", target.state);
        Line { text: line(&cells), kind, test: run.id.clone() }
    };
    Section { open, lines: targets.into_iter().map(of).collect(), close, share: 10 }
}

/// What has no baseline that it can be compared with.
fn first_seen(report: &Report, rows: &[Row<'_>]) -> Section {
    let wanted =
        |row: &&Row<'_>| matches!(row.judgement.verdict, Verdict::New | Verdict::NotComparable);
    let of = |one: &Row<'_>| {
        let current = value(one, Some(one.judgement.current));
        row(report, one, vec![verdict(report, one), current, prose(&one.judgement.why)])
    };
    let lines: Vec<Line> = rows.iter().filter(wanted).map(of).collect();
    let title = format!("{} new or not comparable", lines.len());
    let (open, close) =
        table(&title, Fold::Closed, &["test", "metric", "verdict", "current", "why"]);
    Section { open, lines, close, share: 5 }
}

fn unchanged(report: &Report, rows: &[Row<'_>]) -> Section {
    let wanted = |row: &&Row<'_>| row.judgement.verdict == Verdict::Unchanged;
    let of = |one: &Row<'_>| {
        let (baseline, current) = (one.judgement.baseline, one.judgement.current);
        let values = [value(one, baseline), value(one, Some(current)), change(one), drawn(one)];
        row(report, one, values.to_vec())
    };
    let lines: Vec<Line> = rows.iter().filter(wanted).map(of).collect();
    let title = format!("{} unchanged", lines.len());
    let columns = ["test", "metric", "baseline", "current", "change", "last runs"];
    let (open, close) = table(&title, Fold::Closed, &columns);
    Section { open, lines, close, share: 5 }
}

/// How times are spread, what they amount to, and memory that nothing judged.
fn figures(report: &Report, rows: &[Row<'_>]) -> Section {
    let columns = ["test", "metric", "p50", "p95", "p99", "throughput"];
    let (open, close) = table("Percentiles, throughput and memory", Fold::Closed, &columns);
    let of = |one: &Row<'_>| {
        let percentiles = one.figures.percentiles;
        let rate = one.figures.rate.map(|rate| rate.to_string());
        (percentiles.is_some() || rate.is_some()).then(|| {
            let cells = vec![
                value(one, percentiles.map(|p| p.p50)),
                value(one, percentiles.map(|p| p.p95)),
                value(one, percentiles.map(|p| p.p99)),
                rate.unwrap_or_else(none),
            ];
            Line { kind: "row of figures".to_owned(), ..row(report, one, cells) }
        })
    };
    let memory = report.memory().map(|(run, one)| {
        let value = prose(&format_value(one.value, &one.metric.unit));
        let name = name(report, run, &one.case);
        let cells = [name, code(&one.metric.name), value, none(), none(), none()];
        Line { text: line(&cells), kind: "row of memory".to_owned(), test: run.id.clone() }
    });
    let lines = rows.iter().filter_map(of).chain(memory).collect();
    Section { open, lines, close, share: 5 }
}

#[cfg(test)]
mod tests;
