//! `cargo perfreg diff BASE [HEAD]`: both built here, and their launches in turns.

mod handed_on;
mod record;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use perfreg_core::TestId;
use perfreg_core::harness::Layouts;

use crate::bouts::{Bout, Slowdown, Spending, Starting, Unfit, measure};
use crate::ci::Compared;
use crate::cli::{DiffArgs, Format};
use crate::commands::diff::handed_on::hand_on;
use crate::commands::diff::record::{Facts, into_results};
use crate::commands::paired::lock;
use crate::commands::run::{Found, find};
use crate::commands::sharing::take_stock;
use crate::commands::workspace;
use crate::config::{Budget, Config};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::explain;
use crate::filter::{Match, pick};
use crate::history::Project;
use crate::layouts::{Round, Seeds};
use crate::message;
use crate::sides::{Bench, Side, Which};
use crate::summary::{Ending, Gate, TestResult, counts, exit_code};
use crate::table::{When, render};

/// Compares what `args` name.
///
/// # Errors
/// If a revision is not known or cannot be built, or the tool fails.
pub(crate) fn run(args: &DiffArgs, context: &Context) -> Result<ExitCode, Error> {
    let root = context.cargo.metadata()?.workspace_root;
    let config = Config::of_workspace(root.as_std_path())?;
    let bench = Rc::new(Bench::of(root.as_std_path())?);
    let (base, head) = sides(&bench, args, context)?;
    let shown = (base.snapshot.shown(), head.snapshot.shown());
    let (before, now) = (find(&base.executables)?, find(&head.executables)?);
    let mut results = Vec::new();
    let bouts = bouts((&base, &before), (&head, &now), args, &config, context, &mut results)?;
    let (begun, started) = (Instant::now(), SystemTime::now());
    let measured = {
        let process = std::process::id();
        let holder = format!("process {process}, comparing {} with {},", shown.0, shown.1);
        let _machine = lock(&holder, context)?;
        let cases: usize = bouts.iter().map(|bout| bout.cases.len()).sum();
        let budget = args.budget.map_or(PER_CASE * cases as u32, Budget::duration);
        let spending = Spending { budget, seed: args.seed, slowdown: Slowdown::None };
        measure(&bouts, spending, |bout, open, left| {
            context.log.info(|| format!("{}: measured", bout.id));
            if !args.output.no_progress {
                progress(&bout.id, open, left, context);
            }
        })
    };
    if !args.output.no_progress && context.draws {
        eprint!("\r\x1b[K");
    }
    let facts = Facts {
        base: &shown.0,
        revision: bench.git().revision(&head.snapshot)?,
        started: humantime::format_rfc3339_seconds(started).to_string(),
        profile: profile(args),
    };
    let compared = into_results(&bouts, measured, &facts);
    remember(&compared, context);
    results.extend(compared);
    results.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some(path) = &args.record {
        let compared = Compared { base: shown.0.clone(), head: shown.1.clone() };
        let home = (context, config.severity);
        hand_on(path, (&results, &now), compared, &facts, home)?;
    }
    let is_gone = |test: &&Found<'_>| !now.iter().any(|other| other.id == test.id);
    let gone: Vec<&TestId> = before.iter().filter(is_gone).map(|test| &test.id).collect();
    let changed = Changed { bouts: &bouts, gone: &gone };
    report(&results, &changed, &shown, begun.elapsed(), (args, &config), context)
}

/// The profile, told apart from that of runs: built elsewhere, the same code lies in another layout,
/// and its times are no part of their series.
fn profile(args: &DiffArgs) -> String {
    let profile = &args.build.profile;
    match args.layouts {
        Some(count) => format!("{profile} by diff in {count} layouts"),
        None => format!("{profile} by diff"),
    }
}

/// Takes what was measured into the history. It was measured, whatever becomes of it.
fn remember(compared: &[TestResult], context: &Context) {
    let keep = || -> Result<(), Error> {
        let project = Project::of(&workspace(context)?)?;
        for run in compared.iter().filter_map(|result| result.run.as_ref()) {
            project.archive.keep_run(run)?;
        }
        take_stock(context)
    };
    if let Err(error) = keep() {
        eprintln!("warning: this comparison is not in the history: {error}");
    }
}

/// What a case may take by itself; what needs less leaves it to the others.
const PER_CASE: Duration = Duration::from_secs(8);

fn sides(
    bench: &Rc<Bench>,
    args: &DiffArgs,
    context: &Context,
) -> Result<(Rc<Side>, Rc<Side>), Error> {
    let git = bench.git();
    let before = git.snapshot(&args.base)?;
    let now = match &args.head {
        Some(revision) => git.snapshot(revision)?,
        None => git.working_tree()?,
    };
    let same = before.tree == now.tree;
    if same {
        eprintln!("both are the same source: this shows what the machine does to equal code");
    }
    let seeds = |of: fn(usize) -> Seeds| args.layouts.map(|count| of(usize::from(count)));
    let build = |which, snapshot, seeds| {
        bench.build_in(which, snapshot, &args.build, seeds, context.log).map(Rc::new)
    };
    let base = build(Which::Base, before, seeds(Seeds::of_base))?;
    if same && args.layouts.is_none() {
        return Ok((Rc::clone(&base), base));
    }
    Ok((base, build(Which::Head, now, seeds(Seeds::of_head))?))
}

