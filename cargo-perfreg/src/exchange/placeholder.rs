//! Numbers that nobody measured: written in place of a result that never came.

use crate::exchange::json::Json;
use crate::exchange::report::{Report, Values};
use crate::plain::plain;

/// Why the report is no measurement: it is marked so, or its numbers were made of one another.
pub(crate) fn reason(report: &Report) -> Option<String> {
    report.placeholder.clone().or_else(|| made_of_one(report))
}

/// Names under which a document says that it is one.
const FLAGS: [&str; 4] = ["placeholder", "is_placeholder", "fallback", "invalid"];
const FIELDS: [&str; 3] = ["source", "status", "kind"];

/// Whether what stands under `name` tells of the numbers beside it.
pub(super) fn is_mark(name: &str) -> bool {
    FLAGS.contains(&name) || FIELDS.contains(&name)
}

/// The mark of a document that stands for one, if it has any.
pub(crate) fn mark(json: &Json) -> Option<String> {
    if let Some(flag) = FLAGS.into_iter().find(|flag| json.get(flag) == Some(&Json::Bool(true))) {
        return Some(format!("it is marked `{flag}`"));
    }
    const WORDS: [&str; 3] = ["fallback", "placeholder", "timed_out"];
    FIELDS.into_iter().find_map(|field| {
        let text = json.get(field)?.text()?;
        let marked = WORDS.iter().any(|word| text.to_lowercase().contains(word));
        marked.then(|| format!("its `{field}` is `{}`", plain(text, 60)))
    })
}

/// A tail that is a fixed multiple of the middle was never measured. Values that were rounded for the
/// file may differ by this share.
const ROUNDING: f64 = 0.005;

/// The multiples that are known to be written in place of percentiles.
const P95: f64 = 1.2;
const P99: f64 = 1.5;

fn made_of_one(report: &Report) -> Option<String> {
    for series in report.series() {
        let is_p95 = |name: &str| name.to_lowercase().contains("p95");
        if !is_p95(&series.metric.name) {
            continue;
        }
        let of = |quantile: &str| {
            let wanted = series.metric.name.to_lowercase().replace("p95", quantile);
            let same = report.series().iter().find(|other| {
                (&other.test, &other.case) == (&series.test, &series.case)
                    && other.metric.name.to_lowercase() == wanted
            })?;
            value(&same.values)
        };
        let middle = ["mean", "p50", "median"].into_iter().find_map(of);
        let (Some(p95), Some(middle)) = (value(&series.values), middle) else { continue };
        if middle <= 0.0 {
            continue;
        }
        let near =
            |ratio: f64, multiple: f64, tolerance: f64| (ratio / multiple - 1.0).abs() <= tolerance;
        let made_up = match of("p99") {
            Some(p99) => near(p95 / middle, P95, ROUNDING) && near(p99 / middle, P99, ROUNDING),
            // One number alone is only believed to be made up if it is so to the last digit.
            None => near(p95 / middle, P95, 1e-12),
        };
        if made_up {
            return Some(format!(
                "{}: {} is {P95} times the middle one, {middle}: no percentile was measured",
                series.test, series.metric.name
            ));
        }
    }
    None
}

fn value(values: &Values) -> Option<f64> {
    match values {
        Values::Summary(value, _) => Some(*value),
        Values::Samples(values) => Some(*values.first()?).filter(|_| values.len() == 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{mark, reason};
    use crate::exchange::json::Json;
    use crate::exchange::names::metric_of_name;
    use crate::exchange::{Format, Report, Values};

    fn report(numbers: &[(&str, f64)]) -> Report {
        let mut report = Report::new(Format::Platforms);
        for (name, value) in numbers {
            let metric = metric_of_name(name, None).0;
            report.push("rust", "default", &metric, Values::number(*value)).unwrap();
        }
        report
    }

    #[test]
    fn tails_that_are_multiples_of_the_middle_are_recognised() {
        let check = |numbers: &[(&str, f64)], expected: bool| {
            assert_eq!(reason(&report(numbers)).is_some(), expected, "{numbers:?}");
        };
        let three = |p50: f64, p95: f64, p99: f64| {
            [("latency_p50_ms", p50), ("latency_p95_ms", p95), ("latency_p99_ms", p99)]
        };
        check(&three(1.0, 1.2, 1.5), true);
        check(&three(10.9, 13.1, 16.4), true);
        check(&three(89.2, 142.7, 198.4), false);
        check(&three(1.0, 1.2, 1.9), false);
        check(&three(0.0, 0.0, 0.0), false);
        check(&[("mean", 5.0), ("p95", 6.0)], true);
        check(&[("mean", 5.0), ("p95", 6.01)], false);
        check(&[("p95", 6.0)], false);
    }

    #[test]
    fn marks() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(mark(&Json::parse(text).unwrap()).as_deref(), expected, "{text}");
        };
        check(r#"{"source": "timeout_fallback"}"#, Some("its `source` is `timeout_fallback`"));
        check(r#"{"placeholder": true}"#, Some("it is marked `placeholder`"));
        check(r#"{"placeholder": false, "source": "ci"}"#, None);
        check("[]", None);
    }
}
