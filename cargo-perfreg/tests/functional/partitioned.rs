//! The history as Parquet files by project and month, through the real binary.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use perfreg_core::Verdict;
use perfreg_core::model::Outcome;

use crate::project::{Project, Said};
use crate::scripted::record_of;
use crate::store::keep;

/// The files below a folder with their bytes, by their paths in it.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            files.extend(tree(&path).into_iter().map(|(below, b)| (format!("{name}/{below}"), b)));
        } else {
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
    files
}

const EXPORT: [&str; 7] =
    ["export", "--format", "parquet", "--history", "--partitioned", "-o", "lake"];

/// Puts a run into the history of the project.
fn measured(project: &Project, test: &str, started: &str) {
    let mut run = record_of(test, Outcome::Measured, &[Verdict::Unchanged]);
    run.started = started.to_owned();
    keep(project, &run);
}

fn project() -> Project {
    let project = Project::new(&[("perfreg.toml", "[store]\nproject = 'team a/b'\n")]);
    project.cargo(&["generate-lockfile"]).expect(0);
    project
}

fn export(project: &Project) -> Said {
    project.perfreg(&EXPORT).expect(0)
}

/// Test and moment of each row of a file, in their order.
fn rows(path: &Path) -> Vec<(String, String)> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let row = |row: parquet::record::Row| {
        let columns: BTreeMap<_, _> = row.into_columns().into_iter().collect();
        // A column beside the folder of its name would be read as one of both.
        assert!(!columns.contains_key("project") && !columns.contains_key("month"));
        let text = |name: &str| columns[name].to_string().trim_matches('"').to_owned();
        (text("test"), text("started"))
    };
    reader.get_row_iter(None).unwrap().map(|read| row(read.unwrap())).collect()
}

#[test]
fn a_history_lies_by_month_and_never_twice() {
    let project = project();
    for started in ["2026-01-31T23:59:59Z", "2026-01-02T00:00:00Z", "2026-02-01T00:00:00Z"] {
        measured(&project, "sort", started);
        measured(&project, "parse", started);
    }
    measured(&project, "parse", "some day");
    let said = export(&project);
    assert!(said.mentions("exported 7 rows of team a/b in 3 months to lake"), "{said}");
    let first = tree(&project.path("lake"));
    let paths: Vec<&String> = first.keys().collect();
    let months = ["2026-01", "2026-02", "__HIVE_DEFAULT_PARTITION__"];
    assert_eq!(paths.len(), 3);
    for (path, month) in paths.iter().zip(months) {
        let start = format!("project=team a%2Fb/month={month}/perfreg-");
        assert!(path.starts_with(&start) && path.ends_with(".parquet"), "{path}");
    }
    let read = |path: &str| rows(&project.path("lake").join(path));
    let of = |test: &str, at: &str| (format!("scripted::{test}"), at.to_owned());
    let expected = [
        of("parse", "2026-01-02T00:00:00Z"),
        of("parse", "2026-01-31T23:59:59Z"),
        of("sort", "2026-01-02T00:00:00Z"),
        of("sort", "2026-01-31T23:59:59Z"),
    ];
    assert_eq!(read(paths[0]), expected);
    assert_eq!(read(paths[2]), [of("parse", "some day")]);
    export(&project);
    assert_eq!(tree(&project.path("lake")), first);

    // A month that got a run is replaced, and nothing of anybody else's goes.
    let february = "lake/project=team a%2Fb/month=2026-02";
    project.write(&format!("{february}/of-another.parquet"), "another's");
    project.write("lake/project=other/month=2026-02/part-0.parquet", "another's");
    measured(&project, "parse", "2026-02-03T00:00:00Z");
    export(&project);
    let second = tree(&project.path("lake"));
    let (new, old): (Vec<_>, Vec<_>) =
        second.keys().partition(|path| !first.contains_key(path.as_str()));
    assert_eq!(old, [paths[0], paths[2]]);
    let [other, of_another, replaced] = &new[..] else { panic!("{new:?}") };
    assert!(other.starts_with("project=other/") && of_another.ends_with("/of-another.parquet"));
    assert_eq!(read(replaced).len(), 3);

    let flat = project.perfreg(&["export", "--format", "csv", "--history"]).expect(0);
    let files = [paths[0], replaced, paths[2]].map(|path| read(path).len());
    assert_eq!(files.iter().sum::<usize>(), flat.stdout.lines().count() - 1);

    // A month that the history no longer holds stays as it was exported.
    project.perfreg(&["history", "prune", "--keep", "1"]).expect(0);
    export(&project);
    let left = tree(&project.path("lake"));
    assert_eq!(left.get(paths[0]), first.get(paths[0]));
    assert!(!left.contains_key(*replaced), "{:?}", left.keys());
}

#[test]
fn what_is_damaged_is_left_out_and_told() {
    let project = project();
    measured(&project, "sort", "2026-01-02T00:00:00Z");
    let mut run = record_of("parse", Outcome::Measured, &[Verdict::Unchanged]);
    run.started = "2026-01-03T00:00:00Z".to_owned();
    let digest = keep(&project, &run);
    project.perfreg(&["history", "list"]).expect(0);
    project.write(&format!(".perfreg/history/runs/{}/{digest}.json", &digest[..2]), "{}");
    let said = project.perfreg(&EXPORT).expect(2);
    assert!(said.stderr.contains("warning: left out") && said.mentions(&digest), "{said}");
    assert!(said.mentions("exported 1 row of team a/b in 1 month to lake"), "{said}");
    assert_eq!(tree(&project.path("lake")).len(), 1);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let project = project();
    let check = |words: &[&str], code: i32, part: &str| {
        let said = project.perfreg(words).expect(code);
        assert!(said.stderr.contains(part), "{words:?} lacks {part}: {said}");
    };
    check(&EXPORT, 4, "nothing was measured yet");
    assert!(!project.path("lake").exists());
    measured(&project, "sort", "2026-01-02T00:00:00Z");
    check(&EXPORT[..5], 2, "name a folder with --output");
    check(&["export", "--format", "parquet", "--partitioned", "-o", "lake"], 2, "--history");
    let csv = ["export", "--format", "csv", "--history", "--partitioned", "-o", "lake"];
    check(&csv, 2, "it needs --format parquet");
    check(&[&EXPORT[..], &["sort"]].concat(), 2, "cannot be used with");
    project.write("lake", "a file");
    check(&EXPORT, 2, "lake is no folder");
    std::fs::remove_file(project.path("lake")).unwrap();
    project.write("lake/project=team a%2Fb", "a file");
    check(&EXPORT, 70, "project=team a%2Fb");
}
