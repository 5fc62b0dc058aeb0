//! Services of continuous integration, through the real binary: what is written where, and what a forge on
//! this machine is asked. All records are prepared, so that nothing is measured.

use std::process::Command;

use perfreg_core::Verdict::{self, Regressed, Unchanged};
use perfreg_core::model::Outcome;
use perfreg_core::store::Workspace;
use serde_json::{Value, json};

use crate::fake::{Fake, Kind, TOKEN};
use crate::project::{Project, Said, with};
use crate::scripted::record_of;

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

/// A project whose regressions are critical, with a run of each test.
fn project(tests: &[(&str, Verdict)]) -> Project {
    let project = Project::new(&[("perfreg.toml", "[severity.latency]\ncritical = \"15%\"\n")]);
    project.cargo(&["generate-lockfile"]).expect(0);
    measured(&project, tests, 1);
    project
}

/// Keeps runs of tests on a day of January.
fn measured(project: &Project, tests: &[(&str, Verdict)], day: u32) {
    for (test, verdict) in tests {
        let mut run = record_of(test, Outcome::Measured, &[*verdict]);
        run.started = format!("2026-01-{day:02}T00:00:00Z");
        Workspace::at(&project.path("")).keep_record(&run).unwrap();
    }
}

/// `cargo perfreg ci …` in a job of GitHub with this event.
fn job(project: &Project, words: &[&str], fake: &Fake, event: &(&str, Value)) -> Command {
    project.write("event.json", &event.1.to_string());
    let path = project.path("event.json").display().to_string();
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", &fake.url),
        ("GITHUB_REPOSITORY", "o/app"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_EVENT_NAME", event.0),
        ("GITHUB_EVENT_PATH", &path),
        ("GITHUB_TOKEN", TOKEN),
    ];
    with(project.perfreg_command(&[&["ci"], words].concat()), &variables)
}

fn said(mut command: Command) -> Said {
    let said = Said::from(command.output().unwrap());
    assert!(!said.mentions(TOKEN), "{said}");
    said
}

/// The end of a job that measured a pull request from a fork.
pub(crate) fn of_fork(head: &str) -> (&'static str, Value) {
    let run = json!({
        "event": "pull_request", "head_sha": head, "head_branch": "faster",
        "head_repository": {"owner": {"login": "fork"}}, "pull_requests": [],
        "html_url": "https://forge.example/runs/7",
    });
    ("workflow_run", json!({ "workflow_run": run }))
}

/// A job of a pull request that proposes `head`, to where `base` is.
pub(crate) fn pull_request(head: &str, base: &str) -> (&'static str, Value) {
    let request = json!({"number": 7, "head": {"sha": head}, "base": {"sha": base}});
    ("pull_request", json!({ "pull_request": request }))
}

#[test]
fn each_service_is_told_in_its_own_way() {
    let project = project(&[("fine", Unchanged), ("slow", Regressed)]);
    let plain = project.perfreg(&["ci"]).expect(1);
    assert!(plain.stdout.starts_with("error: scripted::slow: "), "{plain}");
    assert!(plain.stdout.contains("\n --> tests/scripted.rs:1\n"), "{plain}");
    assert!(plain.stdout.ends_with("perfreg: 1 test regressed (1 critical)\n"), "{plain}");
    project.perfreg(&["ci", "--fail-on", "never"]).expect(0);

    let file = |name: &str| project.path(name).display().to_string();
    let (summary, output) = (file("summary.md"), file("output"));
    project.write("summary.md", "of an earlier command\n");
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_STEP_SUMMARY", &*summary),
        ("GITHUB_OUTPUT", &*output),
    ];
    let github = said(with(project.perfreg_command(&["ci"]), &variables)).expect(1);
    let annotation = "::error file=tests/scripted.rs,line=1,title=scripted%3A%3Aslow%3A ";
    assert!(github.stdout.starts_with(annotation), "{github}");
    let summary = project.read("summary.md");
    let begin = "of an earlier command\n## perfreg: 1 test regressed (1 critical)\n";
    assert!(summary.starts_with(begin), "{summary}");
    let output = project.read("output");
    for part in ["verdict<<perfreg-", "\nregressed\n", "critical<<", "\n1\n"] {
        assert!(output.contains(part), "{part:?} is not in {output}");
    }
    let without = [("GITHUB_ACTIONS", "true")];
    let said_so = said(with(project.perfreg_command(&["ci"]), &without)).expect(1);
    assert!(said_so.stderr.contains("GITHUB_OUTPUT is not set"), "{said_so}");

    said(with(project.perfreg_command(&["ci"]), &[("GITLAB_CI", "true")])).expect(1);
    let quality: Value = serde_json::from_str(&project.read("perfreg-code-quality.json")).unwrap();
    assert_eq!(quality[0]["location"], json!({"path": "tests/scripted.rs", "lines": {"begin": 1}}));
    assert!(project.read("perfreg-metrics.txt").ends_with("# EOF\n"));
    assert!(project.read("perfreg.env").contains("PERFREG_CRITICAL=1\n"));
}

