//! One test: measure every case, write down what came out, and say whether it passes.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use crate::error::Error;
use crate::harness::case_gate::{self, Spending};
use crate::harness::compare::{Comparison, Judged};
use crate::harness::entry::{Test, failed};
use crate::harness::gpu::use_gpu;
use crate::harness::launcher::Launcher;
use crate::harness::lookup::Baselines;
use crate::harness::session;
use crate::harness::settings::{Requirement, Strictness, Update};
use crate::harness::spec::Failure;
use crate::harness::tuning::Knobs;
use crate::judge::StoredPolicy;
use crate::logging::say;
use crate::measure::Plan;
use crate::model::{
    Case, FollowUp, Judgement, Outcome, Revision, Run, Target, TargetState, Verdict,
};
use crate::probe;
use crate::report;
use crate::store::{Acceptance, Source, TimeBaseline, baseline_case};

const LAUNCHES: u32 = 10;
const BUDGET: Duration = Duration::from_secs(2);

/// Measures the test against its baseline.
pub(crate) fn run(test: &Test<'_>) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut run = record(test);
    let measured = measure(test, &mut run);
    run.seconds = begun.elapsed().as_secs_f64();
    let settled = measured.and_then(|judged| {
        require(test, &mut run);
        let kept = settle(test, &mut run, &judged)?;
        test.settings.log.info(|| format!("{}: {kept}", test.id));
        Ok(())
    });
    if let Err(error) = settled {
        let reason = error.to_string();
        run.outcome = match error.is_timed_out() {
            true => Outcome::TimedOut { reason },
            false => Outcome::Failed { reason },
        };
        keep_outcome(test, &run);
        return Err(failed(error));
    }
    keep_outcome(test, &run);
    pass_or_fail(test, &run)
}

fn measure(test: &Test<'_>, run: &mut Run) -> Result<Vec<Vec<Judged>>, Error> {
    let options = &test.spec.options;
    let baselines = Baselines::read(test, &run.host, &run.toolchain)?;
    let knobs = test.settings.tuning.over(Knobs {
        threshold: options.threshold,
        launches: options.launches,
        budget: options.budget_ns.map(Duration::from_nanos),
    });
    let spending = Spending {
        launches: knobs.launches.unwrap_or(LAUNCHES),
        budget: knobs.budget.unwrap_or(BUDGET),
    };
    let threshold = knobs.threshold.unwrap_or(StoredPolicy::DEFAULT_THRESHOLD);
    test.settings.log.info(|| {
        format!(
            "{}: cases {}, launches a round {}, budget a case {}, threshold {:.1} %",
            test.id,
            test.cases.len(),
            spending.launches,
            humantime::format_duration(spending.budget),
            threshold * 100.0
        )
    });
    let budget_ns = spending.budget.as_nanos() as f64;
    let plan = Plan::for_budget(budget_ns, spending.launches, options.samples)
        .for_metrics(options.metrics.into_iter().flatten().copied());
    let limits = test.settings.limits.and(options.limits)?;
    let mut all = Vec::new();
    for (index, name) in test.cases.iter().enumerate() {
        let comparison = Comparison {
            baselines: &baselines,
            case: name,
            metrics: options.metrics,
            threshold,
            reason: options.reason,
            limits: &limits,
            cores: run.host.cores,
        };
        let launcher = Launcher::new(test, index, &run.host.cpu, plan)?;
        let (mut case, judged) = case_gate::run(&launcher, &comparison, spending)?;
        if options.metrics.is_none() {
            require_all_measured(test, &baselines, &case)?;
        }
        use_gpu(run, &mut case)?;
        run.cases.push(case);
        all.push(judged);
    }
    Ok(all)
}

