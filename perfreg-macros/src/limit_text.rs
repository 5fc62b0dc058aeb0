//! What a limit says, as text: `over 100 events/s`, `peak_bytes at most 64 MiB`, `accuracy -0.002`.
//!
//! This file stands in `perfreg-core`, which judges by limits, and in `perfreg-macros`, which
//! refuses wrong ones where they are written; a macro's crate can neither lend code nor borrow it.
//! A test keeps the two alike.

/// A limit, taken apart.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LimitText<'a> {
    /// The metric; what the unit tells if none is named.
    pub(crate) metric: &'a str,
    /// Which side of the value is allowed.
    pub(crate) demand: Demand,
    /// The value in the dimension's own unit: nanoseconds, bytes, or what is written.
    pub(crate) value: f64,
    /// What is measured.
    pub(crate) dimension: Dimension<'a>,
}

/// Which side of a limit's value is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Demand {
    Under,
    AtMost,
    Over,
    AtLeast,
    /// So much more than the baseline, and no more.
    Rise,
    /// So much less than the baseline, and no less.
    Fall,
}

/// What a unit measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dimension<'a> {
    /// In nanoseconds.
    Time,
    /// In bytes.
    Bytes,
    /// In bytes per second.
    ByteRate,
    /// In floating-point operations per second.
    FlopRate,
    /// In things per second, by the name of the things.
    Rate(&'a str),
    /// Of the allocator.
    Allocations,
    /// By its symbol.
    Other(&'a str),
    /// No unit is written.
    Bare,
}

/// Units with their dimension and size.
const UNITS: [(&str, Dimension<'static>, f64); 23] = [
    ("ns", Dimension::Time, 1.0),
    ("us", Dimension::Time, 1e3),
    ("µs", Dimension::Time, 1e3),
    ("ms", Dimension::Time, 1e6),
    ("s", Dimension::Time, 1e9),
    ("min", Dimension::Time, 6e10),
    ("B", Dimension::Bytes, 1.0),
    ("kB", Dimension::Bytes, 1e3),
    ("MB", Dimension::Bytes, 1e6),
    ("GB", Dimension::Bytes, 1e9),
    ("KiB", Dimension::Bytes, 1024.0),
    ("MiB", Dimension::Bytes, 1_048_576.0),
    ("GiB", Dimension::Bytes, 1_073_741_824.0),
    ("B/s", Dimension::ByteRate, 1.0),
    ("kB/s", Dimension::ByteRate, 1e3),
    ("MB/s", Dimension::ByteRate, 1e6),
    ("GB/s", Dimension::ByteRate, 1e9),
    ("KiB/s", Dimension::ByteRate, 1024.0),
    ("MiB/s", Dimension::ByteRate, 1_048_576.0),
    ("GiB/s", Dimension::ByteRate, 1_073_741_824.0),
    ("GFLOP/s", Dimension::FlopRate, 1e9),
    ("TFLOP/s", Dimension::FlopRate, 1e12),
    ("allocations", Dimension::Allocations, 1.0),
];

/// What perfreg measures itself, with what its limits are written in.
const METRICS: [(&str, &[&str]); 11] = [
    ("time", &["ns", "us", "ms", "s", "min"]),
    ("wall_time", &["ns", "us", "ms", "s", "min"]),
    ("thread_cpu_time", &["ns", "us", "ms", "s", "min"]),
    ("process_cpu_time", &["ns", "us", "ms", "s", "min"]),
    ("throughput", &["events/s", "MB/s", "MiB/s", "GFLOP/s"]),
    ("allocations", &["allocations"]),
    ("process_allocations", &["allocations"]),
    ("allocated_bytes", &["B", "kB", "MB", "GB", "KiB", "MiB", "GiB"]),
    ("peak_bytes", &["B", "kB", "MB", "GB", "KiB", "MiB", "GiB"]),
    ("process_allocated_bytes", &["B", "kB", "MB", "GB", "KiB", "MiB", "GiB"]),
    ("process_peak_bytes", &["B", "kB", "MB", "GB", "KiB", "MiB", "GiB"]),
];

/// Takes `text` apart.
///
/// # Errors
/// If it is no limit; the text says why, and what it could be.
pub(crate) fn parse(text: &str) -> Result<LimitText<'_>, String> {
    let (metric, demand, rest) = split(text).ok_or_else(|| {
        format!(
            "the limit `{text}` needs `under`, `at most`, `over` or `at least` before its number, \
             or a change from the baseline such as `accuracy -0.002`"
        )
    })?;
    let (value, unit) = number(rest).ok_or_else(|| {
        format!("the limit `{text}` needs a number above 0, such as `under 50 ms`")
    })?;
    let (dimension, size) = self::unit(unit);
    let metric = match (metric, dimension) {
        ("", Dimension::Time) => "time",
        ("", Dimension::Bytes) => "peak_bytes",
        ("", Dimension::ByteRate | Dimension::FlopRate | Dimension::Rate(_)) => "throughput",
        ("", Dimension::Allocations) => "allocations",
        ("", Dimension::Bare) => return Err(lacks_unit(text, &["ms", "MiB", "events/s"])),
        ("", Dimension::Other(unit)) => {
            return Err(format!(
                "the limit `{text}` names no metric, and `{unit}` is the unit of none that perfreg \
                 measures itself: write the name first, as in `score at least 3 points`"
            ));
        }
        (metric, _) => metric,
    };
    if let Some((_, units)) = METRICS.iter().find(|(known, _)| *known == metric) {
        if dimension == Dimension::Bare {
            return Err(lacks_unit(text, units));
        }
        let of_metric = self::unit(units[0]).0;
        let fits = match metric {
            "throughput" => {
                matches!(dimension, Dimension::ByteRate | Dimension::FlopRate | Dimension::Rate(_))
            }
            _ => dimension == of_metric,
        };
        if !fits {
            let known = units.join(", ");
            return Err(format!(
                "the limit `{text}`: {metric} is not measured in `{unit}`, but in {known}"
            ));
        }
    }
    let is_change = matches!(demand, Demand::Rise | Demand::Fall);
    if is_change && (dimension == Dimension::Time || metric == "throughput") {
        return Err(format!(
            "the limit `{text}`: how much slower a test may become is its `threshold`, a percentage"
        ));
    }
    Ok(LimitText { metric, demand, value: value * size, dimension })
}

fn lacks_unit(text: &str, units: &[&str]) -> String {
    format!("the limit `{text}` has no unit: {}", units.join(", "))
}

/// Metric, demand and the rest.
fn split(text: &str) -> Option<(&str, Demand, &str)> {
    let words = [
        ("under", Demand::Under),
        ("at most", Demand::AtMost),
        ("over", Demand::Over),
        ("at least", Demand::AtLeast),
        ("+", Demand::Rise),
        ("-", Demand::Fall),
    ];
    // The first that stands as a word; the name of a metric may hold any of them within.
    let place = |word: &str| {
        let is_sign = word.len() == 1;
        text.match_indices(word).map(|(at, _)| at).find(|at| {
            let before = text[..*at].chars().next_back().is_none_or(char::is_whitespace);
            let after = text[at + word.len()..].chars().next();
            let ends = match is_sign {
                true => after.is_some_and(|c| c.is_ascii_digit() || c == '.'),
                false => after.is_some_and(char::is_whitespace),
            };
            before && ends
        })
    };
    let found = words.iter().filter_map(|(word, demand)| Some((place(word)?, *word, *demand)));
    let (at, word, demand) = found.min_by_key(|(at, ..)| *at)?;
    Some((text[..at].trim(), demand, text[at + word.len()..].trim()))
}

/// A number above 0 and what follows it.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'));
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let value: f64 = digits.replace('_', "").parse().ok()?;
    (value > 0.0 && value.is_finite()).then_some((value, rest.trim()))
}

