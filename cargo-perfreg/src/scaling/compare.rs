//! Whether a cost grows by another law than it did: a regression of its own kind, which a single
//! size may not show yet.

use crate::scaling::fit::{Measured, Model, fit, slope};
use crate::scaling::law::Law;

/// What became of the growth.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Growth {
    /// It is of the same law, or nothing says surely that it is not.
    Same,
    /// It is of a law that outgrows the one before.
    Steeper(Turn),
    /// It is of a law that the one before outgrows.
    Flatter(Turn),
    /// The two share too few sizes to say anything.
    Unknown,
}

/// Two laws and what is between them.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Turn {
    /// The model before.
    pub(crate) before: Model,
    /// The model now.
    pub(crate) now: Model,
    /// The power of the size that the ratio of both grows by, with its 99 % interval.
    pub(crate) power: (f64, f64, f64),
}

/// Both sides of the interval together.
const CONFIDENCE: f64 = 0.99;

/// Compares the growth of `now` with that of `before`, at the sizes that both have.
///
/// The law has changed if other laws fit, and if the ratio of the costs is itself no constant: what
/// both sides share, such as the steps of the caches, is not in the ratio.
pub(crate) fn compare(before: &[Measured], now: &[Measured]) -> Growth {
    let pairs: Vec<(Measured, Measured)> = before
        .iter()
        .filter_map(|old| Some((*old, *now.iter().find(|new| new.size == old.size)?)))
        .collect();
    let (olds, news): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    let (Some(before), Some(now)) = (fit(&olds), fit(&news)) else { return Growth::Unknown };
    let ratio = |of: fn(f64, f64) -> f64| -> Vec<Measured> {
        let each = pairs.iter().map(|(old, new)| Measured {
            size: old.size,
            cost: of(old.cost, new.cost),
            error: old.error.hypot(new.error),
        });
        each.collect()
    };
    let rank = |model: &Model| model.law.rank(model.power.0);
    let (outgrows, is_outgrown) = (rank(&now) > rank(&before), rank(&now) < rank(&before));
    let ratios = pairs.iter().map(|(old, new)| (old.size.ln(), (new.cost / old.cost).ln()));
    let turn = Turn { before, now, power: slope(ratios, CONFIDENCE) };
    if outgrows && grows(&ratio(|old, new| new / old)) {
        Growth::Steeper(turn)
    } else if is_outgrown && grows(&ratio(|old, new| old / new)) {
        Growth::Flatter(turn)
    } else {
        Growth::Same
    }
}

/// Whether what was measured is no constant, and larger by something worth a word at its end.
fn grows(measured: &[Measured]) -> bool {
    let Some(model) = fit(measured) else { return false };
    let sizes = || measured.iter().map(|m| m.size);
    let (first, last) = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(0.0, f64::max));
    let by_itself = model.law != Law::Constant && !model.others.contains(&Law::Constant);
    by_itself && model.at(last).low > model.at(first).cost * (1.0 + WORTH_A_WORD)
}

/// Relative growth over all sizes below this is left alone.
const WORTH_A_WORD: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn of(law: Law, factor: f64, random: &mut Random) -> Vec<Measured> {
        let sizes = [100.0, 300.0, 1e3, 3e3, 1e4, 3e4];
        let measured = sizes.map(|size| Measured {
            size,
            cost: (50.0 + factor * law.shape(size)) * (0.01 * random.normal()).exp(),
            error: 0.01,
        });
        measured.to_vec()
    }

    #[test]
    fn another_law_is_seen_and_the_same_is_not() {
        let mut random = Random::new(5);
        let mut check = |before: Law, now: (Law, f64), expected: &str| {
            for _ in 0..20 {
                let growth = compare(&of(before, 2.0, &mut random), &of(now.0, now.1, &mut random));
                let word = match growth {
                    Growth::Same => "same",
                    Growth::Steeper(_) => "steeper",
                    Growth::Flatter(_) => "flatter",
                    Growth::Unknown => "unknown",
                };
                assert_eq!(word, expected, "{before} became {now:?}");
            }
        };
        check(Law::Linearithmic, (Law::Quadratic, 0.1), "steeper");
        check(Law::Linear, (Law::Linearithmic, 2.0), "steeper");
        check(Law::Constant, (Law::Linear, 0.01), "steeper");
        check(Law::Quadratic, (Law::Linear, 2.0), "flatter");
        // Slower by the same factor everywhere is no other law.
        check(Law::Linearithmic, (Law::Linearithmic, 6.0), "same");
        check(Law::Constant, (Law::Constant, 2.0), "same");
    }

    #[test]
    fn foreign_sizes_say_nothing() {
        let m = |size, cost| Measured { size, cost, error: 0.0 };
        let one = [m(1.0, 1.0), m(2.0, 2.0), m(3.0, 3.0)];
        let other = [m(1.0, 1.0), m(2.0, 2.0), m(4.0, 4.0)];
        assert_eq!(compare(&one, &other), Growth::Unknown);
    }
}
