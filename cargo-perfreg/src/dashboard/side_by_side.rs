//! What the page of comparisons shows: every judged metric of the last runs beside its baseline, with
//! the launches and samples that both stand on.

use std::collections::BTreeSet;

use perfreg_core::model::{Case, Judgement, Launch, Run, Toolchain};
use perfreg_core::stats::median_interval;
use perfreg_core::{Direction, Verdict};
use serde::Serialize;

use crate::dashboard::columns::{Column, Columns, Digits};
use crate::dashboard::notes::{
    Note, Origin, conditions, environment, foreign_baselines, unmeasured,
};
use crate::dashboard::over_time::{NAME, REASON};
use crate::message::ended;
use crate::plain::{middle, paragraph};
use crate::report::{Percentiles, Report, Row, headline};
use crate::summary::{Ending, TestResult};

/// Everything that the page of comparisons is made of.
pub(crate) struct SideBySide<'a> {
    /// The name of the workspace.
    pub(crate) project: &'a str,
    /// When the page was made.
    pub(crate) made: &'a str,
    /// The last runs.
    pub(crate) report: &'a Report,
    /// What else could not be read.
    pub(crate) left_out: &'a [String],
    /// Beside each row of the report what it was held against.
    pub(crate) before: &'a [Before],
}

/// What a row was held against, as far as it is still there.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Before {
    /// What it is, in words.
    pub(crate) what: String,
    /// What compiled it.
    pub(crate) toolchain: Option<Toolchain>,
    /// A value a launch.
    pub(crate) launches: Vec<f64>,
    /// The samples of each launch.
    pub(crate) samples: Vec<Vec<f64>>,
}

/// A row of the report and what it was held against.
pub(crate) struct Pair<'a> {
    row: Row<'a>,
    before: &'a Before,
}

/// Samples of a side that are kept: more than can be told apart on a screen.
const SAMPLES: usize = 4_000;
/// Both sides of an interval together, as in a series.
const CONFIDENCE: f64 = 0.99;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    project: String,
    made: &'a str,
    headline: String,
    notes: Vec<Note>,
    rows: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    package: String,
    test: String,
    case: String,
    metric: String,
    unit: String,
    better: Direction,
    host: String,
    platform: String,
    toolchain: String,
    started: String,
    commit: Option<String>,
    verdict: String,
    severity: Option<String>,
    current: f64,
    baseline: Option<f64>,
    change: Option<f64>,
    change_low: Option<f64>,
    change_high: Option<f64>,
    threshold: f64,
    /// How many times its own threshold a change is.
    effect: Option<f64>,
    why: String,
    reason: Option<String>,
    against: Option<String>,
    percentiles: Option<Percentiles>,
    now: Side,
    before: Side,
}

/// One side of a row.
#[derive(Serialize)]
struct Side {
    what: String,
    launches: u32,
    low: Option<f64>,
    high: Option<f64>,
    value: Column,
    samples: Column,
    /// Where the samples of each launch begin.
    begins: Column,
    /// Of how many samples each that is kept is one.
    every: usize,
}

