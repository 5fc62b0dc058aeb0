//! What the page of time series shows: each series with its runs, its steps and what was accepted.

use std::collections::{BTreeMap, BTreeSet};

use perfreg_core::model::Revision;
use perfreg_core::{Direction, Verdict};
use serde::Serialize;

use crate::dashboard::columns::{Column, Columns, Digits};
use crate::dashboard::notes::{Note, Origin, environment};
use crate::look_back::Told;
use crate::plain::{middle, paragraph};
use crate::trend::{Change, State};

/// Everything that the page of time series is made of.
pub(crate) struct OverTime<'a> {
    /// The name of the workspace.
    pub(crate) project: &'a str,
    /// When the page was made.
    pub(crate) made: &'a str,
    /// Where two commits can be compared: an address without them.
    pub(crate) compare_at: Option<&'a str>,
    /// What could not be read.
    pub(crate) left_out: &'a [String],
    /// The series, in the order of their tests.
    pub(crate) stories: &'a [Story<'a>],
}

/// A series with what is said of it.
pub(crate) struct Story<'a> {
    /// The series.
    pub(crate) told: &'a Told,
    /// Of each step, the line that `trend` tells it by, and how grave it is if it still is.
    pub(crate) words: Vec<(String, Option<String>)>,
    /// What the newest run was held against.
    pub(crate) baseline: Option<f64>,
    /// The threshold that applied then: 0.05 is 5 %.
    pub(crate) threshold: Option<f64>,
    /// Of the newest runs, what each launch says.
    pub(crate) recent: Vec<Recent>,
}

/// What the launches of one run say.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Recent {
    /// Which point of the series.
    pub(crate) at: usize,
    /// A value a launch.
    pub(crate) values: Vec<f64>,
}

/// Characters of a name that are kept.
pub(super) const NAME: usize = 200;
/// Characters of a reason that are kept.
pub(super) const REASON: usize = 2_000;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    project: String,
    made: &'a str,
    notes: Vec<Note>,
    verdicts: Vec<String>,
    commits: Vec<Commit>,
    series: Vec<Series>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Commit {
    hash: String,
    dirty: bool,
    branch: Option<String>,
    subject: Option<String>,
}

#[derive(Serialize)]
struct Series {
    package: String,
    test: String,
    case: String,
    metric: String,
    unit: String,
    better: Direction,
    host: String,
    profile: String,
    toolchain: String,
    baseline: Option<f64>,
    threshold: Option<f64>,
    /// Seconds since 1970, in UTC.
    time: Column,
    value: Column,
    low: Column,
    high: Column,
    /// Of each point the commit, counted from one; none is zero.
    commit: Column,
    launches: Column,
    verdict: Column,
    recent_at: Column,
    recent_value: Column,
    epochs: Vec<Accepted>,
    changes: Vec<Marked>,
}

#[derive(Serialize)]
struct Accepted {
    time: Option<u32>,
    since: String,
    change: Option<f64>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Marked {
    /// Which point begins the new level.
    at: usize,
    since: String,
    state: State,
    severity: Option<String>,
    before: f64,
    after: f64,
    change: Option<f64>,
    after_commit: Option<String>,
    by_commit: Option<String>,
    /// Where the commits in between can be seen.
    link: Option<String>,
    words: String,
}

/// Every verdict, in the order in which columns count them.
const VERDICTS: [Verdict; 7] = [
    Verdict::Regressed,
    Verdict::Missing,
    Verdict::Inconclusive,
    Verdict::NotComparable,
    Verdict::New,
    Verdict::Improved,
    Verdict::Unchanged,
];

impl OverTime<'_> {
    /// The data of the page, packed.
    pub(crate) fn packed(&self) -> String {
        let mut columns = Columns::default();
        let mut commits = Commits::default();
        let series = self.stories.iter();
        let series = series.map(|story| self.series(story, &mut columns, &mut commits)).collect();
        let origins: BTreeSet<Origin> = self.stories.iter().map(|one| origin(one.told)).collect();
        let notes = Note::left_out(self.left_out).into_iter().chain(environment(&origins));
        columns.packed(&Document {
            schema: "perfreg-over-time/1",
            project: middle(self.project, NAME),
            made: self.made,
            notes: notes.collect(),
            verdicts: VERDICTS.iter().map(ToString::to_string).collect(),
            commits: commits.all,
            series,
        })
    }

