//! Events as the service writes them, cut to what is read.

use serde_json::{Value, json};

use super::{NoRequest, Subject, Which, before, main_branch, subject};
use crate::ci::forge::{Head, Sha};

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

fn of_workflow(change: impl Fn(&mut Value)) -> String {
    let mut event = json!({"action": "completed", "workflow_run": {
        "id": 7, "event": "pull_request", "head_sha": HEAD, "head_branch": "patch-1",
        "head_repository": {"full_name": "fork/app", "owner": {"login": "fork"}},
        "html_url": "https://forge.example/o/app/actions/runs/7",
        "pull_requests": [],
    }});
    change(&mut event["workflow_run"]);
    event.to_string()
}

#[test]
fn a_pull_request_is_named_by_the_service() {
    let of = |name: &str, payload: &str| {
        let Subject { request, head, job } = subject(name, payload)?;
        let request = match request {
            Which::Number(number) => number.to_string(),
            Which::From(Head { owner, branch }) => format!("{owner}:{branch}"),
        };
        let head = head.map(|head| head.to_string()).unwrap_or_default();
        Ok(format!("{request} {head} {}", if job.is_some() { "job" } else { "" }))
    };
    let check = |name: &str, payload: &str, expected: Result<&str, NoRequest>| {
        assert_eq!(of(name, payload), expected.map(str::to_owned), "{name} {payload}");
    };
    let other = |event: &str| Err(NoRequest::Other(event.to_owned()));
    let unreadable = |why: &str| Err(NoRequest::Unreadable(why.to_owned()));
    let pull = json!({"pull_request": {"number": 12, "head": {"sha": HEAD}}}).to_string();
    check("pull_request", &pull, Ok("12 0123456789ab "));
    check("push", &pull, other("push"));
    check("workflow_run", &of_workflow(|_| {}), Ok("fork:patch-1 0123456789ab job"));
    let named = |sha: &str| {
        of_workflow(|run| run["pull_requests"] = json!([{"number": 3, "head": {"sha": sha}}]))
    };
    check("workflow_run", &named(HEAD), Ok("3 0123456789ab job"));
    // Of another commit: the branch has moved on, or the number is of another pull request.
    check("workflow_run", &named(&"f".repeat(40)), Ok("fork:patch-1 0123456789ab job"));
    check(
        "workflow_run",
        &of_workflow(|run| run["event"] = json!("push\n::error::")),
        other("push\\n::error::"),
    );
    check(
        "workflow_run",
        &of_workflow(|run| run["head_sha"] = json!("x\n")),
        unreadable("`x\\n` is no commit"),
    );
    check(
        "workflow_run",
        &of_workflow(|run| run["head_repository"] = json!(null)),
        unreadable("does not say where the pull request comes from; was its fork deleted?"),
    );
    check("pull_request", "{}", unreadable("missing field `pull_request` at line 1 column 2"));
    check("workflow_run", "", unreadable("EOF while parsing a value at line 1 column 0"));
}

#[test]
fn a_push_knows_what_was_before() {
    let check = |payload: Value, expected: Option<&str>| {
        let before = before(&payload.to_string());
        assert_eq!(before.as_ref().map(Sha::as_str), expected, "{payload}");
    };
    check(json!({"before": HEAD, "after": "f"}), Some(HEAD));
    check(json!({"before": "0".repeat(40)}), None);
    check(json!({"before": "--upload-pack=x"}), None);
    check(json!({}), None);
    assert_eq!(before("no json"), None);
    let event = json!({"repository": {"default_branch": "trunk"}}).to_string();
    assert_eq!(main_branch(&event).as_deref(), Some("trunk"));
}
