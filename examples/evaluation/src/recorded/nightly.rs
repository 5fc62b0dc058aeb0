//! One commit of PHP measured night after night: how sessions differ on a tuned machine.

use std::collections::BTreeMap;
use std::convert::Infallible;

use perfreg_core::Direction;
use perfreg_core::judge::{LaunchValue, StoredPolicy};

use super::{package, read};
use crate::rules::{ByMetric, Launches, gate, specified};
use crate::table::{Cost, Outcome, Table, of_outcomes};
use crate::tally::{Check, Tally};

/// A night's figures of one test.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Night {
    median: f64,
    deviation: f64,
}

/// What the current side is multiplied by, in percent.
const SHIFTS: [u32; 5] = [0, 1, 2, 5, 10];

/// The stored rule on every night after the first ones.
///
/// # Errors
/// In words, if the data cannot be read.
pub(super) fn table() -> Result<Table, String> {
    let path = package().join("data/nightly/nights.tsv");
    let tests = parse(&read(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut outcomes = Vec::new();
    for (sessions, threshold) in [(1, 5), (5, 5), (10, 5), (1, 2), (5, 2), (10, 2)] {
        let policy = StoredPolicy::new(f64::from(threshold) / 100.0, Direction::LowerIsBetter);
        let label = format!("stored, {sessions} night{}, {threshold} %", plural(sessions));
        outcomes.push(outcome(label, &tests, sessions, |before, now| {
            let mut session = Again(launches(now));
            let Ok(gated) = gate(&[baseline(before)], &policy, &mut session);
            gated.check()
        }));
    }
    outcomes.push(outcome("specified, one night".to_owned(), &tests, 1, |before, now| {
        specified(&launches(&before[0]), &launches(now), 10.0).expect("times are finite")
    }));
    let count = tests.values().map(Vec::len).sum::<usize>();
    Ok(of_outcomes("Nights of one PHP commit, recorded", &["procedure"], Cost::Launches, &outcomes)
        .noted(format!("{} tests, {count} nights in all; data/nightly/PROVENANCE.txt", tests.len()))
        .noted("the file has a median and a standard deviation a night: ten launches with these stand for it")
        .noted("slowed: the current night's values multiplied; the second round is of the same night"))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn outcome(
    label: String,
    tests: &BTreeMap<String, Vec<Night>>,
    sessions: usize,
    check: impl Fn(&[Night], &Night) -> Check,
) -> Outcome {
    let by_slowdown = SHIFTS.map(|shift| {
        let mut tally = Tally::default();
        for nights in tests.values() {
            for window in nights.windows(sessions + 1) {
                let now = window[sessions].times(1.0 + f64::from(shift) / 100.0);
                tally.add(check(&window[..sessions], &now));
            }
        }
        (shift, tally)
    });
    Outcome { labels: vec![label], by_slowdown: by_slowdown.into() }
}

impl Night {
    fn times(self, factor: f64) -> Self {
        Self { median: self.median * factor, deviation: self.deviation * factor }
    }
}

fn baseline(nights: &[Night]) -> Vec<LaunchValue> {
    let session = |(number, night): (usize, &Night)| {
        let of = launches(night).into_iter();
        of.map(move |value| LaunchValue::new(value, None).in_session(number)).collect::<Vec<_>>()
    };
    nights.iter().enumerate().flat_map(session).collect()
}

/// Ten values with the night's median and deviation: the middles of ten equal parts of a normal
/// distribution, widened to a deviation of 1, in an order that looks like none.
fn launches(night: &Night) -> Vec<f64> {
    const MIDDLES: [f64; 10] =
        [0.134, -1.754, 0.719, -0.411, 1.105, -0.134, -1.105, 1.754, 0.411, -0.719];
    MIDDLES.iter().map(|z| night.median + z * night.deviation).collect()
}

/// The same night once more, whenever it is asked.
struct Again(Vec<f64>);

impl Launches for Again {
    type Error = Infallible;

    fn launch(&mut self, count: usize) -> Result<ByMetric, Infallible> {
        let values = self.0.iter().cycle().take(count);
        Ok(vec![values.map(|value| LaunchValue::new(*value, None)).collect()])
    }
}

fn parse(text: &str) -> Result<BTreeMap<String, Vec<Night>>, String> {
    let mut tests: BTreeMap<String, Vec<Night>> = BTreeMap::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let wrong = |what: &str| format!("line {}: {what}", at + 1);
        let fields: Vec<&str> = line.split('\t').collect();
        let [test, _, _, deviation, median] = fields[..] else {
            return Err(wrong("not five fields"));
        };
        let number = |text: &str| match text.parse::<f64>() {
            Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
            _ => Err(wrong("not a time")),
        };
        let night = Night { median: number(median)?, deviation: number(deviation)? };
        if night.median == 0.0 {
            return Err(wrong("not a time"));
        }
        tests.entry(test.to_owned()).or_default().push(night);
    }
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use perfreg_core::stats::{median, std_dev};

    use super::{Night, launches, parse};

    #[test]
    fn launches_have_the_nights_figures() {
        let values = launches(&Night { median: 2.0, deviation: 0.1 });
        assert!((median(&values) - 2.0).abs() < 1e-12);
        assert!((std_dev(&values) - 0.1).abs() < 0.005, "{}", std_dev(&values));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |text: &str, expected: &str| assert_eq!(parse(text).unwrap_err(), expected);
        check("a\tb\tc", "line 1: not five fields");
        check("# x\na\tb\t1\t2\tNaN", "line 2: not a time");
        check("a\tb\t1\t2\t0", "line 1: not a time");
        let night = &parse("a\tb\t1\t2\t3").unwrap()["a"][0];
        assert_eq!(*night, Night { median: 3.0, deviation: 2.0 });
    }
}
