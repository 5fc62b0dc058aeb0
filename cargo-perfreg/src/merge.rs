//! The records of several machines as one set: what is there twice, and what contradicts itself. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use perfreg_core::TestId;
use perfreg_core::model::{Direction, Metric, Outcome, Run};
use perfreg_core::stats::mean;

use crate::history::Digest;
use crate::plain::plain;

/// What one machine measured.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The file or folder that it was read from.
    pub(crate) name: String,
    /// Its records.
    pub(crate) runs: Vec<Run>,
}

/// What becomes of a test that two sources measured on one host, of one build and one commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Twice {
    /// It is an error.
    Refuse,
    /// The first source that has it is believed.
    KeepFirst,
    /// The source that has the newest record of it is believed.
    KeepNewest,
    /// The source where it took the longest is believed: a job of several processes waits for the
    /// slowest of them.
    KeepSlowest,
}

/// A test that two sources have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Clash {
    test: TestId,
    host: String,
    /// The sources, and what each has of it.
    first: (String, String),
    second: (String, String),
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Characters of a name that are shown.
        const NAME: usize = 200;
        let Self { test, host, first, second } = self;
        let (test, host) = (plain(&test.to_string(), NAME), plain(host, NAME));
        let told = |(source, started): &(String, String)| {
            format!("{} (of {})", plain(source, NAME), plain(started, NAME))
        };
        write!(f, "{test} on {host}: in {} and in {}", told(first), told(second))
    }
}

/// A test on a host, of one build and one commit: what one machine of a matrix is to measure.
type Key = (TestId, String, String, String);

fn key(run: &Run) -> Key {
    let revision = run.revision.as_ref().map_or_else(String::new, ToString::to_string);
    (run.id.clone(), run.host.to_string(), run.toolchain.to_string(), revision)
}

/// The name of a record: the digest of what it says, however it was laid out.
pub(crate) fn name_of(run: &Run) -> Digest {
    Digest::of(&serde_json::to_vec(run).expect("a run is plain data with string keys"))
}

