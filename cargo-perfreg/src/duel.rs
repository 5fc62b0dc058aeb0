//! Two implementations in one file, as sections: who is faster, and how surely. Pure.

use std::collections::BTreeMap;

use perfreg_core::{Direction, stats};
use serde::Serialize;

use crate::error::Error;
use crate::series::{Key, Series};

/// One subsection that both implementations have.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub(crate) struct Round {
    pub(crate) subsection: String,
    pub(crate) metric: String,
    /// The second over the first, with its 99 % interval where there are samples enough.
    pub(crate) ratio: f64,
    pub(crate) interval: Option<(f64, f64)>,
    /// The better one; `None` if the interval includes 1, or there is none.
    pub(crate) winner: Option<String>,
}

/// Both sides of the interval together.
const CONFIDENCE: f64 = 0.99;

/// Compares the sections `one` and `other`, subsection by subsection.
///
/// The ratio is the Hodges-Lehmann estimate on logarithms, its interval the one that inverts the
/// Mann-Whitney test (Hodges and Lehmann, 1963).
///
/// # Errors
/// If a section does not exist, they share nothing, or a value is not positive.
pub(crate) fn duel(
    series: &BTreeMap<Key, Series>,
    one: &str,
    other: &str,
) -> Result<Vec<Round>, Error> {
    for section in [one, other] {
        if !series.keys().any(|(name, _, _)| name == section) {
            let mut known: Vec<&str> = series.keys().map(|(name, _, _)| name.as_str()).collect();
            known.dedup();
            return Err(Error::usage(format!(
                "there is no section `{section}`; there are {}",
                known.join(", ")
            )));
        }
    }
    let mut rounds = Vec::new();
    for ((section, subsection, metric), first) in series.iter().filter(|(key, _)| key.0 == one) {
        let key = (other.to_owned(), subsection.clone(), metric.clone());
        let Some(second) = series.get(&key) else { continue };
        let logs = |series: &Series, section: &str| -> Result<Vec<f64>, Error> {
            match series.values.iter().find(|value| **value <= 0.0) {
                Some(value) => Err(Error::usage(format!(
                    "{section} {subsection} {metric}: {value} has no ratio to anything"
                ))),
                None => Ok(series.values.iter().map(|value| value.ln()).collect()),
            }
        };
        let (before, now) = (logs(first, section)?, logs(second, other)?);
        let interval = stats::shift_interval(&now, &before, CONFIDENCE)
            .map(|interval| (interval.low.exp(), interval.high.exp()));
        rounds.push(Round {
            subsection: subsection.clone(),
            metric: metric.clone(),
            ratio: stats::hodges_lehmann_shift(&now, &before).exp(),
            interval,
            winner: interval
                .and_then(|interval| winner(interval, first.metric.direction, one, other)),
        });
    }
    if rounds.is_empty() {
        return Err(Error::usage(format!("`{one}` and `{other}` share no subsection")));
    }
    Ok(rounds)
}

fn winner((low, high): (f64, f64), direction: Direction, one: &str, other: &str) -> Option<String> {
    let (if_smaller, if_larger) = match direction {
        Direction::LowerIsBetter => (other, one),
        Direction::HigherIsBetter => (one, other),
    };
    if high < 1.0 {
        Some(if_smaller.to_owned())
    } else if low > 1.0 {
        Some(if_larger.to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::{Metric, Unit};

    use super::*;
    use crate::series::Basis;

    fn series(direction: Direction, sections: &[(&str, f64)]) -> BTreeMap<Key, Series> {
        let one = |(section, centre): &(&str, f64)| {
            let key = ((*section).to_owned(), "small".to_owned(), "m".to_owned());
            let values = (0..12).map(|i| centre * (1.0 + 0.001 * f64::from(i % 5))).collect();
            (
                key,
                Series {
                    metric: Metric::new("m", Unit::Dimensionless, direction),
                    values,
                    basis: Basis::Own,
                },
            )
        };
        sections.iter().map(one).collect()
    }

    #[test]
    fn the_better_one_wins_if_that_is_sure() {
        let check = |direction, rust: f64, cpp: f64, expected: Option<&str>| {
            let rounds = duel(&series(direction, &[("rust", rust), ("cpp", cpp)]), "rust", "cpp");
            let round = &rounds.unwrap()[0];
            assert_eq!(round.winner.as_deref(), expected, "{round:?}");
            assert!((round.ratio - cpp / rust).abs() < 0.01, "{round:?}");
        };
        check(Direction::LowerIsBetter, 100.0, 120.0, Some("rust"));
        check(Direction::LowerIsBetter, 100.0, 80.0, Some("cpp"));
        check(Direction::HigherIsBetter, 100.0, 120.0, Some("cpp"));
        check(Direction::LowerIsBetter, 100.0, 100.05, None);
    }

    #[test]
    fn sections_that_do_not_meet_are_an_error() {
        let both = series(Direction::LowerIsBetter, &[("rust", 1.0), ("cpp", 2.0)]);
        let error = duel(&both, "rust", "c").unwrap_err().to_string();
        assert_eq!(error, "there is no section `c`; there are cpp, rust");
        let mut apart = both;
        let (mut key, one) = apart.pop_first().unwrap();
        key.1 = "large".to_owned();
        apart.insert(key, one);
        let error = duel(&apart, "rust", "cpp").unwrap_err().to_string();
        assert_eq!(error, "`rust` and `cpp` share no subsection");
    }
}