#[test]
fn a_record_is_handed_on() {
    let project = project(&[("fine", Unchanged), ("slow", Regressed)]);
    project.perfreg(&["ci", "--write", "out/record.json"]).expect(1);
    let last = project.perfreg(&["ci"]).expect(1);
    let elsewhere = Project::new(&[]);
    let record = project.path("out/record.json").display().to_string();
    let read = elsewhere.perfreg(&["ci", "--record", &record]).expect(1);
    assert_eq!(read.stdout, last.stdout);
    let read = elsewhere.perfreg(&["ci", "--record", &record, "--record", &record]).expect(2);
    assert!(read.stderr.contains("has scripted::fine twice"), "{read}");
    let refused = |text: &str, why: &str| {
        elsewhere.write("bad.json", text);
        let said = elsewhere.perfreg(&["ci", "--record", "bad.json"]).expect(2);
        assert!(said.stderr.contains(why) && said.stderr.lines().count() == 1, "{said}");
    };
    let whole = project.read("out/record.json");
    refused(&whole[..whole.len() / 2], "bad.json: EOF while parsing");
    refused(&whole.replace("perfreg-ci/1", "perfreg-ci/2"), "has schema `perfreg-ci/2`");
    refused(&whole.replace("regressed", "x\\n::error::"), "unknown variant `x\\n::error::`");
    refused(&" ".repeat(17 << 20), "has more than 16777216 bytes");
    #[cfg(unix)]
    {
        std::fs::remove_file(elsewhere.path("bad.json")).unwrap();
        std::os::unix::fs::symlink("/proc/self/environ", elsewhere.path("bad.json")).unwrap();
        let said = elsewhere.perfreg(&["ci", "--record", "bad.json"]).expect(2);
        assert!(said.stderr.contains("bad.json is no file"), "{said}");
    }
}