impl SideBySide<'_> {
    /// The data of the page, packed.
    pub(crate) fn packed(&self) -> String {
        let mut columns = Columns::default();
        let pairs: Vec<Pair<'_>> =
            self.report.rows().zip(self.before).map(|(row, before)| Pair { row, before }).collect();
        let rows = pairs.iter().map(|pair| self.shown(pair, &mut columns)).collect();
        columns.packed(&Document {
            schema: "perfreg-side-by-side/1",
            project: middle(self.project, NAME),
            made: self.made,
            headline: headline(self.report),
            notes: self.notes(&pairs),
            rows,
        })
    }

    fn notes(&self, pairs: &[Pair<'_>]) -> Vec<Note> {
        let left_out = [&self.report.unreadable[..], self.left_out].concat();
        let origin = |run: &Run, toolchain: &Toolchain| Origin {
            host: run.host.to_string(),
            toolchain: toolchain.to_string(),
        };
        let now = pairs.iter().map(|pair| origin(pair.row.run, &pair.row.run.toolchain));
        let before = pairs
            .iter()
            .filter_map(|pair| Some(origin(pair.row.run, pair.before.toolchain.as_ref()?)));
        let origins: BTreeSet<Origin> = now.chain(before).collect();
        let foreign: Vec<String> = pairs
            .iter()
            .filter(|pair| pair.row.judgement.verdict == Verdict::NotComparable)
            .map(|Pair { row: Row { run, case, judgement, .. }, .. }| {
                format!("{} {} {}: {}", run.id, case.name, judgement.metric.name, judgement.why)
            })
            .collect();
        let notes = Note::left_out(&left_out).into_iter();
        let launches =
            self.report.runs().flat_map(|run| &run.cases).flat_map(|case| &case.launches);
        notes
            .chain(unmeasured(&self.without_rows()))
            .chain(environment(&origins))
            .chain(conditions(launches))
            .chain(foreign_baselines(&foreign))
            .collect()
    }

    /// The tests that the table lacks, each with why.
    fn without_rows(&self) -> Vec<String> {
        let has_rows = |result: &TestResult| {
            result.run.as_ref().is_some_and(|run| run.judgements().next().is_some())
        };
        let lacking = self.report.results.iter().filter(|result| !has_rows(result));
        let (failed, others): (Vec<&TestResult>, Vec<&TestResult>) =
            lacking.partition(|result| matches!(result.ending, Ending::Failed { .. }));
        let told = failed.into_iter().chain(others).map(|result| {
            let (how, why) = ended(&result.ending);
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            format!("{} {}{why}", result.id, how.replace('_', " "))
        });
        told.collect()
    }

    fn shown(&self, pair: &Pair<'_>, columns: &mut Columns) -> Shown {
        let Pair { row: Row { run, case, judgement, figures }, before } = pair;
        let Judgement { metric, change, threshold, .. } = judgement;
        let words = |text: &Option<String>| text.as_deref().map(|text| paragraph(text, REASON));
        let digits = if metric.is_time() { Digits::Five } else { Digits::All };
        let severity = self.report.severities.of(judgement).map(|severity| severity.to_string());
        Shown {
            package: middle(&run.id.package, NAME),
            test: middle(&run.id.to_string(), NAME),
            case: middle(&case.name, NAME),
            metric: middle(&metric.name, NAME),
            unit: middle(metric.unit.symbol(), NAME),
            better: metric.direction,
            host: middle(&run.host.to_string(), NAME),
            platform: middle(&run.host.platform, NAME),
            toolchain: middle(&run.toolchain.to_string(), NAME),
            started: middle(&run.started, NAME),
            commit: run.revision.as_ref().map(|revision| middle(&revision.to_string(), NAME)),
            verdict: judgement.verdict.to_string(),
            severity,
            current: judgement.current,
            baseline: judgement.baseline,
            change: change.map(|change| change.estimate),
            change_low: change.map(|change| change.low),
            change_high: change.map(|change| change.high),
            threshold: *threshold,
            effect: effect(judgement),
            why: paragraph(&judgement.why, REASON),
            reason: words(&judgement.reason),
            against: words(&judgement.against),
            percentiles: figures.percentiles,
            now: now(run, case, judgement).packed(judgement.launches, digits, columns),
            before: Sampled::of_before(before).packed(
                judgement.baseline_launches.unwrap_or(before.launches.len() as u32),
                digits,
                columns,
            ),
        }
    }
}

/// How many times its own threshold a change is. From zero, and where any change counts, it is beyond
/// all measure.
fn effect(judgement: &Judgement) -> Option<f64> {
    let times = match (judgement.change, judgement.verdict) {
        (Some(change), _) if change.estimate == 0.0 => 0.0,
        (Some(change), _) => change.estimate.abs() / judgement.threshold,
        (None, Verdict::Regressed) => f64::INFINITY,
        (None, _) => return None,
    };
    Some(times.min(f64::MAX))
}

/// One side, as its numbers are.
struct Sampled<'a> {
    what: String,
    launches: Vec<f64>,
    samples: Vec<&'a [f64]>,
}

fn now<'a>(run: &Run, case: &'a Case, judgement: &Judgement) -> Sampled<'a> {
    let metric = &judgement.metric;
    let value = |launch: &Launch| Some(launch.stats(&metric.name)?.representative(metric));
    Sampled {
        what: format!("run of {}", run.started),
        launches: case.launches.iter().filter_map(value).collect(),
        samples: samples_of(case, &metric.name).collect(),
    }
}

/// The samples of each launch of a case, in the order they were taken.
pub(crate) fn samples_of<'a>(case: &'a Case, metric: &str) -> impl Iterator<Item = &'a [f64]> {
    let all = case.launches.iter();
    all.filter_map(move |launch| Some(launch.series(metric)?.samples.as_slice()))
}

impl<'a> Sampled<'a> {
    fn of_before(before: &'a Before) -> Self {
        Self {
            what: before.what.clone(),
            launches: before.launches.clone(),
            samples: before.samples.iter().map(Vec::as_slice).collect(),
        }
    }

