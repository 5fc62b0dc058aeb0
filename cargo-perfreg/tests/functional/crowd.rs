//! A crowd at a store that a team shares: many writers that are killed, readers, and a server that is
//! started again meanwhile. Nothing is lost, and nothing is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::project::{Project, Said, with};
use crate::server::{Server, Stop};
use crate::store::{DATABASE, archive, ask, workspace};

const WRITERS: usize = 8;

/// What is said of a server that is gone or not yet back.
const GONE: [&str; 12] = [
    "Connection refused",
    "Connection reset by peer",
    "Broken pipe",
    "connection closed",
    "unexpected end of file",
    "terminating connection due to administrator command",
    "terminating connection because of crash of another server process",
    "terminating connection due to unexpected postmaster exit",
    "the database system is starting up",
    "the database system is shutting down",
    "the database system is not yet accepting connections",
    "the database system is in recovery mode",
];

/// Whether it failed for one of these reasons.
fn is_excused(said: &Said, excuses: &[&str]) -> bool {
    said.code == Some(70) && excuses.iter().any(|excuse| said.mentions(excuse))
}

/// Writers that push until they are done, however often they are killed.
struct Writers<'a> {
    projects: &'a [Project],
    address: String,
    /// Why one may fail that was not killed.
    excuses: &'a [&'a str],
    kills: usize,
}

/// One of the writers at work.
struct Writer {
    child: Child,
    is_killed: bool,
}

impl Writers<'_> {
    fn push(&self, writer: usize) -> Writer {
        let mut command = self.projects[writer].perfreg_command(&["history", "push"]);
        command.env("PERFREG_STORE", &self.address).stdout(Stdio::null()).stderr(Stdio::piped());
        Writer { child: command.spawn().unwrap(), is_killed: false }
    }

    /// Lets all of them push; a random one is killed whenever `pause` more runs are there, and begins
    /// again. `meanwhile` is called between, and says how many runs are there.
    fn finish(&mut self, pause: usize, mut meanwhile: impl FnMut() -> usize) {
        let mut random = fastrand::Rng::with_seed(8);
        let mut running: Vec<Option<Writer>> = (0..WRITERS).map(|at| Some(self.push(at))).collect();
        let (began, mut due) = (Instant::now(), pause);
        while running.iter().any(Option::is_some) {
            assert!(began.elapsed() < Duration::from_secs(300), "the writers do not end");
            thread::sleep(Duration::from_millis(50));
            for (at, slot) in running.iter_mut().enumerate() {
                let Some(writer) = slot else { continue };
                if writer.child.try_wait().unwrap().is_none() {
                    continue;
                }
                let Writer { child, is_killed } = slot.take().unwrap();
                let said = Said::from(child.wait_with_output().unwrap());
                if said.code != Some(0) {
                    let by_us = said.code.is_none() && is_killed;
                    assert!(by_us || is_excused(&said, self.excuses), "{said}");
                    *slot = Some(self.push(at));
                }
            }
            let there = meanwhile();
            let alive: Vec<usize> = (0..WRITERS).filter(|at| running[*at].is_some()).collect();
            if there >= due
                && let Some(writer) = random.choice(alive).and_then(|at| running[at].as_mut())
            {
                // One that ended just now stays ended.
                writer.child.kill().unwrap();
                (writer.is_killed, due) = (true, there + pause);
                self.kills += 1;
            }
        }
    }
}

/// Sets a flag at the end, even if that is a failed assertion: others wait for it.
struct AtTheEnd<'a>(&'a AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Somebody who asks all the time.
#[derive(Clone, Copy)]
struct Reader<'a> {
    address: &'a str,
    /// Why there may be no answer.
    excuses: &'a [&'a str],
    done: &'a AtomicBool,
    /// So many answers were given.
    asked: &'a AtomicUsize,
}

