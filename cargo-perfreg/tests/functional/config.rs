//! `perfreg.toml` from outside: what holds, and what is wrong with it.

use insta::assert_snapshot;
use perfreg_core::Verdict;

use crate::scripted::{Script, prepare, project};

/// What a command says of a configuration, without what differs from machine to machine.
fn complaint(toml: &str, words: &[&str]) -> String {
    let project = project();
    project.write("perfreg.toml", toml);
    let said = project.perfreg(words).expect(2);
    let root = project.path("").canonicalize().unwrap();
    let text = said.stderr.replace(&root.display().to_string(), "ROOT").replace('\\', "/");
    let from = text.find("error:").expect("an error");
    text[from..].to_owned()
}

#[test]
fn every_mistake_is_named() {
    let run = ["run", "first"];
    assert_snapshot!("wrong_key", complaint("[run]\ntreshold = '3%'\n", &run));
    assert_snapshot!("wrong_unit", complaint("[run]\nbudget = '3 parsecs'\n", &run));
    assert_snapshot!("negative", complaint("[run]\nthreshold = '-3%'\n", &run));
    assert_snapshot!("wrong_type", complaint("[run]\nlaunches = 'ten'\n", &run));
    let limit = |limit: &str| {
        format!(
            "[[override]]\ntest = '*::first'\nlimits = [{{ limit = '{limit}', reason = 'x' }}]\n"
        )
    };
    assert_snapshot!("limit_without_unit", complaint(&limit("under 50"), &run));
    assert_snapshot!("limit_of_another_unit", complaint(&limit("time under 3 MiB"), &run));
    let no_reason = "[[override]]\ntest = '*::first'\nlimits = [{ limit = 'under 50 ms' }]\n";
    assert_snapshot!("limit_without_reason", complaint(no_reason, &run));
    let nothing = "[[override]]\ntest = 'scripted::fourth*'\nthreshold = '3%'\n";
    assert_snapshot!("no_such_test", complaint(nothing, &run));
    let option = complaint("", &["run", "--threshold=-3%"]);
    assert_snapshot!("wrong_option", option.split("\n\n").next().unwrap());
}

#[test]
fn settings_come_with_their_origin() {
    let project = project();
    project.write(
        "perfreg.toml",
        "[run]\nlaunches = 20\n\n[[override]]\ntest = '*::second'\nthreshold = '8%'\nslow = true\n\
         limits = [{ limit = 'under 50 ms', reason = 'a frame lasts 60 ms' }]\n",
    );
    let show = |words: &[&str]| {
        let mut command = project.perfreg_command(&[&["config", "show"], words].concat());
        let output = command.env("PERFREG_BUDGET", "4s").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_snapshot!("config_show", show(&[]));
    let list = project.perfreg(&["list", "--json", "first"]).expect(0).stdout;
    assert_snapshot!("list_json", list);
}

#[test]
fn the_file_reaches_the_tests_and_the_exit_code() {
    let project = project();
    project.write(
        "perfreg.toml",
        "[run]\nthreshold = '8%'\nfail-on = 'critical'\n\n[[override]]\ntest = '*::second'\nslow = true\n",
    );
    // The script regresses by 10 %.
    prepare(&project, "first", &Script::judged("first", &[Verdict::Regressed]));
    prepare(&project, "second", &Script::judged("second", &[Verdict::Unchanged]));
    let check = |words: &[&str], code: i32, part: &str| {
        let said = project.perfreg(&[&["run"], words].concat()).expect(code);
        assert!(said.mentions(part), "{words:?} lacks {part}: {said}");
    };
    check(&["first"], 0, "1 regressed");
    check(&["first", "--fail-on", "warning"], 1, "1 regressed");
    check(&["first", "--fail-on", "never"], 0, "1 regressed");
    let seen = project.read("seen/first");
    assert!(seen.contains("PERFREG_DEFAULT_THRESHOLD=8%"), "{seen}");
    check(&["first", "--threshold", "3%", "--launches", "5"], 0, "1 regressed");
    let seen = project.read("seen/first");
    assert!(seen.contains("PERFREG_THRESHOLD=3%") && seen.contains("PERFREG_LAUNCHES=5"), "{seen}");
    check(&["first", "--message-format", "json"], 0, "\"reason\":\"run-ended\"");
    check(&["second"], 4, "ignored scripted::second");
    check(&["second", "--include-slow"], 0, "1 unchanged");
}
