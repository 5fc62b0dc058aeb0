//! A history that a team shares, through the real binary and a real PostgreSQL server: what
//! is sent, asked, exported and pruned, and what becomes of it where the server gives no answer.

use perfreg_core::Verdict;
use perfreg_core::model::{Outcome, Revision, Run};
use perfreg_core::store::{Workspace, text_of_record};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::partitioned::tree;
use crate::project::{Project, Said, with};
use crate::scripted::{self, Script, prepare, record_of};
use crate::server::{PASSWORD, Server, Stop};

pub(crate) const DATABASE: &str = "postgres";

/// A workspace called `team` in the store.
pub(crate) fn workspace() -> Project {
    let project = Project::new(&[("perfreg.toml", "[store]\nproject = 'team'\n")]);
    project.cargo(&["generate-lockfile"]).expect(0);
    project
}

/// Puts a run of the `nth` moment into the archive of the project, as measuring would have; its
/// digest.
pub(crate) fn archive(project: &Project, test: &str, nth: usize) -> String {
    let mut run = record_of(test, Outcome::Measured, &[Verdict::Unchanged, Verdict::Unchanged]);
    let (month, day, minute) = (nth % 12 + 1, nth / 12 % 28 + 1, nth / 336);
    run.started = format!("2026-{month:02}-{day:02}T00:{minute:02}:00Z");
    run.revision = Some(Revision {
        commit: format!("{:08x}{}", 0xabcd_0000 + nth, "0".repeat(32)),
        dirty: false,
        branch: Some("main".to_owned()),
        subject: Some("a change".to_owned()),
        authored: None,
    });
    run.cases[0].judgements[0].current = 1_000.0 + nth as f64;
    run.cases[0].judgements[1].metric.name = "other".to_owned();
    keep(project, &run)
}

/// Puts a run into the archive of the project; its digest.
pub(crate) fn keep(project: &Project, run: &Run) -> String {
    let text = text_of_record(run);
    let digest: String =
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    project.write(&format!(".perfreg/history/runs/{}/{digest}.json", &digest[..2]), &text);
    digest
}

/// The words with the store behind them, in the environment as CI has it.
pub(crate) fn ask(project: &Project, server: &Server, words: &[&str]) -> Said {
    let address = server.address(DATABASE);
    let command = with(project.perfreg_command(words), &[("PERFREG_STORE", &address)]);
    let said = Said::from({ command }.output().unwrap());
    let secret = PASSWORD.replace("%40", "@");
    assert!(!said.mentions(&secret) && !said.mentions(PASSWORD), "{said}");
    said
}

#[test]
fn what_was_measured_here_is_asked_elsewhere() {
    let Some(mut server) = Server::start() else { return };
    let (ci, laptop) = (workspace(), workspace());
    let said = ask(&ci, &server, &["history", "push"]).expect(2);
    assert!(said.mentions("has no tables of perfreg"), "{said}");
    assert!(ask(&ci, &server, &["history", "migrate"]).expect(0).mentions("made the tables"));
    assert!(ask(&ci, &server, &["history", "migrate"]).expect(0).mentions("already"));

    let digests: Vec<String> = (0..14).map(|nth| archive(&ci, "sort", nth)).collect();
    archive(&ci, "parse", 13);
    let said = ask(&ci, &server, &["history", "push"]).expect(0);
    assert!(said.mentions("sent 15 documents of team to postgres://owner@"), "{said}");
    assert!(ask(&ci, &server, &["history", "push"]).expect(0).mentions("sent 0 documents"));
    let said = ask(&ci, &server, &["history", "push", "--all"]).expect(0);
    assert!(said.mentions("sent 15 documents") && said.mentions(": 0 new"), "{said}");

    // Elsewhere: nothing lies there, and everything is known.
    let listed = ask(&laptop, &server, &["history", "list", "--json"]).expect(0);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 15);
    assert!(ask(&laptop, &server, &["history", "show", &digests[3]]).expect(0).mentions("sort"));
    let shown = ask(&laptop, &server, &["history", "show", &digests[3], "--json"]).expect(0);
    let bytes = ci.read(&format!(".perfreg/history/runs/{}/{}.json", &digests[3][..2], digests[3]));
    assert_eq!(shown.stdout, bytes);
    let series = ask(&laptop, &server, &["history", "series", "--last", "5"]).expect(0);
    assert!(series.mentions("from the median of the 4 before"), "{series}");
    let compared = ask(&laptop, &server, &["history", "compare", "abcd0001", "abcd0002"]).expect(0);
    assert!(compared.mentions("1.001 µs -> 1.002 µs"), "{compared}");
    assert!(compared.mentions("2 series in both"), "{compared}");
    ask(&laptop, &server, &["trend"]).expect(0);
    ask(&laptop, &server, &["export", "--format", "csv", "--history"]).expect(0);
    let unknown = ask(&laptop, &server, &["history", "compare", "abcd0001", "ffff"]).expect(2);
    assert!(unknown.mentions("ffff"), "{unknown}");
    let local = ask(&laptop, &server, &["history", "list", "--store", "local"]).expect(0);
    assert!(local.mentions("the history holds no such run"), "{local}");

    // Without the server what is new waits, and is told without the password.
    server.restart(Stop::Fast);
    archive(&ci, "sort", 14);
    let address = server.address(DATABASE);
    let pruned = ["history", "prune", "--older-than", "10y", "--dry-run"];
    assert!(ask(&ci, &server, &pruned).expect(0).mentions("no month that lies before"));
    drop(server);
    let gone = with(ci.perfreg_command(&["history", "push"]), &[("PERFREG_STORE", &address)]);
    let said = Said::from({ gone }.output().unwrap()).expect(70);
    assert!(said.mentions("1 document wait") && !said.mentions(PASSWORD), "{said}");
    let wrong = ci.perfreg(&["history", "list", "--store", "postgres://u:se@cret@h/d"]).expect(2);
    assert!(!wrong.mentions("cret"), "{wrong}");
    ci.write("perfreg.toml", "[store]\nurl = 'postgres://u:secret@h/d'\n");
    let wrong = ci.perfreg(&["history", "push"]).expect(2);
    assert!(wrong.mentions("PERFREG_STORE") && !wrong.mentions("secret"), "{wrong}");
}

