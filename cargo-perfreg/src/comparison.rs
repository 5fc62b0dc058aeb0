//! Comparing two sets of series by a rule: values in, rows out.

use std::collections::BTreeMap;

use perfreg_core::{
    Direction, Metric, PerformanceData, Policy, Verdict, check_regression_with, stats,
};
use serde::Serialize;

use crate::error::Error;
use crate::rules::{Kind, Level, Levels, Rule};
use crate::series::{Key, Series};
use crate::without_samples::{LEAST_EFFECT, by_threshold, field, no_test};

/// What a comparison found.
#[derive(Serialize, Debug)]
pub(crate) struct Comparison {
    /// The format, [`Comparison::SCHEMA`].
    pub(crate) schema: &'static str,
    /// The rule, as the command line writes it.
    pub(crate) rule: String,
    /// One row a series that both sides have, the gravest first.
    pub(crate) rows: Vec<Row>,
    /// Series that the baseline alone has.
    pub(crate) missing: Vec<String>,
    /// Series that the current side alone has.
    pub(crate) new: Vec<String>,
}

/// What was found of one series.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub(crate) struct Row {
    pub(crate) section: String,
    pub(crate) subsection: String,
    pub(crate) metric: Metric,
    /// The statistic that the rule compares.
    pub(crate) baseline: f64,
    pub(crate) current: f64,
    /// In percent; `None` from zero.
    pub(crate) change_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p_value: Option<f64>,
    pub(crate) verdict: Verdict,
    /// How grave, where the rule grades.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub(crate) level: Option<Level>,
    pub(crate) message: String,
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn as_text<S: serde::Serializer>(level: &Option<Level>, serializer: S) -> Result<S::Ok, S::Error> {
    level.map(|level| level.to_string()).serialize(serializer)
}

impl Comparison {
    /// The format of its JSON.
    pub(crate) const SCHEMA: &'static str = "perfreg-comparison/1";

    /// How many rows have this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// The gravest level of all rows, if the rule grades.
    pub(crate) fn worst_level(&self) -> Option<Level> {
        self.rows.iter().filter_map(|row| row.level).min()
    }
}

/// Compares what both sides have; `levels` are the bounds of the rule of that name.
///
/// # Errors
/// If the rule cannot judge a series, which the error names.
pub(crate) fn compare(
    baseline: &BTreeMap<Key, Series>,
    current: &BTreeMap<Key, Series>,
    rule: Rule,
    levels: &Levels,
) -> Result<Comparison, Error> {
    let mut rows = Vec::new();
    for (key, before) in baseline {
        let Some(now) = current.get(key) else { continue };
        if before.metric.unit != now.metric.unit || before.metric.direction != now.metric.direction
        {
            return Err(Error::usage(format!(
                "{}: the baseline has it in {}, the other file in {}",
                shown(key),
                measure(&before.metric),
                measure(&now.metric)
            )));
        }
        rows.push(row(key, before, now, rule, levels)?);
    }
    let grave = |row: &Row| (row.verdict, row.level.unwrap_or(Level::Stable));
    let size = |row: &Row| row.change_percent.unwrap_or(f64::INFINITY).abs();
    rows.sort_by(|a, b| grave(a).cmp(&grave(b)).then(size(b).total_cmp(&size(a))));
    let only = |one: &BTreeMap<Key, Series>, other: &BTreeMap<Key, Series>| {
        one.keys().filter(|key| !other.contains_key(*key)).map(shown).collect()
    };
    Ok(Comparison {
        schema: Comparison::SCHEMA,
        rule: rule.to_string(),
        rows,
        missing: only(baseline, current),
        new: only(current, baseline),
    })
}

pub(crate) fn shown((section, subsection, metric): &Key) -> String {
    format!("{section} {subsection} {metric}")
}

fn measure(metric: &Metric) -> String {
    let better = match metric.direction {
        Direction::LowerIsBetter => "lower",
        Direction::HigherIsBetter => "higher",
    };
    format!("`{}`, {better} is better", metric.unit)
}

fn empty_row((section, subsection, _): &Key, before: &Series, now: &Series) -> Row {
    Row {
        section: section.clone(),
        subsection: subsection.clone(),
        metric: before.metric.clone(),
        baseline: stats::median(&before.values),
        current: stats::median(&now.values),
        change_percent: None,
        p_value: None,
        verdict: Verdict::Unchanged,
        level: None,
        message: String::new(),
    }
}

