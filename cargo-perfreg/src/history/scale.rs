//! Both stores at the size of years of a large project: the same answers, and how long they take.
//!
//! `PERFREG_POINTS=20000000 cargo test --release -p cargo-perfreg --bins years -- --nocapture` takes
//! a while and 12 GB, most of it for filling.

use std::fs;
use std::path::Path;
use std::time::Instant;

use perfreg_core::TestId;

use super::postgres::server::Server;
use super::postgres::{Address, PostgresStore, migrate, name_of};
use super::sqlite::SqliteStore;
use super::store::{SeriesKey, Store};

/// A history: each of `tests` ran at each of `commits`, and every run has a value of
/// [`SERIES_OF_TEST`] series.
#[derive(Clone, Copy)]
struct Size {
    tests: usize,
    commits: usize,
}

const SERIES_OF_TEST: usize = 20;
/// The beginning of 2025, and two years from there, in seconds.
const FROM: u64 = 1_735_689_600;
const SPAN: usize = 63_072_000;
/// Where the series of a run begin to be told apart.
const VALUE: &str = "1000 + (s.id * 7919 + r.id * 104729) % 1000 / 100.0";

impl Size {
    /// About so many points: four times as many commits as tests.
    fn of(points: usize) -> Self {
        let side = (points as f64 / SERIES_OF_TEST as f64 / 4.0).sqrt().round() as usize;
        Self { tests: side, commits: 4 * side }
    }

    fn runs(self) -> usize {
        self.tests * self.commits
    }

    /// The moment of run `n`, in seconds, as SQL.
    fn moment(self) -> String {
        format!("({FROM} + n / {} * {})", self.tests, SPAN / self.commits)
    }
}

fn key(series: usize) -> SeriesKey {
    SeriesKey {
        project: "project".to_owned(),
        id: TestId::new("package", "", &format!("test_{}", series / SERIES_OF_TEST)),
        case: (series % SERIES_OF_TEST).to_string(),
        metric: "thread_cpu_time".to_owned(),
        host: "linux-x86_64, a CPU, 2 cores".to_owned(),
        profile: "release".to_owned(),
        toolchain: "1.89.0".to_owned(),
    }
}

/// The rows of `series`, each with the words that `of` puts before its columns.
fn series(size: Size, of: impl Fn(usize, &SeriesKey) -> String) -> String {
    let rows = (0..size.tests * SERIES_OF_TEST).map(|nth| {
        let key = key(nth);
        let columns = key.columns().map(|column| format!("'{column}'")).join(", ");
        format!("({}{columns}, 'ns', 'lower')", of(nth, &key))
    });
    rows.collect::<Vec<_>>().join(",\n")
}

const COLUMNS: &str = "project, package, target, test, case_name, metric, host, profile, toolchain,
    unit, direction";

fn sqlite(size: Size, path: &Path) -> SqliteStore {
    drop(SqliteStore::open(path, "project").unwrap());
    let connection = rusqlite::Connection::open(path).unwrap();
    let tests = size.tests;
    let sql = format!(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;
         BEGIN;
         INSERT INTO series (id, {COLUMNS}) VALUES {};
         INSERT INTO runs (id, digest, package, target, test, started, seconds, host, toolchain,
            commit_hash, dirty, branch, verdict)
         SELECT n, printf('%064x', n), 'package', '', 'test_' || (n % {tests}),
            strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch'), 1.5, 'a CPU', '1.89.0',
            printf('%040x', n / {tests}), 0, 'main', 'unchanged'
         FROM (WITH RECURSIVE numbers (n) AS (
            SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {}) SELECT n FROM numbers);
         CREATE INDEX runs_of_test ON runs (test, started);
         INSERT INTO points (series, time, run, value, low, high, median, q10, mean, launches, verdict)
         SELECT s.id, r.started, r.id, {VALUE}, 999, 1011, 1005, 1001, 1006, 20, 'unchanged'
         FROM series s JOIN runs r ON r.test = s.test ORDER BY s.id, r.started;
         DROP INDEX runs_of_test;
         COMMIT;",
        series(size, |nth, _| format!("{nth}, ")),
        size.moment(),
        size.runs()
    );
    connection.execute_batch(&sql).unwrap();
    drop(connection);
    SqliteStore::open(path, "project").unwrap().unwrap()
}

