//! A law of growth that outgrows the one of the baseline, told beside the verdict of the largest size.
//!
//! It convicts nobody by itself here: a neighbour in the caches slows the large sizes most, and what the
//! gate withheld for such a reason must not come back by a fit. `predict --against` exits 1 for it.

use perfreg_core::model::Run;
use perfreg_core::store::{BaselineFile, Workspace};
use perfreg_core::{Direction, Verdict};

use crate::error::Error;
use crate::scaling::{Growth, Turn, compare, families, measured, of_baseline};
use crate::summary::TestResult;

/// Tells the laws of `results` that are steeper than those of their baselines, where the largest size
/// regressed or was left open.
///
/// # Errors
/// If a baseline cannot be read.
pub(super) fn tell_growth(results: &mut [TestResult], workspace: &Workspace) -> Result<(), Error> {
    for run in results.iter_mut().filter_map(|result| result.run.as_mut()) {
        let mut files = Vec::new();
        for path in workspace.baselines_of(run) {
            files.extend(BaselineFile::read(&path)?);
        }
        tell(run, &files);
    }
    Ok(())
}

fn tell(run: &mut Run, files: &[BaselineFile]) {
    for (case, metric, turn) in steeper(run, files) {
        let case = &mut run.cases[case];
        let Some(judgement) = case.judgements.iter_mut().find(|j| j.metric.name == metric) else {
            continue;
        };
        let is_open = matches!(judgement.verdict, Verdict::Regressed | Verdict::Inconclusive);
        if is_open && judgement.metric.direction == Direction::LowerIsBetter {
            let (power, low, high) = turn.power;
            judgement.why += &format!(
                "; over all sizes the law was {} and is {}: the ratio grows as n^{power:.2} ({low:.2} to {high:.2})",
                turn.before.law, turn.now.law
            );
        }
    }
}

/// The largest case of every family with a steeper law, the metric's name and what it turned from.
fn steeper(run: &Run, files: &[BaselineFile]) -> Vec<(usize, String, Turn)> {
    let names: Vec<&str> = run.cases.iter().map(|case| case.name.as_str()).collect();
    let mut found = Vec::new();
    for family in families(&names) {
        let (largest, _) = family.cases[family.cases.len() - 1];
        for metric in run.cases[largest].judgements.iter().map(|judgement| &judgement.metric) {
            let news = family.costs(|at, size| measured(&run.cases[at], size, metric));
            let olds = family.costs(|at, size| of_baseline(files, run, (names[at], size), metric));
            if let Growth::Steeper(turn) = compare(&olds, &news) {
                found.push((largest, metric.name.clone(), turn));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict::{self, Improved, Inconclusive, Regressed, Unchanged};
    use perfreg_core::model::{Case, Run};
    use perfreg_core::store::{BaselineFile, baseline_case};

    use super::tell;
    use crate::testing::{judgement, launch, run};

    /// A run whose cases take `cost` nanoseconds and end in `verdict`.
    fn growing(cost: fn(f64) -> f64, verdict: Verdict) -> Run {
        let mut run = run("sort", vec![]);
        let case = |size: f64| Case {
            name: format!("n{size}"),
            launches: (0..5)
                .map(|at| launch(&[cost(size) * (1.0 + f64::from(at) * 0.002)]))
                .collect(),
            judgements: vec![judgement(verdict, Some(0.04))],
            targets: vec![],
        };
        run.cases = [100.0, 300.0, 1000.0, 3000.0, 10_000.0].map(case).into();
        run
    }

    #[test]
    fn a_steeper_law_is_told_and_changes_no_verdict() {
        let before = growing(|n| 3.0 * n * n.log2(), Unchanged);
        let mut file = BaselineFile::Versioned(Vec::new());
        for case in &before.cases {
            let case = baseline_case(&[&before], &case.name, None, |_| true).unwrap();
            file.put(&before.host, case).unwrap();
        }
        let check = |cost: fn(f64) -> f64, verdict: Verdict, expected: Verdict, why: &str| {
            let mut now = growing(cost, verdict);
            tell(&mut now, std::slice::from_ref(&file));
            let (largest, others) = now.cases.split_last().unwrap();
            assert_eq!(largest.judgements[0].verdict, expected);
            assert!(largest.judgements[0].why.contains(why), "{:?}", largest.judgements[0]);
            assert!(others.iter().all(|case| case.judgements[0].verdict == verdict));
        };
        let law = "the law was n log n and is n^2";
        check(|n| 0.5 * n * n, Inconclusive, Inconclusive, law);
        check(|n| 0.5 * n * n, Regressed, Regressed, law);
        check(|n| 0.5 * n * n, Unchanged, Unchanged, "because");
        check(|n| 0.5 * n * n, Improved, Improved, "because");
        check(|n| 3.1 * n * n.log2(), Inconclusive, Inconclusive, "because");
        check(|n| 40.0 * n, Inconclusive, Inconclusive, "because");
    }
}