/// Judges one series.
///
/// # Errors
/// If the rule cannot judge it.
fn row(
    key: &Key,
    before: &Series,
    now: &Series,
    rule: Rule,
    levels: &Levels,
) -> Result<Row, Error> {
    let direction = before.metric.direction;
    let mut row = empty_row(key, before, now);
    match rule {
        Rule::Specified => tested(&mut row, (before, now), &Policy::specified(), LEAST_EFFECT)?,
        Rule::MeanEffect => tested(&mut row, (before, now), &Policy::mean_effect(), LEAST_EFFECT)?,
        Rule::Percent(rule) => {
            let (percent, passed) = rule.judge(row.baseline, row.current, direction);
            row.change_percent = Some(percent);
            row.verdict = if passed { Verdict::Unchanged } else { Verdict::Regressed };
            row.message = format!("at most {} % worse passes", rule.threshold);
        }
        Rule::Levels => {
            let outcome = levels.judge(Kind::of(&row.metric), row.baseline, row.current);
            row.change_percent = Some(outcome.percent);
            row.level = Some(outcome.level);
            row.verdict = match outcome.level {
                Level::Critical | Level::Warning => Verdict::Regressed,
                Level::Improvement => Verdict::Improved,
                Level::Stable => Verdict::Unchanged,
            };
            row.message = outcome.message;
        }
        Rule::Field(rule) => {
            let of = |series: &Series| field(rule.field, series, key);
            (row.baseline, row.current) = (of(before)?, of(now)?);
            let (percent, fails) = rule.judge(row.baseline, row.current);
            row.change_percent = Some(percent).filter(|percent| percent.is_finite());
            row.verdict = if fails { Verdict::Regressed } else { Verdict::Unchanged };
            row.message = format!("{rule} fails");
            if !fails {
                row.message = format!("{rule} passes");
            }
        }
    }
    Ok(row)
}

/// Judges what was imported: means, a change of at least `percent` and a U test, or the change alone.
///
/// # Errors
/// If the rule cannot judge it.
pub(crate) fn judge_imported(
    key: &Key,
    before: &Series,
    now: &Series,
    percent: f64,
) -> Result<Row, Error> {
    let mut row = empty_row(key, before, now);
    let policy = Policy::mean_effect().noise_threshold_pct(percent);
    tested(&mut row, (before, now), &policy, percent)?;
    Ok(row)
}

/// Judges by the samples, or by a change of `percent` alone where they make no test.
fn tested(
    row: &mut Row,
    (before, now): (&Series, &Series),
    policy: &Policy,
    percent: f64,
) -> Result<(), Error> {
    match no_test(before, now) {
        Some(why) => {
            by_threshold(row, percent, &why);
            Ok(())
        }
        None => by_samples(row, before, now, policy),
    }
}