/// What a baseline holds and the test no longer measures would seem to be checked for ever.
///
/// A test that lists its metrics has said which it means.
fn require_all_measured(test: &Test<'_>, baselines: &Baselines, case: &Case) -> Result<(), Error> {
    let first = case.launches.first().expect("a gate buys launches before it judges");
    let baselines = &*baselines.on(first.gpu.as_ref());
    for (source, file, metric) in baselines.unmeasured(&case.name, first) {
        let gone = format!(
            "{} [{}] no longer measures `{metric}`, which {file} holds for it",
            test.id, case.name
        );
        match source {
            Source::Committed => {
                return Err(Error::usage(format!(
                    "{gone}; measure it again, remove its line there, or list in the attribute what is meant: metrics = [time, …]"
                )));
            }
            Source::Local => test.settings.log.warn(|| gone),
        }
    }
    Ok(())
}

/// A record with everything but the measurements.
pub(crate) fn record(test: &Test<'_>) -> Run {
    Run { revision: revision(test), ..blank(test) }
}

/// A record with everything but the commit and the measurements, for those who know the commit.
pub(crate) fn blank(test: &Test<'_>) -> Run {
    Run {
        schema: Run::SCHEMA.to_owned(),
        id: test.id.clone(),
        file: test.spec.file.to_owned(),
        line: test.spec.line(),
        started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        seconds: 0.0,
        host: probe::host(),
        toolchain: probe::toolchain(&test.settings.features, test.settings.seed),
        revision: None,
        package_folder: test.workspace.shown(&test.package),
        baseline: test.baseline_name(),
        outcome: Outcome::Measured,
        follow_up: FollowUp::Nothing,
        cases: Vec::new(),
        origin: None,
    }
}

/// A test binary is of one package, and git takes its time in large repositories: asked once.
fn revision(test: &Test<'_>) -> Option<Revision> {
    static REVISION: OnceLock<Option<Revision>> = OnceLock::new();
    REVISION.get_or_init(|| probe::revision(&test.package)).clone()
}

/// Where a baseline is required, having none is a verdict of its own.
fn require(test: &Test<'_>, run: &mut Run) {
    let becomes_the_baseline = matches!(test.settings.update, Update::New | Update::Always);
    if test.settings.baseline == Requirement::Optional || becomes_the_baseline {
        return;
    }
    for judgement in run.cases.iter_mut().flat_map(|case| &mut case.judgements) {
        if judgement.verdict == Verdict::New {
            judgement.verdict = Verdict::Missing;
            judgement.why = format!("{} has no entry for this machine", run.baseline);
        }
    }
}

