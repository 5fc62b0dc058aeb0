//! Numbers by implementation and configuration: the baselines and the history of the dilated-attention
//! benchmarks. `{IMPLEMENTATION: {CONFIGURATION: {execution_time_ms: 1.0, …}}}`, or a list of
//! `{timestamp, implementation, config, metrics}`.

use crate::exchange::date;
use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::names::metric_of_name;
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    if let Some(entries) = json.list() {
        let is_entry = |one: &Json| {
            ["implementation", "config", "metrics"].iter().all(|key| one.get(key).is_some())
        };
        return match !entries.is_empty() && entries.iter().all(is_entry) {
            true => None,
            false => Some("has elements without `implementation`, `config` and `metrics`"),
        };
    }
    let Some(mut implementations) = json.values() else { return Some("is no object and no list") };
    let is_configuration = |one: &Json| {
        one.values().is_some_and(|mut values| values.any(|v| matches!(v, Json::Number(_))))
    };
    let is_implementation =
        |one: &Json| one.values().is_some_and(|mut all| all.all(is_configuration));
    match implementations.all(is_implementation) {
        true => None,
        false => Some("has configurations without a number"),
    }
}

/// The one run of the baselines, or those of a history, the oldest first.
pub(super) fn read(root: &Node<'_>, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    if root.json().list().is_some() {
        return history(root, how);
    }
    let mut report = Report::new(Format::Implementations);
    for (implementation, configurations) in root.entries()? {
        for (configuration, metrics) in configurations.entries()? {
            push(implementation, configuration, &metrics, how, &mut report)?;
        }
    }
    Ok(vec![report])
}

/// Entries follow each other as they were measured: a run ends where something is measured again.
fn history(root: &Node<'_>, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    let mut reports: Vec<Report> = Vec::new();
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for entry in root.elements()? {
        let implementation = entry.need("implementation")?.text()?;
        let configuration = entry.need("config")?.text()?;
        if reports.is_empty() || seen.contains(&(implementation, configuration)) {
            seen.clear();
            let mut report = Report::new(Format::Implementations);
            report.started = entry.text_of("timestamp").and_then(date::of_text);
            reports.push(report);
        }
        seen.push((implementation, configuration));
        let report = reports.last_mut().expect("one was begun");
        push(implementation, configuration, &entry.need("metrics")?, how, report)?;
    }
    Ok(reports)
}

fn push(
    implementation: &str,
    configuration: &str,
    metrics: &Node<'_>,
    how: &Reading<'_>,
    report: &mut Report,
) -> Result<(), String> {
    for (name, node) in metrics.entries()? {
        // What is `null` was not measured, and what is an object tells of the configuration.
        if matches!(node.json(), Json::Null | Json::Object(_)) {
            continue;
        }
        let metric = metric_of_name(name, how.better).0;
        report.push(implementation, configuration, &metric, Values::number(node.number()?))?;
    }
    Ok(())
}
