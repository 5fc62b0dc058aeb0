//! `cargo perfreg history series` and `compare`: every series at a glance, and two commits or runs
//! side by side. They tell what was measured, and convict nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use perfreg_core::report::format_value;
use perfreg_core::stats::median;
use perfreg_core::{Metric, TestId};
use serde::Serialize;

use crate::cli::{CompareRunsArgs, SeriesArgs};
use crate::commands::history::{NAME, json, known};
use crate::commands::sharing::history_of;
use crate::commands::workspace;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::filter::{Match, pick};
use crate::git::Git;
use crate::history::{Digest, History, Recent, SeriesKey, Value};
use crate::plain::plain;
use crate::sparkline::sparkline;

/// Lists the series with their last values.
///
/// # Errors
/// If a word means no test, or the history cannot be read.
pub(super) fn list(args: &SeriesArgs, context: &Context) -> Result<ExitCode, Error> {
    let mut series = history_of(context)?.store.recent(args.last)?;
    let ids: BTreeSet<&TestId> = series.iter().map(|one| &one.key.id).collect();
    let ids: Vec<&TestId> = ids.into_iter().collect();
    let picked = pick(&ids, &args.tests, Match::Segments).map_err(|unknown| known(&unknown))?;
    let meant: BTreeSet<TestId> = picked.into_iter().map(|at| ids[at].clone()).collect();
    series.retain(|one| meant.contains(&one.key.id));
    let listed: Vec<Listed<'_>> = series.iter().map(Listed::of).collect();
    context.print(&if args.json { json(&listed)? } else { lines(&series) })?;
    Ok(ExitCode::Fine)
}

/// A series, as JSON has it.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    key: Names<'a>,
    unit: String,
    values: &'a [f64],
}

/// What a series is known by, as JSON has it.
#[derive(Serialize)]
struct Names<'a> {
    #[serde(flatten)]
    id: &'a TestId,
    case: &'a str,
    metric: &'a str,
    host: &'a str,
    profile: &'a str,
    toolchain: &'a str,
}

impl<'a> Names<'a> {
    fn of(key: &'a SeriesKey) -> Self {
        let SeriesKey { id, case, metric, host, profile, toolchain, .. } = key;
        Self { id, case, metric, host, profile, toolchain }
    }
}

impl<'a> Listed<'a> {
    fn of(one: &'a Recent) -> Self {
        let unit = one.metric.unit.symbol().to_owned();
        Self { key: Names::of(&one.key), unit, values: &one.values }
    }
}

/// A line a series, below what it was measured on and built with.
fn lines(series: &[Recent]) -> String {
    let mut places: BTreeMap<(&str, &str, &str), Vec<&Recent>> = BTreeMap::new();
    for one in series {
        let SeriesKey { host, profile, toolchain, .. } = &one.key;
        places.entry((host, profile, toolchain)).or_default().push(one);
    }
    let mut text = String::new();
    for ((host, profile, toolchain), series) in places {
        let [host, profile, toolchain] = [host, profile, toolchain].map(|word| plain(word, NAME));
        let _ = writeln!(text, "{host}; {profile}; {toolchain}");
        for one in series {
            let name = name_of(&one.key);
            let (last, earlier) = one.values.split_last().expect("a series has values");
            let value = format_value(*last, &one.metric.unit);
            let _ = write!(text, "  {name}: {} {value}", sparkline(&one.values));
            if let Some(change) = (!earlier.is_empty()).then(|| relative(median(earlier), *last)) {
                let _ = write!(text, ", {change} from the median of the {} before", earlier.len());
            }
            text.push('\n');
        }
    }
    if text.is_empty() { "the history holds no such series\n".to_owned() } else { text }
}

fn name_of(key: &SeriesKey) -> String {
    let [test, case, metric] =
        [&key.id.to_string(), &key.case, &key.metric].map(|word| plain(word, NAME));
    format!("{test} [{case}] {metric}")
}

fn relative(before: f64, after: f64) -> String {
    if before == after {
        return "±0 %".to_owned();
    }
    format!("{:+.1} %", (after / before - 1.0) * 100.0)
}

