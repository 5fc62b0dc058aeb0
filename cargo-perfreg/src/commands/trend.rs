//! `cargo perfreg trend`: how tests changed over their history, and since which commit.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use perfreg_core::model::Revision;
use perfreg_core::report::format_value;
use perfreg_core::{Metric, TestId};
use serde::Serialize;

use crate::cli::FailOn;
use crate::cli::TrendArgs;
use crate::commands::history::{json, meant, told as commit};
use crate::commands::sharing::history_of;
use crate::commands::workspace;
use crate::config::{Config, Severities, Severity};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::look_back::{Source, Told, tell};
use crate::plain::plain;
use crate::sparkline::sparkline;
use crate::trend::{Change, State};
use crate::words::counted;

/// Prints what happened to the tests that `args` name.
///
/// # Errors
/// If a word means no test, or the history cannot be read.
pub(crate) fn run(args: &TrendArgs, context: &Context) -> Result<ExitCode, Error> {
    let severities = Config::of_workspace(workspace(context)?.root())?.severity;
    let mut history = history_of(context)?;
    let runs = meant(history.store.runs()?, &args.tests)?;
    let ids: BTreeSet<TestId> = runs.into_iter().map(|run| run.id).collect();
    let mut all =
        tell(history.store.as_mut(), |key| ids.contains(&key.id), args.branch.as_deref())?;
    all.retain(|told| !told.points.is_empty());
    let text = if args.json { as_json(&all, &severities)? } else { text(&all, &severities) };
    context.print(&text)?;
    let worst = all.iter().flat_map(|told| open(told, &severities)).min();
    let fails = match args.fail_on {
        FailOn::Never => false,
        FailOn::Critical => worst == Some(Severity::Critical),
        FailOn::Warning => worst.is_some_and(|worst| worst <= Severity::Warning),
    };
    Ok(match (fails, args.fail_on) {
        (true, _) => ExitCode::Regression,
        // What could not be read may be what would have failed.
        (false, FailOn::Warning | FailOn::Critical) if !history.problems.is_empty() => {
            ExitCode::Usage
        }
        _ => ExitCode::Fine,
    })
}

/// The severities of what got worse and still is.
fn open<'a>(told: &'a Told, severities: &'a Severities) -> impl Iterator<Item = Severity> {
    let open = told.changes.iter().filter(|change| change.state == State::Open);
    open.map(|change| severity(&told.metric, change, severities))
}

pub(crate) fn severity(metric: &Metric, change: &Change, severities: &Severities) -> Severity {
    severities.of_change(metric, change.change.unwrap_or(f64::INFINITY))
}

/// Characters of names that are shown.
const NAME: usize = 60;

fn text(all: &[Told], severities: &Severities) -> String {
    if all.is_empty() {
        return "the history holds no such run; `cargo perfreg run` makes the first\n".to_owned();
    }
    let differ = |part: fn(&Told) -> &str| all.iter().any(|told| part(told) != part(&all[0]));
    let places = differ(|told| &told.key.host)
        || differ(|told| &told.key.profile)
        || differ(|told| &told.key.toolchain);
    let mut text = String::new();
    for told in all {
        text += &series(told, places, severities);
    }
    let count = |state| all.iter().flat_map(|t| &t.changes).filter(|c| c.state == state).count();
    let analysed = all.iter().filter(|told| told.source == Source::Analysed).count();
    let _ = writeln!(
        text,
        "\n{} series, {analysed} analysed anew: {} got worse and still are, {} recovered, \
         {} settled, {} improved",
        all.len(),
        count(State::Open),
        count(State::Recovered),
        count(State::Settled),
        count(State::Improved)
    );
    text
}

