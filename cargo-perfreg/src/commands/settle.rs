//! `run --settle`: a regression against a stored baseline, asked again of the baseline's own commit.
//!
//! Against stored numbers a machine that became slower looks like code that did. Built again and
//! measured in turns with what is here, the baseline's commit tells the two apart.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use perfreg_core::Verdict;
use perfreg_core::judge::{Decision, StoredPolicy};
use perfreg_core::model::{Change, Judgement, Run};
use perfreg_core::store::{BaselineFile, Workspace};

use crate::bouts::{Bout, Slowdown, Spending, Starting, Unfit, measure};
use crate::cli::BuildArgs;
use crate::commands::paired::lock;
use crate::commands::run::{Found, find};
use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::layouts::Round;
use crate::runner::judged;
use crate::sides::{Bench, Side, Which};
use crate::summary::TestResult;

/// What a case may take by itself; what needs less leaves it to the others.
const PER_CASE: Duration = Duration::from_secs(10);
/// How long a launch may take.
const TIMEOUT: Duration = Duration::from_secs(300);
const SEED: u64 = 1;

/// A time that regressed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Suspicion {
    /// The index of its result.
    result: usize,
    case: String,
    metric: String,
}

/// The regressions by time, by the commit that their baselines were measured at; those without one
/// that can be built again, with the reason.
#[derive(Default, Debug)]
pub(super) struct Suspicions {
    by_commit: BTreeMap<String, Vec<Suspicion>>,
    hopeless: Vec<(Suspicion, &'static str)>,
}

impl Suspicions {
    /// Those of `results`.
    ///
    /// # Errors
    /// If a baseline cannot be read.
    pub(super) fn of(results: &[TestResult], workspace: &Workspace) -> Result<Self, Error> {
        let mut all = Self::default();
        for (result, run) in
            results.iter().enumerate().filter_map(|(at, r)| Some((at, r.run.as_ref()?)))
        {
            for (case, judgement) in run.judgements().filter(|(_, j)| is_regressed_time(j)) {
                let (case, metric) = (case.name.clone(), judgement.metric.name.clone());
                let suspicion = Suspicion { result, case, metric };
                match origin(run, &suspicion, workspace)? {
                    Ok(commit) => all.by_commit.entry(commit).or_default().push(suspicion),
                    Err(why) => all.hopeless.push((suspicion, why)),
                }
            }
        }
        Ok(all)
    }

    /// What a reader of a regression can do next, if it can be settled here.
    pub(super) fn advice(&self) -> &'static str {
        match self.by_commit.is_empty() {
            true => "",
            false => {
                "\nWhether the code became slower or the machine: cargo perfreg run --settle builds the\n\
                 commit of the baseline and measures both in turns\n"
            }
        }
    }
}

fn is_regressed_time(judgement: &Judgement) -> bool {
    judgement.verdict == Verdict::Regressed && judgement.metric.is_time()
}

/// The commit that the baseline was measured at, or why none can be built.
fn origin(
    run: &Run,
    of: &Suspicion,
    workspace: &Workspace,
) -> Result<Result<String, &'static str>, Error> {
    for path in workspace.baselines_of(run) {
        let Some(file) = BaselineFile::read(&path)? else { continue };
        let case = file.host(&run.host).and_then(|host| host.case(&run.id.test, &of.case));
        let Some(entry) = case.and_then(|case| case.metric(&of.metric)) else { continue };
        return Ok(match &entry.provenance.revision {
            None => Err("its baseline names no commit"),
            Some(revision) if revision.dirty => {
                Err("its baseline was measured with changes that were not committed")
            }
            Some(revision) => Ok(revision.commit.clone()),
        });
    }
    Ok(Err("its baseline names no commit"))
}

/// What is built, and of which workspace.
#[derive(Clone, Copy)]
pub(super) struct Settling<'a> {
    pub(super) root: &'a Path,
    pub(super) build: &'a BuildArgs,
    pub(super) config: &'a Config,
    pub(super) context: &'a Context,
    /// The threshold whatever the tests state.
    pub(super) forced: Option<f64>,
}

/// Measures what is suspicious in turns with its baseline's commit, and settles the verdicts of
/// `results` by that. What cannot be settled stays as it is, and says why.
pub(super) fn settle(results: &mut [TestResult], suspicions: Suspicions, settling: Settling<'_>) {
    let Suspicions { by_commit, hopeless } = suspicions;
    for (suspicion, why) in &hopeless {
        note(results, suspicion, &format!("not settled: {why}"));
    }
    for (commit, suspicions) in &by_commit {
        let answers = sides(commit, settling)
            .and_then(|sides| in_turns(results, suspicions, &sides, settling));
        for suspicion in suspicions {
            match answers.as_ref().map(|answers| answers.get(suspicion)) {
                Ok(Some(Ok(answer))) => pronounce(results, suspicion, answer, commit),
                Ok(Some(Err(why))) => {
                    note(results, suspicion, &format!("not settled with commit {commit}: {why}"));
                }
                Ok(None) => {
                    let why = "not settled: its commit does not measure it";
                    note(results, suspicion, why);
                }
                Err(why) => {
                    note(results, suspicion, &format!("not settled with commit {commit}: {why}"));
                }
            }
        }
    }
    for result in by_commit.into_values().flatten().map(|suspicion| suspicion.result) {
        if let Some(run) = &results[result].run {
            results[result].ending = judged(run);
        }
    }
}