    fn packed(&self, launches: u32, digits: Digits, columns: &mut Columns) -> Side {
        let interval = match self.launches.is_empty() {
            true => None,
            false => median_interval(&self.launches, CONFIDENCE),
        };
        let all: usize = self.samples.iter().map(|launch| launch.len()).sum();
        let every = all.div_ceil(SAMPLES).max(1);
        let (mut kept, mut begins) = (Vec::new(), Vec::new());
        for launch in &self.samples {
            begins.push(kept.len() as u32);
            kept.extend(launch.iter().step_by(every));
        }
        Side {
            what: middle(&self.what, NAME),
            launches,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            value: columns.numbers(digits, self.launches.iter().copied()),
            samples: columns.numbers(digits, kept.into_iter()),
            begins: columns.steps(begins.into_iter()),
            every,
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use perfreg_core::Unit;
    use serde_json::Value;

    use super::*;
    use crate::dashboard::columns::unpacked;
    use crate::report::testing::{hostile, part, suite};
    use crate::testing::judgement;

    fn document(report: &Report, before: &[Before]) -> Value {
        let page = SideBySide {
            project: "project",
            made: "2026-02-03T04:05:06Z",
            report,
            left_out: &["gt/x.json: EOF".to_owned()],
            before,
        };
        unpacked(&page.packed())
    }

    fn before() -> Before {
        Before {
            what: "baseline of 2026-01-01T00:00:00Z".to_owned(),
            toolchain: None,
            launches: vec![1000.0, 1010.0],
            samples: vec![vec![1000.0, 1003.0], vec![1010.0]],
        }
    }

    #[test]
    fn a_row_has_both_sides() {
        let report = part(|name| name == "vague");
        let mut document = document(&report, &[before()]);
        let now = document["rows"][0]["now"]["samples"].as_array_mut().unwrap();
        assert_eq!(now.len(), 300);
        now.truncate(3);
        assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    }

    #[test]
    fn many_samples_are_thinned_and_launches_stay_apart() {
        let report = part(|name| name == "vague");
        let many = Before { samples: vec![vec![1.0; 5_000]; 2], ..before() };
        let document = document(&report, &[many]);
        let side = &document["rows"][0]["before"];
        assert_eq!((side["every"].as_u64(), side["begins"][1].as_u64()), (Some(3), Some(1667)));
    }

    #[test]
    fn every_row_of_a_report_is_there_and_effects_are_of_its_own_threshold() {
        let report = suite();
        let before = vec![Before::default(); report.rows().count()];
        let document = document(&report, &before);
        let rows = document["rows"].as_array().unwrap();
        assert_eq!(rows.len(), before.len());
        let row = |test: &str| rows.iter().find(|row| row["test"] == format!("perf::{test}"));
        let effect = |test: &str| row(test).and_then(|row| row["effect"].as_f64());
        assert_eq!(effect("slowest").map(f64::round), Some(6.0));
        assert_eq!(effect("first"), None);
        let notes = document["notes"].to_string();
        assert!(notes.contains("torn") && notes.contains("gt/x.json"), "{notes}");
        assert!(notes.contains("1 result is not comparable"), "{notes}");
        assert!(notes.contains("perf::bad failed: boom"), "{notes}");
    }

    #[test]
    fn what_is_beyond_measure_comes_first() {
        let check = |verdict, change: Option<f64>, threshold, expected: Option<f64>| {
            let judgement = Judgement { threshold, ..judgement(verdict, change) };
            assert_eq!(effect(&judgement), expected, "{verdict} {change:?} {threshold}");
        };
        check(Verdict::Regressed, Some(0.5), 0.25, Some(2.0));
        check(Verdict::Improved, Some(-0.5), 0.25, Some(2.0));
        check(Verdict::Regressed, Some(0.5), 0.0, Some(f64::MAX));
        check(Verdict::Regressed, None, 0.05, Some(f64::MAX));
        check(Verdict::Unchanged, Some(0.0), 0.0, Some(0.0));
        check(Verdict::New, None, 0.05, None);
    }

    #[test]
    fn hostile_names_are_harmless() {
        let mut report = hostile();
        let evil = format!("\u{202e}<b>{}", "x".repeat(10_000));
        report.results[0].run.as_mut().unwrap().cases[0].judgements[0].metric.unit =
            Unit::from_symbol(&evil);
        let mut one = before();
        one.what = evil;
        let text = document(&report, &vec![one; report.rows().count()]).to_string();
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text}");
        assert!(text.len() < 200_000, "{} bytes", text.len());
    }
}
