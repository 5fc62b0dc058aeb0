//! A shared store on a real server: who may what, many at once, months that go, a server that goes
//! and comes back, and what goes over the line.

use std::collections::BTreeSet;
use std::thread;
use std::time::SystemTime;

use perfreg_core::Verdict;
use perfreg_core::model::Run;

use super::server::{Server, Stop};
use super::{Address, Expiry, PostgresStore, migrate};
use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::rows::Filed;
use crate::history::store::Store;
use crate::testing::{judgement, run};

const ROLES: &str = include_str!("roles.sql");

fn address(text: &str) -> Address {
    Address::parse(text, |_| None).unwrap()
}

/// A server with the tables, and the address of their owner.
fn started() -> Option<(Server, Address)> {
    let server = Server::start()?;
    let owner = address(&server.address("postgres"));
    migrate(&owner).unwrap();
    Some((server, owner))
}

fn filed(document: &impl serde::Serialize) -> Filed {
    Filed::parse(serde_json::to_vec(document).unwrap()).unwrap()
}

fn at(started: &str, test: &str) -> Run {
    let mut run = run(test, vec![judgement(Verdict::Regressed, Some(0.1))]);
    run.started = started.to_owned();
    run
}

#[test]
fn roles_may_what_they_need_and_no_more() {
    let Some((server, owner)) = started() else { return };
    server.sql("postgres", ROLES);
    for (user, role) in [("ci", "perfreg_writer"), ("reader", "perfreg_reader")] {
        let sql = format!("CREATE ROLE {user} LOGIN PASSWORD 's@cret' IN ROLE {role}");
        server.sql("postgres", &sql);
    }
    server.sql("postgres", "CREATE ROLE nobody LOGIN PASSWORD 's@cret'");
    let open =
        |user: &str| PostgresStore::open(&address(&server.address_of(user, "postgres")), "project");
    let run = at("2026-01-02T00:00:00Z", "sort");
    let documents = [filed(&run), filed(&Epoch::of_accepted(&run, None).remove(0))];
    let mut writer = open("ci").unwrap();
    assert_eq!(writer.load(&documents).unwrap().new, 2);
    assert_eq!(writer.load(&documents).unwrap().new, 0);
    let key = writer.series().unwrap().remove(0).key;
    let kept = [(key.clone(), "state".to_owned(), "kept".to_owned())];
    writer.keep(&kept).unwrap();
    let reader = open("reader").unwrap();
    assert_eq!(reader.points(&key).unwrap().len(), 1);
    assert_eq!(reader.kept(&key, "state").unwrap().as_deref(), Some("kept"));
    assert_eq!(reader.bytes(documents[0].digest()).unwrap().as_deref(), Some(documents[0].bytes()));
    // To keep what was found out is no duty of who may only read.
    let mut reader = reader;
    reader.keep(&[(key.clone(), "other".to_owned(), "x".to_owned())]).unwrap();
    assert_eq!(reader.kept(&key, "other").unwrap(), None);

    let denied = |result: Result<(), crate::error::Error>| {
        let message = result.unwrap_err().to_string();
        let refused = message.contains("permission denied") || message.contains("must be owner");
        assert!(refused, "{message}");
        assert!(!message.contains("cret"), "{message}");
    };
    let digests = [documents[0].digest().clone()];
    denied(reader.load(&[filed(&at("2026-02-02T00:00:00Z", "sort"))]).map(drop));
    denied(reader.remove(&digests));
    denied(writer.remove(&digests));
    denied(writer.expire(SystemTime::now(), Expiry::Drop).map(drop));
    denied(migrate(&address(&server.address_of("nobody", "postgres"))).map(drop));
    denied(open("nobody").map(drop));
    let wrong = server.address_of("ci", "postgres").replace("s%40cret", "other");
    let refused = PostgresStore::open(&address(&wrong), "project").err().unwrap().to_string();
    assert!(refused.contains("password authentication failed"), "{refused}");
    assert_eq!(PostgresStore::open(&owner, "project").unwrap().documents().unwrap().len(), 2);
}

#[test]
fn what_many_put_at_once_is_there_once() {
    let Some((_server, owner)) = started() else { return };
    let day = |day: usize| format!("2026-{:02}-{:02}T00:00:00Z", 1 + day / 28, 1 + day % 28);
    let runs: Vec<Filed> =
        (0..84).map(|nth| filed(&at(&day(nth), ["a", "b", "c"][nth % 3]))).collect();
    thread::scope(|scope| {
        for writer in 0..6 {
            let (owner, runs) = (&owner, &runs);
            scope.spawn(move || {
                let mut store = PostgresStore::open(owner, "project").unwrap();
                // Each begins elsewhere, and all of them put everything.
                let turned = runs.iter().cycle().skip(writer * 14).take(runs.len()).cloned();
                for batch in turned.collect::<Vec<_>>().chunks(5) {
                    store.put(batch).unwrap();
                }
            });
        }
    });
    let store = PostgresStore::open(&owner, "project").unwrap();
    let digests: BTreeSet<Digest> = runs.iter().map(|run| run.digest().clone()).collect();
    assert_eq!(store.documents().unwrap(), digests.into_iter().collect::<Vec<_>>());
    assert_eq!(store.runs().unwrap().len(), 84);
    let points: Vec<usize> = store.series().unwrap().iter().map(|series| series.points).collect();
    assert_eq!(points, [28, 28, 28]);
}