/// The tests that both builds have; the others go to `results`, or to standard output in the end.
fn bouts(
    (base, before): (&Rc<Side>, &[Found<'_>]),
    (head, now): (&Rc<Side>, &[Found<'_>]),
    args: &DiffArgs,
    config: &Config,
    context: &Context,
    results: &mut Vec<TestResult>,
) -> Result<Vec<Bout>, Error> {
    let ids: BTreeMap<&TestId, &Found<'_>> = before.iter().map(|test| (&test.id, test)).collect();
    let all: Vec<&TestId> = now.iter().map(|test| &test.id).collect();
    let picked = pick(&all, &args.filters, Match::Substring).map_err(|unknown| {
        let known = unknown.known;
        Error::usage(format!("no annotated test matches {:?}; there are:\n{known}", unknown.word))
    })?;
    let ended = |id: &TestId, why: String| TestResult {
        id: id.clone(),
        run: None,
        ending: Ending::Unmeasured(why),
    };
    let platform = perfreg_core::probe::host().platform;
    let mut bouts = Vec::new();
    for test in picked.into_iter().map(|at| &now[at]) {
        if test.ignored && !args.include_ignored {
            continue;
        }
        let Some(older) = ids.get(&test.id) else {
            let why = format!("new: {} does not have it", base.snapshot.shown());
            results.push(TestResult {
                ending: Ending::Skipped(why),
                ..ended(&test.id, String::new())
            });
            continue;
        };
        let starting = Starting {
            timeout: Duration::from_secs(args.timeout),
            log: context.log,
            threshold: config
                .over_tests(&test.id, &platform)
                .threshold
                .map(|(value, _)| value.number() / 100.0),
            forced: args.threshold.map(|value| value.number() / 100.0),
        };
        let round = Round::default();
        let before = base.call(older.executable(), &round);
        let now = head.call(test.executable(), &round);
        let layouts = args.layouts.map_or(Layouts::One, |count| Layouts::Many(usize::from(count)));
        match Bout::of(&test.id, before, now, starting) {
            Ok(Ok(bout)) => bouts.push(bout.over(layouts, round)),
            Ok(Err(Unfit::Skipped(why))) => {
                results.push(TestResult {
                    ending: Ending::Skipped(why),
                    ..ended(&test.id, String::new())
                });
            }
            Ok(Err(Unfit::NotComparable(why))) => {
                results.push(ended(&test.id, format!("not comparable: {why}")));
            }
            Err(error) => results.push(ended(&test.id, error.to_string())),
        }
    }
    Ok(bouts)
}

fn progress(id: &TestId, open: usize, left: Duration, context: &Context) {
    let seconds = left.as_secs();
    // A line that is drawn over on a terminal; elsewhere nothing for every step.
    if context.draws {
        eprint!("\r\x1b[K{open} open, at most {seconds} s to go: {id}");
    }
}

/// What only one of the builds has.
struct Changed<'a> {
    bouts: &'a [Bout],
    gone: &'a [&'a TestId],
}

fn report(
    results: &[TestResult],
    changed: &Changed<'_>,
    (base, head): &(String, String),
    took: Duration,
    (args, config): (&DiffArgs, &Config),
    context: &Context,
) -> Result<ExitCode, Error> {
    let gate = Gate {
        strict: args.strict,
        require_baseline: false,
        fail_on: args.fail_on,
        severities: config.severity,
        ratchet: false,
    };
    let code = exit_code(results, gate);
    if args.output.message_format == Format::Json {
        for result in results {
            context.print(&message::of_test(result, &config.severity, &[]))?;
        }
        context.print(&message::of_run(results, 0, took.as_secs_f64(), code))?;
        return Ok(code);
    }
    let runs: Vec<_> = results.iter().filter_map(|result| result.run.as_ref()).collect();
    let mut text = format!("{base} -> {head}\n\n{}", render(&runs, When::Now, context.style));
    text.extend(changed.gone.iter().map(|id| format!("removed {id}\n")));
    for bout in changed.bouts {
        for (cases, word) in [(&bout.gone, "removed"), (&bout.new, "new")] {
            for case in cases {
                let _ = writeln!(text, "{word} {} [{case}]", bout.id);
            }
        }
    }
    text += &explain::not_judged(results, &[]);
    let _ = writeln!(text, "\n{}", counts(results, 0, took.as_secs_f64()));
    context.print(&text)?;
    Ok(code)
}
