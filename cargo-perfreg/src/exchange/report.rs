//! What one run of another tool measured: data that is known to be usable.

use std::collections::BTreeSet;

use perfreg_core::Metric;
use perfreg_core::model::{HostKey, Revision, Statistic, Summary, Throughput, Unit};

use crate::exchange::format::Format;
use crate::plain::middle;
use crate::rules::Levels;

/// One run of another tool.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Report {
    /// The format of the file.
    pub(crate) format: Format,
    /// When the tool ran, as RFC 3339 in UTC.
    pub(crate) started: Option<String>,
    /// The machine, as far as the file says.
    pub(crate) host: Option<HostKey>,
    /// Where the code stood.
    pub(crate) revision: Option<Revision>,
    /// What was left out or taken for something, and why.
    pub(crate) notes: Vec<String>,
    /// The bounds that the file sets.
    pub(crate) levels: Option<Levels>,
    /// Why these are no measurements, if they are marked so.
    pub(crate) placeholder: Option<String>,
    series: Vec<Series>,
    names: BTreeSet<(String, String, String)>,
}

/// The numbers of one metric of one case.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Series {
    /// The benchmark.
    pub(crate) test: String,
    /// Its parameters.
    pub(crate) case: String,
    /// What was measured.
    pub(crate) metric: Metric,
    /// The numbers.
    pub(crate) values: Values,
    /// What one iteration processes.
    pub(crate) throughput: Option<Throughput>,
}

/// The numbers of a series.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Values {
    /// Samples of one process, in the order they were taken; at least one.
    Samples(Vec<f64>),
    /// What the tool says of samples that it did not keep.
    Summary(f64, Summary),
}

impl Values {
    /// The one number, of which the file does not say what it is.
    pub(crate) fn number(value: f64) -> Self {
        Self::Summary(value, Summary::of(Statistic::Unstated))
    }

    /// The same in a unit of which `factor` are one.
    #[must_use]
    pub(crate) fn times(self, factor: f64) -> Self {
        match self {
            Self::Samples(values) => {
                Self::Samples(values.into_iter().map(|value| value * factor).collect())
            }
            Self::Summary(value, mut summary) => {
                summary.numbers_mut().for_each(|value| *value *= factor);
                Self::Summary(value * factor, summary)
            }
        }
    }

    /// `27 samples`, or what the one number is.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Samples(values) if values.len() == 1 => "1 sample".to_owned(),
            Self::Samples(values) => format!("{} samples", values.len()),
            Self::Summary(_, summary) => format!("{} without samples", summary.statistic),
        }
    }
}

/// The case of a benchmark without parameters.
pub(crate) const DEFAULT: &str = "default";

/// Characters of a name that are kept.
const NAME: usize = 200;

/// Beyond this the square of a value is no number, and so is no spread.
const LARGEST: f64 = 1e150;

impl Report {
    /// A report that holds nothing yet.
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            started: None,
            host: None,
            revision: None,
            notes: Vec::new(),
            levels: None,
            placeholder: None,
            series: Vec::new(),
            names: BTreeSet::new(),
        }
    }

    /// What was measured.
    pub(crate) fn series(&self) -> &[Series] {
        &self.series
    }

    /// Takes a series in, with its names made harmless.
    ///
    /// # Errors
    /// If it has no name, or stands twice, or a value is none that can be: not finite, too large, or
    /// negative where nothing negative is measured.
    pub(crate) fn push(
        &mut self,
        test: &str,
        case: &str,
        metric: &Metric,
        values: Values,
    ) -> Result<(), String> {
        let test = middle(test.trim(), NAME);
        let case = middle(case.trim(), NAME);
        let name = middle(metric.name.trim(), NAME);
        let unit = Unit::from_symbol(&middle(metric.unit.symbol(), NAME));
        let metric = Metric { name, unit, direction: metric.direction };
        if test.is_empty() || metric.name.is_empty() {
            return Err("something was measured that has no name".to_owned());
        }
        let case = if case.is_empty() { DEFAULT.to_owned() } else { case };
        let shown = match case.as_str() {
            DEFAULT => format!("{test}, {}", metric.name),
            _ => format!("{test} {case}, {}", metric.name),
        };
        check(&metric, &values).map_err(|what| format!("{shown}: {what}"))?;
        if !self.names.insert((test.clone(), case.clone(), metric.name.clone())) {
            return Err(format!("{shown}: stands twice"));
        }
        self.series.push(Series { test, case, metric, values, throughput: None });
        Ok(())
    }

    /// Says of the last series what one iteration processes.
    pub(crate) fn last_processes(&mut self, throughput: Throughput) {
        if let Some(last) = self.series.last_mut() {
            last.throughput = Some(throughput);
        }
    }

    /// Says what was left out, and why.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        self.notes.push(middle(&what.into(), 2 * NAME));
    }
}

