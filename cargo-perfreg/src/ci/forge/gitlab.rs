//! GitLab's REST interface.

use serde::Deserialize;
use serde_json::json;
use ureq::http::Method;

use crate::ci::forge::client::{Base, Client, Patience, encoded};
use crate::ci::forge::token::Token;
use crate::ci::forge::{Comment, Forge, Head, Issue, NewIssue, Request, RequestState, Sha};
use crate::error::Error;

/// A project of GitLab.
#[derive(Debug)]
pub(crate) struct GitLab {
    client: Client,
    /// `/projects/ID`.
    path: String,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    author: User,
    body: String,
    /// What GitLab itself notes, such as a push.
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct MergeRequest {
    iid: u64,
    sha: Option<String>,
    state: String,
}

#[derive(Deserialize)]
struct Opened {
    iid: u64,
    author: User,
    description: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
}

impl GitLab {
    /// The project of this number or path.
    pub(crate) fn new(base: Base, token: Token, project: &str, patience: Patience) -> Self {
        let client = Client::new(base, ("PRIVATE-TOKEN", token), "application/json", patience);
        Self { client, path: format!("/projects/{}", encoded(project)) }
    }

    fn notes(&self, number: u64) -> String {
        format!("{}/merge_requests/{number}/notes", self.path)
    }
}

impl From<Note> for Comment {
    fn from(note: Note) -> Self {
        Self { id: note.id, author: note.author.username, body: note.body, url: None }
    }
}

impl From<Opened> for Issue {
    fn from(opened: Opened) -> Self {
        Self {
            number: opened.iid,
            author: opened.author.username,
            body: opened.description.unwrap_or_default(),
            labels: opened.labels,
        }
    }
}

impl TryFrom<MergeRequest> for Request {
    type Error = Error;

    fn try_from(request: MergeRequest) -> Result<Self, Error> {
        let head = Sha::told(&request.sha.unwrap_or_default())?;
        let state =
            if request.state == "opened" { RequestState::Open } else { RequestState::Closed };
        Ok(Self { number: request.iid, head, state })
    }
}

impl Forge for GitLab {
    fn own_name(&self) -> Result<String, Error> {
        self.client.get::<User>("/user").map(|user| user.username)
    }

    fn request(&self, number: u64) -> Result<Request, Error> {
        let path = format!("{}/merge_requests/{number}", self.path);
        self.client.get::<MergeRequest>(&path)?.try_into()
    }

    fn requests_of(&self, head: &Head) -> Result<Vec<Request>, Error> {
        let branch = encoded(&head.branch);
        let path = format!("{}/merge_requests?state=opened&source_branch={branch}", self.path);
        self.client.list::<MergeRequest>(&path)?.into_iter().map(Request::try_from).collect()
    }

    fn comments(&self, number: u64) -> Result<Vec<Comment>, Error> {
        let path = format!("{}?order_by=created_at&sort=asc", self.notes(number));
        let notes = self.client.list::<Note>(&path)?.into_iter();
        Ok(notes.filter(|note| !note.system).map(Comment::from).collect())
    }

    fn comment(&self, number: u64, body: &str) -> Result<Comment, Error> {
        let path = self.notes(number);
        self.client.post::<Note>(&path, &json!({ "body": body })).map(Comment::from)
    }

    fn change_comment(&self, number: u64, id: u64, body: &str) -> Result<(), Error> {
        let path = format!("{}/{id}", self.notes(number));
        self.client.change(&Method::PUT, &path, &json!({ "body": body }))
    }

    fn issues(&self, label: &str) -> Result<Vec<Issue>, Error> {
        let label = encoded(label);
        let path = format!("{}/issues?state=opened&labels={label}", self.path);
        Ok(self.client.list::<Opened>(&path)?.into_iter().map(Issue::from).collect())
    }

    fn open_issue(&self, issue: &NewIssue, label: &str) -> Result<Issue, Error> {
        let NewIssue { title, body } = issue;
        let body = json!({ "title": title, "description": body, "labels": label });
        self.client.post::<Opened>(&format!("{}/issues", self.path), &body).map(Issue::from)
    }
}
