//! `cargo perfreg explore PATTERN --time 10m`: a long look at tests, without a verdict.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use fastrand::Rng;
use perfreg_core::harness::Workers;
use perfreg_core::measure::Plan;
use perfreg_core::model::{Case, Tail};

use crate::cli::ExploreArgs;
use crate::commands::paired::lock;
use crate::commands::run::{Found, Suite, find, select};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::explore::{Explored, Figures, Growing, csv, document, json};
use crate::files::write_whole;
use crate::filter::Match;

/// Measures what `args` select until the time is over, and writes what that shows.
///
/// # Errors
/// If the tests cannot be built or selected, or the results cannot be written.
pub(crate) fn run(args: &ExploreArgs, context: &Context) -> Result<ExitCode, Error> {
    let suite = Suite::build(&args.build, context)?;
    let found = select(find(&suite.executables)?, &args.filters, Match::Substring)?;
    let mut subjects = Vec::new();
    for test in found.iter().filter(|test| !test.ignored) {
        match Subject::of(test, context)? {
            Ok(subject) => subjects.push(subject),
            Err(why) => eprintln!("left out {}: {why}", test.id),
        }
    }
    let cases: usize = subjects.iter().map(|subject| subject.cases.len()).sum();
    if cases == 0 {
        eprintln!("error: nothing was measured: no test is left");
        return Ok(ExitCode::NothingMeasured);
    }
    let started = SystemTime::now();
    let machine = lock(&format!("process {}, exploring,", std::process::id()), context)?;
    let code = measure(&mut subjects, args, context);
    drop(machine);
    let date = humantime::format_rfc3339_seconds(started).to_string();
    let folder = args.output_dir.join(format!("explore-{}", date.replace(':', "-")));
    let launches: usize =
        subjects.iter().flat_map(|s| &s.cases).map(|case| case.launches.len()).sum();
    let heading = format!(
        "{}, from {date} on: {cases} cases, {launches} launches in {}.",
        perfreg_core::probe::host(),
        humantime::format_duration(args.time.duration())
    );
    write(&folder, &heading, subjects, args.extremes)?;
    context.print(&format!("wrote {}\n", folder.join("report.md").display()))?;
    Ok(code)
}

/// A test, its workers, and what was measured so far.
struct Subject<'a> {
    test: &'a Found<'a>,
    workers: Workers,
    plan: Plan,
    cases: Vec<Case>,
}

/// How long a launch may take.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Launches that every case gets, however short the time.
const LEAST: usize = 3;

impl<'a> Subject<'a> {
    /// The test, or why it does not run here.
    fn of(test: &'a Found<'a>, context: &Context) -> Result<Result<Self, String>, Error> {
        let executable = test.executable().clone();
        let workers =
            Workers::new(&test.id.test, move || executable.worker(), TIMEOUT, context.log)?;
        let description = workers.describe()?;
        if let Some(why) = description.skip {
            return Ok(Err(why));
        }
        let listed: Vec<&str> = description.metrics.iter().flatten().map(String::as_str).collect();
        // Whoever looks for long wants to see the slowest calls, too.
        let tails = Tail::ALL.map(Tail::name);
        let plan = Plan::for_budget(LAUNCH_NS, 1, description.samples)
            .for_metrics(listed.into_iter().chain(tails));
        let case = |name: String| Case {
            name,
            launches: Vec::new(),
            judgements: Vec::new(),
            targets: Vec::new(),
        };
        let cases = description.cases.into_iter().map(case).collect();
        Ok(Ok(Self { test, workers, plan, cases }))
    }
}

/// What a launch may take in all.
const LAUNCH_NS: f64 = 3e8;

/// Launches of every case in turn, in an order that is drawn anew each time, until the time is over.
fn measure(subjects: &mut [Subject<'_>], args: &ExploreArgs, context: &Context) -> ExitCode {
    let (begun, time) = (Instant::now(), args.time.duration());
    let mut rng = Rng::with_seed(args.seed);
    let mut order: Vec<(usize, usize)> = subjects
        .iter()
        .enumerate()
        .flat_map(|(at, subject)| (0..subject.cases.len()).map(move |case| (at, case)))
        .collect();
    let (mut code, mut told) = (ExitCode::Fine, Instant::now());
    for turn in 0.. {
        rng.shuffle(&mut order);
        let mut failed = Vec::new();
        for (at, case) in order.iter().copied() {
            if turn >= LEAST && begun.elapsed() >= time {
                return code;
            }
            let subject = &mut subjects[at];
            if context.draws || told.elapsed() >= TOLD {
                tell(subject.test, begun.elapsed(), time, turn, context);
                told = Instant::now();
            }
            match subject.workers.launch(case, subject.plan.counting_after(turn)) {
                Ok(launch) => subject.cases[case].launches.push(launch.without_excess_digits()),
                Err(error) => {
                    eprintln!("error: {} is not measured any more: {error}", subject.test.id);
                    code = ExitCode::TestFailed;
                    failed.push(at);
                }
            }
        }
        order.retain(|(at, _)| !failed.contains(at));
        if order.is_empty() {
            return code;
        }
    }
    code
}

/// How often progress is told where it cannot be drawn over.
const TOLD: Duration = Duration::from_secs(15);

fn tell(test: &Found<'_>, spent: Duration, time: Duration, turn: usize, context: &Context) {
    let seconds = |time: Duration| humantime::format_duration(Duration::from_secs(time.as_secs()));
    let line = format!("{} of {}, turn {}: {}", seconds(spent), seconds(time), turn + 1, test.id);
    if context.draws {
        eprint!("\r\x1b[K{line}");
    } else {
        eprintln!("{line}");
    }
}

fn write(
    folder: &Path,
    heading: &str,
    subjects: Vec<Subject<'_>>,
    extremes: usize,
) -> Result<(), Error> {
    let explored: Vec<Explored> = subjects
        .into_iter()
        .map(|subject| Explored { id: subject.test.id.clone(), cases: subject.cases })
        .collect();
    let figures: Vec<Figures> = explored.iter().flat_map(Figures::of).collect();
    let laws: Vec<Growing> = explored.iter().flat_map(Growing::of).collect();
    let text = document(heading, &explored, &figures, &laws, extremes);
    write_whole(&folder.join("report.md"), text.as_bytes())?;
    write_whole(&folder.join("figures.json"), json(heading, &figures).as_bytes())?;
    write_whole(&folder.join("samples.csv"), csv(&explored).as_bytes())
}