fn series(told: &Told, places: bool, severities: &Severities) -> String {
    let Told { key, metric, points, .. } = told;
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let last = values.last().map_or_else(String::new, |value| format_value(*value, &metric.unit));
    let name = plain(&key.id.to_string(), NAME);
    let (case, metric_name) = (plain(&key.case, NAME), plain(&metric.name, NAME));
    let mut text = format!(
        "{name} {case} {metric_name}  {}  {last}, {}\n",
        sparkline(&values),
        counted(values.len(), "run")
    );
    if places {
        let place = format!("{}; rustc {}, {}", key.host, key.toolchain, key.profile);
        let _ = writeln!(text, "  {}", plain(&place, 2 * NAME));
    }
    let epochs = told.epochs.iter().map(|epoch| {
        let reason = epoch.reason.as_deref().unwrap_or("no reason given");
        let change = epoch.change.map_or_else(String::new, |c| format!(" {:+.1} %", c * 100.0));
        let since = plain(&epoch.since, NAME);
        (epoch.since.as_str(), format!("  accepted{change} since {since}: {}", plain(reason, NAME)))
    });
    let changes = told.changes.iter().map(|change| {
        (change.since.as_str(), format!("  {}", self::change(told, change, severities)))
    });
    let mut lines: Vec<(&str, String)> = epochs.chain(changes).collect();
    lines.sort_by_key(|(since, _)| *since);
    lines.dedup();
    for (_, line) in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// A step as a line.
pub(crate) fn change(told: &Told, change: &Change, severities: &Severities) -> String {
    let percent = |share: f64| format!("{:+.1} %", share * 100.0);
    let unit = &told.metric.unit;
    let state = match change.state {
        State::Open => format!("{} regression", severity(&told.metric, change, severities)),
        State::Recovered => "recovered regression".to_owned(),
        State::Settled => "settled regression".to_owned(),
        State::Improved => "improvement".to_owned(),
    };
    let mut text = format!(
        "{state}: {} -> {}",
        format_value(change.before, unit),
        format_value(change.after, unit)
    );
    if let (Some(at), Some(low), Some(high)) = (change.change, change.low, change.high) {
        let _ = write!(text, ", {} ({} to {})", percent(at), percent(low), percent(high));
    }
    let _ = write!(text, ", p {:.0e}, since {}", change.p, plain(&change.since, NAME));
    if let (Some(after), Some(by)) = (&change.after_commit, &change.by_commit) {
        let short = |commit: &str| plain(commit.get(..12).unwrap_or(commit), NAME);
        let _ = write!(text, " in {}..{}", short(after), short(by));
    }
    // Last, for it is in words of others, in whatever direction they are written.
    if let Some(first) = &change.first {
        let _ = write!(text, ", by {}", commit(first));
    }
    text
}

/// What JSON says of everything.
#[derive(Serialize)]
struct Trends<'a> {
    schema: &'static str,
    series: Vec<Trend<'a>>,
}

/// A series, as JSON has it.
#[derive(Serialize)]
struct Trend<'a> {
    #[serde(flatten)]
    id: &'a TestId,
    case: &'a str,
    metric: &'a Metric,
    host: &'a str,
    profile: &'a str,
    toolchain: &'a str,
    points: Vec<Value<'a>>,
    epochs: Vec<Accepted<'a>>,
    changes: Vec<Graded<'a>>,
}

#[derive(Serialize)]
struct Value<'a> {
    run: &'a str,
    time: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a Revision>,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
    launches: u32,
    verdict: perfreg_core::Verdict,
}

#[derive(Serialize)]
struct Accepted<'a> {
    since: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<f64>,
}

#[derive(Serialize)]
struct Graded<'a> {
    #[serde(flatten)]
    change: &'a Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
}

fn as_json(all: &[Told], severities: &Severities) -> Result<String, Error> {
    let trend = |told| trend(told, severities);
    json(&Trends { schema: "perfreg-trend/1", series: all.iter().map(trend).collect() })
}