/// Both builds: the baseline's commit, and the sources as they lie here.
fn sides(commit: &str, settling: Settling<'_>) -> Result<(Rc<Side>, Rc<Side>), Error> {
    let Settling { root, build, context, .. } = settling;
    let bench = Rc::new(Bench::of(root)?);
    let (before, now) = (bench.git().snapshot(commit)?, bench.git().working_tree()?);
    let same = before.tree == now.tree;
    let base = Rc::new(bench.build(Which::Base, before, build, context.log)?);
    let head = match same {
        true => Rc::clone(&base),
        false => Rc::new(bench.build(Which::Head, now, build, context.log)?),
    };
    Ok((base, head))
}

/// What launches in turns say of a suspicion.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Answer {
    decision: Decision,
    change: Option<Change>,
}

type Answers = BTreeMap<Suspicion, Result<Answer, String>>;

fn in_turns(
    results: &[TestResult],
    suspicions: &[Suspicion],
    (base, head): &(Rc<Side>, Rc<Side>),
    settling: Settling<'_>,
) -> Result<Answers, Error> {
    let (before, now) = (find(&base.executables)?, find(&head.executables)?);
    let mut answers = Answers::new();
    let mut bouts = Vec::new();
    let mut tests: Vec<usize> = suspicions.iter().map(|suspicion| suspicion.result).collect();
    tests.dedup();
    for test in tests {
        let of_test = || suspicions.iter().filter(move |suspicion| suspicion.result == test);
        let id = &results[test].id;
        let there = |found: &[Found<'_>]| found.iter().position(|one| one.id == *id);
        let (Some(older), Some(newer)) = (there(&before), there(&now)) else { continue };
        let round = Round::default();
        let calls = (
            base.call(before[older].executable(), &round),
            head.call(now[newer].executable(), &round),
        );
        match Bout::of(id, calls.0, calls.1, starting(results, test, settling))? {
            Ok(mut bout) => {
                bout.cases.retain(|(name, ..)| of_test().any(|suspicion| suspicion.case == *name));
                bouts.push((test, bout));
            }
            Err(Unfit::Skipped(why) | Unfit::NotComparable(why)) => {
                answers.extend(of_test().map(|suspicion| (suspicion.clone(), Err(why.clone()))));
            }
        }
    }
    let (tests, bouts): (Vec<usize>, Vec<Bout>) = bouts.into_iter().unzip();
    let holder = format!("process {}, settling a regression,", std::process::id());
    let _machine = lock(&holder, settling.context)?;
    let cases: usize = bouts.iter().map(|bout| bout.cases.len()).sum();
    let budget = PER_CASE * cases as u32;
    let spending = Spending { budget, seed: SEED, slowdown: Slowdown::None };
    for bouted in measure(&bouts, spending, |_, _, _| ()) {
        for suspicion in suspicions {
            if suspicion.result != tests[bouted.bout] || suspicion.case != bouted.case {
                continue;
            }
            let at = bouted.contests.iter().position(|one| one.metric.name == suspicion.metric);
            let answer = match (&bouted.failed, at) {
                (Some(why), _) => Err(why.clone()),
                (None, None) => Err("they are judged on another clock".to_owned()),
                (None, Some(at)) => Ok(Answer {
                    decision: bouted.decision(at),
                    change: bouted.contests[at].change(),
                }),
            };
            answers.insert(suspicion.clone(), answer);
        }
    }
    Ok(answers)
}

/// At the threshold of the gate, so that both answer one question.
fn starting(results: &[TestResult], test: usize, settling: Settling<'_>) -> Starting {
    let platform = perfreg_core::probe::host().platform;
    let of_file = settling.config.over_tests(&results[test].id, &platform).threshold;
    let of_file =
        of_file.map_or(StoredPolicy::DEFAULT_THRESHOLD, |(value, _)| value.number() / 100.0);
    Starting {
        timeout: TIMEOUT,
        log: settling.context.log,
        threshold: Some(of_file),
        forced: settling.forced,
    }
}

/// What the answer makes of the verdict.
fn settled(verdict: Verdict, why: &str, answer: &Answer, commit: &str) -> (Verdict, String) {
    let change = answer.change.map_or_else(|| "nothing".to_owned(), |change| change.to_string());
    match answer.decision {
        Decision::Same | Decision::Better => (
            Verdict::Inconclusive,
            format!(
                "the machine changed since the baseline, not the code: commit {commit}, built and \
                 measured in turns with this, differs from it by {change}; against the baseline: {why}"
            ),
        ),
        Decision::Worse => {
            (verdict, format!("{why}; in turns with commit {commit} it is {change}, too"))
        }
        Decision::Undecided => (
            verdict,
            format!("{why}; in turns with commit {commit} it is {change}, which does not decide"),
        ),
    }
}

fn pronounce(results: &mut [TestResult], suspicion: &Suspicion, answer: &Answer, commit: &str) {
    if let Some(judgement) = judgement(results, suspicion) {
        (judgement.verdict, judgement.why) =
            settled(judgement.verdict, &judgement.why, answer, commit);
    }
}

fn note(results: &mut [TestResult], suspicion: &Suspicion, text: &str) {
    if let Some(judgement) = judgement(results, suspicion) {
        judgement.why += &format!("; {text}");
    }
}

fn judgement<'a>(
    results: &'a mut [TestResult],
    suspicion: &Suspicion,
) -> Option<&'a mut Judgement> {
    let run = results[suspicion.result].run.as_mut()?;
    let case = run.cases.iter_mut().find(|case| case.name == suspicion.case)?;
    case.judgements.iter_mut().find(|judgement| judgement.metric.name == suspicion.metric)
}

