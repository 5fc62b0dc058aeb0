//! `cargo perfreg bisect`: the first commit that made a test worse.

use std::rc::Rc;
use std::time::{Duration, Instant};

use perfreg_core::TestId;

use crate::bisect::{
    Answer, Asked, Evidence, Finding, Folder, Next, State, Step, Suspicion, answer, begin, end,
    told,
};
use crate::bouts::{Bout, Bouted, Slowdown, Spending, Starting, Unfit, measure};
use crate::cargo::build_text;
use crate::cli::BisectArgs;
use crate::commands::paired::lock;
use crate::commands::run::{Found, find};
use crate::commits::{Commit, Line};
use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::filter::{Match, pick};
use crate::layouts::Round;
use crate::sides::{Bench, Side, Which};

/// Searches as `args` say, or goes on with the same search.
///
/// # Errors
/// If the ends are not what they should be, or the tool fails.
pub(crate) fn run(args: &BisectArgs, context: &Context) -> Result<ExitCode, Error> {
    let root = context.cargo.metadata()?.workspace_root;
    let config = Config::of_workspace(root.as_std_path())?;
    let bench = Rc::new(Bench::of(root.as_std_path())?);
    let folder = Folder::of(root.as_std_path());
    let mut state = begun(args, &bench, &folder)?;
    context.print(&begin(&state))?;
    for step in &state.steps {
        context.print(&told(step, &state))?;
    }
    if !state.is_over() {
        let mut good = bench.git().snapshot(&state.asked.good)?;
        good.name.truncate(12);
        let base = Rc::new(bench.build(Which::Base, good, &args.build, context.log)?);
        let id = meant(&find(&base.executables)?, &args.test)?;
        let ends = Ends { bench, base, id, config, args, context };
        if state.suspicion.is_none()
            && let Some(code) = ends.prove(&mut state, &folder)?
        {
            return Ok(code);
        }
        while let Next::Look(at) = state.next() {
            let commit = state.line.after[at].clone();
            let step = ends.look(&commit, &state)?;
            context.print(&told(&step, &state))?;
            state.steps.push(step);
            folder.write(&state)?;
        }
    }
    folder.write(&state)?;
    context.print(&format!("\n{}", end(&state)))?;
    Ok(match state.next() {
        Next::Found(_) => ExitCode::Fine,
        _ => ExitCode::Inconclusive,
    })
}

/// The search that was begun with the same arguments, or a new one.
fn begun(args: &BisectArgs, bench: &Bench, folder: &Folder) -> Result<State, Error> {
    let git = bench.git();
    let (good, bad) = (git.snapshot(&args.good)?, git.snapshot(&args.bad)?);
    let line = Line::between(git, &good, &bad)?;
    let asked = Asked {
        test: args.test.clone(),
        good: line.good.hash.clone(),
        bad: line.after.last().map(|commit| commit.hash.clone()).unwrap_or_default(),
        metric: args.metric.clone(),
        threshold: args.threshold.map(|value| value.number() / 100.0),
        risk: args.risk.share(),
        build: build_text(&args.build),
    };
    let old = if args.restart { None } else { folder.read()? };
    match old {
        Some(old) if old.asked == asked => Ok(old),
        Some(old) if !old.is_over() && !old.steps.is_empty() => Err(Error::usage(format!(
            "another search is under way: {} from {} to {}, with other options or ends; the same \
             arguments go on with it, --restart forgets it",
            old.asked.test, old.asked.good, old.asked.bad
        ))),
        _ => Ok(State::new(asked, line)),
    }
}

/// The one test that `word` means.
fn meant(found: &[Found<'_>], word: &str) -> Result<TestId, Error> {
    let ids: Vec<&TestId> = found.iter().map(|test| &test.id).collect();
    let words = [word.to_owned()];
    let exact = pick(&ids, &words, Match::Exact).or_else(|_| pick(&ids, &words, Match::Substring));
    let picked = exact.map_err(|unknown| {
        let known = unknown.known;
        Error::usage(format!(
            "no annotated test of the good end matches {word:?}; there are:\n{known}"
        ))
    })?;
    match picked[..] {
        [one] => Ok(ids[one].clone()),
        _ => {
            let names = picked.iter().map(|&at| format!("  {}::{}", ids[at].package, ids[at]));
            let names = names.collect::<Vec<_>>().join("\n");
            Err(Error::usage(format!("{word:?} means several tests; name one:\n{names}")))
        }
    }
}

/// The good end, and what commits are compared with it by.
struct Ends<'a> {
    bench: Rc<Bench>,
    base: Rc<Side>,
    id: TestId,
    config: Config,
    args: &'a BisectArgs,
    context: &'a Context,
}

