//! github-action-benchmark: the custom JSON that it takes, and its `data.js`, which holds a run a commit.

use perfreg_core::Unit;
use perfreg_core::model::{Metric, Revision, Statistic, Summary};

use crate::exchange::date;
use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::names::{Guessed, of_unit};
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};
use crate::plain::plain;

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    if json.get("entries").is_some_and(|entries| entries.values().is_some()) {
        return None;
    }
    let Some(all) = json.list() else { return Some("is no list, and has no object `entries`") };
    let is_one = |one: &Json| ["name", "unit", "value"].iter().all(|key| one.get(key).is_some());
    match !all.is_empty() && all.iter().all(is_one) {
        true => None,
        false => Some("has elements without `name`, `unit` and `value`"),
    }
}

/// One run of a list, or those of a history, the oldest first.
pub(super) fn read(root: &Node<'_>, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    let Some(entries) = root.get("entries") else {
        let mut report = Report::new(Format::GithubActionBenchmark);
        push(root, "", how, &mut report)?;
        return Ok(vec![report]);
    };
    let mut reports = Vec::new();
    for (suite, runs) in entries.entries()? {
        for run in runs.elements()? {
            let mut report = Report::new(Format::GithubActionBenchmark);
            report.started = run.number_of("date")?.and_then(date::of_millis);
            report.revision = run.get("commit").and_then(|commit| revision(&commit));
            push(&run.need("benches")?, suite, how, &mut report)?;
            reports.push(report);
        }
    }
    reports.sort_by(|a, b| a.started.cmp(&b.started));
    Ok(reports)
}

fn push(
    benches: &Node<'_>,
    suite: &str,
    how: &Reading<'_>,
    report: &mut Report,
) -> Result<(), String> {
    let mut guessed = Guessed::default();
    for one in benches.elements()? {
        let name = one.need("name")?.text()?;
        let unit = one.need("unit")?.text()?;
        let value = one.need("value")?.number_or_text()?;
        let measure = of_unit(unit);
        let (direction, guess) = measure.better.direction(how.better);
        guessed.add(&plain(unit, 40), guess);
        let metric_name = match measure.unit {
            Unit::Nanoseconds => Metric::WALL_TIME,
            _ => "value",
        };
        let mut summary = Summary::of(Statistic::Unstated);
        if let Some(range) = one.get("range") {
            let spread = spread(&range, value)?;
            summary.low = spread.map(|spread| value - spread);
            summary.high = spread.map(|spread| value + spread);
        }
        let values = Values::Summary(value, summary).times(measure.factor);
        let test = if suite.is_empty() { name.to_owned() } else { format!("{suite}/{name}") };
        report.push(&test, "", &Metric::new(metric_name, measure.unit, direction), values)?;
    }
    guessed.note(report);
    Ok(())
}

/// `± 20`, `+/- 20`, `5%`, or a number; none of anything else, which is for people.
fn spread(range: &Node<'_>, value: f64) -> Result<Option<f64>, String> {
    if let Json::Number(number) = range.json() {
        return Ok(Some(number.abs()));
    }
    let text = range.text()?.trim();
    let text = ["\u{b1}", "+/-"].iter().find_map(|sign| text.strip_prefix(sign)).unwrap_or(text);
    let (number, percent) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent, true),
        None => (text, false),
    };
    let number = number.trim().replace(',', "").parse::<f64>().ok().filter(|n| n.is_finite());
    Ok(number.map(|number| if percent { value.abs() * number / 100.0 } else { number }.abs()))
}

fn revision(commit: &Node<'_>) -> Option<Revision> {
    let id = commit.text_of("id").filter(|id| !id.is_empty())?;
    let mut revision = Revision::of(plain(id, 64));
    let first_line = |message: &str| plain(message.lines().next().unwrap_or_default(), 200);
    revision.subject = commit.text_of("message").map(first_line);
    revision.authored = commit.text_of("timestamp").map(|time| plain(time, 40));
    Some(revision)
}