/// What a unit's text measures, and how much of it.
pub(crate) fn unit(text: &str) -> (Dimension<'_>, f64) {
    if let Some((_, dimension, size)) = UNITS.iter().find(|(name, ..)| *name == text) {
        return (*dimension, *size);
    }
    match text.strip_suffix("/s") {
        _ if text.is_empty() => (Dimension::Bare, 1.0),
        Some("FLOP") => (Dimension::FlopRate, 1.0),
        Some(things) if !things.is_empty() => (Dimension::Rate(things), 1.0),
        _ => (Dimension::Other(text), 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::{Demand, Dimension, parse};

    #[test]
    fn limits_are_taken_apart() {
        let check = |text: &str, metric: &str, demand: Demand, value: f64, dimension| {
            let limit = parse(text).unwrap();
            let found = (limit.metric, limit.demand, limit.value, limit.dimension);
            assert_eq!(found, (metric, demand, value, dimension), "{text}");
        };
        check("over 100 events/s", "throughput", Demand::Over, 100.0, Dimension::Rate("events"));
        check("under 50 ms", "time", Demand::Under, 5e7, Dimension::Time);
        check("wall_time under 1.5min", "wall_time", Demand::Under, 9e10, Dimension::Time);
        check("at most 64 MiB", "peak_bytes", Demand::AtMost, 67_108_864.0, Dimension::Bytes);
        check(
            "at most 12 allocations",
            "allocations",
            Demand::AtMost,
            12.0,
            Dimension::Allocations,
        );
        check("accuracy -0.002", "accuracy", Demand::Fall, 0.002, Dimension::Bare);
        check("error rate +1 %", "error rate", Demand::Rise, 1.0, Dimension::Other("%"));
        check("score at least 3 points", "score", Demand::AtLeast, 3.0, Dimension::Other("points"));
        check("moved over 2_000 B/s", "moved", Demand::Over, 2000.0, Dimension::ByteRate);
        check("over 2 GiB/s", "throughput", Demand::Over, 2_147_483_648.0, Dimension::ByteRate);
        check("over-head under 3", "over-head", Demand::Under, 3.0, Dimension::Bare);
        check("throughput over 1 GFLOP/s", "throughput", Demand::Over, 1e9, Dimension::FlopRate);
    }

    #[test]
    fn what_is_no_limit_is_explained() {
        let check = |text: &str, part: &str| {
            let message = parse(text).unwrap_err();
            assert!(message.contains(text) && message.contains(part), "{message} lacks {part}");
        };
        check("50 ms", "needs `under`, `at most`, `over` or `at least`");
        check("", "needs `under`");
        check("under", "needs `under`");
        check("under 50", "has no unit: ms, MiB, events/s");
        check("time under 50", "has no unit: ns, us, ms, s, min");
        check("under fast", "needs a number above 0");
        check("under -5 ms", "needs a number above 0");
        check("under 0 ms", "needs a number above 0");
        check("under 1.2.3 ms", "needs a number above 0");
        check("time under 50 MiB", "time is not measured in `MiB`, but in ns, us, ms, s, min");
        check("peak_bytes at most 3 ms", "peak_bytes is not measured in `ms`");
        check("throughput under 5 ms", "throughput is not measured in `ms`, but in events/s");
        check("at most 3 points", "names no metric, and `points` is the unit of none");
        check("time +5 ms", "its `threshold`, a percentage");
    }
}
