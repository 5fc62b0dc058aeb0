//! `cargo perfreg run`: builds, measures, explains.

use std::time::Instant;

use perfreg_core::TestId;

use crate::cargo::features_text;
use crate::cli::{BuildArgs, RunArgs};
use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::executable::Executable;
use crate::exit_code::ExitCode;
use crate::explain;
use crate::filter::{Match, pick};
use crate::progress::Progress;
use crate::registry::sharing;
use crate::runner::{Demands, Runner};
use crate::summary::{Ending, Gate, TestResult, counts, exit_code};
use crate::table::{When, render};

/// An annotated test in its executable.
struct Found<'a> {
    executable: &'a Executable,
    id: TestId,
    ignored: bool,
}

/// Measures what `args` select.
///
/// # Errors
/// If the tests cannot be built or selected, or the tool fails.
pub(crate) fn run(args: &RunArgs, context: &Context) -> Result<ExitCode, Error> {
    let metadata = context.cargo.metadata()?;
    let config = Config::of_workspace(metadata.workspace_root.as_std_path())?;
    let build = with_packages_of(&args.build, config);
    let executables = context.cargo.build_tests(&build, &metadata)?;
    let found = find(&executables)?;
    if found.is_empty() {
        eprintln!(
            "error: nothing was measured: no test here carries #[perf_regression] \
             (looked into {} test executables)",
            executables.len()
        );
        return Ok(ExitCode::NothingMeasured);
    }
    let meant = select(found, args)?;
    let skips = |test: &&Found<'_>| test.ignored && !args.include_ignored;
    let (ignored, selected): (Vec<_>, Vec<_>) = meant.iter().partition(skips);
    let begin = Instant::now();
    let results = measure(&selected, args, context)?;
    let ignored: Vec<_> = ignored.iter().map(|test| &test.id).collect();
    report(&results, &ignored, begin.elapsed().as_secs_f64(), context)?;
    Ok(exit_code(&results, gate(args)))
}

fn gate(args: &RunArgs) -> Gate {
    // What was to become the baseline whatever it is has nothing to fall short of.
    let accepts = std::env::var_os("PERFREG_UPDATE").is_some_and(|update| update == "always");
    Gate {
        strict: args.strict,
        require_baseline: args.require_baseline,
        report_only: args.report_only || accepts,
        ratchet: args.fail_on_improvement && !accepts,
    }
}

/// What the command line says to build; where it names no packages, those of the configuration.
fn with_packages_of(build: &BuildArgs, config: Config) -> BuildArgs {
    let mut build = build.clone();
    if build.packages.is_empty() && !build.workspace {
        build.packages = config.run.packages;
    }
    build
}

/// Every annotated test of the executables.
fn find(executables: &[Executable]) -> Result<Vec<Found<'_>>, Error> {
    let read = |executable| Ok((executable, Executable::registrations(executable)?));
    let all: Vec<_> = executables.iter().map(read).collect::<Result<_, Error>>()?;
    if let Some((one, other)) = sharing(all.iter().flat_map(|(_, registrations)| registrations)) {
        return Err(Error::usage(format!(
            "{} ({}) and {} ({}) would share an entry of {}: give one of them another baseline",
            one.id,
            one.file,
            other.id,
            other.file,
            one.baseline.as_deref().unwrap_or_default()
        )));
    }
    let mut found = Vec::new();
    for (executable, registrations) in all {
        // Executables without annotated tests are never started: they may do anything.
        if registrations.is_empty() {
            continue;
        }
        let ignored = executable.ignored()?;
        found.extend(registrations.into_iter().map(|registration| {
            let id = registration.id;
            Found { executable, ignored: ignored.contains(&id.test), id }
        }));
    }
    Ok(found)
}

/// What of `found` the filters mean.
fn select<'a>(found: Vec<Found<'a>>, args: &RunArgs) -> Result<Vec<Found<'a>>, Error> {
    let ids: Vec<_> = found.iter().map(|test| &test.id).collect();
    let how = if args.exact { Match::Exact } else { Match::Substring };
    let picked = pick(&ids, &args.filters, how).map_err(|unknown| {
        Error::usage(format!(
            "no annotated test matches {:?}; there are:\n{}",
            unknown.word, unknown.known
        ))
    })?;
    let keep = |(at, test)| picked.contains(&at).then_some(test);
    Ok(found.into_iter().enumerate().filter_map(keep).collect())
}

/// Measures the tests, one after the other: two at once would disturb each other.
fn measure(
    selected: &[&Found<'_>],
    args: &RunArgs,
    context: &Context,
) -> Result<Vec<TestResult>, Error> {
    let demands = Demands { strict: args.strict, baseline: args.require_baseline };
    let runner = Runner::new(features_text(&args.build), demands)?;
    let mut progress = Progress::new(selected.len(), args.no_progress, context.draws);
    let mut results = Vec::new();
    for test in selected {
        progress.begin(&test.id.to_string());
        results.push(runner.measure(test.executable, &test.id)?);
        progress.end();
    }
    progress.finish();
    Ok(results)
}

/// Prints what came out.
fn report(
    results: &[TestResult],
    ignored: &[&TestId],
    seconds: f64,
    context: &Context,
) -> Result<(), Error> {
    for result in results {
        if let Ending::Failed { output, .. } = &result.ending {
            eprintln!("---- output of {} ----\n{}\n----", result.id, output.trim_end());
        }
    }
    let runs: Vec<_> = results.iter().filter_map(|result| result.run.as_ref()).collect();
    let mut text = render(&runs, When::Now, context.style);
    text += &explain::not_judged(results, ignored);
    text += &explain::regressions(results);
    let separator = if text.is_empty() { "" } else { "\n" };
    context.print(&format!("{text}{separator}{}\n", counts(results, ignored.len(), seconds)))?;
    if results.is_empty() {
        eprintln!(
            "nothing was measured: every test that matches is #[ignore]d (--include-ignored)"
        );
    }
    Ok(())
}
