//! What the service says has happened: which pull request a job is of, and which commit it measured.
//!
//! All of this is told by the service, never by the record.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ci::forge::{Head, Sha};
use crate::ci::log_text::in_line;
use crate::ci::origin::Link;

/// A pull request, as an event speaks of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Subject {
    pub(crate) request: Which,
    /// The commit that was measured, if the event knows; then the pull request must still be at it.
    pub(crate) head: Option<Sha>,
    /// The job that measured it, if that is another than this one.
    pub(crate) job: Option<Link>,
}

/// How a pull request is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    /// By its number.
    Number(u64),
    /// By where it comes from: events about forks do not name it.
    From(Head),
}

/// Why an event is of no pull request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NoRequest {
    /// The job that it tells of was started by another event.
    Other(String),
    /// It cannot be read.
    Unreadable(String),
}

#[derive(Deserialize)]
struct PullRequestEvent {
    pull_request: PullRequest,
}

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    head: HeadCommit,
    base: Option<HeadCommit>,
}

#[derive(Deserialize)]
struct HeadCommit {
    sha: String,
}

#[derive(Deserialize)]
struct WorkflowRunEvent {
    workflow_run: WorkflowRun,
}

#[derive(Deserialize)]
struct WorkflowRun {
    event: String,
    head_sha: String,
    head_branch: Option<String>,
    head_repository: Option<Repository>,
    html_url: Option<String>,
    #[serde(default)]
    pull_requests: Vec<NamedRequest>,
}

#[derive(Deserialize)]
struct NamedRequest {
    number: u64,
    head: HeadCommit,
}

#[derive(Deserialize)]
struct Repository {
    owner: Owner,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

#[derive(Deserialize)]
struct PushEvent {
    before: Option<String>,
    repository: Option<PushedTo>,
}

#[derive(Deserialize)]
struct PushedTo {
    default_branch: Option<String>,
}

/// The pull request of an event of GitHub.
///
/// # Errors
/// If it is of none, or cannot be read.
pub(crate) fn subject(name: &str, payload: &str) -> Result<Subject, NoRequest> {
    match name {
        "pull_request" | "pull_request_target" => {
            let PullRequest { number, head, .. } = read::<PullRequestEvent>(payload)?.pull_request;
            let head = Some(sha(&head.sha)?);
            Ok(Subject { request: Which::Number(number), head, job: None })
        }
        "workflow_run" => of_workflow(read::<WorkflowRunEvent>(payload)?.workflow_run),
        other => Err(NoRequest::Other(in_line(other, QUOTED))),
    }
}

/// Characters of a payload that are quoted.
const QUOTED: usize = 200;

fn of_workflow(run: WorkflowRun) -> Result<Subject, NoRequest> {
    if run.event != "pull_request" {
        return Err(NoRequest::Other(in_line(&run.event, QUOTED)));
    }
    let head = sha(&run.head_sha)?;
    // Several may come from one commit; of a fork none is named.
    let named: Vec<_> =
        run.pull_requests.iter().filter(|request| request.head.sha == run.head_sha).collect();
    let request = match (&named[..], run.head_repository, run.head_branch) {
        ([one], ..) => Which::Number(one.number),
        (_, Some(repository), Some(branch)) => {
            Which::From(Head { owner: repository.owner.login, branch })
        }
        _ => {
            let why = "does not say where the pull request comes from; was its fork deleted?";
            return Err(NoRequest::Unreadable(why.to_owned()));
        }
    };
    let job = run.html_url.as_deref().and_then(Link::parse);
    Ok(Subject { request, head: Some(head), job })
}

fn read<T: DeserializeOwned>(payload: &str) -> Result<T, NoRequest> {
    serde_json::from_str(payload)
        .map_err(|cause| NoRequest::Unreadable(in_line(&cause.to_string(), QUOTED)))
}

fn sha(text: &str) -> Result<Sha, NoRequest> {
    let quoted = in_line(text, QUOTED);
    Sha::parse(text).ok_or_else(|| NoRequest::Unreadable(format!("`{quoted}` is no commit")))
}

/// The commits that a pull request goes to and proposes.
///
/// # Errors
/// What is wrong with the payload, as a fragment.
pub(crate) fn event_base(payload: &str) -> Result<(Sha, Sha), String> {
    let told = |no| match no {
        NoRequest::Other(why) | NoRequest::Unreadable(why) => why,
    };
    let request = read::<PullRequestEvent>(payload).map_err(told)?.pull_request;
    let base = request.base.ok_or("does not say where it goes to")?;
    Ok((sha(&base.sha).map_err(told)?, sha(&request.head.sha).map_err(told)?))
}

/// The commit that a branch was at before a push; none of a new branch, and of other events.
pub(crate) fn before(payload: &str) -> Option<Sha> {
    Sha::before_push(&serde_json::from_str::<PushEvent>(payload).ok()?.before?)
}

/// The main branch of the repository that an event is of.
pub(crate) fn main_branch(payload: &str) -> Option<String> {
    serde_json::from_str::<PushEvent>(payload).ok()?.repository?.default_branch
}

#[cfg(test)]
mod tests;