#[test]
fn months_go_whole_and_do_not_come_back() {
    let Some((server, owner)) = started() else { return };
    let mut store = PostgresStore::open(&owner, "project").unwrap();
    let old = [at("2025-11-30T23:59:59Z", "old"), at("2025-12-31T23:59:59Z", "sort")];
    let young = [at("2026-01-01T00:00:00Z", "sort"), at("2026-02-01T00:00:00Z", "sort")];
    let epoch = filed(&Epoch::of_accepted(&old[1], Some("why")).remove(0));
    let old: Vec<Filed> = old.iter().map(filed).collect();
    store.put(&[&old[..], &[epoch]].concat()).unwrap();
    store.put(&young.iter().map(filed).collect::<Vec<_>>()).unwrap();
    let moment = humantime::parse_rfc3339("2026-01-15T00:00:00Z").unwrap();
    let seen = store.expire(moment, Expiry::Look).unwrap();
    assert_eq!((seen.months.join(" ").as_str(), seen.runs), ("2025-11 2025-12", 2));
    assert_eq!(store.runs().unwrap().len(), 4);
    assert_eq!(store.expire(moment, Expiry::Drop).unwrap(), seen);
    let times: Vec<String> = store.runs().unwrap().into_iter().map(|run| run.started).collect();
    assert_eq!(times, ["2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z"]);
    let series = store.series().unwrap();
    assert_eq!((series.len(), series[0].points), (1, 2));
    assert_eq!(store.epochs(&series[0].key).unwrap().len(), 1, "what was accepted stays");
    let loaded = store.load(&old).unwrap();
    assert_eq!((loaded.new, loaded.expired), (0, 2));
    assert_eq!(store.runs().unwrap().len(), 2);
    assert_eq!(store.series().unwrap().len(), 1, "nothing is left of what did not come back");
    let parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'perfreg.runs'::REGCLASS";
    assert_eq!(server.sql("postgres", parts), "2");
    // Looking back less far than before brings nothing back either.
    let earlier = humantime::parse_rfc3339("2025-01-15T00:00:00Z").unwrap();
    assert_eq!(store.expire(earlier, Expiry::Drop).unwrap().runs, 0);
    assert_eq!(store.load(&old).unwrap().expired, 2);
}

#[test]
fn a_server_that_comes_back_is_met_again() {
    let Some((mut server, owner)) = started() else { return };
    let mut store = PostgresStore::open(&owner, "project").unwrap();
    for (stop, test) in [(Stop::Fast, "a"), (Stop::Immediate, "b")] {
        store.put(&[filed(&at("2026-01-01T00:00:00Z", test))]).unwrap();
        server.restart(stop);
        store.put(&[filed(&at("2026-01-02T00:00:00Z", test))]).unwrap();
    }
    assert_eq!(store.runs().unwrap().len(), 4);
    assert_eq!(store.series().unwrap().len(), 2);
}

#[test]
fn a_line_is_encrypted_with_who_it_should_be() {
    let Some((mut server, owner)) = started() else { return };
    let root = server.encrypt();
    let by_name = |options: &str| {
        let host = server.address("postgres").replace("127.0.0.1", "localhost");
        PostgresStore::open(&address(&format!("{host}?{options}")), "project")
    };
    let path = root.display().to_string().replace('/', "%2F");
    let store = by_name(&format!("sslrootcert={path}")).unwrap();
    assert!(store.runs().unwrap().is_empty());
    let encrypted = "SELECT bool_or(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'perfreg'";
    assert_eq!(server.sql("postgres", encrypted), "t");
    // Signed by nobody that the system knows.
    let refused = by_name("sslmode=require").err().unwrap().to_string();
    assert!(refused.contains("certificate"), "{refused}");
    // The certificate is of another name.
    let number = address(&format!("{}?sslrootcert={path}", server.address("postgres")));
    assert!(PostgresStore::open(&number, "project").is_err());
    assert!(PostgresStore::open(&owner, "project").is_ok(), "what stays here may go plain");
    let none = by_name("sslrootcert=%2Fdev%2Fnull").err().unwrap().to_string();
    assert!(none.contains("/dev/null: holds no certificate"), "{none}");
}

#[test]
fn what_has_no_month_is_refused() {
    let Some((_server, owner)) = started() else { return };
    let mut store = PostgresStore::open(&owner, "project").unwrap();
    let undated = filed(&at("long ago", "sort"));
    let refused = store.put(std::slice::from_ref(&undated)).unwrap_err().to_string();
    assert!(refused.contains("began at \"long ago\""), "{refused}");
    assert!(PostgresStore::takes(&undated).is_err());
    assert!(store.runs().unwrap().is_empty());
}
