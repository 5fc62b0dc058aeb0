//! The comment on a pull request that is kept up to date, and when there is another: values in, values
//! out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::ValueEnum;
use perfreg_core::Verdict;

use crate::ci::finding::{Finding, Fingerprint};
use crate::ci::forge::Comment;
use crate::ci::listing::listing;
use crate::ci::marker::{Key, MOST, Marker, hidden, is_marked, told};
use crate::ci::origin::Origin;
use crate::config::Severity;
use crate::explain::head;
use crate::report::{COMMENT, Frame, Report, framed, prose};
use crate::summary::{Ending, TestResult};
use crate::words::counted;

/// What we wrote on a pull request so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Thread {
    sticky: Option<Comment>,
    told: BTreeSet<Fingerprint>,
}

impl Thread {
    /// Ours among `comments`, the oldest first: of `own`, and with the markers of `key`.
    pub(crate) fn of(comments: &[Comment], own: &str, key: &Key) -> Self {
        let (sticky, alert) = (Marker::Sticky(key.clone()), Marker::Alert(key.clone()));
        // Anybody can write a marker.
        let ours = || comments.iter().filter(|comment| comment.author == own);
        let is = |comment: &Comment, marker| is_marked(&comment.body, marker);
        Self {
            sticky: ours().find(|comment| is(comment, &sticky)).cloned(),
            told: ours()
                .filter(|comment| is(comment, &sticky) || is(comment, &alert))
                .flat_map(|comment| told(&comment.body))
                .collect(),
        }
    }
}

/// When there is a comment at all.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// Of every measurement
    Always,
    /// From the first one on that calls for a look
    Changes,
}

/// What becomes of the sticky comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Create(String),
    Change(u64, String),
    /// It says what it should, or there is nothing to say.
    Keep,
}

/// What has to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    pub(crate) sticky: Step,
    /// A comment of its own, for an edit notifies nobody.
    pub(crate) alert: Option<String>,
}

/// What to write about `report`, whose findings are these.
pub(crate) fn plan(
    report: &Report,
    findings: &[Finding],
    origin: &Origin,
    key: &Key,
    thread: &Thread,
    when: When,
) -> Plan {
    let critical: Vec<&Finding> =
        findings.iter().filter(|one| one.severity == Some(Severity::Critical)).collect();
    let is_new = |one: &&&Finding| !thread.told.contains(&one.fingerprint);
    let news: Vec<&Finding> = critical.iter().filter(is_new).copied().collect();
    // The newest first: there is room for so many.
    let now: BTreeSet<&Fingerprint> = critical.iter().map(|one| &one.fingerprint).collect();
    let before = thread.told.iter().filter(|print| !now.contains(print));
    let body = body(report, origin, key, now.iter().copied().chain(before));
    let has_news = !findings.is_empty() || report.results.iter().any(is_improved);
    let sticky = match &thread.sticky {
        Some(comment) if same(&comment.body, &body) => Step::Keep,
        Some(comment) => Step::Change(comment.id, body),
        None if when == When::Always || has_news => Step::Create(body),
        None => Step::Keep,
    };
    let tells = !news.is_empty() && thread.told.len() < MOST;
    let alert = thread.sticky.as_ref().filter(|_| tells).map(|sticky| alert(&news, key, sticky));
    Plan { sticky, alert }
}

fn is_improved(result: &TestResult) -> bool {
    matches!(result.ending, Ending::Judged(Verdict::Improved))
}

/// Forges may give lines other ends, and cut blanks at the end.
fn same(one: &str, other: &str) -> bool {
    one.trim_end().lines().eq(other.trim_end().lines())
}

fn body<'a>(
    report: &Report,
    origin: &Origin,
    key: &Key,
    told: impl Iterator<Item = &'a Fingerprint>,
) -> String {
    let before = hidden(&Marker::Sticky(key.clone()), told);
    let after = origin.markdown();
    framed(report, Frame { before: &before, after: &after, room: COMMENT })
}

/// Regressions that an alert names, and bytes that it spends on them.
const NAMED: (usize, usize) = (20, 20_000);

fn alert(news: &[&Finding], key: &Key, sticky: &Comment) -> String {
    let fingerprints = news.iter().map(|one| &one.fingerprint);
    let mut text = hidden(&Marker::Alert(key.clone()), fingerprints);
    let count = counted(news.len(), "new critical regression");
    let _ = write!(text, "### perfreg: {count}\n\n");
    let entry = |finding: &&Finding| {
        format!("- {}: {}\n", prose(&finding.title), prose(head(&finding.text)))
    };
    text += &listing(news.iter().map(entry), NAMED.0, NAMED.1);
    match &sticky.url {
        Some(url) => _ = write!(text, "\nThe comment that has them all: {url}\n"),
        None => text += "\nThe first comment of this job has them all.\n",
    }
    text
}

#[cfg(test)]
mod tests;
