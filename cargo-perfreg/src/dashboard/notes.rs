//! What a reader has to know before the first chart: what was left out, and what does not belong
//! together.

use std::collections::BTreeSet;

use perfreg_core::model::{Health, Launch};
use serde::Serialize;

use crate::plain::middle;
use crate::words::counted;

/// A banner of a page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Note {
    kind: Kind,
    text: String,
    /// What it is about, one by one.
    items: Vec<String>,
}

/// What a banner is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Something could not be read.
    LeftOut,
    /// Numbers were not measured under the same conditions.
    Mismatch,
}

/// Characters of an item.
const ITEM: usize = 300;
/// Items that are named one by one.
const MOST: usize = 20;

impl Note {
    /// What could not be read.
    pub(crate) fn left_out(what: &[String]) -> Option<Self> {
        let n = what.len();
        let text =
            format!("{} could not be read, and this page lacks them.", counted(n, "document"));
        (n > 0).then(|| Self::new(Kind::LeftOut, text, what))
    }

    fn new(kind: Kind, text: String, of: &[String]) -> Self {
        let mut items: Vec<String> = of.iter().take(MOST).map(|one| middle(one, ITEM)).collect();
        if of.len() > MOST {
            items.push(format!("…and {} more", of.len() - MOST));
        }
        Self { kind, text, items }
    }
}

/// Where one number of a page comes from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Origin {
    /// The machine, in words.
    pub(crate) host: String,
    /// Compiler, profile and features, in words.
    pub(crate) toolchain: String,
}

/// Notes of what was measured on several machines, or compiled by several compilers.
pub(crate) fn environment(origins: &BTreeSet<Origin>) -> Vec<Note> {
    let distinct = |part: fn(&Origin) -> &String| -> Vec<String> {
        origins.iter().map(part).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    };
    let hosts = distinct(|origin| &origin.host);
    let toolchains = distinct(|origin| &origin.toolchain);
    let differ =
        |n: usize, what: &str, then: &str| format!("Environments differ: {n} {what}. {then}");
    let mut notes = Vec::new();
    if hosts.len() > 1 {
        let then = "Times of different machines say nothing about the code; compare lines of one \
                    machine with each other.";
        let text = differ(hosts.len(), "machines", then);
        notes.push(Note::new(Kind::Mismatch, text, &hosts));
    }
    if toolchains.len() > 1 {
        let then = "Another compiler, profile or feature makes other code.";
        let text = differ(toolchains.len(), "toolchains", then);
        notes.push(Note::new(Kind::Mismatch, text, &toolchains));
    }
    notes
}

/// A note of launches that ran under different conditions: power, heat, who chose the clock frequency.
pub(super) fn conditions<'a>(launches: impl Iterator<Item = &'a Launch>) -> Option<Note> {
    let words = |Health { power, governor, throttled, .. }: &Health| {
        let governor = governor.map(|governor| format!("governor {governor}"));
        let power = power.map(|power| power.to_string());
        let heat = throttled.filter(|times| *times > 0).map(|_| "held back by heat".to_owned());
        [governor, power, heat].into_iter().flatten().collect::<Vec<_>>().join(", ")
    };
    let all: BTreeSet<String> = launches.map(|launch| words(&launch.health)).collect();
    let known: Vec<String> = all.into_iter().filter(|words| !words.is_empty()).collect();
    let text = format!(
        "Environments differ: launches ran under {} conditions. A clock that moves moves times.",
        known.len()
    );
    (known.len() > 1).then(|| Note::new(Kind::Mismatch, text, &known))
}

/// A note of tests whose last run has no result that a row could show.
pub(super) fn unmeasured(tests: &[String]) -> Option<Note> {
    let n = tests.len();
    let text = format!("{} left no result in the last run, and so no row.", counted(n, "test"));
    (n > 0).then(|| Note::new(Kind::LeftOut, text, tests))
}

/// A note of judgements whose baseline is of elsewhere.
pub(crate) fn foreign_baselines(rows: &[String]) -> Option<Note> {
    let text = format!(
        "{} not comparable: the baseline is of another machine, profile or compiler.",
        match rows.len() {
            1 => "1 result is".to_owned(),
            n => format!("{n} results are"),
        }
    );
    (!rows.is_empty()).then(|| Note::new(Kind::Mismatch, text, rows))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use perfreg_core::model::{Governor, Health, Launch};

    use super::{Note, Origin, conditions, environment, foreign_baselines};
    use crate::testing::launch;

    #[test]
    fn what_does_not_belong_together_is_named() {
        let check = |origins: &[(&str, &str)], expected: &[(&str, usize)]| {
            let origin = |(host, toolchain): &(&str, &str)| Origin {
                host: (*host).to_owned(),
                toolchain: (*toolchain).to_owned(),
            };
            let notes = environment(&origins.iter().map(origin).collect::<BTreeSet<_>>());
            let told: Vec<(&str, usize)> = notes
                .iter()
                .map(|note| (note.text.split(". ").next().unwrap_or_default(), note.items.len()))
                .collect();
            assert_eq!(told, expected, "{origins:?}");
        };
        check(&[], &[]);
        check(&[("a", "1"), ("a", "1")], &[]);
        check(&[("a", "1"), ("b", "1")], &[("Environments differ: 2 machines", 2)]);
        check(&[("a", "1"), ("a", "2")], &[("Environments differ: 2 toolchains", 2)]);
        assert_eq!(foreign_baselines(&[]), None);
    }

    #[test]
    fn conditions_of_launches_are_compared() {
        let under = |governor, throttled| {
            let mut launch = launch(&[1.0]);
            launch.health = Health { governor, throttled, ..Health::default() };
            launch
        };
        let check = |launches: &[Launch], expected: &[&str]| {
            let items = conditions(launches.iter()).map_or_else(Vec::new, |note| note.items);
            assert_eq!(items, expected);
        };
        let fast = Some(Governor::Performance);
        check(&[under(None, None), under(fast, None), under(fast, Some(0))], &[]);
        let hot = ["governor performance", "governor performance, held back by heat"];
        check(&[under(fast, None), under(fast, Some(3))], &hot);
        check(&[], &[]);
    }

    #[test]
    fn long_lists_are_cut_and_items_are_harmless() {
        let what: Vec<String> = (0..30).map(|at| format!("\u{202e}{at}\n")).collect();
        let note = Note::left_out(&what).unwrap();
        assert_eq!(note.items.len(), 21);
        assert_eq!(note.items[20], "…and 10 more");
        assert!(note.text.starts_with("30 documents could not be read"), "{}", note.text);
        assert!(!note.items.concat().contains(['\u{202e}', '\n']));
        assert_eq!(Note::left_out(&[]), None);
    }
}
