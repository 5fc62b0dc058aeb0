//! The pages for a browser, through the real binary: of documents that a file prepared. What a browser
//! makes of them is in `tests/browser/`.

use perfreg_core::Verdict::{self, Regressed, Unchanged};
use perfreg_core::model::{Outcome, Revision};
use perfreg_core::store::Workspace;

use crate::project::Project;
use crate::scripted::record_of;

const PAGES: [&str; 2] = ["performance_dashboard.html", "performance_comparison.html"];

fn project() -> Project {
    let project = Project::new(&[]);
    project.cargo(&["generate-lockfile"]).expect(0);
    project
}

/// Keeps a run of `test` on a day of January; the record's path.
fn keep(project: &Project, test: &str, day: u32, verdict: Verdict) -> std::path::PathBuf {
    let mut run = record_of(test, Outcome::Measured, &[verdict]);
    run.started = format!("2026-01-{day:02}T00:00:00Z");
    let subject = "</script><script>alert('1')</script>\u{1b}[31m\u{202e}\n🦀";
    run.revision = Some(Revision {
        branch: Some(subject.to_owned()),
        subject: Some(format!("{subject}{}", "x".repeat(10_000))),
        ..Revision::of("abcdef12".repeat(5))
    });
    Workspace::at(&project.path("")).keep_record(&run).unwrap()
}

#[test]
fn both_pages_are_written_and_allow_nothing_from_outside() {
    let project = project();
    let said = project.perfreg(&["dashboard"]).expect(4);
    assert!(said.stderr.starts_with("error: no run is recorded"), "{said}");
    assert!(!project.path(".perfreg").exists(), "who only looks makes nothing");
    assert!(PAGES.iter().all(|page| !project.path(page).exists()));
    for day in 1..=4 {
        keep(&project, "sort", day, if day < 4 { Unchanged } else { Regressed });
        keep(&project, "parse", day, Unchanged);
    }
    let said = project.perfreg(&["dashboard", "--output-dir", "out/perf"]).expect(0);
    let written: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(written, PAGES.map(|page| format!("out/perf/{page}")), "{said}");
    for page in PAGES {
        let page = project.read(&format!("out/perf/{page}"));
        let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
        let policy = policy.split('"').next().unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        // Names are data, which is packed: markup of theirs cannot end a script.
        assert_eq!(page.matches("<script").count() - page.matches("\"<script").count(), 3);
        assert!(!page.contains("alert('1')") && !page.contains('\u{202e}'));
    }
    // Where nothing is said, here; a page that is there is written anew.
    project.write(PAGES[0], "old");
    project.perfreg(&["dashboard"]).expect(0);
    assert!(project.read(PAGES[0]).starts_with("<!doctype html>"));
    assert!(!project.path("target").exists(), "nothing was built");
}

#[test]
fn what_cannot_be_read_is_named_and_fails() {
    let project = project();
    keep(&project, "fine", 1, Unchanged);
    keep(&project, "torn", 1, Unchanged);
    let newest = keep(&project, "torn", 2, Unchanged);
    let good = std::fs::read_to_string(&newest).unwrap();
    let check = |bytes: &[u8], why: &str| {
        std::fs::write(&newest, bytes).unwrap();
        let said = project.perfreg(&["dashboard"]).expect(2);
        let lines: Vec<&str> = said.stderr.lines().filter(|line| line.contains("torn")).collect();
        assert_eq!(lines.len(), 1, "{said}");
        assert!(lines[0].starts_with("warning: left out") && lines[0].contains(why), "{said}");
        assert_eq!(said.stdout.lines().count(), 2, "{said}");
    };
    check(&good.as_bytes()[..good.len() / 2], "EOF");
    check(good.replace("perfreg-run/1", "perfreg-run/9").as_bytes(), "perfreg-run/9");
    check(b"[1, 2]", "invalid type");
    check(b"\xff\x00\x1b[2J", "expected value");
    std::fs::remove_file(&newest).unwrap();
    project.perfreg(&["dashboard"]).expect(0);

    // A time that is none, a baseline that is none, and a folder that cannot be.
    std::fs::write(&newest, good.replace("2026-01-02T00:00:00Z", "yesterday")).unwrap();
    let said = project.perfreg(&["dashboard"]).expect(2);
    assert!(said.stderr.contains("began at no time that can be drawn"), "{said}");
    std::fs::remove_file(&newest).unwrap();
    std::fs::remove_dir_all(project.path(".perfreg/history")).unwrap();
    project.write("gt/scripted.json", "{\"schema\": \"perfreg-baseline/99\"}");
    let said = project.perfreg(&["dashboard"]).expect(2);
    assert!(said.stderr.contains("left out gt/scripted.json"), "{said}");
    project.write("gt/scripted.json", "{}");
    project.write("file", "");
    let said = project.perfreg(&["dashboard", "--output-dir", "file/inside"]).expect(70);
    assert!(said.stderr.contains("cannot write file/inside"), "{said}");
}

#[test]
fn a_record_alone_that_cannot_be_read_is_no_empty_history() {
    let project = project();
    let only = keep(&project, "torn", 1, Unchanged);
    std::fs::write(only, "{").unwrap();
    let said = project.perfreg(&["dashboard"]).expect(2);
    assert!(said.stderr.contains("warning: left out"), "{said}");
}
