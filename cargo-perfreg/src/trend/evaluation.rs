//! What the search for steps finds, misses and falsely raises: on series that engineers have labelled,
//! and on a history whose steps are known because they were put there.

use perfreg_core::Verdict;
use perfreg_core::model::{Revision, Run};

use crate::history::{Filed, SqliteStore, Store};
use crate::look_back::{Source, Told, tell};
use crate::testing::{Random, judgement, run};
use crate::trend::steps::{Policy, steps};

/// How many steps there were, were found, and were raised where there was none.
#[derive(Default, Debug)]
struct Score {
    there: usize,
    found: usize,
    false_ones: usize,
}

impl Score {
    /// Counts `found` against what is `there`, if they are no further apart than `tolerance`.
    fn count(&mut self, there: &[usize], found: &[usize], tolerance: usize) {
        let near = |one: &usize, other: &usize| one.abs_diff(*other) <= tolerance;
        self.there += there.len();
        self.found += there.iter().filter(|at| found.iter().any(|f| near(at, f))).count();
        self.false_ones += found.iter().filter(|f| !there.iter().any(|at| near(at, f))).count();
    }
}

#[test]
fn labelled_series_of_a_database() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/changepoints");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let mut score = Score::default();
    for line in read("labels.csv").lines().skip(1) {
        let [kind, file, label] = line.split(';').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let values: Vec<f64> = read(file)
            .lines()
            .skip(1)
            .map(|row| row.rsplit(',').next().unwrap().parse().unwrap())
            .collect();
        // Indices count from one there: the last value before is the first one after here.
        let there: Vec<usize> = label.parse().ok().filter(|at| *at > 0).into_iter().collect();
        let found: Vec<usize> =
            steps(&values, &Policy::default()).iter().map(|step| step.at).collect();
        println!("{kind} {file}: {} values, {there:?} is there, {found:?} was found", values.len());
        score.count(&there, &found, 2);
    }
    println!("{score:?}");
    assert_eq!((score.there, score.found), (3, 3), "{score:?}");
    assert!(score.false_ones <= 1, "{score:?}");
}

const COMMITS: usize = 200;
const TESTS: usize = 50;

/// One test's values at every commit, and the commits that change its level.
struct Generated {
    values: Vec<f64>,
    there: Vec<usize>,
}

/// The kinds of noise: quiet, usual, spiky, wandering, and none at all.
fn generate(test: usize, random: &mut Random) -> Generated {
    let noise = [0.005, 0.02, 0.01, 0.01, 0.0][test % 5];
    let mut there = Vec::new();
    let mut sizes = vec![0.0; COMMITS];
    // Three tests of five have a step, and one of them a second one.
    for nth in 0..[1, 0, 2, 1, 0][(test / 5 + test) % 5] {
        let at = 25 + nth * 90 + random.below(60);
        let size = (0.03 + noise * (4.0 + 8.0 * random.share())) * [1.0, -1.0][nth];
        there.push(at);
        sizes[at] = size;
    }
    let (mut level, mut wander) = (1_000.0 * (1.0 + random.share()), 0.0);
    let mut value = |size: &f64| {
        level *= 1.0 + size;
        wander = 0.5 * wander + random.normal();
        let spike = if random.below(20) == 0 { 0.1 + 0.5 * random.share() } else { 0.0 };
        match test % 5 {
            2 => level * (1.0 + noise * random.normal() + spike),
            3 => level * (1.0 + noise * wander),
            4 => level.round(),
            _ => level * (1.0 + noise * random.normal()),
        }
    };
    Generated { values: sizes.iter().map(&mut value).collect(), there }
}

/// The document of a test at a commit.
fn at(test: usize, commit: usize, value: f64) -> Filed {
    let mut judged = judgement(Verdict::Unchanged, None);
    judged.current = value;
    let mut run: Run = run(&format!("test_{test:02}"), vec![judged]);
    let (day, hour) = (commit / 24, commit % 24);
    run.started = format!("2026-03-{:02}T{hour:02}:00:00Z", day + 1);
    run.revision = Some(Revision {
        commit: format!("{commit:040}"),
        dirty: false,
        branch: Some("main".to_owned()),
        subject: None,
        authored: None,
    });
    Filed::parse(serde_json::to_vec(&run).unwrap()).unwrap()
}

fn commit(text: Option<&String>) -> usize {
    text.unwrap().parse().unwrap()
}

