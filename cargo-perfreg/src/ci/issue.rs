//! The issue about critical regressions of the main branch, which two measurements found: values in,
//! values out.

use std::collections::{BTreeMap, BTreeSet};

use crate::ci::finding::{Finding, Fingerprint};
use crate::ci::forge::{Issue, NewIssue};
use crate::ci::listing::listing;
use crate::ci::marker::{Marker, hidden, is_marked, told};
use crate::ci::origin::Origin;
use crate::config::Severity;
use crate::explain::head;
use crate::plain::middle;
use crate::report::prose;
use crate::words::counted;

/// A regression that was measured twice.
struct Confirmed<'a> {
    first: &'a Finding,
    again: &'a Finding,
}

/// What was found, and what of it is for an issue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// No regression is critical in both measurements.
    Nothing {
        /// Critical in the first alone.
        unconfirmed: usize,
    },
    /// There are open issues of all of them.
    Known(Vec<u64>),
    /// To be opened.
    News(NewIssue),
}

/// The issue about what is critical in both measurements and in no open issue of `own` yet.
pub(crate) fn issue(
    (first, again): (&[Finding], &[Finding]),
    origin: &Origin,
    (open, own): (&[Issue], &str),
) -> Outcome {
    let (found, agreed) = (critical(first), critical(again));
    let agreed: BTreeMap<&Fingerprint, &Finding> =
        agreed.into_iter().map(|one| (&one.fingerprint, one)).collect();
    let confirmed: Vec<Confirmed<'_>> = found
        .iter()
        .filter_map(|first| Some(Confirmed { first, again: agreed.get(&first.fingerprint)? }))
        .collect();
    if confirmed.is_empty() {
        return Outcome::Nothing { unconfirmed: found.len() };
    }
    // Anybody can open an issue with such a marker, and keep another from being opened.
    let ours =
        || open.iter().filter(|one| one.author == own && is_marked(&one.body, &Marker::Issue));
    let known: BTreeSet<Fingerprint> = ours().flat_map(|one| told(&one.body)).collect();
    let news: Vec<_> =
        confirmed.iter().filter(|one| !known.contains(&one.first.fingerprint)).collect();
    if news.is_empty() {
        let of_these = |issue: &&Issue| {
            let told = told(&issue.body);
            confirmed.iter().any(|one| told.contains(&one.first.fingerprint))
        };
        return Outcome::Known(ours().filter(of_these).map(|issue| issue.number).collect());
    }
    Outcome::News(NewIssue { title: title(&news), body: body(&news, origin) })
}

/// What is critical, the worst first. Of several CPUs of a platform, which have one fingerprint, the worst
/// stands for all.
fn critical(findings: &[Finding]) -> Vec<&Finding> {
    let mut seen = BTreeSet::new();
    let critical = findings.iter().filter(|one| one.severity == Some(Severity::Critical));
    critical.filter(|one| seen.insert(&one.fingerprint)).collect()
}

fn title(news: &[&Confirmed<'_>]) -> String {
    /// Characters of a title; GitHub takes 256.
    const LONGEST: usize = 200;
    match news {
        [one] => middle(&format!("Performance: {}", one.first.title), LONGEST),
        news => format!("Performance: {}", counted(news.len(), "critical regression")),
    }
}

/// Regressions that an issue names, and bytes that it spends on them.
const NAMED: (usize, usize) = (100, 50_000);

fn body(news: &[&Confirmed<'_>], origin: &Origin) -> String {
    let fingerprints = news.iter().map(|one| &one.first.fingerprint);
    let mut text = hidden(&Marker::Issue, fingerprints);
    text += "Measured twice, each time beyond the bound of a critical regression:\n\n";
    let line = |finding: &Finding| prose(head(&finding.text));
    let entry = |one: &&Confirmed<'_>| {
        let Confirmed { first, again } = one;
        let place = first
            .place
            .as_ref()
            .map_or_else(String::new, |place| format!(", in {}", prose(&place.to_string())));
        let title = prose(&first.title);
        format!("- {title}{place}\n  - {}\n  - and again: {}\n", line(first), line(again))
    };
    text += &listing(news.iter().map(entry), NAMED.0, NAMED.1);
    text += &origin.markdown();
    text += "\n`cargo perfreg bisect --good REV --bad REV TEST` finds the commit. If a change is \
             intended, `cargo perfreg accept TEST -m \"why\"` makes it the baseline. While this \
             issue is open, none is opened for the same tests.\n";
    text
}

#[cfg(test)]
mod tests;
