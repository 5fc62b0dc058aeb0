//! The hidden first lines of what we write on a forge, by which it is known again.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::ci::finding::Fingerprint;

/// Which of several sticky comments: one a workflow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Key(String);

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        // Two hyphens would end the comment of HTML that it stands in.
        let ends = text.contains("--") || text.starts_with('-') || text.ends_with('-');
        match (1..=40).contains(&text.len()) && text.chars().all(fits) && !ends {
            true => Ok(Self(text.to_owned())),
            false => {
                Err(format!("{text:?} is no key: up to 40 of a-z, A-Z, 0-9, `.`, `_` and `-`"))
            }
        }
    }
}

/// What a text of ours is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Marker {
    /// The comment that is kept up to date.
    Sticky(Key),
    /// A comment that tells of new critical regressions alone.
    Alert(Key),
    /// An issue.
    Issue,
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sticky(Key(key)) => write!(f, "<!-- perfreg:{key} -->"),
            Self::Alert(Key(key)) => write!(f, "<!-- perfreg-alert:{key} -->"),
            Self::Issue => f.write_str("<!-- perfreg-issue -->"),
        }
    }
}

/// Before and after the fingerprints of what a text has told of.
const TOLD: (&str, &str) = ("<!-- perfreg-told: ", " -->");
/// Fingerprints that a text keeps: further news would be no news.
pub(crate) const MOST: usize = 200;

/// The hidden lines before a text that tells of `told`.
pub(crate) fn hidden<'a>(
    marker: &Marker,
    told: impl IntoIterator<Item = &'a Fingerprint>,
) -> String {
    let told: Vec<String> = told.into_iter().take(MOST).map(ToString::to_string).collect();
    match told.is_empty() {
        true => format!("{marker}\n"),
        false => format!("{marker}\n{}{}{}\n", TOLD.0, told.join(" "), TOLD.1),
    }
}

/// Whether `body` begins with this marker; forges may give lines other ends.
pub(crate) fn is_marked(body: &str, marker: &Marker) -> bool {
    body.lines().next().is_some_and(|line| line.trim_end() == marker.to_string())
}

/// What a text of ours has told of.
pub(crate) fn told(body: &str) -> BTreeSet<Fingerprint> {
    let second = body.lines().nth(1).unwrap_or_default().trim_end();
    let list = second.strip_prefix(TOLD.0).and_then(|rest| rest.strip_suffix(TOLD.1));
    list.unwrap_or_default().split(' ').take(MOST).filter_map(Fingerprint::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::{Key, MOST, Marker, hidden, is_marked, told};
    use crate::ci::finding::Fingerprint;

    #[test]
    fn keys_are_words() {
        let check =
            |text: &str, good: bool| assert_eq!(text.parse::<Key>().is_ok(), good, "{text}");
        check("perfreg", true);
        check("linux-x86_64.nightly", true);
        check("", false);
        check("a--b", false);
        check("-a", false);
        check("a b", false);
        check("x-->", false);
        check(&"x".repeat(41), false);
    }

    #[test]
    fn what_was_told_is_read_again() {
        let marker = Marker::Sticky("a".parse().unwrap());
        let prints: Vec<_> =
            (0..MOST + 7).map(|at| Fingerprint::parse(&format!("{at:016x}")).unwrap()).collect();
        let text = hidden(&marker, &prints) + "## perfreg\n";
        assert!(is_marked(&text, &marker));
        assert!(is_marked(&text.replace('\n', "\r\n"), &marker));
        assert!(!is_marked(&text, &Marker::Alert("a".parse().unwrap())));
        assert!(!is_marked(&text, &Marker::Sticky("ab".parse().unwrap())));
        assert!(!is_marked(&format!("hello\n{text}"), &marker));
        assert_eq!(told(&text).len(), MOST);
        assert_eq!(told(&text.replace('\n', "\r\n")).len(), MOST);
        assert_eq!(told(&hidden(&marker, [])).len(), 0);
        assert_eq!(told("<!-- perfreg:a -->\n<!-- perfreg-told: x ../.. -->\n").len(), 0);
    }
}
