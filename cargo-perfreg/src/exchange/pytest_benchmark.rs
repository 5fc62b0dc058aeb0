//! pytest-benchmark: what `--benchmark-json` writes, and each file of its `.benchmarks/`. In seconds.

use perfreg_core::model::{HostKey, Metric, Revision};

use crate::exchange::date;
use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::report::{Report, Values};
use crate::exchange::summary::{summary, typical};
use crate::plain::plain;

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    match json.get("benchmarks").and_then(Json::list) {
        None => Some("has no list `benchmarks`"),
        // What it ran on is in every file of it, and in none of Google Benchmark's.
        Some(_) if json.get("machine_info").is_none() => Some("has no `machine_info`"),
        Some(_) => None,
    }
}

/// The one run that the file holds.
pub(super) fn read(root: &Node<'_>) -> Result<Vec<Report>, String> {
    let mut report = Report::new(Format::PytestBenchmark);
    report.started = root.text_of("datetime").and_then(date::of_text);
    report.host = root.get("machine_info").map(|machine| host(&machine));
    report.revision = root.get("commit_info").and_then(|commit| revision(&commit));
    for one in root.need("benchmarks")?.elements()? {
        let name = match one.get("fullname") {
            Some(name) => name.text()?,
            None => one.need("name")?.text()?,
        };
        // Parameters stand in brackets behind the name.
        let (test, case) = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((test, case)) => (test, case),
            None => (name, ""),
        };
        let values = values(&one.need("stats")?, name, &mut report)?.times(SECOND);
        report.push(test, case, &Metric::time(Metric::WALL_TIME), values)?;
    }
    Ok(vec![report])
}

/// In nanoseconds.
const SECOND: f64 = 1e9;

fn values(stats: &Node<'_>, name: &str, report: &mut Report) -> Result<Values, String> {
    let rounds = stats.number_of("rounds")?;
    if let Some(data) = stats.get("data") {
        let all = data.elements()?;
        let samples: Vec<f64> = all.iter().filter_map(|node| node.number().ok()).collect();
        let whole = samples.len() == all.len() && rounds.is_none_or(|n| n == samples.len() as f64);
        if whole && !samples.is_empty() {
            return Ok(Values::Samples(samples));
        }
        let (kept, rounds) = (samples.len(), rounds.unwrap_or(f64::NAN));
        let name = plain(name, 80);
        report
            .note(format!("{name}: `data` holds {kept} of {rounds} rounds, its summary is taken"));
    }
    let mut summary = summary(stats)?;
    summary.samples = rounds.map(|rounds| rounds as u64);
    typical(summary).ok_or_else(|| stats.wrong("has neither `median` nor `mean`"))
}

fn host(machine: &Node<'_>) -> HostKey {
    let text = |name| machine.text_of(name).filter(|text| !text.is_empty());
    let system = text("system").unwrap_or("unknown").to_lowercase();
    let system = if system == "darwin" { "macos" } else { &system };
    let platform = format!("{system}-{}", text("machine").unwrap_or("unknown"));
    let details = machine.get("cpu");
    let brand = details
        .as_ref()
        .and_then(|cpu| ["brand_raw", "brand"].into_iter().find_map(|name| cpu.text_of(name)));
    let cpu = brand.or(text("processor")).unwrap_or("unknown CPU");
    let cores = details.and_then(|cpu| cpu.number_of("count").ok().flatten()).unwrap_or(0.0);
    HostKey::new(&plain(&platform, 60), &plain(cpu, 100), cores as u32, None)
}

/// The commit; without a repository it is called `unknown`.
fn revision(commit: &Node<'_>) -> Option<Revision> {
    let id = commit.text_of("id").filter(|id| !id.is_empty() && *id != "unknown")?;
    let mut revision = Revision::of(plain(id, 64));
    revision.dirty = commit.json().get("dirty") == Some(&Json::Bool(true));
    revision.branch = commit.text_of("branch").map(|branch| plain(branch, 100));
    revision.authored = commit.text_of("author_time").map(|time| plain(time, 40));
    Some(revision)
}