#[test]
fn a_pull_request_has_one_comment() {
    let fake = Fake::start(Kind::GitHub);
    fake.pull(7, "fork:faster", HEAD);
    let project = project(&[("slow", Unchanged)]);
    let comment = |words: &[&str], event: (&str, Value)| {
        project.perfreg(&["ci", "--write", "record.json", "--fail-on", "never"]).expect(0);
        said(job(
            &project,
            &[&["comment", "--record", "record.json"], words].concat(),
            &fake,
            &event,
        ))
    };
    fake.comment("<!-- perfreg:perfreg -->\n## perfreg: somebody else's");
    let first = comment(&[], of_fork(HEAD)).expect(0);
    assert_eq!(first.stdout, "commented on pull request 7\n");
    assert_eq!(comment(&[], of_fork(HEAD)).expect(0).stdout, "nothing new for pull request 7\n");
    // The next push made it slower, after one that is not answered at once.
    measured(&project, &[("slow", Regressed)], 2);
    let (pushed, elsewhere) = ("f".repeat(40), "a".repeat(40));
    fake.pull(7, "fork:faster", &pushed);
    fake.script(502, "", "");
    let changed = comment(&[], of_fork(&pushed)).expect(0);
    assert_eq!(changed.stdout, "changed the comment, and told news, on pull request 7\n");
    // A job of an older commit comes late, and another account of the forge has no say.
    let late = comment(&[], of_fork(HEAD)).expect(0);
    let why = "no comment: no open pull request of fork:faster is at that commit\n";
    assert_eq!(late.stdout, why);
    let late = comment(&["--pull-request", "7"], of_fork(&elsewhere)).expect(0);
    assert!(late.stdout.contains("pull request 7 is at ffffffffffff now"), "{late}");
    let other = comment(&["--key", "nightly"], of_fork(&pushed)).expect(0);
    assert_eq!(other.stdout, "commented on pull request 7\n");
    let [foreign, sticky, alert, nightly] = &fake.comments()[..] else {
        panic!("{:?}", fake.comments())
    };
    assert!(foreign.ends_with("somebody else's"), "{foreign}");
    assert!(sticky.contains("## perfreg: 1 test regressed (1 critical)"), "{sticky}");
    assert!(
        sticky.contains("[The job that measured it](https://forge.example/runs/7)"),
        "{sticky}"
    );
    assert!(
        alert.starts_with("<!-- perfreg-alert:perfreg -->") && alert.contains("slow"),
        "{alert}"
    );
    assert!(nightly.starts_with("<!-- perfreg:nightly -->"), "{nightly}");
    let writes = fake.requests().iter().filter(|asked| !asked.starts_with("GET")).count();
    assert_eq!(writes, 4, "{:?}", fake.requests());
}

#[test]
fn what_keeps_a_comment_from_being_written_is_told() {
    let fake = Fake::start(Kind::GitHub);
    let project = project(&[("slow", Regressed)]);
    project.perfreg(&["ci", "--write", "record.json", "--fail-on", "never"]).expect(0);
    let words = ["comment", "--record", "record.json"];
    let check = |change: &dyn Fn(&mut Command), event: (&str, Value), code: i32, why: &str| {
        let mut command = job(&project, &words, &fake, &event);
        change(&mut command);
        let said = said(command).expect(code);
        assert!(said.mentions(why), "{said} lacks {why}");
    };
    let as_it_is = |_: &mut Command| {};
    check(&as_it_is, ("push", json!({})), 2, "the event `push` is of no pull request");
    check(&as_it_is, ("workflow_run", json!({})), 2, "the event of this job: missing field");
    check(&as_it_is, of_fork("x\n::error::"), 2, "`x\\n::error::` is no commit");
    // A number out of an artifact is no better than the artifact.
    let number = |command: &mut Command| _ = command.args(["--pull-request", "7"]);
    let of_push = ("workflow_run", json!({"workflow_run": {"event": "push", "head_sha": HEAD}}));
    check(&number, of_push, 2, "the event `push` is of no pull request");
    check(&number, ("workflow_run", json!({})), 2, "the event of this job: missing field");
    check(&number, ("workflow_dispatch", json!({})), 70, "/repos/o/app/pulls/7 answered 404");
    let without = |command: &mut Command| _ = command.env_remove("GITHUB_TOKEN");
    check(&without, of_fork(HEAD), 2, "neither GITHUB_TOKEN nor GH_TOKEN is set");
    let open = |command: &mut Command| _ = command.env("GITHUB_API_URL", "http://forge.example");
    check(&open, of_fork(HEAD), 2, "GITHUB_API_URL: `http://forge.example` is no address");
    let wrong = |command: &mut Command| _ = command.env("GITHUB_TOKEN", "wrong");
    check(&wrong, of_fork(HEAD), 70, "answered 401: Bad credentials; the token is not valid");
    let nowhere = |command: &mut Command| _ = command.env_remove("GITHUB_ACTIONS");
    check(&nowhere, of_fork(HEAD), 2, "--service github|gitlab");
    // The token of a fork's own pull request may read and no more.
    fake.pull(7, "fork:faster", HEAD);
    let event = ("pull_request", json!({"pull_request": {"number": 7, "head": {"sha": HEAD}}}));
    let answers = [
        (200, format!("{{\"number\": 7, \"state\": \"open\", \"head\": {{\"sha\": \"{HEAD}\"}}}}")),
        (403, "{}".to_owned()),
        (200, "[]".to_owned()),
        (403, "{\"message\": \"no\"}".to_owned()),
    ];
    for (status, body) in answers {
        fake.script(status, "", &body);
    }
    check(
        &as_it_is,
        event,
        70,
        "/repos/o/app/issues/7/comments answered 403: no; the token may not",
    );
    assert_eq!(fake.comments().len(), 0);
    let other = |command: &mut Command| _ = command.args(["--as", "me"]);
    check(&other, of_fork(HEAD), 2, "this token writes as github-actions[bot], not as me");
}