#[test]
fn a_history_with_known_steps() {
    let mut random = Random::new(11);
    let generated: Vec<Generated> = (0..TESTS).map(|test| generate(test, &mut random)).collect();
    let mut store = SqliteStore::in_memory("generated").unwrap();
    for (test, of_test) in generated.iter().enumerate() {
        let values = of_test.values.iter().enumerate();
        let documents: Vec<_> = values.map(|(commit, value)| at(test, commit, *value)).collect();
        store.put(&documents).unwrap();
    }
    let told = tell(&mut store, |_| true, None).unwrap();
    assert_eq!(told.len(), TESTS);
    let (mut score, mut ranges) = (Score::default(), 0);
    for (of_test, told) in generated.iter().zip(&told) {
        let first = |told: &Told, nth: usize| {
            told.changes[nth].first.as_ref().map(|r| commit(Some(&r.commit))).unwrap()
        };
        let found: Vec<usize> = (0..told.changes.len()).map(|nth| first(told, nth)).collect();
        score.count(&of_test.there, &found, 2);
        ranges += of_test
            .there
            .iter()
            .filter(|there| {
                told.changes.iter().any(|change| {
                    let after = commit(change.after_commit.as_ref());
                    after < **there && **there <= commit(change.by_commit.as_ref())
                })
            })
            .count();
    }
    println!("{score:?}, {ranges} commit ranges hold the commit that did it");
    assert!(score.there >= 35, "{score:?}");
    assert!(score.found * 100 >= score.there * 95, "{score:?}");
    assert!(score.false_ones <= 2, "{score:?}");
    assert!(ranges * 100 >= score.there * 95, "{ranges} of {score:?}");

    // Nothing is analysed twice; one more value, and its series is, alone.
    let sources =
        |told: &[Told], wanted: Source| told.iter().filter(|t| t.source == wanted).count();
    assert_eq!(sources(&told, Source::Analysed), TESTS);
    let again = tell(&mut store, |_| true, None).unwrap();
    assert_eq!(sources(&again, Source::Kept), TESTS);
    assert!(again.iter().zip(&told).all(|(again, told)| again.changes == told.changes));
    store.put(&[at(7, COMMITS, 1_000.0)]).unwrap();
    assert_eq!(sources(&tell(&mut store, |_| true, None).unwrap(), Source::Analysed), 1);
}

/// Noises that are hard to see through, all of about 2 %.
#[derive(Clone, Copy, Debug)]
enum Noise {
    Normal,
    Spiky,
    Wandering,
    Bimodal,
    HeavyTailed,
    Uneven,
}

impl Noise {
    const ALL: [Noise; 6] = [
        Noise::Normal,
        Noise::Spiky,
        Noise::Wandering,
        Noise::Bimodal,
        Noise::HeavyTailed,
        Noise::Uneven,
    ];

    /// Relative deviations, one a commit.
    fn deviations(self, random: &mut Random) -> Vec<f64> {
        const SIZE: f64 = 0.02;
        let mut wander = 0.0;
        let mut deviation = |commit: usize| match self {
            Noise::Normal => SIZE * random.normal(),
            Noise::Spiky if random.below(12) == 0 => 0.1 + 0.5 * random.share(),
            Noise::Spiky => SIZE * random.normal(),
            Noise::Wandering => {
                wander = 0.6 * wander + random.normal();
                SIZE * wander
            }
            Noise::Bimodal => {
                (if random.below(4) == 0 { 0.05 } else { 0.0 }) + 0.005 * random.normal()
            }
            // Student's distribution with three degrees of freedom.
            Noise::HeavyTailed => {
                let squares: f64 = (0..3).map(|_| random.normal().powi(2)).sum();
                SIZE * random.normal() / (squares / 3.0).sqrt()
            }
            Noise::Uneven => SIZE * random.normal() * (1.0 + (commit as f64 / 30.0).sin()),
        };
        (0..COMMITS).map(&mut deviation).collect()
    }
}

#[test]
fn small_steps_in_bad_noise() {
    let mut random = Random::new(13);
    let mut all = Score::default();
    for noise in Noise::ALL {
        let mut score = Score::default();
        for nth in 0..100 {
            // Half of the series have a step, of one to five times the noise.
            let size = if nth % 2 == 0 { 0.0 } else { 0.02 * (1.0 + 4.0 * random.share()) };
            let at = 30 + random.below(COMMITS - 60);
            let level = |commit: usize| if commit < at { 100.0 } else { 100.0 * (1.0 + size) };
            let deviations = noise.deviations(&mut random);
            let values: Vec<f64> =
                deviations.iter().enumerate().map(|(at, d)| level(at) * (1.0 + d)).collect();
            let found: Vec<usize> =
                steps(&values, &Policy::default()).iter().map(|step| step.at).collect();
            let there = if size > 0.0 { vec![at] } else { vec![] };
            score.count(&there, &found, 5);
        }
        println!("{noise:?}: {score:?}");
        all.there += score.there;
        all.found += score.found;
        all.false_ones += score.false_ones;
    }
    println!("{all:?}");
    assert!(all.found * 100 >= all.there * 85, "{all:?}");
    assert!(all.false_ones <= 40, "{all:?}");
}

#[test]
#[ignore = "takes the better part of a minute: run with --release --ignored --nocapture"]
fn ten_thousand_series_of_a_thousand_commits() {
    let mut random = Random::new(12);
    let series: Vec<Vec<f64>> = (0..10_000)
        .map(|_| {
            let values = (0..1_000).map(|at| {
                let level = if at < 500 { 100.0 } else { 105.0 };
                level * (1.0 + 0.01 * random.normal())
            });
            values.collect()
        })
        .collect();
    let begun = std::time::Instant::now();
    let found = crate::trend::on_all_cores(&series, |values| steps(values, &Policy::default()));
    println!("{:.1} s", begun.elapsed().as_secs_f64());
    let right = found.iter().filter(|steps| steps.iter().any(|s| s.at.abs_diff(500) <= 3)).count();
    let false_ones = found.iter().map(Vec::len).sum::<usize>() - right;
    assert!(right >= 9_990 && false_ones <= 20, "{right} found, {false_ones} false ones");
}
