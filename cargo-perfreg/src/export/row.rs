//! One number of one run, with all that says what it is.

use perfreg_core::model::{Case, Judgement, Run};
use perfreg_core::stats::median_interval;
use perfreg_core::{Direction, Metric};

use crate::exchange::DEFAULT;

/// One number of one run: what every format writes, each in its own way.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Row {
    /// The test, with its target.
    pub(crate) test: String,
    /// The case.
    pub(crate) case: String,
    /// What was measured.
    pub(crate) metric: Metric,
    /// The typical value.
    pub(crate) value: f64,
    /// Around it the 99 % interval of the launches' median, or the interval of the tool it was imported
    /// from.
    pub(crate) low: Option<f64>,
    /// Its upper end.
    pub(crate) high: Option<f64>,
    /// How many launches it stands on.
    pub(crate) launches: u32,
    /// What was decided, in a word.
    pub(crate) verdict: String,
    /// The relative change against the baseline: 0.1 is +10 %.
    pub(crate) change: Option<f64>,
    /// When the run began, as RFC 3339 in UTC.
    pub(crate) started: String,
    /// The commit, in full.
    pub(crate) commit: Option<String>,
    /// Its branch.
    pub(crate) branch: Option<String>,
    /// The machine, in words.
    pub(crate) host: String,
    /// The compiler's version.
    pub(crate) toolchain: String,
    /// The cargo profile; of what was imported, the tool.
    pub(crate) profile: String,
    /// The package of the test.
    pub(crate) package: String,
}

impl Row {
    /// `test case`, or the test alone where it has one case.
    pub(crate) fn name(&self) -> String {
        match self.case.as_str() {
            DEFAULT => self.test.clone(),
            case => format!("{} {case}", self.test),
        }
    }

    /// `lower` or `higher`.
    pub(crate) fn better(&self) -> &'static str {
        match self.metric.direction {
            Direction::LowerIsBetter => "lower",
            Direction::HigherIsBetter => "higher",
        }
    }
}

/// Both sides of an interval together.
const CONFIDENCE: f64 = 0.99;

/// The numbers of the runs, in their order; what is no finite number is nobody's.
pub(crate) fn rows(runs: &[Run]) -> Vec<Row> {
    let all = runs.iter().flat_map(|run| run.judgements().map(move |both| (run, both)));
    let finite = all.filter(|(_, (_, judgement))| judgement.current.is_finite());
    finite.map(|(run, (case, judgement))| row(run, case, judgement)).collect()
}

fn row(run: &Run, case: &Case, judgement: &Judgement) -> Row {
    let (low, high) = interval(run, case, &judgement.metric).unzip();
    Row {
        test: run.id.to_string(),
        case: case.name.clone(),
        metric: judgement.metric.clone(),
        value: judgement.current,
        low,
        high,
        launches: judgement.launches,
        verdict: judgement.verdict.to_string(),
        change: judgement.change.map(|change| change.estimate),
        started: run.started.clone(),
        commit: run.revision.as_ref().map(|revision| revision.commit.clone()),
        branch: run.revision.as_ref().and_then(|revision| revision.branch.clone()),
        host: run.host.to_string(),
        toolchain: run.toolchain.rustc.clone(),
        profile: run.toolchain.profile.clone(),
        package: run.id.package.clone(),
    }
}

fn interval(run: &Run, case: &Case, metric: &Metric) -> Option<(f64, f64)> {
    if let Some(origin) = &run.origin {
        let summary = origin.summary(&case.name, &metric.name)?;
        return summary.low.zip(summary.high);
    }
    let of = |launch: &perfreg_core::model::Launch| launch.stats(&metric.name);
    let launches: Vec<f64> =
        case.launches.iter().filter_map(of).map(|stats| stats.representative(metric)).collect();
    if launches.is_empty() {
        return None;
    }
    median_interval(&launches, CONFIDENCE).map(|interval| (interval.low, interval.high))
}