#[test]
fn the_main_branch_gets_an_issue_once() {
    let fake = Fake::start(Kind::GitHub);
    let project = project(&[("slow", Regressed), ("late", Regressed)]);
    let leave = |file: &str| {
        project.perfreg(&["ci", "--write", file, "--fail-on", "never"]).expect(0);
    };
    let push = || ("push", json!({"repository": {"default_branch": "main"}}));
    let issue = |files: [&str; 2], event| {
        let words = ["issue", "--record", files[0], "--confirmation", files[1]];
        job(&project, &words, &fake, &event)
    };
    leave("first.json");
    measured(&project, &[("slow", Regressed), ("late", Unchanged)], 2);
    leave("second.json");
    let both = ["first.json", "second.json"];
    let opened = said(issue(both, push())).expect(0);
    assert_eq!(opened.stdout, "opened issue 1\n");
    assert_eq!(said(issue(both, push())).expect(0).stdout, "no issue: #1 is open\n");
    let [(title, body)] = &fake.issues()[..] else { panic!("{:?}", fake.issues()) };
    assert!(title.contains("scripted::slow") && title.contains("critical"), "{title}");
    assert!(body.contains("and again: ") && !body.contains("scripted::late"), "{body}");

    let same = said(issue(["first.json", "first.json"], push())).expect(2);
    assert!(same.mentions("the confirmation is of the same measurement"), "{same}");
    let mut branch = issue(both, push());
    branch.env("GITHUB_REF", "refs/heads/topic");
    let branch = said(branch).expect(2);
    assert!(
        branch.mentions("issues are of the main branch, main; this job is of topic"),
        "{branch}"
    );
    let untrusted = said(issue(both, of_fork(HEAD))).expect(2);
    assert!(untrusted.mentions("the event `workflow_run` is of another job"), "{untrusted}");
    assert_eq!(fake.issues().len(), 1);
    // A token that may not set labels opens what is never found again.
    let opened = "{\"number\": 9, \"user\": {\"login\": \"github-actions[bot]\"}, \"labels\": []}";
    for (status, body) in [(403, "{}"), (200, "[]"), (201, opened)] {
        fake.script(status, "", body);
    }
    let lost = said(issue(both, push())).expect(2);
    assert!(lost.mentions("issue 9 is of github-actions[bot] and may lack the label"), "{lost}");
}

