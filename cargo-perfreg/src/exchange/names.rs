//! What a name or a unit of another tool says of a metric: its unit, and which way is better.

use perfreg_core::{Direction, Metric, Unit};

use crate::exchange::json::Json;
use crate::exchange::report::Report;

use Direction::{HigherIsBetter, LowerIsBetter};

/// Which way is better, and how surely.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Better {
    /// No user could mean the other way.
    Sure(Direction),
    /// The name suggests it.
    Likely(Direction),
    /// Nothing says.
    Unknown,
}

impl Better {
    /// The direction, where the user says `wanted` of what is not sure; and whether it was a guess.
    pub(crate) fn direction(self, wanted: Option<Direction>) -> (Direction, Guess) {
        match (self, wanted) {
            (Self::Sure(direction), _) | (_, Some(direction)) | (Self::Likely(direction), None) => {
                (direction, Guess::No)
            }
            (Self::Unknown, None) => (LowerIsBetter, Guess::Yes),
        }
    }
}

/// Whether something was assumed that the file does not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Guess {
    Yes,
    No,
}

/// What nothing says of which way it is better, each once, in the order of the file.
#[derive(Default)]
pub(crate) struct Guessed(Vec<String>);

impl Guessed {
    /// Remembers `what` if it was a guess.
    pub(crate) fn add(&mut self, what: &str, guess: Guess) {
        if guess == Guess::Yes && !self.0.iter().any(|known| known == what) {
            self.0.push(what.to_owned());
        }
    }

    /// Says in `report` what was assumed.
    pub(crate) fn note(&self, report: &mut Report) {
        if !self.0.is_empty() {
            let what = self.0.join(", ");
            report.note(format!("taken to be better when lower (--better): {what}"));
        }
    }
}

/// A unit, with what one of it is in ours.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Measure {
    /// Our unit.
    pub(crate) unit: Unit,
    /// How many of ours one of theirs is.
    pub(crate) factor: f64,
    /// Which way is better.
    pub(crate) better: Better,
}

/// What a unit means that a tool writes beside a number, such as `ns/iter` or `MB/s`.
pub(crate) fn of_unit(text: &str) -> Measure {
    let text = text.trim();
    let per_operation =
        ["/iter", "/op", "/call"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    let sure = |unit, factor| Measure { unit, factor, better: Better::Sure(LowerIsBetter) };
    if let Some(factor) = nanoseconds(per_operation) {
        return sure(Unit::Nanoseconds, factor);
    }
    match text {
        "B/op" => return sure(Unit::Bytes, 1.0),
        "allocs/op" => return sure(Unit::Count, 1.0),
        _ => {}
    }
    let lower = text.to_lowercase();
    let is_rate =
        ["/s", "/sec", "/second", "per second", "ops", "hz"].iter().any(|end| lower.ends_with(end));
    let better = match lower.as_str() {
        _ if is_rate => Better::Likely(HigherIsBetter),
        "b" | "bytes" | "kb" | "kib" | "mb" | "mib" | "gb" | "gib" | "kilobytes" | "megabytes"
        | "gigabytes" => Better::Likely(LowerIsBetter),
        _ => Better::Unknown,
    };
    let unit = match lower.as_str() {
        "b" | "bytes" => Unit::Bytes,
        "b/s" | "bytes/s" => Unit::BytesPerSecond,
        "%" | "percent" => Unit::Percent,
        "" => Unit::Dimensionless,
        _ => Unit::from_symbol(text),
    };
    Measure { unit, factor: 1.0, better }
}

/// How many nanoseconds one of this unit of time is.
pub(crate) fn nanoseconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" | "nanoseconds" => Some(1.0),
        // The sign for micro is one of two characters.
        "us" | "\u{b5}s" | "\u{3bc}s" | "microseconds" => Some(1e3),
        "ms" | "milliseconds" => Some(1e6),
        "s" | "sec" | "seconds" => Some(1e9),
        _ => None,
    }
}

/// The metric that a name such as `latency_p50_ms` or `throughput_tokens_per_second` means. Its values
/// stay in the unit that the name carries, since rules with bounds in percent decide by their last bit.
pub(crate) fn of_name(name: &str) -> (Unit, Better) {
    let lower = name.to_lowercase();
    if let Some((before, _)) = lower.split_once("_per_sec") {
        let what = before.rsplit('_').next().unwrap_or(before);
        let unit = match what {
            "bytes" => Unit::BytesPerSecond,
            "items" | "elements" => Unit::ItemsPerSecond,
            _ => Unit::from_symbol(&format!("{what}/s")),
        };
        return (unit, Better::Sure(HigherIsBetter));
    }
    let end = lower.rsplit(['_', '-', ' ']).next().unwrap_or_default();
    let (unit, by_unit) = match end {
        "ns" | "nanoseconds" => (Unit::Nanoseconds, Better::Sure(LowerIsBetter)),
        "us" | "ms" | "s" => (Unit::from_symbol(end), Better::Sure(LowerIsBetter)),
        "sec" | "seconds" => (Unit::from_symbol("s"), Better::Sure(LowerIsBetter)),
        "bytes" => (Unit::Bytes, Better::Likely(LowerIsBetter)),
        "kb" => (Unit::from_symbol("KB"), Better::Likely(LowerIsBetter)),
        "mb" => (Unit::from_symbol("MB"), Better::Likely(LowerIsBetter)),
        "gb" => (Unit::from_symbol("GB"), Better::Likely(LowerIsBetter)),
        "percent" | "pct" => (Unit::Percent, Better::Unknown),
        _ => (Unit::Dimensionless, Better::Unknown),
    };
    let better = if by_unit == Better::Unknown { by_word(&lower) } else { by_unit };
    (unit, better)
}