/// What came out at a commit.
enum Compared {
    Measured(Vec<Evidence>),
    /// It cannot be told, for this reason, with the exit code where it is an end.
    Unfit(String, ExitCode),
}

impl Ends<'_> {
    /// Sees whether the bad end is worse; if it is, `state` says in what from then on.
    fn prove(&self, state: &mut State, folder: &Folder) -> Result<Option<ExitCode>, Error> {
        let bad = state.line.after.last().expect("the bad end is one of them").clone();
        let side = self.build(&bad)?;
        let bout = self.bout(&side)?;
        let own = bout.as_ref().map_or(0.0, Bout::threshold);
        let (compared, risk) = (self.compare(bout, None, state.share())?, state.share());
        let evidence = match compared {
            Compared::Measured(evidence) => evidence,
            Compared::Unfit(why, code) => {
                eprintln!("error: the ends cannot be compared: {why}");
                return Ok(Some(code));
            }
        };
        let found = answer(&evidence).unwrap_or(Answer::Skip);
        let skipped = (found == Answer::Skip).then(|| UNDECIDED.to_owned());
        let step = Step { commit: bad.hash, answer: found, risk, evidence, skipped };
        self.context.print(&told(&step, state))?;
        match found {
            Answer::Bad => {}
            Answer::Good => {
                eprintln!(
                    "error: the bad end is no worse than the good one: there is nothing to find"
                );
                return Ok(Some(ExitCode::Usage));
            }
            Answer::Skip => {
                eprintln!(
                    "error: whether the bad end is worse was not decided; a larger --budget may do it"
                );
                return Ok(Some(ExitCode::Inconclusive));
            }
        }
        state.suspicion = Some(suspicion(&self.id, own, state.asked.threshold, &step.evidence));
        state.steps.push(step);
        folder.write(state)?;
        Ok(None)
    }

    /// Looks at a commit between the ends.
    fn look(&self, commit: &Commit, state: &State) -> Result<Step, Error> {
        let step = |answer, risk, evidence, skipped| Step {
            commit: commit.hash.clone(),
            answer,
            risk,
            evidence,
            skipped,
        };
        let skip = |why: String| Ok(step(Answer::Skip, 0.0, Vec::new(), Some(why)));
        let bout = match self.build(commit).and_then(|side| self.bout(&side)) {
            Ok(bout) => bout,
            Err(error) if error.code() == ExitCode::Internal => return Err(error),
            Err(error) => return skip(error.to_string()),
        };
        let share = state.share();
        match self.compare(bout, state.suspicion.as_ref(), share)? {
            Compared::Unfit(why, _) => skip(why),
            Compared::Measured(evidence) => Ok(match answer(&evidence) {
                Some(answer) => step(answer, share, evidence, None),
                None => step(Answer::Skip, share, evidence, Some(UNDECIDED.to_owned())),
            }),
        }
    }

    fn build(&self, commit: &Commit) -> Result<Rc<Side>, Error> {
        let mut snapshot = self.bench.git().snapshot(&commit.hash)?;
        snapshot.name.truncate(12);
        let (args, log) = (&self.args.build, self.context.log);
        Ok(Rc::new(self.bench.build(Which::Head, snapshot, args, log)?))
    }

    /// The test in both builds.
    fn bout(&self, head: &Rc<Side>) -> Result<Result<Bout, Unfit>, Error> {
        let (before, now) = (find(&self.base.executables)?, find(&head.executables)?);
        let of = |all: &[Found<'_>]| all.iter().position(|test| test.id == self.id);
        let (Some(older), Some(newer)) = (of(&before), of(&now)) else {
            return Ok(Err(Unfit::NotComparable(format!("it has no test {}", self.id))));
        };
        let platform = perfreg_core::probe::host().platform;
        let from_file = self.config.over_tests(&self.id, &platform);
        let starting = Starting {
            timeout: Duration::from_secs(self.args.timeout),
            log: self.context.log,
            threshold: from_file.threshold.map(|(value, _)| value.number() / 100.0),
            forced: self.args.threshold.map(|value| value.number() / 100.0),
        };
        let round = Round::default();
        let base = self.base.call(before[older].executable(), &round);
        let call = head.call(now[newer].executable(), &round);
        let mut bout = Bout::of(&self.id, base, call, starting)?;
        if let (Ok(bout), Some(metric)) = (&mut bout, &self.args.metric) {
            bout.look_at(vec![metric.clone()]);
        }
        Ok(bout)
    }

    /// Measures until it is decided or the budget is spent, wrong with a risk of `share` at most.
    ///
    /// What a first measurement leaves open is measured anew from the start, each time at less of the
    /// risk: 1/2, 1/6, 1/12 and so on of it, which together are no more than all of it.
    fn compare(
        &self,
        bout: Result<Bout, Unfit>,
        suspicion: Option<&Suspicion>,
        share: f64,
    ) -> Result<Compared, Error> {
        let unfit = |why| Ok(Compared::Unfit(why, ExitCode::Usage));
        let mut bout = match bout {
            Ok(bout) => bout,
            Err(Unfit::Skipped(why) | Unfit::NotComparable(why)) => return unfit(why),
        };
        let mut threshold = bout.threshold();
        if let Some(suspicion) = suspicion {
            threshold = suspicion.threshold;
            if let Err(why) = narrow(&mut bout, suspicion) {
                return unfit(why);
            }
        }
        let _machine = lock(&format!("process {}, bisecting,", std::process::id()), self.context)?;
        // Waiting for the machine is none of the test's time.
        let begun = Instant::now();
        let budget = self.args.budget.duration();
        let mut evidence = Vec::new();
        for attempt in 1_u32.. {
            let left = budget.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            bout.demand(threshold, share / f64::from(attempt) / f64::from(attempt + 1));
            let seed = self.args.seed.wrapping_add(u64::from(attempt));
            let spending = Spending { budget: left, seed, slowdown: Slowdown::None };
            let measured = measure(std::slice::from_ref(&bout), spending, |_, _, left| {
                self.progress(left);
            });
            if let Some(why) = measured.iter().find_map(|case| case.failed.clone()) {
                return Ok(Compared::Unfit(why, ExitCode::TestFailed));
            }
            evidence =
                measured.iter().flat_map(|case| evidence_of(&bout, case, suspicion)).collect();
            if answer(&evidence).is_some() {
                break;
            }
        }
        if !self.args.no_progress && self.context.draws {
            eprint!("\r\x1b[K");
        }
        Ok(Compared::Measured(evidence))
    }

    fn progress(&self, left: Duration) {
        if !self.args.no_progress && self.context.draws {
            eprint!("\r\x1b[Kmeasuring, at most {} s to go", left.as_secs());
        }
    }
}