/// Writes what this run changes: new baselines, and what awaits a decision. Says what became of it.
fn settle(test: &Test<'_>, run: &mut Run, judged: &[Vec<Judged>]) -> Result<&'static str, Error> {
    let local = Acceptance { reason: None, time: TimeBaseline::Local };
    match test.settings.update {
        Update::No => return Ok("nothing was kept: PERFREG_UPDATE=no or CI"),
        Update::Always => {
            test.workspace.accept(run, &local)?;
            run.follow_up = FollowUp::Accepted;
            test.workspace.drop_pending(&run.id)?;
            return Ok("all of it is the baseline now: PERFREG_UPDATE=always");
        }
        Update::New => {
            let new = only(run, |judgement| judgement.verdict == Verdict::New);
            test.workspace.accept(&new, &local)?;
        }
        Update::Pending => keep_first_baselines(test, run)?,
    }
    session::add(test, run, judged);
    let cases: Vec<Case> = run
        .cases
        .iter()
        .zip(judged)
        .filter_map(|(case, judged)| awaiting(test, case, judged))
        .collect();
    if cases.is_empty() {
        test.workspace.drop_pending(&run.id)?;
        return Ok("nothing awaits a decision");
    }
    run.follow_up = FollowUp::Awaits;
    test.workspace.keep_pending(&Run { cases, ..run.clone() })?;
    Ok("kept what awaits a decision")
}

/// The case with only those judgements that await a decision: what is unchanged stays as it was
/// accepted, or a baseline would creep along with every change elsewhere in its case.
fn awaiting(test: &Test<'_>, case: &Case, judged: &[Judged]) -> Option<Case> {
    let awaits = |(judgement, judged): &(&Judgement, &Judged)| {
        let uncommitted = test.settings.update == Update::Pending
            && !judgement.metric.is_time()
            && judged.source != Some(Source::Committed);
        let news = matches!(
            judgement.verdict,
            Verdict::Regressed | Verdict::Improved | Verdict::NotComparable | Verdict::Missing
        );
        uncommitted || news
    };
    let all = || case.judgements.iter().zip(judged);
    // The clocks of a case are read in the same samples and accepted together.
    let a_clock_awaits = all().any(|one| one.0.metric.is_clock() && awaits(&one));
    let judgements: Vec<Judgement> = all()
        .filter(|one| awaits(one) || a_clock_awaits && one.0.metric.is_clock())
        .map(|(judgement, _)| judgement.clone())
        .collect();
    (!judgements.is_empty()).then(|| Case { judgements, ..case.clone() })
}

/// What has no baseline yet gets one on this machine, so that the next run compares.
fn keep_first_baselines(test: &Test<'_>, run: &mut Run) -> Result<(), Error> {
    let new = only(run, |judgement| judgement.verdict == Verdict::New);
    let cases: Vec<_> =
        new.cases.iter().filter_map(|c| baseline_case(&[&new], &c.name, None, |_| true)).collect();
    if cases.is_empty() {
        return Ok(());
    }
    let kept = test.workspace.keep_local(&new, &cases)?;
    let why = format!("kept as this machine's baseline in {}", test.workspace.shown(&kept));
    test.settings.log.info(|| format!("{}: {why}", test.id));
    for judgement in run.cases.iter_mut().flat_map(|case| &mut case.judgements) {
        if judgement.verdict == Verdict::New {
            judgement.why.clone_from(&why);
        }
    }
    Ok(())
}

/// The run with only the judgements that `wanted` picks, and only the cases that have one.
fn only(run: &Run, wanted: impl Fn(&Judgement) -> bool) -> Run {
    let mut run = run.clone();
    for case in &mut run.cases {
        case.judgements.retain(&wanted);
    }
    run.cases.retain(|case| !case.judgements.is_empty());
    run
}

/// Writes the record of the run, also where the command line tool asked for it.
pub(crate) fn keep_outcome(test: &Test<'_>, run: &Run) {
    if let Some(outcome) = &test.settings.outcome
        && let Err(error) = crate::store::write_record(outcome, run)
    {
        test.settings.log.error(|| error.to_string());
    }
    // A workspace that cannot be written to still has tests that can pass or fail.
    if let Err(error) = test.workspace.keep_record(run) {
        test.settings.log.error(|| format!("this run leaves no record: {error}"));
    }
}

fn pass_or_fail(test: &Test<'_>, run: &Run) -> Result<(), Failure> {
    let accepted = test.settings.update == Update::Always;
    let strict = test.settings.undecided == Strictness::Strict;
    let required = test.settings.baseline == Requirement::Required;
    let fails = |judgement: &Judgement| match judgement.verdict {
        Verdict::Regressed => !accepted,
        Verdict::Missing => true,
        Verdict::NotComparable => required,
        Verdict::Inconclusive => strict,
        Verdict::New | Verdict::Improved | Verdict::Unchanged => false,
    };
    for note in report::notes(run) {
        say(&note);
    }
    let misses = |target: &Target| match target.state {
        TargetState::Missed => true,
        TargetState::Undecided => strict,
        _ => false,
    };
    let judged = run.judgements().any(|(_, judgement)| fails(judgement));
    if judged || run.targets().any(|(_, target)| misses(target)) {
        return Err(Failure::new(report::failure(run, fails, misses)));
    }
    Ok(())
}