impl Reader<'_> {
    /// Asks without pause until it is done.
    fn read(self, project: &Project, words: &[&str]) {
        let store = [("PERFREG_STORE", self.address)];
        while !self.done.load(Ordering::Relaxed) {
            let command: Command = with(project.perfreg_command(words), &store);
            let said = Said::from({ command }.output().unwrap());
            if is_excused(&said, self.excuses) {
                continue;
            }
            let said = said.expect(0);
            let rows: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
            // What is there is there whole, once: every run with its two values.
            let mut values: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
            for row in rows.iter().filter(|row| row["values"].is_array()) {
                let of_test = values.entry(row["test"].to_string()).or_default();
                of_test.insert(row["values"].as_array().unwrap().len());
            }
            assert!(values.values().all(|lengths| lengths.len() == 1), "{values:?}");
            let digests = rows.iter().filter_map(|row| row["digest"].as_str());
            let (digests, distinct): (Vec<_>, BTreeSet<_>) = digests.map(|d| (d, d)).unzip();
            assert_eq!(digests.len(), distinct.len());
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Eight writers of `runs` runs each, two readers, a writer killed after every fiftieth of the runs,
/// and `restarts` of the server, at equal parts of the way.
fn check(runs: usize, restarts: &[Stop]) {
    let Some(mut server) = Server::start() else { return };
    let projects: Vec<Project> = (0..WRITERS).map(|_| workspace()).collect();
    ask(&projects[0], &server, &["history", "migrate"]).expect(0);
    let mut digests = BTreeSet::new();
    for (writer, project) in projects.iter().enumerate() {
        digests.extend((0..runs).map(|nth| archive(project, &format!("test_{writer}"), nth)));
    }
    let all = WRITERS * runs;
    assert_eq!(digests.len(), all);
    let address = server.address(DATABASE);
    let excuses = if restarts.is_empty() { &[][..] } else { &GONE };
    let mut writers = Writers { projects: &projects, address: address.clone(), excuses, kills: 0 };
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let began = Instant::now();
    thread::scope(|scope| {
        let _end = AtTheEnd(&done);
        let reader = Reader { address: &address, excuses, done: &done, asked: &asked };
        for words in
            [&["history", "list", "--json"][..], &["history", "series", "--json", "--last", "9999"]]
        {
            scope.spawn(move || reader.read(&workspace(), words));
        }
        let mut stops = restarts.iter().enumerate();
        let mut next = stops.next();
        writers.finish(all / 50, || {
            let there = count(&server, "SELECT count(*) FROM perfreg.runs");
            if let Some((at, stop)) = next
                && there >= all * (at + 1) / (restarts.len() + 1)
            {
                server.restart(*stop);
                next = stops.next();
            }
            there
        });
        assert!(next.is_none(), "the writers were done before the server was stopped");
    });
    let (kills, asked) = (writers.kills, asked.into_inner());
    let seconds = began.elapsed().as_secs_f64();
    println!("{all} runs in {seconds:.0} s; {kills} writers killed, {asked} answers to readers");
    assert!(kills > 0 && asked > 0);
    let count = |sql: &str| count(&server, sql);
    assert_eq!(count("SELECT count(*) FROM perfreg.runs"), all);
    assert_eq!(count("SELECT count(DISTINCT digest) FROM perfreg.runs"), all);
    assert_eq!(count("SELECT count(*) FROM perfreg.points"), 2 * all);
    assert_eq!(count("SELECT count(*) FROM perfreg.measured"), 2 * all);
    assert_eq!(count("SELECT count(*) FROM perfreg.series"), 2 * WRITERS);
    let there = server.sql(DATABASE, "SELECT digest FROM perfreg.documents");
    assert_eq!(there.lines().map(str::to_owned).collect::<BTreeSet<_>>(), digests);
}

/// The number that the statement answers.
fn count(server: &Server, sql: &str) -> usize {
    server.sql(DATABASE, sql).parse().unwrap()
}

#[test]
#[ignore = "eight writers and a server for a minute: --ignored"]
fn writers_that_are_killed_lose_and_double_nothing() {
    check(1_000, &[]);
}

#[test]
#[ignore = "eight writers and a server for a minute: --ignored"]
fn a_server_that_is_started_again_loses_and_doubles_nothing() {
    check(1_000, &[Stop::Fast, Stop::Immediate]);
}