const UNDECIDED: &str = "the budget did not decide it";

/// What is worse at the bad end, and by how much a commit must be worse to be as bad.
fn suspicion(id: &TestId, own: f64, forced: Option<f64>, evidence: &[Evidence]) -> Suspicion {
    let worse = || evidence.iter().filter(|one| one.finding == Finding::Worse);
    let least = |one: &Evidence| one.change.map(|change| change.low.abs().min(change.high.abs()));
    let times = worse().filter(|one| one.metric.is_time()).filter_map(least);
    let half = times.fold(f64::INFINITY, f64::min) / 2.0;
    let threshold = forced.unwrap_or(if half.is_finite() { own.max(half) } else { own });
    let mut series: Vec<_> = worse().map(|one| (one.case.clone(), one.asked.clone())).collect();
    series.dedup();
    Suspicion { id: id.clone(), threshold, series }
}

/// Leaves of `bout` what is looked for.
fn narrow(bout: &mut Bout, suspicion: &Suspicion) -> Result<(), String> {
    let wanted = |case: &str| suspicion.series.iter().any(|(name, _)| name == case);
    bout.cases.retain(|(case, _, _)| wanted(case));
    let missing =
        |(case, _): &&(String, String)| !bout.cases.iter().any(|(name, _, _)| name == case);
    if let Some((case, _)) = suspicion.series.iter().find(missing) {
        return Err(format!("it has no case {case}"));
    }
    let mut metrics: Vec<String> = suspicion.series.iter().map(|(_, name)| name.clone()).collect();
    metrics.sort();
    metrics.dedup();
    bout.look_at(metrics);
    Ok(())
}

fn evidence_of(bout: &Bout, case: &Bouted, suspicion: Option<&Suspicion>) -> Vec<Evidence> {
    let wanted = |one: &Evidence| {
        let key = (one.case.clone(), one.asked.clone());
        suspicion.is_none_or(|suspicion| suspicion.series.contains(&key))
    };
    let of = |at: usize| {
        let first = &case.contests[at];
        // Fresh launches do not exaggerate what was picked for being large.
        let second = case.second.iter().flatten().find(|other| other.metric == first.metric);
        let shown = second.unwrap_or(first);
        Evidence {
            case: case.case.clone(),
            asked: bout.asked_name(&first.metric),
            metric: first.metric.clone(),
            baseline: shown.baseline,
            current: shown.current,
            change: shown.change(),
            finding: case.decision(at).into(),
            rounds: case.rounds,
            why: first.why(),
        }
    };
    (0..case.contests.len()).map(of).filter(wanted).collect()
}
