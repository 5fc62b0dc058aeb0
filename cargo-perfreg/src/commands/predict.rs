//! `cargo perfreg predict`: how the cost of a test grows with its argument.

use std::fmt::Write as _;

use perfreg_core::model::Run;
use perfreg_core::report::format_value;
use perfreg_core::store::BaselineFile;
use perfreg_core::{Metric, TestId};
use serde::Serialize;

use crate::cli::PredictArgs;
use crate::commands::history::{find, json, meant};
use crate::commands::sharing::history_of;
use crate::commands::workspace;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::history::{Document, History, RunRow, Wanted};
use crate::plain::plain;
use crate::scaling::{
    Growth, Law, Measured, Model, Prediction, compare, families, fit, measured, of_baseline,
};

/// Prints the laws of the test that `args` name, and what they predict.
///
/// # Errors
/// If there is no such test, it has no sizes, or the history cannot be read.
pub(crate) fn run(args: &PredictArgs, context: &Context) -> Result<ExitCode, Error> {
    if let Some(wrong) = args.at.iter().find(|size| !(size.is_finite() && **size > 0.0)) {
        return Err(Error::usage(format!("--at {wrong}: a size is a number above 0")));
    }
    let history = history_of(context)?;
    let ids = meant(history.store.as_ref(), std::slice::from_ref(&args.test))?;
    let wanted = Wanted { tests: ids.as_deref(), ..Wanted::default() };
    let runs = history.store.runs_of(&wanted)?;
    let mut told = Vec::new();
    for id in ids.iter().flatten() {
        let of_test: Vec<&RunRow> = runs.iter().filter(|run| run.id == *id).collect();
        let newest = read(&history, of_test[0])?;
        let before = match args.against.as_deref() {
            None => None,
            Some("baseline") => Some(Side::of_baseline(&newest, context)?),
            Some("last") => of_test[1..]
                .iter()
                .find(|run| run.host == of_test[0].host)
                .map(|run| Ok::<_, Error>(Side::Run(Box::new(read(&history, run)?))))
                .transpose()?,
            Some(digest) => {
                let digest = find(&runs, digest)?;
                let run = of_test.iter().find(|run| run.digest == digest);
                run.map(|run| Ok::<_, Error>(Side::Run(Box::new(read(&history, run)?))))
                    .transpose()?
            }
        };
        if args.against.is_some() && before.is_none() {
            eprintln!("note: {} has no other run to compare with", plain(&id.to_string(), NAME));
        }
        told.extend(laws(&newest, before.as_ref(), &args.at));
    }
    if told.is_empty() {
        return Err(Error::usage(format!(
            "{:?} has no law: it takes cases of three or more sizes, named by numbers such as \
             `1000` or `n1000`, with costs above 0",
            args.test
        )));
    }
    context.print(&if args.json { json(&told)? } else { text(&told) })?;
    let steeper = told.iter().any(|law| law.against.as_ref().is_some_and(|a| a.verdict == STEEPER));
    Ok(if steeper { ExitCode::Regression } else { ExitCode::Fine })
}

fn read(history: &History, row: &RunRow) -> Result<Run, Error> {
    let filed = history.read(&row.digest)?;
    match filed.into_document() {
        Document::Run(run) => Ok(*run),
        Document::Epoch(_) => Err(Error::usage(format!("{} is no run", row.digest))),
    }
}

/// What to compare with.
enum Side {
    Run(Box<Run>),
    Baseline(Vec<BaselineFile>, Box<Run>),
}

impl Side {
    fn of_baseline(run: &Run, context: &Context) -> Result<Self, Error> {
        let mut files = Vec::new();
        for path in workspace(context)?.baselines_of(run) {
            files.extend(BaselineFile::read(&path)?);
        }
        Ok(Self::Baseline(files, Box::new(run.clone())))
    }

    /// What the case of this name cost, at the size that it stands for.
    fn measured(&self, case: &str, size: f64, metric: &Metric) -> Option<Measured> {
        match self {
            Self::Run(run) => {
                measured(run.cases.iter().find(|other| other.name == case)?, size, metric)
            }
            Self::Baseline(files, run) => of_baseline(files, run, (case, size), metric),
        }
    }
}

/// The law of one metric of one family of cases.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    id: TestId,
    cases: String,
    metric: Metric,
    sizes: Vec<f64>,
    law: String,
    others: Vec<String>,
    base: f64,
    factor: f64,
    power: (f64, f64, f64),
    predictions: Vec<Predicted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<Against>,
}

#[derive(Serialize)]
struct Predicted {
    size: f64,
    #[serde(flatten)]
    cost: Prediction,
}

#[derive(Serialize)]
struct Against {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    power: Option<(f64, f64, f64)>,
}

const STEEPER: &str = "regressed";

fn laws(run: &Run, before: Option<&Side>, at: &[f64]) -> Vec<Told> {
    let names: Vec<&str> = run.cases.iter().map(|case| case.name.as_str()).collect();
    let mut told = Vec::new();
    for family in families(&names) {
        let (first, _) = family.cases[0];
        for judgement in &run.cases[first].judgements {
            let metric = &judgement.metric;
            let costs = family.costs(|at, size| measured(&run.cases[at], size, metric));
            let Some(model) = fit(&costs) else { continue };
            let against = before.map(|before| {
                let olds = family.costs(|at, size| before.measured(names[at], size, metric));
                against(&compare(&olds, &costs))
            });
            told.push(of_model(run, &family.prefix, metric, (&costs, &model), at, against));
        }
    }
    told
}

