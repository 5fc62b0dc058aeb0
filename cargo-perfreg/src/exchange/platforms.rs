//! Baselines by platform and implementation, with thresholds: the file of the BitNet-rs benchmarks. Also what
//! they report of one platform: `{platform, metrics: {IMPLEMENTATION: {…}}}`, or the implementations alone.

use perfreg_core::model::HostKey;

use crate::exchange::date;
use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::names::{has_metric, metric_of_name};
use crate::exchange::placeholder::{is_mark, mark};
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};
use crate::plain::plain;
use crate::rules::Levels;

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    let is_platform = |one: &Json| one.values().is_some_and(|mut all| all.all(is_numbers));
    let (whole, missing) = match (json.get("baselines"), json.get("metrics")) {
        (Some(baselines), _) => {
            let all = baselines.values().is_some_and(|mut all| all.all(is_platform));
            (all, "has `baselines` that are not numbers by platform and implementation")
        }
        (None, Some(metrics)) => {
            (is_platform(metrics), "has `metrics` that are not numbers by implementation")
        }
        // Nothing but the names of its metrics says that it is one.
        (None, None) => (
            is_platform(json) && json.values().is_some_and(|mut all| all.any(has_metric)),
            "has no `baselines`, and no numbers by implementation whose names say what they are",
        ),
    };
    if whole { None } else { Some(missing) }
}

/// Whether `json` holds numbers by name, and nothing else but marks.
fn is_numbers(json: &Json) -> bool {
    let is_number = |(name, value): &(String, Json)| {
        matches!(value, Json::Number(_) | Json::Null) || is_mark(name)
    };
    json.object().is_some_and(|entries| entries.iter().all(is_number))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::super::reading::{Content, Reading, read};
    use super::super::record::{Facts, runs_of};
    use crate::comparison::compare;
    use crate::rules::{Level, Levels, Rule};
    use crate::series::{Key, Series, of_run};

    /// What a document says, as `compare` sees it.
    fn series(document: &Value) -> BTreeMap<Key, Series> {
        let how = Reading { better: None, kept: "new", beside: &|_| Err(String::new()) };
        let content = Content::of_text(&document.to_string()).unwrap();
        let reports = read(&content, None, &how).unwrap();
        let facts = Facts { file: "f", written: "", here: None, revision: None };
        runs_of(&reports[0], &facts).iter().flat_map(of_run).collect()
    }

    /// The metrics that the origin compares.
    const COMPARED: [&str; 6] = [
        "throughput_tokens_per_second",
        "latency_p50_ms",
        "latency_p95_ms",
        "latency_p99_ms",
        "memory_usage_mb",
        "accuracy_score",
    ];

    #[test]
    fn files_are_graded_as_the_tool_that_they_come_from_grades_them() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/data/rules/levels.json")).unwrap();
        let mut compared = 0;
        for case in &cases {
            let is_empty = |side: &str| case[side].as_object().unwrap().is_empty();
            if is_empty("baseline") || is_empty("current") {
                continue;
            }
            let baseline = json!({"baselines": {"linux-x86_64": {"rust": case["baseline"]}}});
            let (before, now) = (series(&baseline), series(&json!({"rust": case["current"]})));
            let comparison = compare(&before, &now, Rule::Levels, &Levels::default()).unwrap();
            let found: BTreeMap<&str, String> = comparison
                .rows
                .iter()
                .filter(|row| row.level != Some(Level::Stable))
                .filter(|row| COMPARED.contains(&row.metric.name.as_str()))
                .map(|row| (row.metric.name.as_str(), row.level.unwrap().to_string()))
                .collect();
            let alert = |alert: &Value| -> (String, String) {
                let text = |name: &str| alert[name].as_str().unwrap().to_owned();
                (text("metric"), text("level"))
            };
            let expected: BTreeMap<String, String> =
                case["alerts"].as_array().unwrap().iter().map(alert).collect();
            let found: BTreeMap<String, String> =
                found.into_iter().map(|(name, level)| (name.to_owned(), level)).collect();
            assert_eq!(found, expected, "{}", case["case"]);
            compared += 1;
        }
        assert_eq!(compared, 33);
    }
}