#[test]
fn a_report_draws_what_others_measured() {
    let Some(server) = Server::start() else { return };
    let (ci, laptop) = (workspace(), workspace());
    ask(&ci, &server, &["history", "migrate"]).expect(0);
    (0..3).for_each(|nth| drop(archive(&ci, "sort", nth)));
    ask(&ci, &server, &["history", "push"]).expect(0);

    // Here a single run was made, later than those.
    let mut run = record_of("sort", Outcome::Measured, &[Verdict::Regressed]);
    run.started = "2026-06-01T00:00:00Z".to_owned();
    Workspace::at(&laptop.path("")).keep_record(&run).unwrap();
    let recent = |said: &Said| {
        let document: Value = serde_json::from_str(&said.stdout).unwrap();
        document["tests"][0]["cases"][0]["metrics"][0]["recent"].clone()
    };
    let (as_json, as_markdown) =
        (["report", "--format", "json"], ["report", "--format", "markdown"]);
    let series = serde_json::json!([1000.0, 1001.0, 1002.0, 1800.0]);
    assert_eq!(recent(&ask(&laptop, &server, &as_json).expect(0)), series);
    let markdown = ask(&laptop, &server, &as_markdown).expect(0);
    assert!(markdown.stdout.contains("▁▁▁█"), "{markdown}");
    assert_eq!(recent(&laptop.perfreg(&as_json).expect(0)), serde_json::json!([1800.0]));
    // Who only looks sends nothing, and takes nothing in.
    assert!(!laptop.path(".perfreg/history").exists());
    assert_eq!(server.sql(DATABASE, "SELECT count(*) FROM perfreg.runs"), "3");
    // What the store has of the run itself is its own value, and none before it.
    ask(&laptop, &server, &["history", "push"]).expect(0);
    assert_eq!(recent(&ask(&laptop, &server, &as_json).expect(0)), series);
    // What `ci` hands on is of the same series.
    let said = ask(&laptop, &server, &["ci", "--write", "record.json"]).expect(1);
    let record: Value = serde_json::from_str(&laptop.read("record.json")).unwrap();
    assert!(record.to_string().contains("1000.0,1001.0,1002.0,1800.0"), "{said}\n{record}");

    let address = server.address(DATABASE);
    drop(server);
    let gone = with(laptop.perfreg_command(&as_json), &[("PERFREG_STORE", &address)]);
    let said = Said::from({ gone }.output().unwrap()).expect(0);
    assert_eq!(recent(&said), serde_json::json!([1800.0]));
    assert!(said.stderr.contains("warning: the report draws no series: the store"), "{said}");
    assert!(!said.mentions(PASSWORD), "{said}");
}

#[test]
fn what_a_store_does_not_answer_replaces_nothing() {
    let Some(server) = Server::start() else { return };
    let ci = workspace();
    ask(&ci, &server, &["history", "migrate"]).expect(0);
    (0..3).for_each(|nth| drop(archive(&ci, "sort", nth)));
    ask(&ci, &server, &["history", "push"]).expect(0);
    let commands = [
        &["export", "--format", "csv", "--history", "-o", "made/runs.csv"][..],
        &["dashboard", "--output-dir", "made"],
    ];
    std::fs::create_dir(ci.path("made")).unwrap();
    commands.iter().for_each(|words| drop(ask(&ci, &server, words).expect(0)));
    let before = tree(&ci.path("made"));
    assert_eq!(before.len(), 3);
    // From now on the server refuses to show a document.
    server.sql(DATABASE, "ALTER VIEW perfreg.documents RENAME COLUMN body TO gone");
    for words in commands {
        let said = ask(&ci, &server, words).expect(70);
        assert!(said.mentions("error: the store postgres://owner@"), "{said}");
        assert!(tree(&ci.path("made")) == before, "{said}");
    }
    let listed = ask(&ci, &server, &["history", "list"]).expect(0);
    let digest = listed.stdout.split_whitespace().next().unwrap();
    ask(&ci, &server, &["history", "show", digest]).expect(70);
}