fn of_model(
    run: &Run,
    prefix: &str,
    metric: &Metric,
    (costs, model): (&[Measured], &Model),
    at: &[f64],
    against: Option<Against>,
) -> Told {
    Told {
        id: run.id.clone(),
        cases: format!("{prefix}N"),
        metric: metric.clone(),
        sizes: costs.iter().map(|m| m.size).collect(),
        law: model.law.to_string(),
        others: model.others.iter().map(Law::to_string).collect(),
        base: model.base,
        factor: model.factor,
        power: model.power,
        predictions: at
            .iter()
            .map(|size| Predicted { size: *size, cost: model.at(*size) })
            .collect(),
        against,
    }
}

fn against(growth: &Growth) -> Against {
    let (verdict, turn) = match growth {
        Growth::Same => ("unchanged", None),
        Growth::Steeper(turn) => (STEEPER, Some(turn)),
        Growth::Flatter(turn) => ("improved", Some(turn)),
        Growth::Unknown => ("not comparable", None),
    };
    Against {
        verdict,
        before: turn.map(|turn| turn.before.law.to_string()),
        power: turn.map(|turn| turn.power),
    }
}

/// Characters of names that are shown.
const NAME: usize = 60;

fn text(all: &[Told]) -> String {
    let mut text = String::new();
    for told in all {
        let unit = &told.metric.unit;
        let value = |value: f64| format_value(value, unit);
        let (least, most) = (told.sizes[0], told.sizes[told.sizes.len() - 1]);
        let _ = writeln!(
            text,
            "{} {} {}: {}, by {} sizes from {least} to {most}",
            plain(&told.id.to_string(), NAME),
            plain(&told.cases, NAME),
            plain(&told.metric.name, NAME),
            told.law,
            told.sizes.len()
        );
        if !told.others.is_empty() {
            let _ = writeln!(text, "  not excluded: {}", told.others.join(", "));
        }
        let (power, low, high) = told.power;
        let _ = writeln!(text, "  as a power of the size: n^{power:.2} ({low:.2} to {high:.2})");
        for Predicted { size, cost } in &told.predictions {
            let seen =
                if (least..=most).contains(size) { "" } else { ", beyond what was measured" };
            let Prediction { cost, low, high } = cost;
            let _ = writeln!(
                text,
                "  at {size}: {} ({} to {}){seen}",
                value(*cost),
                value(*low),
                value(*high)
            );
        }
        match &told.against {
            Some(Against { verdict, before: Some(before), power: Some((power, low, high)) }) => {
                let _ = writeln!(
                    text,
                    "  {verdict}: the law was {before} and is {}; the ratio grows as n^{power:.2} \
                     ({low:.2} to {high:.2})",
                    told.law
                );
            }
            Some(Against { verdict, .. }) => {
                let _ = writeln!(text, "  the law is {verdict}");
            }
            None => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use perfreg_core::model::{Case, Health, Launch, Series};
    use perfreg_core::store::baseline_case;
    use perfreg_core::{Samples, Verdict};

    use super::*;
    use crate::testing::{judgement, run};

    /// A run whose cases `n100`, `n300`… take `cost` nanoseconds.
    fn growing(cost: fn(f64) -> f64) -> Run {
        let mut run = run("sort", vec![]);
        run.cases = [100.0, 300.0, 1000.0, 3000.0, 10_000.0]
            .iter()
            .map(|size| {
                let launch = |at: usize| Launch {
                    series: vec![Series {
                        metric: Metric::time(Metric::TIME),
                        samples: Samples::new(vec![cost(*size) * (1.0 + at as f64 * 0.002)])
                            .unwrap(),
                    }],
                    iterations_per_sample: 1,
                    throughput: None,
                    single_calls: None,
                    gpu: None,
                    health: Health::default(),
                };
                Case {
                    name: format!("n{size}"),
                    launches: (0..5).map(launch).collect(),
                    judgements: vec![judgement(Verdict::Unchanged, Some(0.0))],
                    targets: vec![],
                }
            })
            .collect();
        run
    }

    #[test]
    fn a_baseline_has_a_law_too() {
        let before = growing(|n| 3.0 * n * n.log2());
        let mut file = BaselineFile::Versioned(Vec::new());
        for case in &before.cases {
            let case = baseline_case(&[&before], &case.name, None, |_| true).unwrap();
            file.put(&before.host, case).unwrap();
        }
        let check = |now: fn(f64) -> f64, expected: &str| {
            let now = growing(now);
            let side = Side::Baseline(vec![file.clone()], Box::new(now.clone()));
            let told = laws(&now, Some(&side), &[]);
            assert_eq!(told[0].against.as_ref().unwrap().verdict, expected);
        };
        check(|n| 0.5 * n * n, STEEPER);
        check(|n| 4.0 * n * n.log2(), "unchanged");
        check(|n| 40.0 * n, "improved");
        let none = Side::Baseline(Vec::new(), Box::new(before.clone()));
        let told = laws(&before, Some(&none), &[]);
        assert_eq!(told[0].against.as_ref().unwrap().verdict, "not comparable");
    }

    #[test]
    fn a_law_predicts_and_its_change_is_a_regression() {
        let before = Side::Run(Box::new(growing(|n| 3.0 * n * n.log2())));
        let now = growing(|n| 100.0 + 0.5 * n * n);
        let told = laws(&now, Some(&before), &[1000.0, 1e6]);
        assert_eq!(told[0].against.as_ref().unwrap().verdict, STEEPER);
        let same = laws(&now, Some(&Side::Run(Box::new(now.clone()))), &[]);
        assert_snapshot!(text(&told) + &text(&same));
    }
}
