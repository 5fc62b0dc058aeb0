//! The action of GitHub: its steps, as `action.yml` has them, run as a runner would in a fresh clone, with a
//! forge on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use perfreg_core::Verdict::{Regressed, Unchanged};
use perfreg_core::model::Outcome;
use perfreg_core::store::Workspace;
use serde_json::{Value, json};
use yaml_rust2::{Yaml, YamlLoader};

use crate::ci::{of_fork, pull_request};
use crate::diff::{commit, git, repository};
use crate::fake::{Fake, Kind, TOKEN};
use crate::project::{Project, SHARED_TARGET, Said, WORKSPACE};
use crate::scripted::record_of;

/// A runner with a clone of a repository.
struct Runner<'a> {
    project: &'a Project,
    clone: tempfile::TempDir,
    fake: &'a Fake,
}

/// How a use of the action went.
struct Done {
    code: i32,
    log: String,
    outputs: BTreeMap<String, String>,
}

impl<'a> Runner<'a> {
    fn new(project: &'a Project, fake: &'a Fake) -> Self {
        let clone = tempfile::tempdir().unwrap();
        let from = project.path("").display().to_string();
        git(project, &["clone", "--quiet", &from, &clone.path().display().to_string()]);
        Self { project, clone, fake }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.clone.path().join(file)
    }

    /// Checks out a revision of the project, as the action of that name does.
    fn check_out(&self, revision: &str) -> String {
        let clone = self.clone.path().display().to_string();
        git(self.project, &["-C", &clone, "fetch", "--quiet", "origin"]);
        git(self.project, &["-C", &clone, "checkout", "--quiet", "--detach", revision]);
        git(self.project, &["-C", &clone, "rev-parse", "HEAD"]).stdout.trim().to_owned()
    }

    /// Runs the steps of the action with these inputs, in a job of this event.
    fn uses(&self, inputs: &[(&str, &str)], event: &(&str, Value)) -> Done {
        let text = std::fs::read_to_string(Path::new(WORKSPACE).join("action.yml")).unwrap();
        let action = &YamlLoader::load_from_str(&text).unwrap()[0];
        let inputs = inputs_of(action, inputs);
        let mut done = Done { code: 0, log: String::new(), outputs: BTreeMap::new() };
        for step in action["runs"]["steps"].as_vec().unwrap() {
            if done.code == 0 && is_wanted(step, &inputs) {
                let said = Said::from(self.step(step, &inputs, event).output().unwrap());
                done.code = said.code.unwrap();
                done.log += &format!("{}{}", said.stdout, said.stderr);
            }
        }
        assert!(!done.log.contains(TOKEN), "{}", done.log);
        done.outputs = outputs(&std::fs::read_to_string(self.path("output")).unwrap_or_default());
        done
    }

