//! GitHub's REST interface.

use serde::Deserialize;
use serde_json::json;
use ureq::http::Method;

use crate::ci::forge::client::{Base, Client, Patience, encoded};
use crate::ci::forge::token::Token;
use crate::ci::forge::{Comment, Forge, Head, Issue, NewIssue, Request, RequestState, Sha};
use crate::error::Error;

/// A repository of GitHub.
#[derive(Debug)]
pub(crate) struct GitHub {
    client: Client,
    /// `/repos/OWNER/NAME`.
    path: String,
    own_name: Option<String>,
}

/// Who the token of a job writes as.
const JOB: &str = "github-actions[bot]";

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Said {
    id: u64,
    user: Option<User>,
    body: Option<String>,
    html_url: Option<String>,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    state: String,
    head: Commit,
}

#[derive(Deserialize)]
struct Commit {
    sha: String,
}

#[derive(Deserialize)]
struct Opened {
    number: u64,
    user: Option<User>,
    body: Option<String>,
    #[serde(default)]
    labels: Vec<Label>,
    /// Lists of issues hold pull requests too.
    pull_request: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

impl GitHub {
    /// The repository `OWNER/NAME`; `own_name` is who the token is of, if that is known.
    ///
    /// # Errors
    /// If that is no name of a repository.
    pub(crate) fn new(
        base: Base,
        token: &Token,
        repository: &str,
        own_name: Option<String>,
        patience: Patience,
    ) -> Result<Self, String> {
        let fits = |part: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            !part.is_empty() && part.chars().all(fits) && part != ".."
        };
        match repository.split_once('/') {
            Some((owner, name)) if fits(owner) && fits(name) => {}
            _ => return Err(format!("{repository:?} is no repository such as `owner/name`")),
        }
        let accept = "application/vnd.github+json";
        let client = Client::new(base, ("Authorization", token.bearer()), accept, patience);
        Ok(Self { client, path: format!("/repos/{repository}"), own_name })
    }
}

impl From<Said> for Comment {
    fn from(said: Said) -> Self {
        Self {
            id: said.id,
            author: said.user.map(|user| user.login).unwrap_or_default(),
            body: said.body.unwrap_or_default(),
            url: said.html_url,
        }
    }
}

impl From<Opened> for Issue {
    fn from(opened: Opened) -> Self {
        Self {
            number: opened.number,
            author: opened.user.map(|user| user.login).unwrap_or_default(),
            body: opened.body.unwrap_or_default(),
            labels: opened.labels.into_iter().map(|label| label.name).collect(),
        }
    }
}

impl TryFrom<Pull> for Request {
    type Error = Error;

    fn try_from(pull: Pull) -> Result<Self, Error> {
        let head = Sha::told(&pull.head.sha)?;
        let state = if pull.state == "open" { RequestState::Open } else { RequestState::Closed };
        Ok(Self { number: pull.number, head, state })
    }
}

impl Forge for GitHub {
    fn own_name(&self) -> Result<String, Error> {
        if let Some(name) = &self.own_name {
            return Ok(name.clone());
        }
        // The token of a job may not ask who it is.
        let user = self.client.get_if_allowed::<User>("/user")?;
        Ok(user.map_or_else(|| JOB.to_owned(), |user| user.login))
    }

    fn request(&self, number: u64) -> Result<Request, Error> {
        self.client.get::<Pull>(&format!("{}/pulls/{number}", self.path))?.try_into()
    }

    fn requests_of(&self, head: &Head) -> Result<Vec<Request>, Error> {
        let (owner, branch) = (encoded(&head.owner), encoded(&head.branch));
        let path = format!("{}/pulls?state=open&head={owner}:{branch}", self.path);
        self.client.list::<Pull>(&path)?.into_iter().map(Request::try_from).collect()
    }

    fn comments(&self, number: u64) -> Result<Vec<Comment>, Error> {
        let path = format!("{}/issues/{number}/comments?sort=created", self.path);
        Ok(self.client.list::<Said>(&path)?.into_iter().map(Comment::from).collect())
    }

    fn comment(&self, number: u64, body: &str) -> Result<Comment, Error> {
        let path = format!("{}/issues/{number}/comments", self.path);
        self.client.post::<Said>(&path, &json!({ "body": body })).map(Comment::from)
    }

    fn change_comment(&self, _number: u64, id: u64, body: &str) -> Result<(), Error> {
        let path = format!("{}/issues/comments/{id}", self.path);
        self.client.change(&Method::PATCH, &path, &json!({ "body": body }))
    }

    fn issues(&self, label: &str) -> Result<Vec<Issue>, Error> {
        let path = format!("{}/issues?state=open&labels={}", self.path, encoded(label));
        let all = self.client.list::<Opened>(&path)?.into_iter();
        Ok(all.filter(|issue| issue.pull_request.is_none()).map(Issue::from).collect())
    }

    fn open_issue(&self, issue: &NewIssue, label: &str) -> Result<Issue, Error> {
        let NewIssue { title, body } = issue;
        let body = json!({ "title": title, "body": body, "labels": [label] });
        self.client.post::<Opened>(&format!("{}/issues", self.path), &body).map(Issue::from)
    }
}
