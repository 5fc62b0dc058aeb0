//! `cargo perfreg ci base`: the commit that a job's is to be compared with.

use crate::ci::forge::Sha;
use crate::ci::{Service, before, event_base};
use crate::commands::ci::surroundings::{event, service, variable};
use crate::commands::workspace;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::git::Git;

/// Prints the commit in full.
///
/// # Errors
/// If there is no repository, or nothing before this commit.
pub(super) fn run(context: &Context) -> Result<ExitCode, Error> {
    let git = Git::of(workspace(context)?.root())?;
    let wanted = wanted(&git)?;
    let base = match wanted {
        Wanted::Parent => git.snapshot("HEAD^1")?,
        Wanted::Commit(commit) => git.snapshot(&commit)?,
        Wanted::MergeBase(other) => {
            let other = git.snapshot(&other)?.commit.unwrap_or_default();
            let found = git.merge_base(&other, "HEAD").map_err(|why| {
                Error::usage(format!("{other} and HEAD have nothing in common: {why}"))
            })?;
            git.snapshot(&found)?
        }
    };
    context.print(&format!("{}\n", base.commit.unwrap_or_default()))?;
    Ok(ExitCode::Fine)
}

/// What is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Wanted {
    /// The commit before this one, along first parents.
    Parent,
    Commit(String),
    /// Where this commit's branch left the other.
    MergeBase(String),
}

fn wanted(git: &Git) -> Result<Wanted, Error> {
    Ok(match service(None) {
        Service::Github => match event()? {
            Some((name, payload)) if name.starts_with("pull_request") => {
                of_pull_request(git, &payload)?
            }
            Some((_, payload)) => before_push(git, before(&payload)),
            None => before_push(git, None),
        },
        Service::Gitlab => match variable("CI_MERGE_REQUEST_DIFF_BASE_SHA") {
            Some(base) => Wanted::MergeBase(base),
            None => {
                let before = variable("CI_COMMIT_BEFORE_SHA");
                before_push(git, before.as_deref().and_then(Sha::before_push))
            }
        },
        Service::Plain => of_branch(git),
    })
}

/// A checkout of a pull request is a merge into the branch that it goes to, unless somebody asked for
/// another: then its first parent is that branch as it was merged into.
fn of_pull_request(git: &Git, payload: &str) -> Result<Wanted, Error> {
    let (base, head) =
        event_base(payload).map_err(|why| Error::usage(format!("the event of this job: {why}")))?;
    let second = git.say(&["rev-parse", "--verify", "--quiet", "HEAD^2"]);
    Ok(match second {
        Ok(second) if second == head.as_str() => Wanted::Parent,
        _ => Wanted::MergeBase(base.as_str().to_owned()),
    })
}

/// The commit before a push, if it is one of the past: after a force it may be anywhere.
fn before_push(git: &Git, before: Option<Sha>) -> Wanted {
    let past = before.filter(|before| git.is_ancestor(before.as_str(), "HEAD"));
    past.map_or(Wanted::Parent, |before| Wanted::Commit(before.as_str().to_owned()))
}

/// On a branch of one's own, where it left the main one.
fn of_branch(git: &Git) -> Wanted {
    let main = git.say(&["rev-parse", "--abbrev-ref", "origin/HEAD"]).ok();
    let here = git.say(&["rev-parse", "HEAD"]);
    match main {
        Some(main) => match git.merge_base(&main, "HEAD") {
            Ok(base) if Ok(&base) != here.as_ref() => Wanted::Commit(base),
            _ => Wanted::Parent,
        },
        None => Wanted::Parent,
    }
}