fn trend<'a>(told: &'a Told, severities: &Severities) -> Trend<'a> {
    let points = told.points.iter().map(|point| Value {
        run: point.run.as_str(),
        time: &point.time,
        revision: point.revision.as_ref(),
        value: point.value,
        low: point.low,
        high: point.high,
        launches: point.launches,
        verdict: point.verdict,
    });
    let epochs = told.epochs.iter().map(|epoch| Accepted {
        since: &epoch.since,
        reason: epoch.reason.as_deref(),
        change: epoch.change,
    });
    let changes = told.changes.iter().map(|change| Graded {
        change,
        severity: (change.state == State::Open)
            .then(|| severity(&told.metric, change, severities).to_string()),
    });
    Trend {
        id: &told.key.id,
        case: &told.key.case,
        metric: &told.metric,
        host: &told.key.host,
        profile: &told.key.profile,
        toolchain: &told.key.toolchain,
        points: points.collect(),
        epochs: epochs.collect(),
        changes: changes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use perfreg_core::Verdict;
    use perfreg_core::model::Run;

    use super::*;
    use crate::history::{Epoch, Filed, SqliteStore, Store};
    use crate::testing::{judgement, run};

    const HOSTILE: &str = "<script>alert(\"1\")</script>\u{1b}[31m\u{202e}\n🦀 نص";

    fn put(store: &mut dyn Store, document: &impl Serialize) {
        store.put(&[Filed::parse(serde_json::to_vec(document).unwrap()).unwrap()]).unwrap();
    }

    /// A run on a day of January, of commit and subject.
    fn on(day: usize, test: &str, share: f64) -> Run {
        let mut run = run(test, vec![judgement(Verdict::Unchanged, Some(share))]);
        run.started = format!("2026-01-{:02}T00:00:00Z", day + 1);
        run.revision = Some(Revision {
            commit: format!("{:x}{}", day + 0xabc_def0, "0".repeat(33)),
            dirty: false,
            branch: Some(format!("main{HOSTILE}")),
            subject: Some(format!("{HOSTILE}{}", "x".repeat(10_000))),
            authored: None,
        });
        run
    }

    fn told() -> Vec<Told> {
        let mut store = SqliteStore::in_memory("project").unwrap();
        let noise = [0.0, 0.004, -0.003, 0.001, -0.002, 0.003];
        for day in 0..24 {
            let noise = noise[day % 6];
            let slower = if day < 12 { 0.0 } else { 0.3 };
            put(&mut store, &on(day, "slower", slower + noise));
            put(&mut store, &on(day, &format!("{HOSTILE}{}", "y".repeat(10_000)), noise));
            put(&mut store, &on(day, "accepted", slower + noise));
        }
        let mut accepted = on(12, "accepted", 0.3);
        accepted.cases[0].judgements = vec![judgement(Verdict::Regressed, Some(0.3))];
        for epoch in Epoch::of_accepted(&accepted, Some(HOSTILE)) {
            put(&mut store, &epoch);
        }
        tell(&mut store, |_| true, None).unwrap()
    }

    #[test]
    fn steps_are_told_with_their_commits() {
        assert_snapshot!(text(&told(), &Severities::default()));
    }

    #[test]
    fn json_is_of_its_schema() {
        let schema = include_str!("../../schemas/perfreg-trend-1.json");
        let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        let severities = Severities::default();
        for told in [vec![], told()] {
            let written = serde_json::from_str(&as_json(&told, &severities).unwrap()).unwrap();
            if let Err(error) = validator.validate(&written) {
                panic!("{error} at {}", error.instance_path);
            }
        }
        let stray = serde_json::json!({ "schema": "perfreg-trend/1", "series": [{ "points": 1 }] });
        assert!(!validator.is_valid(&stray));
    }

    #[test]
    fn json_has_all_of_it() {
        let mut told = told();
        told.retain(|told| told.key.id.test != "slower");
        let value: serde_json::Value =
            serde_json::from_str(&as_json(&told, &Severities::default()).unwrap()).unwrap();
        assert_eq!(value["series"].as_array().unwrap().len(), 2);
        let accepted = &value["series"][1];
        assert_eq!(accepted["epochs"][0]["reason"], HOSTILE);
        assert_eq!(accepted["points"].as_array().unwrap().len(), 24);
        assert_eq!(accepted["changes"].as_array().unwrap().len(), 0);
    }
}