fn by_word(name: &str) -> Better {
    const MORE: [&str; 10] = [
        "throughput",
        "bandwidth",
        "accuracy",
        "score",
        "speedup",
        "efficiency",
        "ops",
        "rate",
        "flops",
        "hits",
    ];
    const LESS: [&str; 13] = [
        "latency",
        "time",
        "duration",
        "memory",
        "usage",
        "alloc",
        "size",
        "bytes",
        "blocks",
        "misses",
        "error",
        "loss",
        "instructions",
    ];
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match (has(&MORE), has(&LESS)) {
        (true, false) => Better::Likely(HigherIsBetter),
        (false, true) => Better::Likely(LowerIsBetter),
        _ => Better::Unknown,
    }
}

/// Whether an object holds a number whose name says which way is better.
pub(crate) fn has_metric(json: &Json) -> bool {
    let is_metric = |(name, value): &(String, Json)| {
        matches!(value, Json::Number(_)) && of_name(name).1 != Better::Unknown
    };
    json.object().is_some_and(|entries| entries.iter().any(is_metric))
}

/// The metric of a name, where the user says `wanted` of what is not sure.
pub(crate) fn metric_of_name(name: &str, wanted: Option<Direction>) -> (Metric, Guess) {
    let (unit, better) = of_name(name);
    let (direction, guess) = better.direction(wanted);
    (Metric::new(name, unit, direction), guess)
}

#[cfg(test)]
mod tests {
    use super::{Better, metric_of_name, of_unit};
    use perfreg_core::Direction::{self, HigherIsBetter, LowerIsBetter};

    #[test]
    fn names_carry_unit_and_direction() {
        let check = |name: &str, unit: &str, direction: Direction| {
            let (metric, _) = metric_of_name(name, None);
            assert_eq!((metric.unit.symbol(), metric.direction), (unit, direction), "{name}");
        };
        check("throughput_tokens_per_second", "tokens/s", HigherIsBetter);
        check("items_per_second", "items/s", HigherIsBetter);
        check("bytes_per_second", "B/s", HigherIsBetter);
        check("latency_p50_ms", "ms", LowerIsBetter);
        check("execution_time_ms", "ms", LowerIsBetter);
        check("memory_usage_mb", "MB", LowerIsBetter);
        check("cpu_usage_percent", "%", LowerIsBetter);
        check("accuracy_score", "1", HigherIsBetter);
        check("Total Bytes", "B", LowerIsBetter);
        check("thing", "1", LowerIsBetter);
        assert_eq!(metric_of_name("thing", Some(HigherIsBetter)).0.direction, HigherIsBetter);
        assert_eq!(metric_of_name("x_ms", Some(HigherIsBetter)).0.direction, LowerIsBetter);
    }

    #[test]
    fn units_become_ours() {
        let check = |text: &str, unit: &str, factor: f64, better: Better| {
            let measure = of_unit(text);
            assert_eq!((measure.unit.symbol(), measure.factor), (unit, factor), "{text}");
            assert_eq!(measure.better, better, "{text}");
        };
        check("ns/iter", "ns", 1.0, Better::Sure(LowerIsBetter));
        check("\u{3bc}s/iter", "ns", 1e3, Better::Sure(LowerIsBetter));
        check("ns/op", "ns", 1.0, Better::Sure(LowerIsBetter));
        check("s", "ns", 1e9, Better::Sure(LowerIsBetter));
        check("B/op", "B", 1.0, Better::Sure(LowerIsBetter));
        check("allocs/op", "count", 1.0, Better::Sure(LowerIsBetter));
        check("MB/s", "MB/s", 1.0, Better::Likely(HigherIsBetter));
        check("req/s", "req/s", 1.0, Better::Likely(HigherIsBetter));
        check("iter/sec", "iter/sec", 1.0, Better::Likely(HigherIsBetter));
        check("Megabytes", "Megabytes", 1.0, Better::Likely(LowerIsBetter));
        check("Percent", "%", 1.0, Better::Unknown);
        check("auxMetricUnits", "auxMetricUnits", 1.0, Better::Unknown);
    }
}