fn postgres(size: Size, server: &Server) -> PostgresStore {
    let address = Address::parse(&server.address("postgres"), |_| None).unwrap();
    migrate(&address).unwrap();
    let tests = size.tests;
    // Longer than a command line may be.
    let script = server.script(&format!(
        "INSERT INTO perfreg.series (key, {COLUMNS}) VALUES {};
         SELECT perfreg.make_month(month::DATE) FROM generate_series(to_timestamp({FROM}),
            to_timestamp({FROM} + {SPAN}), INTERVAL '1 month') AS month;
         INSERT INTO perfreg.runs (id, project, digest, time, package, target, test, started, seconds,
            host, toolchain, commit_hash, dirty, branch, verdict, body)
         SELECT n, 'project', lpad(to_hex(n), 64, '0'), to_timestamp({moment}), 'package', '',
            'test_' || (n % {tests}),
            to_char(to_timestamp({moment}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 1.5,
            'a CPU', '1.89.0', lpad(to_hex(n / {tests}), 40, '0'), FALSE, 'main', 'unchanged', ''
         FROM generate_series(0, {} - 1) AS n;
         INSERT INTO perfreg.points (series, time, run, value, low, high, median, q10, mean, launches,
            verdict)
         SELECT s.id, r.time, r.id, {value}, 999, 1011, 1005, 1001, 1006, 20, 'unchanged'
         FROM perfreg.series s JOIN perfreg.runs r ON r.test = s.test;
         VACUUM ANALYZE;",
        series(size, |_, key| format!("'{}', ", name_of(key))),
        size.runs(),
        moment = size.moment(),
        // There series count from one.
        value = VALUE.replace("s.id", "(s.id - 1)"),
    ));
    assert_eq!(script, "");
    PostgresStore::open(&address, "project").unwrap()
}

/// The questions that people ask, and the median of five times that an answer takes.
fn ask(name: &str, store: &dyn Store, size: Size) -> Vec<String> {
    let commit = |nth: usize| format!("{nth:040x}");
    let (first, last) = (commit(size.commits / 2), commit(size.commits - 1));
    let middle = size.tests * SERIES_OF_TEST / 2;
    let of_commit = |commit: &str| {
        let runs = store.runs_like(commit).unwrap();
        let digests: Vec<_> = runs.into_iter().map(|run| run.digest).collect();
        let values = store.values(&digests).unwrap();
        let sum: f64 = values.iter().map(|value| value.value).sum();
        format!("{} runs, {} values, sum {sum:.3}", digests.len(), values.len())
    };
    let questions: [(&str, &dyn Fn() -> String); 4] = [
        ("one series", &|| {
            let points = store.points(&key(middle)).unwrap();
            let sum: f64 = points.iter().map(|point| point.value).sum();
            format!(
                "{} points, sum {sum:.3}, until {}",
                points.len(),
                points[points.len() - 1].time
            )
        }),
        ("the runs of a commit", &|| format!("{} runs", store.runs_like(&first).unwrap().len())),
        ("commit against commit", &|| format!("{}; {}", of_commit(&first), of_commit(&last))),
        ("the last 30 of all series", &|| {
            let recent = store.recent(30).unwrap();
            let values: Vec<f64> = recent.iter().flat_map(|series| series.values.clone()).collect();
            let sum: f64 = values.iter().sum();
            format!("{} series, {} values, sum {sum:.3}", recent.len(), values.len())
        }),
    ];
    let mut answers = Vec::new();
    for (what, question) in questions {
        let mut times = Vec::new();
        for _ in 0..5 {
            let began = Instant::now();
            let answer = question();
            times.push(began.elapsed().as_secs_f64() * 1e3);
            answers.push(answer);
        }
        times.sort_by(f64::total_cmp);
        println!("{name}: {what}: {:.0} ms ({:.0} to {:.0})", times[2], times[0], times[4]);
    }
    answers.dedup();
    answers
}

#[test]
fn years_of_a_large_project_are_answered_alike() {
    let points = std::env::var("PERFREG_POINTS").map_or(20_000, |text| text.parse().unwrap());
    let size = Size::of(points);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let began = Instant::now();
    let store = sqlite(size, &path);
    println!(
        "{} series of {} commits: {} points; SQLite filled in {:.0} s, {} MB",
        size.tests * SERIES_OF_TEST,
        size.commits,
        size.runs() * SERIES_OF_TEST,
        began.elapsed().as_secs_f64(),
        fs::metadata(&path).unwrap().len() >> 20
    );
    let expected = ask("SQLite", &store, size);
    assert_eq!(expected.len(), 4, "an answer each, and always the same: {expected:?}");
    drop(store);
    drop(folder);
    let Some(server) = Server::start() else { return };
    let began = Instant::now();
    let store = postgres(size, &server);
    let bytes = server.sql("postgres", "SELECT pg_database_size('postgres') >> 20");
    println!("PostgreSQL filled in {:.0} s, {bytes} MB", began.elapsed().as_secs_f64());
    assert_eq!(ask("PostgreSQL", &store, size), expected);
}
