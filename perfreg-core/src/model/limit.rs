//! What a test must keep to whatever its baseline says, and whether it did.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::model::limit_text::{self, Demand, Dimension, LimitText};
use crate::model::{Direction, Metric, Throughput, Unit};

/// A demand on one metric, with its reason: `over 100 events/s`, `peak_bytes at most 64 MiB`, or a
/// largest difference from the baseline such as `accuracy -0.002`.
///
/// ```
/// # fn main() -> Result<(), perfreg_core::Error> {
/// use perfreg_core::model::Limit;
///
/// let limit = Limit::new("under 50 ms", "a frame lasts 60 ms")?;
/// assert_eq!(limit.metric(), "time");
/// assert!(Limit::new("under 50", "a frame lasts 60 ms").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limit {
    text: String,
    reason: String,
}

/// Which side of a number is allowed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Bound {
    Under(f64),
    AtMost(f64),
    Over(f64),
    AtLeast(f64),
}

impl Limit {
    /// The limit that `text` says, because of `reason`.
    ///
    /// # Errors
    /// If the text is no limit, or there is no reason.
    pub fn new(text: &str, reason: &str) -> Result<Self, Error> {
        limit_text::parse(text).map_err(Error::usage)?;
        if reason.trim().is_empty() {
            return Err(Error::usage(format!("the limit `{text}` has no reason")));
        }
        Ok(Self { text: text.to_owned(), reason: reason.to_owned() })
    }

    /// The limit as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why there is a limit.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The metric that it is about; `throughput` if that is what the test's time amounts to.
    pub fn metric(&self) -> &str {
        self.parsed().metric
    }

    fn parsed(&self) -> LimitText<'_> {
        limit_text::parse(&self.text).expect("a limit is built of a text that is one")
    }

    /// The bound for values of `metric`; `None` for a difference from the baseline.
    ///
    /// # Errors
    /// If the metric is in another unit.
    pub(crate) fn bound(&self, metric: &Metric) -> Result<Option<Bound>, Error> {
        Ok(bound(self.parsed().demand, self.in_unit_of(metric)?))
    }

    /// How far values of `metric` may be from the baseline, if that is what the limit says.
    ///
    /// # Errors
    /// If the metric is in another unit, or what the limit allows would be a gain.
    pub(crate) fn tolerance(&self, metric: &Metric) -> Result<Option<f64>, Error> {
        let harm = match metric.direction {
            Direction::LowerIsBetter => Demand::Rise,
            Direction::HigherIsBetter => Demand::Fall,
        };
        match self.parsed().demand {
            demand if demand == harm => self.in_unit_of(metric).map(Some),
            Demand::Rise | Demand::Fall => Err(Error::usage(format!(
                "the limit `{}` allows what would be a gain: turn the sign",
                self.text
            ))),
            _ => Ok(None),
        }
    }

    fn in_unit_of(&self, metric: &Metric) -> Result<f64, Error> {
        let limit = self.parsed();
        let (dimension, size) = limit_text::unit(metric.unit.symbol());
        let fits = match (&metric.unit, limit.dimension) {
            (Unit::Count, dimension) => {
                matches!(dimension, Dimension::Bare | Dimension::Allocations)
            }
            (Unit::Dimensionless, dimension) => dimension == Dimension::Bare,
            (Unit::ItemsPerSecond, dimension) => matches!(dimension, Dimension::Rate(_)),
            (_, of_limit) => of_limit == dimension,
        };
        match fits {
            true => Ok(limit.value / size),
            false => Err(Error::usage(format!(
                "the limit `{}` does not fit: {} is in {}",
                self.text, metric.name, metric.unit
            ))),
        }
    }

    /// The bound for the rate that a time amounts to, with its unit and the amount of one iteration.
    ///
    /// # Errors
    /// If an iteration does not say that it processes what the limit counts.
    pub(crate) fn rate(&self, throughput: Option<Throughput>) -> Result<(Bound, Unit, u64), Error> {
        let limit = self.parsed();
        let (amount, unit, method) = match (limit.dimension, throughput) {
            (Dimension::Rate(things), Some(Throughput::Items(items))) => {
                (Some(items), Unit::Other(format!("{things}/s").into()), "")
            }
            (Dimension::ByteRate, Some(Throughput::Bytes(bytes))) => {
                (Some(bytes), Unit::BytesPerSecond, "")
            }
            (Dimension::FlopRate, Some(Throughput::Flops(flops))) => {
                (Some(flops), Unit::Other("FLOP/s".into()), "")
            }
            (Dimension::ByteRate, _) => (None, Unit::BytesPerSecond, "Bytes"),
            (Dimension::FlopRate, _) => (None, Unit::BytesPerSecond, "Flops"),
            _ => (None, Unit::ItemsPerSecond, "Items"),
        };
        match (amount, bound(limit.demand, limit.value)) {
            (Some(amount), Some(bound)) => Ok((bound, unit, amount)),
            _ => Err(Error::usage(format!(
                "the limit `{}` needs the test to say what an iteration processes: \
                 b.throughput(Throughput::{method}(…))",
                self.text
            ))),
        }
    }
}

