//! A forge, as far as a job talks to one: comments on a pull request, and issues.
//!
//! Everything that a forge answers may have been written by anybody, but for the names of authors, the
//! numbers and the commits.

mod client;
#[cfg(test)]
pub(crate) mod fake;
mod github;
mod gitlab;
mod token;

use std::fmt;

use crate::ci::log_text::in_line;
use crate::error::Error;

pub(crate) use client::{Base, Patience};
pub(crate) use github::GitHub;
pub(crate) use gitlab::GitLab;
pub(crate) use token::Token;

/// A comment on a pull request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    /// Where it can be read.
    pub(crate) url: Option<String>,
}

/// An issue that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Issue {
    pub(crate) number: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) labels: Vec<String>,
}

/// An issue to be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NewIssue {
    pub(crate) title: String,
    pub(crate) body: String,
}

/// A pull request, or a merge request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub(crate) number: u64,
    /// The commit that it proposes.
    pub(crate) head: Sha,
    pub(crate) state: RequestState,
}

/// Whether a pull request still waits for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RequestState {
    Open,
    Closed,
}

/// The branch that a pull request comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    /// Whose repository it is in.
    pub(crate) owner: String,
    pub(crate) branch: String,
}

/// The name of a commit: 40 or 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sha(String);

impl Sha {
    /// The name that `text` spells.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_sha = [40, 64].contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit());
        is_sha.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The name that a forge tells.
    ///
    /// # Errors
    /// If it is none.
    fn told(text: &str) -> Result<Self, Error> {
        Self::parse(text).ok_or_else(|| {
            let text = in_line(text, 100);
            Error::internal(format!("the forge says that `{text}` is a commit"))
        })
    }

    /// The commit before a push; none of a new branch, of which all digits are zeros.
    pub(crate) fn before_push(text: &str) -> Option<Self> {
        Self::parse(text).filter(|sha| sha.0.contains(|c| c != '0'))
    }

    /// All digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0[..12])
    }
}

/// What a job asks of a forge, and does there.
///
/// # Errors
/// Each method if the forge does not answer, or refuses.
pub(crate) trait Forge {
    /// Who the token is of: what others wrote is neither believed nor changed.
    fn own_name(&self) -> Result<String, Error>;

    /// A pull request by its number.
    fn request(&self, number: u64) -> Result<Request, Error>;

    /// The open pull requests that come from a branch.
    fn requests_of(&self, head: &Head) -> Result<Vec<Request>, Error>;

    /// All comments of a pull request, the oldest first.
    fn comments(&self, number: u64) -> Result<Vec<Comment>, Error>;

    /// Comments on a pull request.
    fn comment(&self, number: u64, body: &str) -> Result<Comment, Error>;

    /// Gives a comment another text.
    fn change_comment(&self, number: u64, id: u64, body: &str) -> Result<(), Error>;

    /// All open issues with a label.
    fn issues(&self, label: &str) -> Result<Vec<Issue>, Error>;

    /// Opens an issue with a label, by which it is found again.
    fn open_issue(&self, issue: &NewIssue, label: &str) -> Result<Issue, Error>;
}