fn check(metric: &Metric, values: &Values) -> Result<(), String> {
    // A time, a size and a count are of something that happened.
    let below_zero = metric.is_time() || matches!(metric.unit, Unit::Bytes | Unit::Count);
    let one = |value: f64| match value {
        _ if !value.is_finite() => Some("no finite number".to_owned()),
        _ if value.abs() > LARGEST => Some("larger than can be computed with".to_owned()),
        _ if value < 0.0 && below_zero => {
            Some(format!("negative, which no value in `{}` is", metric.unit))
        }
        _ => None,
    };
    match values {
        Values::Samples(values) if values.is_empty() => Err("has no samples".to_owned()),
        Values::Samples(values) => {
            let bad = values.iter().enumerate().find_map(|(at, v)| Some((at, *v, one(*v)?)));
            bad.map_or(Ok(()), |(at, value, what)| Err(format!("sample {at} is {value:?}, {what}")))
        }
        Values::Summary(value, summary) => {
            // An interval or a deviation may reach below zero, the value not.
            let all = summary.numbers().find(|value| one(value.abs()).is_some());
            match one(*value).map(|what| (*value, what)).or(all.and_then(|v| Some((v, one(v)?)))) {
                Some((value, what)) => Err(format!("a value is {value:?}, {what}")),
                None => Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::{Direction, Metric, Unit};

    use super::{Report, Values};
    use crate::exchange::Format;

    #[test]
    fn what_cannot_be_is_refused() {
        let check = |test: &str, metric: Metric, values: Values, expected: &str| {
            let mut report = Report::new(Format::Plain);
            report.push("a", "k", &Metric::time("t"), Values::number(1.0)).unwrap();
            let result = report.push(test, "k", &metric, values);
            assert_eq!(result.err().unwrap_or_default(), expected);
        };
        let time = || Metric::time("t");
        let gain = Metric::new("gain", Unit::Dimensionless, Direction::HigherIsBetter);
        check("b", time(), Values::Samples(vec![1.0]), "");
        check("b", gain, Values::Samples(vec![-1.0]), "");
        check("a", time(), Values::number(1.0), "a k, t: stands twice");
        check(" ", time(), Values::number(1.0), "something was measured that has no name");
        check("b", time(), Values::Samples(vec![]), "b k, t: has no samples");
        let negative = "b k, t: sample 1 is -2.0, negative, which no value in `ns` is";
        check("b", time(), Values::Samples(vec![1.0, -2.0]), negative);
        let infinite = Values::number(1e308).times(1e9);
        check("b", time(), infinite, "b k, t: a value is inf, no finite number");
        let large = "b k, t: a value is 1e308, larger than can be computed with";
        check("b", time(), Values::number(1e308), large);
    }

    #[test]
    fn names_become_harmless() {
        let mut report = Report::new(Format::Plain);
        let long = format!("x\u{1b}[2J{}", "y".repeat(10_000));
        report.push(&long, "", &Metric::time(&long), Values::number(1.0)).unwrap();
        let series = &report.series()[0];
        assert!(series.test.starts_with("x\\u{1b}[2Jyy") && series.test.chars().count() <= 200);
        assert_eq!(series.case, "default");
        assert!(series.metric.name.chars().count() <= 200);
    }
}