fn bound(demand: Demand, value: f64) -> Option<Bound> {
    match demand {
        Demand::Under => Some(Bound::Under(value)),
        Demand::AtMost => Some(Bound::AtMost(value)),
        Demand::Over => Some(Bound::Over(value)),
        Demand::AtLeast => Some(Bound::AtLeast(value)),
        Demand::Rise | Demand::Fall => None,
    }
}

/// A limit beside what was measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Target {
    /// The limit as it was written.
    pub limit: String,
    /// Why there is a limit.
    pub reason: String,
    /// The metric.
    pub metric: String,
    /// The unit of the values.
    pub unit: Unit,
    /// The typical value.
    pub current: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end of its interval.
    pub high: f64,
    /// Whether the limit was kept.
    pub state: TargetState,
}

/// Whether a limit was kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TargetState {
    /// The whole interval is on the allowed side.
    Met,
    /// The whole interval is on the other side.
    Missed,
    /// The interval holds the limit.
    Undecided,
    /// There is no baseline to differ from.
    NoBaseline,
}

impl std::fmt::Display for TargetState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            TargetState::Met => "met",
            TargetState::Missed => "missed",
            TargetState::Undecided => "inconclusive",
            TargetState::NoBaseline => "no baseline",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, Limit};
    use crate::model::Direction::{HigherIsBetter, LowerIsBetter};
    use crate::model::{Metric, Throughput, Unit};

    #[test]
    fn limits_take_the_unit_of_their_metric() {
        let check = |text: &str, metric: Metric, expected: Result<Option<Bound>, &str>| {
            let found = Limit::new(text, "because").unwrap().bound(&metric);
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(found), Err(part)) => assert!(found.to_string().contains(part), "{found}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        };
        let own = |unit: Unit| Metric::new("own", unit, LowerIsBetter);
        check("under 50 ms", Metric::time("time"), Ok(Some(Bound::Under(5e7))));
        check("own under 50 ms", own(Unit::Other("us".into())), Ok(Some(Bound::Under(5e4))));
        check("own at most 2 KiB", own(Unit::Bytes), Ok(Some(Bound::AtMost(2048.0))));
        check("own over 5 tokens/s", own(Unit::ItemsPerSecond), Ok(Some(Bound::Over(5.0))));
        check("own at least 5", own(Unit::Dimensionless), Ok(Some(Bound::AtLeast(5.0))));
        check("own +5", own(Unit::Count), Ok(None));
        check("own at most 5 %", own(Unit::Percent), Ok(Some(Bound::AtMost(5.0))));
        check("own at most 5", own(Unit::Bytes), Err("`own at most 5` does not fit: own is in B"));
        check("own at most 5 ms", own(Unit::Bytes), Err("own is in B"));
        check("own at most 5 points", own(Unit::Dimensionless), Err("own is in 1"));
    }

    #[test]
    fn a_tolerance_is_of_harm() {
        let check = |text: &str, direction, expected: Option<f64>| {
            let metric = Metric::new("accuracy", Unit::Dimensionless, direction);
            let found = Limit::new(text, "because").unwrap().tolerance(&metric);
            assert_eq!(found.as_ref().ok().copied().flatten(), expected, "{found:?}");
        };
        check("accuracy -0.002", HigherIsBetter, Some(0.002));
        check("accuracy +0.002", HigherIsBetter, None);
        check("accuracy +0.002", LowerIsBetter, Some(0.002));
        check("accuracy at least 0.9", HigherIsBetter, None);
    }

    #[test]
    fn a_rate_needs_its_amount() {
        let check = |text: &str, throughput, expected: Result<(Bound, &str, u64), &str>| {
            let found = Limit::new(text, "because").unwrap().rate(throughput);
            match (found, expected) {
                (Ok((bound, unit, amount)), Ok(expected)) => {
                    assert_eq!((bound, unit.symbol(), amount), expected);
                }
                (Err(found), Err(part)) => assert!(found.to_string().contains(part), "{found}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        };
        let (items, bytes) = (Some(Throughput::Items(7)), Some(Throughput::Bytes(9)));
        check("over 100 events/s", items, Ok((Bound::Over(100.0), "events/s", 7)));
        check("at least 2 kB/s", bytes, Ok((Bound::AtLeast(2000.0), "B/s", 9)));
        check("over 1 GFLOP/s", Some(Throughput::Flops(3)), Ok((Bound::Over(1e9), "FLOP/s", 3)));
        check("over 100 events/s", bytes, Err("b.throughput(Throughput::Items(…))"));
        check("over 100 B/s", items, Err("b.throughput(Throughput::Bytes(…))"));
        check("over 1 GFLOP/s", None, Err("b.throughput(Throughput::Flops(…))"));
    }

    #[test]
    fn a_limit_has_a_reason() {
        assert!(Limit::new("under 50 ms", " ").unwrap_err().to_string().contains("no reason"));
    }
}
