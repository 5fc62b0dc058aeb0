//! Numbers by implementation and configuration: the baselines and the history of the dilated-attention
//! benchmarks. `{IMPLEMENTATION: {CONFIGURATION: {execution_time_ms: 1.0, …}}}`, or a list of
//! `{timestamp, implementation, config, metrics}`.

use crate::exchange::date;
use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::names::{has_metric, metric_of_name};
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
    let is_implementation = |one: &Json| one.values().is_some_and(|mut all| all.all(has_metric));
    match implementations.all(is_implementation) {
        true => None,
        false => Some("has configurations without a number whose name says what it is"),
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::reading::{Content, Reading, read};
    use super::super::record::{Facts, runs_of};
    use crate::comparison::compare;
    use crate::rules::Levels;
    use crate::series::{Key, Series, of_run};

    fn series(case: &Value, side: &str) -> std::collections::BTreeMap<Key, Series> {
        let text = |name: &str| case[name].as_str().unwrap().to_owned();
        let metrics = json!({"execution_time_ms": case[side], "flops": null});
        let document = json!({text("implementation"): {text("config"): metrics}});
        let how = Reading { better: None, kept: "new", beside: &|_| Err(String::new()) };
        let content = Content::of_text(&document.to_string()).unwrap();
        let facts = Facts { file: "f", written: "", here: None, revision: None };
        let reports = read(&content, None, &how).unwrap();
        runs_of(&reports[0], &facts).iter().flat_map(of_run).collect()
    }

    #[test]
    fn files_pass_as_the_tool_that_they_come_from_lets_them() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/data/rules/percent.json")).unwrap();
        for case in &cases {
            let rule = format!("percent={}", case["threshold"]).parse().unwrap();
            let (before, now) = (series(case, "baseline"), series(case, "current"));
            let comparison = compare(&before, &now, rule, &Levels::default()).unwrap();
            let row = &comparison.rows[0];
            assert_eq!(row.change_percent, case["percent"].as_f64(), "{case}");
            let passed = row.verdict != perfreg_core::Verdict::Regressed;
            assert_eq!(Some(passed), case["passed"].as_bool(), "{case}");
        }
        assert_eq!(cases.len(), 90);
    }
}