    fn step(
        &self,
        step: &Yaml,
        inputs: &BTreeMap<String, String>,
        event: &(&str, Value),
    ) -> Command {
        assert_eq!(step["shell"].as_str(), Some("bash"), "{step:?}");
        let script = evaluated(step["run"].as_str().unwrap(), inputs);
        // As GitHub starts its bash.
        let words = ["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &script];
        let mut command = self.project.command("bash", &words);
        let folder = step["working-directory"].as_str().unwrap_or(".");
        command.current_dir(self.path(&evaluated(folder, inputs)));
        std::fs::write(self.path("event.json"), event.1.to_string()).unwrap();
        let tool = Path::new(env!("CARGO_BIN_EXE_cargo-perfreg")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths(
            std::iter::once(tool.to_owned()).chain(std::env::split_paths(&path)),
        );
        command.env("PATH", path.unwrap()).env("CI", "true").env("GITHUB_ACTIONS", "true");
        command.env("GITHUB_ACTION_PATH", Path::new(WORKSPACE).canonicalize().unwrap());
        command.env("GITHUB_EVENT_NAME", event.0).env("GITHUB_EVENT_PATH", self.path("event.json"));
        command.env("GITHUB_STEP_SUMMARY", self.path("summary.md"));
        command.env("GITHUB_OUTPUT", self.path("output"));
        command.env("GITHUB_API_URL", &self.fake.url).env("GITHUB_REPOSITORY", "o/app");
        command.env("GITHUB_REF", "refs/heads/main");
        for (name, value) in step["env"].as_hash().unwrap() {
            command.env(name.as_str().unwrap(), evaluated(value.as_str().unwrap(), inputs));
        }
        command
    }
}

/// What is given, and what the action says of the rest.
fn inputs_of(action: &Yaml, given: &[(&str, &str)]) -> BTreeMap<String, String> {
    let all = action["inputs"].as_hash().unwrap();
    for (name, _) in given {
        assert!(all.contains_key(&Yaml::String((*name).to_owned())), "there is no input {name}");
    }
    let value = |name: &str, about: &Yaml| {
        let given = given.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
        given.or(about["default"].as_str()).unwrap_or_default().to_owned()
    };
    let inputs = all.iter().map(|(name, about)| {
        let name = name.as_str().unwrap();
        (name.to_owned(), value(name, about))
    });
    inputs.collect()
}

/// The two conditions that the action uses.
fn is_wanted(step: &Yaml, inputs: &BTreeMap<String, String>) -> bool {
    match step["if"].as_str() {
        None => true,
        Some("inputs.mode == 'measure'") => inputs["mode"] == "measure",
        Some("inputs.mode != 'measure'") => inputs["mode"] != "measure",
        Some(other) => panic!("the runner of this test does not know `{other}`"),
    }
}

/// A text with its expressions replaced.
fn evaluated(text: &str, inputs: &BTreeMap<String, String>) -> String {
    let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
    let (expression, after) = rest.split_once("}}").unwrap();
    let value = match expression.trim() {
        "github.token" => TOKEN.to_owned(),
        other => match other.strip_prefix("inputs.").and_then(|name| inputs.get(name)) {
            Some(value) => evaluated(value, inputs),
            None => panic!("the runner of this test does not know `{other}`"),
        },
    };
    format!("{before}{value}{}", evaluated(after, inputs))
}

/// What a step left in the file of its outputs, the last one of each name.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut lines = text.lines();
    let mut outputs = BTreeMap::new();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").unwrap();
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}

impl Done {
    #[track_caller]
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.log);
        self
    }
}

fn push(before: &str) -> (&'static str, Value) {
    ("push", json!({"before": before, "repository": {"default_branch": "main"}}))
}

/// What the jobs leave: of a pull request, after another push, and of the main branch, twice.
const RECORDS: [&str; 4] = ["first.json", "second.json", "main.json", "again.json"];

/// From the second job on: a pull request is told of, again after a push, and an issue is opened once.
fn tell(runner: &Runner<'_>, heads: [&str; 2]) {
    let [first, second, main, again] = RECORDS;
    let fake = runner.fake;
    for (record, head) in [(first, heads[0]), (second, heads[1])] {
        fake.pull(7, "fork:faster", head);
        let inputs = [("mode", "comment"), ("record", record)];
        let done = runner.uses(&inputs, &of_fork(head)).expect(0);
        assert!(done.log.contains("on pull request 7\n"), "{}", done.log);
        let comments = fake.comments();
        assert_eq!(comments.len(), 1, "{comments:?}");
        assert!(comments[0].contains("## perfreg: 1 test regressed"), "{}", comments[0]);
    }
    let changes = |asked: &&String| asked.starts_with("PATCH ");
    assert_eq!(fake.requests().iter().filter(changes).count(), 1, "{:?}", fake.requests());
    let issue = [("mode", "issue"), ("record", main), ("confirmation", again)];
    for expected in ["opened issue 1\n", "no issue: #1 is open\n"] {
        let done = runner.uses(&issue, &push(heads[0])).expect(0);
        assert!(done.log.contains(expected), "{}", done.log);
    }
    assert_eq!(fake.issues().len(), 1);
}