/// Two sides' values of one series.
#[derive(Serialize)]
struct Beside<'a> {
    #[serde(flatten)]
    key: Names<'a>,
    unit: String,
    before: f64,
    after: f64,
}

/// Prints the series that both sides have.
///
/// # Errors
/// If a word means no run, or the history cannot be read.
pub(super) fn compare(args: &CompareRunsArgs, context: &Context) -> Result<ExitCode, Error> {
    let history = history_of(context)?;
    let [before, after] = [&args.before, &args.after].map(|word| side(&history, word, context));
    let (before, after) = (before?, after?);
    let both: Vec<(&SeriesKey, &Metric, f64, f64)> = before
        .iter()
        .filter_map(|(key, (metric, old))| {
            let (_, new) = after.get(key)?;
            Some((key, metric, median(old), median(new)))
        })
        .collect();
    if both.is_empty() {
        return Err(Error::usage(format!(
            "{} and {} have no series in common, as of one host, profile and toolchain",
            args.before, args.after
        )));
    }
    let text = if args.json {
        let rows: Vec<_> = both
            .iter()
            .map(|(key, metric, before, after)| {
                let unit = metric.unit.symbol().to_owned();
                Beside { key: Names::of(key), unit, before: *before, after: *after }
            })
            .collect();
        json(&rows)?
    } else {
        let alone =
            |one: &Side, other: &Side| one.keys().filter(|key| !other.contains_key(*key)).count();
        table(&both)
            + &format!(
                "{} series in both; only in the first {}, only in the second {}. Measured at different \
                 times: `cargo perfreg diff` compares two commits side by side\n",
                both.len(),
                alone(&before, &after),
                alone(&after, &before)
            )
    };
    context.print(&text)?;
    Ok(ExitCode::Fine)
}

/// The values of each series that some runs have.
type Side = BTreeMap<SeriesKey, (Metric, Vec<f64>)>;

/// The runs that `word` means: the first digits of a digest or a commit, or what git knows.
fn side(history: &History, word: &str, context: &Context) -> Result<Side, Error> {
    let digits =
        word.len() >= 4 && word.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    let mut runs = if digits { history.store.runs_like(word)? } else { Vec::new() };
    if runs.is_empty() {
        let known = Git::of(workspace(context)?.root()).and_then(|git| git.snapshot(word));
        match known {
            Ok(known) => {
                let commit = known.commit.expect("what git knows by a name is a commit");
                runs = history.store.runs_like(&commit)?;
            }
            // It was no name.
            Err(_) if digits => {}
            Err(error) => return Err(error),
        }
    }
    let commits: BTreeSet<_> =
        runs.iter().map(|run| run.revision.as_ref().map(|r| &r.commit)).collect();
    match (runs.len(), commits.len()) {
        (0, _) => return Err(Error::usage(format!("the history holds no run of {word:?}"))),
        (_, 1) => {}
        (_, several) => {
            return Err(Error::usage(format!(
                "{word:?} begins {several} commits; give more digits"
            )));
        }
    }
    let digests: Vec<Digest> = runs.into_iter().map(|run| run.digest).collect();
    let mut side = Side::new();
    for Value { key, metric, value } in history.store.values(&digests)? {
        side.entry(key).or_insert_with(|| (metric, Vec::new())).1.push(value);
    }
    Ok(side)
}

/// A line a series, the largest change first.
fn table(both: &[(&SeriesKey, &Metric, f64, f64)]) -> String {
    let size =
        |(_, _, before, after): &(&SeriesKey, &Metric, f64, f64)| (after / before).ln().abs();
    let mut rows = both.to_vec();
    rows.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.0.cmp(b.0)));
    let line = |(key, metric, before, after): &(&SeriesKey, &Metric, f64, f64)| {
        let [old, new] = [before, after].map(|value| format_value(*value, &metric.unit));
        format!("{}: {old} -> {new}, {}\n", name_of(key), relative(*before, *after))
    };
    rows.iter().map(line).collect()
}