#[cfg(test)]
mod tests {
    use perfreg_core::model::{BaselineCase, BaselineMetric, Provenance, Revision, Session};
    use perfreg_core::model::{LaunchStats, Samples};

    use super::*;
    use crate::summary::Ending;
    use crate::testing::{judgement as judged_as, run};

    fn results() -> Vec<TestResult> {
        let one = |name: &str, verdicts: &[Verdict]| {
            let run = run(name, verdicts.iter().map(|v| judged_as(*v, Some(0.25))).collect());
            TestResult {
                id: run.id.clone(),
                run: Some(run),
                ending: Ending::Judged(Verdict::Regressed),
            }
        };
        vec![one("sort", &[Verdict::Regressed]), one("parse", &[Verdict::Unchanged])]
    }

    #[test]
    fn launches_in_turns_tell_the_machine_from_the_code() {
        let change = Some(Change { estimate: 0.002, low: -0.01, high: 0.01 });
        let check = |decision, verdict: Verdict, part: &str| {
            let answer = Answer { decision, change };
            let (now, why) = settled(Verdict::Regressed, "worse", &answer, "abc");
            assert!(now == verdict && why.contains(part) && why.contains("worse"), "{now} {why}");
            assert!(
                why.contains("+0.2 % (-1.0 % to +1.0 %)") && why.contains("commit abc"),
                "{why}"
            );
        };
        let machine = "the machine changed since the baseline, not the code";
        check(Decision::Same, Verdict::Inconclusive, machine);
        check(Decision::Better, Verdict::Inconclusive, machine);
        check(Decision::Worse, Verdict::Regressed, "too");
        check(Decision::Undecided, Verdict::Regressed, "does not decide");
    }

    #[test]
    fn only_what_was_measured_at_a_commit_can_be_built_again() {
        let check = |revision: Option<Revision>, expected: &str| {
            let folder = tempfile::tempdir().unwrap();
            let workspace = Workspace::at(folder.path());
            let results = results();
            let run = results[0].run.as_ref().unwrap();
            let mut file = BaselineFile::default();
            let sessions = vec![Session { date: run.started.clone(), launches: 1 }];
            let toolchain = run.toolchain.clone();
            let metric = BaselineMetric {
                metric: run.cases[0].judgements[0].metric.clone(),
                provenance: Provenance { revision, toolchain, sessions, reason: None },
                launches: vec![LaunchStats::of(&Samples::new(vec![1.0; 4]).unwrap())],
            };
            let (section, subsection) = (run.id.test.clone(), "default".to_owned());
            let case = BaselineCase { section, subsection, metrics: vec![metric] };
            file.put(&run.host, case).unwrap();
            file.write(&workspace.local_baseline(&run.id, &run.baseline)).unwrap();
            let found = Suspicions::of(&results, &workspace).unwrap();
            let commits: Vec<String> = found.by_commit.keys().cloned().collect();
            let reasons: Vec<&str> = found.hopeless.iter().map(|(_, why)| *why).collect();
            assert_eq!(format!("{}{}", commits.concat(), reasons.concat()), expected);
            assert_eq!(found.advice().is_empty(), commits.is_empty());
        };
        let commit = || Revision::of("0123456789ab".to_owned());
        check(Some(commit()), "0123456789ab");
        let dirty = Revision { dirty: true, ..commit() };
        check(Some(dirty), "its baseline was measured with changes that were not committed");
        check(None, "its baseline names no commit");
    }
}