#[test]
#[cfg(unix)]
fn the_action_tells_what_records_say() {
    let fake = Fake::start(Kind::GitHub);
    let project = Project::new(&[("perfreg.toml", "[severity.latency]\ncritical = \"15%\"\n")]);
    project.cargo(&["generate-lockfile"]).expect(0);
    git(&project, &["init", "--quiet", "--initial-branch=main"]);
    commit(&project, "begin");
    let runner = Runner::new(&project, &fake);
    for (day, file) in RECORDS.iter().enumerate() {
        let mut run = record_of("slow", Outcome::Measured, &[Regressed]);
        run.started = format!("2026-01-{:02}T00:00:00Z", day + 1);
        // No two measurements agree to the last digit.
        run.cases[0].judgements[0].current += day as f64;
        Workspace::at(&project.path("")).keep_record(&run).unwrap();
        let file = runner.path(file).display().to_string();
        project.perfreg(&["ci", "--write", &file, "--fail-on", "never"]).expect(0);
    }
    let heads = ["1".repeat(40), "2".repeat(40)];
    tell(&runner, [&heads[0], &heads[1]]);

    // What is not asked for is not done.
    let odd = runner.uses(&[("mode", "dance")], &push(&heads[0])).expect(2);
    assert!(odd.log.contains("there is no mode `dance`"), "{}", odd.log);
    let gone = [("mode", "comment"), ("record", "gone.json")];
    let gone = runner.uses(&gone, &of_fork(&heads[1])).expect(70);
    assert!(gone.log.contains("cannot read gone.json"), "{}", gone.log);
    // Records of several machines, a line each.
    let mut run = record_of("fast", Outcome::Measured, &[Unchanged]);
    run.host.cpu = "another".to_owned();
    let other = Project::new(&[]);
    other.cargo(&["generate-lockfile"]).expect(0);
    Workspace::at(&other.path("")).keep_record(&run).unwrap();
    let file = runner.path("other.json").display().to_string();
    other.perfreg(&["ci", "--write", &file]).expect(0);
    let both = [("mode", "comment"), ("record", "second.json\nother.json\n"), ("key", "both")];
    runner.uses(&both, &of_fork(&heads[1])).expect(0);
    let comment = fake.comments().pop().unwrap();
    assert!(comment.contains("2 selected: 1 regressed, 1 unchanged"), "{comment}");
}

#[test]
#[cfg(unix)]
#[ignore = "measures: optimised builds of several states of a project, a minute"]
fn a_slower_pull_request_gets_a_comment_and_main_an_issue() {
    let fake = Fake::start(Kind::GitHub);
    let project = repository("action");
    project.write("perfreg.toml", "[severity.latency]\ncritical = \"15%\"\n");
    commit(&project, "settle");
    let runner = Runner::new(&project, &fake);
    let base = runner.check_out("origin/main");
    let measure = |revision: &str, record: &str, event: &dyn Fn(&str) -> (&'static str, Value)| {
        let head = runner.check_out(revision);
        let target = format!("-t sort --target-dir {SHARED_TARGET}");
        let inputs = [("arguments", &*target), ("record", record), ("fail-on", "critical")];
        let done = runner.uses(&inputs, &event(&head)).expect(1);
        let told = |name: &str| done.outputs[name].as_str();
        assert_eq!((told("verdict"), told("critical")), ("regressed", "1"), "{}", done.log);
        let annotation = "::error file=tests/perf.rs,line=12,title=perf%3A%3Asort [20]%3A ";
        assert!(done.log.contains(annotation), "{}", done.log);
        let (stop, end) = (done.log.find("::stop-commands::"), done.log.find("\n::perfreg-"));
        assert!(stop < end && end < done.log.find("::error "), "{}", done.log);
        head
    };
    let of_pull_request = |head: &str| pull_request(head, &base);
    git(&project, &["switch", "--quiet", "--create", "faster"]);
    project.set_work("sort", 120);
    commit(&project, "20 % more work");
    let one = measure("origin/faster", RECORDS[0], &of_pull_request);
    project.set_work("sort", 125);
    commit(&project, "and more");
    let two = measure("origin/faster", RECORDS[1], &of_pull_request);
    git(&project, &["switch", "--quiet", "main"]);
    git(&project, &["merge", "--quiet", "--ff-only", "faster"]);
    let of_push = |_: &str| push(&base);
    measure("origin/main", RECORDS[2], &of_push);
    measure("origin/main", RECORDS[3], &of_push);
    let record: Value =
        serde_json::from_slice(&std::fs::read(runner.path(RECORDS[0])).unwrap()).unwrap();
    assert_eq!(record["compared"]["head"], "HEAD (".to_owned() + &one[..12] + ")");
    assert_eq!(record["tests"][0]["run"]["cases"][0]["judgements"][0]["threshold"], 0.02);
    let summary = std::fs::read_to_string(runner.path("summary.md")).unwrap();
    assert_eq!(summary.matches("## perfreg: 1 test regressed (1 critical)").count(), 4);
    tell(&runner, [&one, &two]);
}