/// All records of the sources, each once, in the order of time.
///
/// # Errors
/// With every test that two sources have, if that is refused.
pub(crate) fn merge(sources: Vec<Source>, twice: Twice) -> Result<Vec<Run>, Vec<Clash>> {
    let mut by_key: BTreeMap<Key, Vec<Source>> = BTreeMap::new();
    for Source { name, runs } in sources {
        let mut seen = BTreeSet::new();
        for run in runs {
            // An archive holds what the records beside it hold.
            if !seen.insert(name_of(&run)) {
                continue;
            }
            let of = by_key.entry(key(&run)).or_default();
            match of.last_mut().filter(|last| last.name == name) {
                Some(last) => last.runs.push(run),
                None => of.push(Source { name: name.clone(), runs: vec![run] }),
            }
        }
    }
    let (mut merged, mut clashes) = (Vec::new(), Vec::new());
    for (key, sources) in by_key {
        if let ([first, second, ..], Twice::Refuse) = (&sources[..], twice) {
            clashes.push(clash(&key, first, second));
            continue;
        }
        let chosen = match twice {
            Twice::KeepNewest => sources.into_iter().rev().max_by(|a, b| newest(a).cmp(newest(b))),
            Twice::KeepSlowest => {
                let slower = |a: &Source, b: &Source| slowness(a).total_cmp(&slowness(b));
                sources.into_iter().rev().max_by(slower)
            }
            Twice::KeepFirst | Twice::Refuse => sources.into_iter().next(),
        };
        merged.extend(chosen.into_iter().flat_map(|source| source.runs));
    }
    if !clashes.is_empty() {
        return Err(clashes);
    }
    merged.sort_by(|a, b| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
    Ok(merged)
}

/// When the newest record of the source began; RFC 3339 in UTC sorts by time.
fn newest(source: &Source) -> &str {
    source.runs.iter().map(|run| run.started.as_str()).max().unwrap_or_default()
}

/// How long the newest record's times are, as the mean of their logarithms; what was not measured is
/// slower than anything, for it has to be seen.
fn slowness(source: &Source) -> f64 {
    let Some(run) = source.runs.iter().max_by_key(|run| &run.started) else { return 0.0 };
    if run.outcome != Outcome::Measured {
        return f64::INFINITY;
    }
    let is_time = |metric: &Metric| {
        metric.is_time() && metric.direction == Direction::LowerIsBetter && !metric.is_in_cycles()
    };
    let times = run.judgements().filter(|(_, one)| is_time(&one.metric) && one.current > 0.0);
    let logs: Vec<f64> = times.map(|(_, one)| one.current.ln()).collect();
    if logs.is_empty() { f64::NEG_INFINITY } else { mean(&logs) }
}

fn clash(key: &Key, first: &Source, second: &Source) -> Clash {
    let told = |source: &Source| (source.name.clone(), newest(source).to_owned());
    Clash { test: key.0.clone(), host: key.1.clone(), first: told(first), second: told(second) }
}

#[cfg(test)]
mod tests {
    use perfreg_core::model::{Outcome, Revision, Run};
    use perfreg_core::{HostKey, Verdict};

    use super::{Source, Twice, merge};
    use crate::testing::{judgement, run};

    /// `test@host@minute` for each record.
    fn source(name: &str, records: &[&str]) -> Source {
        let record = |text: &&str| {
            let [test, host, minute] = text.split('@').collect::<Vec<_>>()[..] else {
                panic!("{text} is no record")
            };
            Run {
                started: format!("2026-01-02T03:{minute}:00Z"),
                host: HostKey::new(host, "CPU", 2, None),
                revision: Some(Revision::of("f".repeat(40))),
                ..run(test, vec![])
            }
        };
        Source { name: name.to_owned(), runs: records.iter().map(record).collect() }
    }

    #[test]
    fn of_several_processes_the_slowest_stands() {
        let rank = |name: &str, times: &[f64], outcome: Outcome| {
            let judged = times.iter().map(|ns| perfreg_core::model::Judgement {
                current: *ns,
                ..judgement(Verdict::Unchanged, Some(0.0))
            });
            let mut of_rank = run("all_reduce", judged.collect());
            of_rank.outcome = outcome;
            of_rank.started = format!("2026-01-02T03:04:0{name}Z");
            Source { name: name.to_owned(), runs: vec![of_rank] }
        };
        let check = |ranks: Vec<Source>, expected: &str| {
            let merged = merge(ranks, Twice::KeepSlowest).unwrap();
            assert_eq!((merged.len(), &merged[0].started[17..19]), (1, expected));
        };
        let measured = |name, times: &[f64]| rank(name, times, Outcome::Measured);
        check(vec![measured("0", &[5.0]), measured("1", &[7.0]), measured("2", &[6.0])], "01");
        check(vec![measured("0", &[9.0, 5.0]), measured("1", &[7.0, 6.0])], "00");
        check(vec![measured("0", &[5.0]), measured("1", &[5.0])], "00");
        let failed = Outcome::Failed { reason: "no link".to_owned() };
        check(vec![measured("0", &[5.0]), rank("1", &[], failed), measured("2", &[6.0])], "01");
    }

    #[test]
    fn each_record_stands_once() {
        let check =
            |one: &[&str], other: &[&str], twice: Twice, expected: Result<&[&str], &str>| {
                let merged = merge(vec![source("one", one), source("other", other)], twice);
                let told = merged.map_err(|clashes| clashes[0].to_string()).map(|runs| {
                    let told = |run: &Run| {
                        let minute = &run.started[14..16];
                        format!("{}@{}@{minute}", run.id.test, run.host.platform)
                    };
                    runs.iter().map(told).collect::<Vec<_>>()
                });
                let expected = expected
                    .map(|all| all.iter().map(|one| (*one).to_owned()).collect())
                    .map_err(str::to_owned);
                assert_eq!(told, expected);
            };
        use Twice::{KeepFirst, KeepNewest, Refuse};
        check(&["a@x@01"], &["b@x@00"], Refuse, Ok(&["b@x@00", "a@x@01"]));
        // Platforms stay apart; one machine may have measured a test several times.
        check(&["a@x@01", "a@x@02"], &["a@y@01"], Refuse, Ok(&["a@x@01", "a@y@01", "a@x@02"]));
        check(&["a@x@01", "a@x@01"], &[], Refuse, Ok(&["a@x@01"]));
        let clash = "perf::a on x, CPU, 2 cores: in one (of 2026-01-02T03:01:00Z) and in other (of \
                     2026-01-02T03:02:00Z)";
        check(&["a@x@01"], &["a@x@02"], Refuse, Err(clash));
        check(&["a@x@01"], &["a@x@02"], KeepFirst, Ok(&["a@x@01"]));
        check(&["a@x@01"], &["a@x@02"], KeepNewest, Ok(&["a@x@02"]));
        // The same record twice is a mistake of whoever collected them.
        let same = "perf::a on x, CPU, 2 cores: in one (of 2026-01-02T03:01:00Z) and in other (of \
                    2026-01-02T03:01:00Z)";
        check(&["a@x@01"], &["a@x@01"], Refuse, Err(same));
        check(&["a@x@01"], &["a@x@01"], KeepNewest, Ok(&["a@x@01"]));
    }
}
