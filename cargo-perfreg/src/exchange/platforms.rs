//! Baselines by platform and implementation, with thresholds: the file of the BitNet-rs benchmarks. Also what
//! they report of one platform: `{platform, metrics: {IMPLEMENTATION: {…}}}`, or the implementations alone.

use perfreg_core::model::HostKey;

use crate::exchange::date;
use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::names::metric_of_name;
use crate::exchange::placeholder::mark;
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};
use crate::plain::plain;
use crate::rules::Levels;

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    let is_numbers = |one: &Json| {
        one.values().is_some_and(|mut all| all.all(|v| v.values().is_none() && v.list().is_none()))
    };
    let is_platform = |one: &Json| one.values().is_some_and(|mut all| all.all(is_numbers));
    let (whole, missing) = match (json.get("baselines"), json.get("metrics")) {
        (Some(baselines), _) => {
            let all = baselines.values().is_some_and(|mut all| all.all(is_platform));
            (all, "has `baselines` that are not numbers by platform and implementation")
        }
        (None, Some(metrics)) => {
            (is_platform(metrics), "has `metrics` that are not numbers by implementation")
        }
        (None, None) => (is_platform(json), "has no `baselines` and no numbers by implementation"),
    };
    if whole { None } else { Some(missing) }
}

/// A report for each platform that holds numbers.
pub(super) fn read(root: &Node<'_>, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    let levels = levels(root)?;
    let date = ["last_updated", "timestamp"].into_iter().find_map(|name| root.text_of(name));
    let started = date.and_then(date::of_text);
    let begin = |platform: Option<&str>| {
        let mut report = Report::new(Format::Platforms);
        report.started.clone_from(&started);
        report.levels = levels;
        report.host = platform.map(|name| HostKey::new(&plain(name, 60), "unknown CPU", 0, None));
        report
    };
    let mut reports = Vec::new();
    if let Some(baselines) = root.get("baselines") {
        for (platform, implementations) in baselines.entries()? {
            let mut report = begin(Some(platform));
            push(&implementations, how, &mut report)?;
            reports.push(report);
        }
    } else {
        let mut report = begin(root.text_of("platform"));
        push(&root.get("metrics").unwrap_or_else(|| root.clone()), how, &mut report)?;
        reports.push(report);
    }
    reports.retain(|report| !report.series().is_empty());
    Ok(reports)
}

/// What compares implementations with each other, and is no measurement.
const DERIVED: &str = "performance_ratios";

fn push(implementations: &Node<'_>, how: &Reading<'_>, report: &mut Report) -> Result<(), String> {
    report.placeholder = mark(implementations.json());
    for (implementation, metrics) in implementations.entries()? {
        if implementation == DERIVED {
            continue;
        }
        report.placeholder = report.placeholder.take().or_else(|| mark(metrics.json()));
        for (name, node) in metrics.entries()? {
            // Text and marks tell of the numbers.
            if !matches!(node.json(), Json::Number(_)) {
                continue;
            }
            let metric = metric_of_name(name, how.better).0;
            report.push(implementation, "", &metric, Values::number(node.number()?))?;
        }
    }
    Ok(())
}

/// What a file sets bounds for.
const LEVELS: [&str; 3] = ["critical", "warning", "improvement"];

/// The bounds of `alerts`, or of `thresholds` as the document has it; the specified ones where the file
/// sets none.
fn levels(root: &Node<'_>) -> Result<Option<Levels>, String> {
    let sets = |name: &str| {
        root.get(name).filter(|node| LEVELS.iter().any(|level| node.get(level).is_some()))
    };
    let Some(set) = sets("alerts").or_else(|| sets("thresholds")) else { return Ok(None) };
    let mut levels = Levels::default();
    for level in LEVELS {
        let Some(bounds) = set.get(level) else { continue };
        for (name, node) in bounds.entries()? {
            let kind = match name.split('_').next() {
                Some("throughput") => &mut levels.throughput,
                Some("latency") => &mut levels.latency,
                Some("memory") => &mut levels.memory,
                Some("accuracy") => &mut levels.accuracy,
                _ => return Err(node.wrong("is no bound that is known")),
            };
            let bound = node.number()?;
            if !(bound.is_finite() && bound >= 0.0) {
                return Err(node.wrong(format_args!("is {bound}, not 0 or more")));
            }
            match level {
                "critical" => kind.critical = bound,
                "warning" => kind.warning = bound,
                _ => kind.improvement = bound,
            }
        }
    }
    Ok(Some(levels))
}