#[test]
fn a_merge_request_has_a_note_and_its_project_an_issue() {
    let fake = Fake::start(Kind::GitLab);
    fake.pull(7, "faster", HEAD);
    let project = project(&[("slow", Regressed)]);
    let gitlab = |words: &[&str], more: &[(&str, &str)]| {
        let variables = [
            ("GITLAB_CI", "true"),
            ("CI_API_V4_URL", &*fake.url),
            ("CI_PROJECT_ID", "42"),
            ("CI_COMMIT_SHA", HEAD),
            ("CI_DEFAULT_BRANCH", "main"),
            ("PERFREG_GITLAB_TOKEN", TOKEN),
        ];
        let command = project.perfreg_command(&[&["ci"], words].concat());
        said(with(with(command, &variables), more))
    };
    gitlab(&["--write", "first.json", "--fail-on", "never"], &[]).expect(0);
    let comment = ["comment", "--record", "first.json"];
    let of_request = [("CI_MERGE_REQUEST_IID", "7")];
    let first = gitlab(&comment, &of_request).expect(0);
    assert_eq!(first.stdout, "commented on pull request 7\n");
    let again = gitlab(&comment, &of_request).expect(0);
    assert_eq!(again.stdout, "nothing new for pull request 7\n");
    let none = gitlab(&comment, &[]).expect(2);
    assert!(none.mentions("this pipeline is of no merge request"), "{none}");
    let moved = gitlab(&comment, &[of_request[0], ("CI_COMMIT_SHA", &"f".repeat(40))]).expect(0);
    assert!(moved.stdout.contains("and ffffffffffff was measured"), "{moved}");
    assert_eq!(fake.comments().len(), 1);

    measured(&project, &[("slow", Regressed)], 2);
    gitlab(&["--write", "second.json", "--fail-on", "never"], &[]).expect(0);
    let issue = ["issue", "--record", "first.json", "--confirmation", "second.json"];
    let on_main = [("CI_COMMIT_BRANCH", "main")];
    assert_eq!(gitlab(&issue, &on_main).expect(0).stdout, "opened issue 1\n");
    assert_eq!(gitlab(&issue, &on_main).expect(0).stdout, "no issue: #1 is open\n");
    gitlab(&issue, &[("CI_COMMIT_BRANCH", "topic")]).expect(2);
    assert_eq!(fake.issues().len(), 1);
}

#[test]
fn the_commit_to_compare_with_is_known() {
    use crate::diff::{commit, git};
    let project = Project::new(&[]);
    project.cargo(&["generate-lockfile"]).expect(0);
    git(&project, &["init", "--quiet", "--initial-branch=main"]);
    let at = |name: &str| {
        project.write("state", name);
        commit(&project, name);
        git(&project, &["rev-parse", "HEAD"]).stdout.trim().to_owned()
    };
    let (first, second) = (at("first"), at("second"));
    git(&project, &["switch", "--quiet", "--create", "topic", &first]);
    let (_, topic) = (at("begun"), at("topic"));
    let fake = Fake::start(Kind::GitHub);
    let base = |event: (&str, Value)| {
        let answer = said(job(&project, &["base"], &fake, &event)).expect(0);
        answer.stdout.trim().to_owned()
    };
    // The commit that is proposed, and its merge into where it goes to, as GitHub checks it out.
    assert_eq!(base(pull_request(&topic, &second)), first);
    git(&project, &["checkout", "--quiet", "--detach", "main"]);
    git(&project, &["merge", "--quiet", "--no-ff", "-m", "merge", "-s", "ours", "topic"]);
    assert_eq!(base(pull_request(&topic, &first)), second);
    git(&project, &["switch", "--quiet", "main"]);
    let push = |before: &str| base(("push", json!({ "before": before })));
    let third = at("third");
    assert_eq!(push(&first), first);
    // After a force, of a new branch, and of nothing at all: the commit before.
    assert_eq!(push(&topic), second);
    assert_eq!(push(&"0".repeat(40)), second);
    assert_eq!(base(("schedule", json!({}))), second);
    assert_eq!(project.perfreg(&["ci", "base"]).expect(0).stdout.trim(), second);
    let gitlab = |name: &str, commit: &str| {
        let variables = [("GITLAB_CI", "true"), (name, commit)];
        let answer = said(with(project.perfreg_command(&["ci", "base"]), &variables)).expect(0);
        answer.stdout.trim().to_owned()
    };
    assert_eq!(gitlab("CI_MERGE_REQUEST_DIFF_BASE_SHA", &first), first);
    assert_eq!(gitlab("CI_COMMIT_BEFORE_SHA", &first), first);
    assert_eq!(gitlab("CI_COMMIT_BEFORE_SHA", &topic), second);
    assert_eq!(gitlab("CI_COMMIT_BEFORE_SHA", &"0".repeat(40)), second);
    assert_ne!(third, second);
}