    fn series(&self, story: &Story<'_>, columns: &mut Columns, commits: &mut Commits) -> Series {
        let Told { key, metric, points, .. } = story.told;
        let digits = if metric.is_time() { Digits::Five } else { Digits::All };
        let mut numbers =
            |part: &dyn Fn(usize) -> f64| columns.numbers(digits, (0..points.len()).map(part));
        let value = numbers(&|at| points[at].value);
        let low = numbers(&|at| points[at].low.unwrap_or(f64::NAN));
        let high = numbers(&|at| points[at].high.unwrap_or(f64::NAN));
        let commits: Vec<u32> =
            points.iter().map(|point| commits.number(point.revision.as_ref())).collect();
        let recent = story.recent.iter();
        let recent: Vec<(u32, f64)> =
            recent.flat_map(|one| one.values.iter().map(|value| (one.at as u32, *value))).collect();
        Series {
            package: middle(&key.id.package, NAME),
            test: middle(&key.id.to_string(), NAME),
            case: middle(&key.case, NAME),
            metric: middle(&metric.name, NAME),
            unit: middle(metric.unit.symbol(), NAME),
            better: metric.direction,
            host: middle(&key.host, NAME),
            profile: middle(&key.profile, NAME),
            toolchain: middle(&key.toolchain, NAME),
            baseline: story.baseline,
            threshold: story.threshold,
            time: columns.steps(points.iter().map(|point| seconds(&point.time).unwrap_or(0))),
            value,
            low,
            high,
            commit: columns.whole(commits.into_iter()),
            launches: columns.whole(points.iter().map(|point| point.launches)),
            verdict: columns.small(points.iter().map(|point| number_of(point.verdict))),
            recent_at: columns.whole(recent.iter().map(|(at, _)| *at)),
            recent_value: columns.numbers(digits, recent.iter().map(|(_, value)| *value)),
            epochs: story.told.epochs.iter().map(accepted).collect(),
            changes: self.changes(story),
        }
    }

    fn changes(&self, story: &Story<'_>) -> Vec<Marked> {
        let points = &story.told.points;
        let at = |change: &Change| points.partition_point(|point| point.time < change.since);
        let changes = story.told.changes.iter().zip(&story.words);
        changes
            .map(|(change, (words, severity))| Marked {
                at: at(change),
                since: middle(&change.since, NAME),
                state: change.state,
                severity: severity.clone(),
                before: change.before,
                after: change.after,
                change: change.change,
                after_commit: change.after_commit.as_deref().map(|commit| middle(commit, NAME)),
                by_commit: change.by_commit.as_deref().map(|commit| middle(commit, NAME)),
                link: self.link(change),
                words: paragraph(words, REASON),
            })
            .collect()
    }

    /// Where what a step lies between can be looked at.
    fn link(&self, change: &Change) -> Option<String> {
        let is_hash = |text: &&String| {
            text.len() >= 7 && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let after = change.after_commit.as_ref().filter(is_hash)?;
        let by = change.by_commit.as_ref().filter(is_hash)?;
        Some(format!("{}{after}...{by}", self.compare_at?))
    }
}

fn origin(told: &Told) -> Origin {
    let toolchain = format!("rustc {}, {}", told.key.toolchain, told.key.profile);
    Origin { host: told.key.host.clone(), toolchain }
}

fn accepted(epoch: &crate::history::Epoch) -> Accepted {
    Accepted {
        time: seconds(&epoch.since),
        since: middle(&epoch.since, NAME),
        change: epoch.change,
        reason: epoch.reason.as_deref().map(|reason| paragraph(reason, REASON)),
    }
}

/// Seconds since 1970; none of what is no time, or of none that a page can draw.
pub(crate) fn seconds(time: &str) -> Option<u32> {
    let time = humantime::parse_rfc3339(time).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    u32::try_from(since.as_secs()).ok()
}

fn number_of(verdict: Verdict) -> u8 {
    let at = VERDICTS.iter().position(|one| *one == verdict);
    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

/// The commits of a page, each once.
#[derive(Default)]
struct Commits {
    all: Vec<Commit>,
    numbers: BTreeMap<Commit, u32>,
}

impl Commits {
    /// The number of a commit, counted from one.
    fn number(&mut self, revision: Option<&Revision>) -> u32 {
        let Some(revision) = revision else { return 0 };
        let name = |text: &Option<String>| text.as_deref().map(|text| middle(text, NAME));
        let commit = Commit {
            hash: middle(&revision.commit, NAME),
            dirty: revision.dirty,
            branch: name(&revision.branch),
            subject: name(&revision.subject),
        };
        *self.numbers.entry(commit).or_insert_with_key(|commit| {
            self.all.push(commit.clone());
            self.all.len() as u32
        })
    }
}

#[cfg(test)]
mod tests;