#[test]
fn what_waits_for_the_store_is_not_pruned() {
    let Some(server) = Server::start() else { return };
    let ci = workspace();
    ask(&ci, &server, &["history", "migrate"]).expect(0);
    (0..3).for_each(|nth| drop(archive(&ci, "sort", nth)));
    ask(&ci, &server, &["history", "push"]).expect(0);
    (3..6).for_each(|nth| drop(archive(&ci, "sort", nth)));
    let prune = ["history", "prune", "--keep", "1", "--store", "local"];
    let stay = "3 of 6 runs; 3 stay, 2 of them because they wait for `cargo perfreg history push`";
    let dry = ask(&ci, &server, &[&prune[..], &["--dry-run"]].concat()).expect(0);
    assert!(dry.mentions(&format!("would remove {stay}")), "{dry}");
    let pruned = ask(&ci, &server, &prune).expect(0);
    assert!(pruned.mentions(&format!("removed {stay}")), "{pruned}");
    assert!(ask(&ci, &server, &["history", "push"]).expect(0).mentions("sent 3 documents"));
    assert!(ask(&ci, &server, &prune).expect(0).mentions("removed 2 of 3 runs; 1 stay\n"));

    // Nothing was ever sent to the store that the file names.
    let laptop = workspace();
    laptop.write("perfreg.toml", "[store]\nurl = 'postgres://ci@127.0.0.1:1/perf'\n");
    (0..3).for_each(|nth| drop(archive(&laptop, "sort", nth)));
    let pruned = laptop.perfreg(&prune).expect(0);
    assert!(pruned.mentions("removed 0 of 3 runs; 3 stay, 2 of them"), "{pruned}");
    // No month lies so long ago.
    let old = ask(&ci, &server, &["history", "prune", "--older-than", "100y"]).expect(0);
    assert!(old.mentions("no month that lies before"), "{old}");
}

#[test]
fn a_store_and_a_workspace_are_exported_alike() {
    let Some(server) = Server::start() else { return };
    let (ci, laptop) = (workspace(), workspace());
    ask(&ci, &server, &["history", "migrate"]).expect(0);
    (0..30).for_each(|nth| drop(archive(&ci, "sort", nth)));
    ask(&ci, &server, &["history", "push"]).expect(0);
    let export = ["export", "--format", "parquet", "--history", "--partitioned", "-o", "lake"];
    let said = ask(&laptop, &server, &export).expect(0);
    assert!(said.mentions("exported 60 rows of team in 12 months to lake"), "{said}");
    ci.perfreg(&export).expect(0);
    let (here, there) = (tree(&ci.path("lake")), tree(&laptop.path("lake")));
    assert_eq!(here.len(), 12);
    assert_eq!(here, there);
    // A store that is gone takes nothing away.
    let address = server.address(DATABASE);
    drop(server);
    let gone = with(laptop.perfreg_command(&export), &[("PERFREG_STORE", &address)]);
    Said::from({ gone }.output().unwrap()).expect(70);
    assert_eq!(tree(&laptop.path("lake")), there);
}

#[test]
fn a_run_says_which_history_it_is_not_in() {
    let project = scripted::project();
    prepare(&project, "first", &Script::judged("first", &[Verdict::Unchanged]));
    // What the real test would have kept.
    let kept = record_of("first", Outcome::Measured, &[Verdict::Unchanged]);
    Workspace::at(&project.path("")).keep_record(&kept).unwrap();
    let run = || {
        let store = [("PERFREG_STORE", "postgres://u:se@cret@h/d")];
        let command = with(project.perfreg_command(&["run", "first"]), &store);
        Said::from({ command }.output().unwrap()).expect(0)
    };
    let said = run();
    assert!(said.mentions("warning: this run is in the history here, and in no store: "), "{said}");
    let listed = project.perfreg(&["history", "list"]).expect(0);
    assert_eq!(listed.stdout.lines().count(), 1, "{listed}");
    assert!(listed.mentions("first"), "{listed}");
    std::fs::remove_dir_all(project.path(".perfreg/history")).unwrap();
    project.write(".perfreg/history", "no folder");
    let said = run();
    assert!(said.mentions("warning: this run is not in the history: "), "{said}");
}
