//! What every index has to answer, whatever database it is; one test an implementation.

use perfreg_core::Verdict;
use perfreg_core::model::{FollowUp, Revision, Run};

use super::epoch::Epoch;
use super::postgres::server::Server;
use super::postgres::{Address, Migrated, PostgresStore, migrate};
use super::rows::Filed;
use super::sqlite::SqliteStore;
use super::store::Store;
use crate::testing::{judgement, run};

fn filed(document: &impl serde::Serialize) -> Filed {
    Filed::parse(serde_json::to_vec(document).unwrap()).unwrap()
}

fn at(day: u32, test: &str, change: f64) -> Run {
    let mut run = run(test, vec![judgement(Verdict::Regressed, Some(change))]);
    run.started = format!("2026-01-{day:02}T00:00:00Z");
    run.revision = Some(Revision {
        commit: format!("{day:040}"),
        dirty: false,
        branch: Some("'; DROP TABLE runs; --".to_owned()),
        subject: Some("<script>\"\u{202e}\u{0}\n🦀".to_owned()),
        authored: None,
    });
    run
}

/// The questions, and the answers that any store has to give.
fn check(mut store: Box<dyn Store>) {
    let runs = [at(3, "a", 0.5), at(1, "a", 0.0), at(2, "b", 0.1), at(1, "b", 0.0)];
    let documents: Vec<_> = runs.iter().map(filed).collect();
    store.put(&documents[..2]).unwrap();
    store.put(&documents).unwrap();
    store.put(&documents[1..]).unwrap();

    let mut digests: Vec<_> = documents.iter().map(|filed| filed.digest().clone()).collect();
    digests.sort();
    assert_eq!(store.documents().unwrap(), digests);
    let listed: Vec<_> =
        store.runs().unwrap().iter().map(|row| format!("{} {}", row.started, row.id)).collect();
    let days = ["03 a", "02 b", "01 a", "01 b"];
    let expected = days.map(|day| {
        let (day, test) = day.split_once(' ').unwrap();
        format!("2026-01-{day}T00:00:00Z perf::{test}")
    });
    assert_eq!(listed, expected);
    assert_eq!(store.runs().unwrap()[0].revision, runs[0].revision);
    assert_eq!(store.runs().unwrap()[0].verdict, Some(Verdict::Regressed));

    let series = store.series().unwrap();
    assert_eq!(series.iter().map(|row| row.points).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(series[0].metric, runs[0].cases[0].judgements[0].metric);
    let key = &series[0].key;
    assert_eq!((key.id.test.as_str(), key.case.as_str()), ("a", "default"));
    let points = store.points(key).unwrap();
    let like = |digits: &str| store.runs_like(digits).unwrap();
    assert_eq!(like(digests[0].short())[0].digest, digests[0]);
    assert_eq!(like(&"0".repeat(39)).len(), 4, "of one commit but for the last digit");
    assert_eq!(like(&format!("{:040}", 1)), store.runs().unwrap()[2..]);
    assert!(like("fffffffffffff").is_empty());
    let values = store.values(&[documents[1].digest().clone(), documents[2].digest().clone()]);
    let values: Vec<_> =
        values.unwrap().into_iter().map(|value| (value.key.id.test, value.value)).collect();
    assert_eq!(values, [("a".to_owned(), 1000.0), ("b".to_owned(), 1100.0)]);
    let recent = |count: usize| -> Vec<Vec<f64>> {
        store.recent(count).unwrap().into_iter().map(|series| series.values).collect()
    };
    assert_eq!(recent(1), [[1500.0], [1100.0]]);
    assert_eq!(recent(30), [[1000.0, 1500.0], [1000.0, 1100.0]]);
    assert_eq!(store.recent(1).unwrap()[0].key, *key);
    assert_eq!(points.iter().map(|point| point.value).collect::<Vec<_>>(), [1000.0, 1500.0]);
    assert_eq!((points[0].launches, points[0].low, points[0].median), (10, None, None));
    assert_eq!(points[1].revision, runs[0].revision);

    // An epoch may come before its run, and stays without it; a run that was accepted epochs itself.
    let epoch = Epoch::of_accepted(&runs[0], Some("why")).remove(0);
    store.put(&[filed(&epoch)]).unwrap();
    assert_eq!(store.epochs(key).unwrap(), std::slice::from_ref(&epoch));
    let mut accepted = at(4, "a", 0.2);
    accepted.follow_up = FollowUp::Accepted;
    let accepted = filed(&accepted);
    store.put(std::slice::from_ref(&accepted)).unwrap();
    assert_eq!(store.epochs(key).unwrap().len(), 2);
    assert!(store.epochs(&series[1].key).unwrap().is_empty());

    // What was kept holds for one state of the series.
    assert_eq!(store.kept(key, "now").unwrap(), None);
    store.keep(&[(key.clone(), "now".to_owned(), "text".to_owned())]).unwrap();
    assert_eq!(store.kept(key, "now").unwrap().as_deref(), Some("text"));
    assert_eq!(store.kept(key, "later").unwrap(), None);
    assert_eq!(store.kept(&series[1].key, "now").unwrap(), None);

    let gone = [&documents[2], &documents[3], &accepted].map(|filed| filed.digest().clone());
    store.remove(&gone).unwrap();
    assert_eq!(store.series().unwrap().len(), 1);
    assert_eq!(store.runs().unwrap().len(), 2);
    assert_eq!(store.epochs(key).unwrap(), [epoch]);
    assert!(store.points(&series[1].key).unwrap().is_empty());
}

#[test]
fn postgres_agrees() {
    let Some(server) = Server::start() else { return };
    let address = Address::parse(&server.address("postgres"), |_| None).unwrap();
    let refused = PostgresStore::open(&address, "project").err().unwrap().to_string();
    assert!(refused.contains("has no tables of perfreg"), "{refused}");
    assert_eq!(migrate(&address).unwrap(), Migrated { from: 0, to: 1 });
    assert_eq!(migrate(&address).unwrap(), Migrated { from: 1, to: 1 });
    // Another project in the same tables is no part of this one.
    for project in ["project", "other\0\u{1}"] {
        check(Box::new(PostgresStore::open(&address, project).unwrap()));
    }
    let again = PostgresStore::open(&address, "project").unwrap();
    assert_eq!(again.runs().unwrap().len(), 2);
    server.sql("postgres", "UPDATE perfreg.about SET version = 2");
    let refused = PostgresStore::open(&address, "project").err().unwrap().to_string();
    assert!(refused.contains("take a newer one") && !refused.contains("cret"), "{refused}");
    assert!(migrate(&address).unwrap_err().to_string().contains("take a newer one"));
}

#[test]
fn sqlite_agrees() {
    check(Box::new(SqliteStore::in_memory("project").unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    check(Box::new(SqliteStore::open(&path, "project").unwrap().unwrap()));
    let again = SqliteStore::open(&path, "project").unwrap().unwrap();
    assert_eq!(again.runs().unwrap().len(), 2);
}

#[test]
fn an_index_that_is_not_ours_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let check = |expected: bool| {
        assert_eq!(SqliteStore::open(&path, "project").unwrap().is_some(), expected);
    };
    check(true);
    let sql = |text: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(text).unwrap();
    sql("PRAGMA user_version = 99");
    check(false);
    sql("PRAGMA user_version = 2; DROP TABLE series");
    check(false);
    std::fs::remove_file(&path).unwrap();
    sql("CREATE TABLE theirs (x TEXT)");
    check(false);
    std::fs::write(&path, "this is no database at all, but long enough to be taken for one")
        .unwrap();
    check(false);
    std::fs::remove_file(&path).unwrap();
    let mut store = SqliteStore::open(&path, "other").unwrap().unwrap();
    store.put(&[filed(&at(1, "a", 0.0))]).unwrap();
    drop(store);
    check(false);
}