fn by_samples(row: &mut Row, before: &Series, now: &Series, policy: &Policy) -> Result<(), Error> {
    let data = |series: &Series| -> Result<PerformanceData, Error> {
        let mut data = PerformanceData::new();
        data.insert(&row.section, &row.subsection, series.values.clone())?;
        Ok(data)
    };
    let policy = policy.direction(before.metric.direction);
    let report = check_regression_with(&data(before)?, &data(now)?, &policy)?;
    let result = report
        .get(&row.section, &row.subsection)
        .ok_or_else(|| Error::internal("a comparison of one series has no result"))?;
    row.verdict = match (result.is_regression, result.is_improvement) {
        (true, _) => Verdict::Regressed,
        (_, true) => Verdict::Improved,
        _ => Verdict::Unchanged,
    };
    row.baseline = result.baseline_median;
    row.current = result.current_median;
    row.change_percent = Some(result.delta_median_pct);
    row.p_value = Some(result.p_value);
    row.message.clone_from(&result.message);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Basis;
    use perfreg_core::Direction::{HigherIsBetter, LowerIsBetter};
    use perfreg_core::Unit;
    use perfreg_core::model::{Statistic, Summary};

    fn side(series: &[(&str, Metric, &[f64])]) -> BTreeMap<Key, Series> {
        let one = |(name, metric, values): &(&str, Metric, &[f64])| {
            let key = ("s".to_owned(), (*name).to_owned(), metric.name.clone());
            (key, Series { metric: metric.clone(), values: values.to_vec(), basis: Basis::Own })
        };
        series.iter().map(one).collect()
    }

    fn time() -> Metric {
        Metric::time("thread_cpu_time")
    }

    fn check(rule: &str, metric: Metric, before: &[f64], now: &[f64], expected: &str) {
        let (before, now) = (side(&[("k", metric.clone(), before)]), side(&[("k", metric, now)]));
        let levels = Levels::default();
        let comparison = compare(&before, &now, rule.parse().unwrap(), &levels).unwrap();
        let row = &comparison.rows[0];
        let level = row.level.map(|level| format!(" {level}")).unwrap_or_default();
        let percent = row.change_percent.map_or("-".to_owned(), |p| format!("{p:.1}"));
        assert_eq!(format!("{}{level} {percent}", row.verdict), expected, "{rule}: {row:?}");
    }

    #[test]
    fn every_rule_judges() {
        let (low, high): (Vec<f64>, Vec<f64>) =
            (0..20).map(|i| (100.0 + f64::from(i) * 0.1, 112.0 + f64::from(i) * 0.1)).unzip();
        check("specified", time(), &low, &high, "regressed 11.9");
        check("specified", time(), &high, &low, "improved -10.6");
        check("specified", time(), &low, &low, "unchanged 0.0");
        check("mean-effect", time(), &low, &high, "regressed 11.9");
        check("percent=11", time(), &low, &high, "regressed 11.9");
        check("percent=12", time(), &low, &high, "unchanged 11.9");
        check("levels", time(), &low, &high, "unchanged stable 11.9");
        check("levels", time(), &[100.0], &[116.0], "regressed warning 16.0");
        check("levels", time(), &[100.0], &[126.0], "regressed critical 26.0");
        check("min:10%", time(), &low, &high, "regressed 12.0");
        check("max:12%", time(), &low, &high, "unchanged 11.8");
        check("min:10%", time(), &[0.0], &[1.0], "regressed -");
        let rate = Metric::new("rate", Unit::ItemsPerSecond, HigherIsBetter);
        check("levels", rate.clone(), &[100.0], &[91.0], "regressed warning -9.0");
        check("percent=5", rate.clone(), &[100.0], &[91.0], "regressed -9.0");
        check("specified", rate, &high, &low, "regressed -10.6");
        let accuracy = Metric::new("accuracy", Unit::Dimensionless, HigherIsBetter);
        check("levels", accuracy, &[0.9987], &[0.9927], "regressed critical -0.6");
        let count = Metric::new("allocations", Unit::Count, LowerIsBetter);
        check("levels", count, &[100.0], &[122.0], "regressed warning 22.0");
    }

    #[test]
    fn what_one_side_lacks_is_named() {
        let before = side(&[("a", time(), &[1.0]), ("b", time(), &[1.0])]);
        let now = side(&[("b", time(), &[1.0]), ("c", time(), &[1.0])]);
        let comparison = compare(&before, &now, Rule::Levels, &Levels::default()).unwrap();
        assert_eq!(comparison.missing, ["s a thread_cpu_time"]);
        assert_eq!(comparison.new, ["s c thread_cpu_time"]);
        assert_eq!(comparison.rows.len(), 1);
    }

    fn only(basis: &Basis, values: &[f64]) -> BTreeMap<Key, Series> {
        let mut side = side(&[("k", time(), values)]);
        side.values_mut().for_each(|series| series.basis = basis.clone());
        side
    }

    #[test]
    fn without_samples_the_threshold_decides_alone_and_says_so() {
        let median = || Basis::Summary(Summary::of(Statistic::Median));
        let check = |before: BTreeMap<Key, Series>, now: BTreeMap<Key, Series>, expected: &str| {
            let levels = Levels::default();
            for rule in [Rule::Specified, Rule::MeanEffect] {
                let comparison = compare(&before, &now, rule, &levels).unwrap();
                let row = &comparison.rows[0];
                assert_eq!(format!("{}: {}", row.verdict, row.message), expected);
            }
        };
        let told =
            "by the threshold of 1 % alone, no test: the baseline is a median without samples";
        check(only(&median(), &[100.0]), only(&median(), &[110.0]), &format!("regressed: {told}"));
        check(only(&median(), &[100.0]), only(&median(), &[100.5]), &format!("unchanged: {told}"));
        check(only(&median(), &[100.0]), only(&median(), &[90.0]), &format!("improved: {told}"));
        let few = "by the threshold of 1 % alone, no test: 3 and 3 samples are too few for one";
        let three = |centre: f64| only(&Basis::Imported, &[centre, centre + 1.0, centre + 2.0]);
        check(three(100.0), three(110.0), &format!("regressed: {few}"));
        let zero = "unchanged: the baseline is zero, from which nothing has a percentage";
        check(only(&median(), &[0.0]), only(&median(), &[1.0]), zero);
    }

    #[test]
    fn a_field_of_a_summary_is_what_its_tool_says() {
        let mut summary = Summary::of(Statistic::Median);
        summary.min = Some(90.0);
        let before = only(&Basis::Summary(summary.clone()), &[100.0]);
        summary.min = Some(100.0);
        let now = only(&Basis::Summary(summary), &[100.0]);
        let compared = |rule: &str| {
            compare(&before, &now, rule.parse().unwrap(), &Levels::default())
                .map(|comparison| comparison.rows[0].verdict)
                .map_err(|error| error.to_string())
        };
        assert_eq!(compared("min:10%"), Ok(Verdict::Regressed));
        assert_eq!(compared("median:10%"), Ok(Verdict::Unchanged));
        let missing = "s k thread_cpu_time: there are no samples, and the file does not say `iqr`";
        assert_eq!(compared("iqr:10%"), Err(missing.to_owned()));
    }

    #[test]
    fn other_units_do_not_compare() {
        let seconds = Metric::new("thread_cpu_time", Unit::from_symbol("s"), LowerIsBetter);
        let error = compare(
            &side(&[("a", time(), &[1.0])]),
            &side(&[("a", seconds, &[1.0])]),
            Rule::Levels,
            &Levels::default(),
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains("s a thread_cpu_time: the baseline has it in `ns`"), "{error}");
    }
}
