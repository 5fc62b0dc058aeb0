//! `cargo perfreg run`: builds, measures, explains.

use std::path::{Path, PathBuf};
use std::time::Instant;

use perfreg_core::TestId;
use perfreg_core::fixtures;
use perfreg_core::store::Workspace;

use crate::cargo::features_text;
use crate::cli::{BuildArgs, FailOn, Format, RunArgs, Sort};
use crate::commands::growth::tell_growth;
use crate::commands::profile;
use crate::commands::settle::{Settling, Suspicions, settle};
use crate::commands::sharing::take_stock;
use crate::commands::workspace;
use crate::config::{Config, Given, Severities, effective};
use crate::context::Context;
use crate::error::Error;
use crate::executable::Executable;
use crate::exit_code::ExitCode;
use crate::filter::{Match, pick};
use crate::history::Project;
use crate::message;
use crate::progress::Progress;
use crate::registry::{Registration, Said, sharing};
use crate::report::table;
use crate::runner::{Demands, Runner};
use crate::since_release::{Creep, Release, notes};
use crate::summary::{Ending, Gate, TestResult, counts, exit_code};
use crate::table::{Style, When};

/// An annotated test in its executable.
pub(crate) struct Found<'a> {
    executable: &'a Executable,
    pub(crate) id: TestId,
    pub(crate) said: Said,
    pub(crate) baseline: Option<String>,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) ignored: bool,
}

impl Found<'_> {
    /// The executable that the test is in.
    pub(crate) fn executable(&self) -> &Executable {
        self.executable
    }

    /// The folder of its package, which its baseline is relative to.
    pub(crate) fn package_folder(&self) -> &Path {
        self.executable.package_folder()
    }
}

/// Measures what `args` select.
///
/// # Errors
/// If the tests cannot be built or selected, or the tool fails.
pub(crate) fn run(args: &RunArgs, context: &Context) -> Result<ExitCode, Error> {
    let suite = Suite::build(&args.build, context)?;
    let found = find(&suite.executables)?;
    tell_found(&suite, &found, context);
    if found.is_empty() {
        eprintln!(
            "error: nothing was measured: no test here carries #[perf_regression] \
             (looked into {} test executables)",
            suite.executables.len()
        );
        return Ok(ExitCode::NothingMeasured);
    }
    suite.require_patterns(&found)?;
    let config = &suite.config;
    let meant =
        select(found, &args.filters, if args.exact { Match::Exact } else { Match::Substring })?;
    let platform = perfreg_core::probe::host().platform;
    let left_out = |test: &&Found<'_>| {
        test.ignored && !args.include_ignored
            || config.is_slow(&test.id, &platform) && !args.include_slow
    };
    let (ignored, mut selected): (Vec<_>, Vec<_>) = meant.iter().partition(left_out);
    let whole = selected.len();
    if let Some(shard) = args.shard {
        selected.retain(|test| shard.holds(&test.id));
        eprintln!("shard {shard}: {} of {whole} selected tests", selected.len());
    }
    if let Some(profiler) = &args.profile_with {
        return profile::run(profiler, &selected, args, context);
    }
    let begin = Instant::now();
    let release = Release::last(&suite.root, config.run.release_tags.pattern(), context.log);
    let workspace = Workspace::at(&suite.root);
    let (mut results, crept) =
        measure(&selected, args, (config, release.as_ref(), &workspace), context)?;
    let advice = settle_or_advise(&mut results, args, &suite, context)?;
    if settles(args, config) {
        tell_tests(&results, &crept, args, config, context)?;
    }
    let ignored: Vec<_> = ignored.iter().map(|test| &test.id).collect();
    let seconds = begin.elapsed();
    let code = match whole > 0 && selected.is_empty() {
        // The other shards have them.
        true => ExitCode::Fine,
        false => exit_code(&results, gate(args, config)),
    };
    match args.output.message_format {
        Format::Json => {
            let line = message::of_run(&results, ignored.len(), seconds.as_secs_f64(), code);
            context.print(&line)?;
        }
        Format::Text => {
            let sort = args.sort.or(config.run.sort).unwrap_or_default();
            let look = Look { sort, severities: &config.severity };
            let notes = format!("{advice}{}", notes(&crept));
            report(&results, &ignored, seconds.as_secs_f64(), look, &notes, context)?;
        }
    }
    if whole == 0 {
        eprintln!(
            "nothing was measured: every test that matches is #[ignore]d (--include-ignored)"
        );
    }
    remember(context);
    if let Some(budget) = config.run.suite_budget.filter(|budget| seconds > budget.duration()) {
        eprintln!("warning: the suite took longer than its budget of {budget} in perfreg.toml");
    }
    Ok(code)
}

/// Takes what was measured into the history. What was measured is measured, whatever becomes of it.
fn remember(context: &Context) {
    let Err(error) = take_stock(context) else { return };
    let here = workspace(context).and_then(|workspace| Project::of(&workspace)?.update());
    match here {
        Ok(_) => eprintln!("warning: this run is in the history here, and in no store: {error}"),
        Err(_) => eprintln!("warning: this run is not in the history: {error}"),
    }
}

fn gate(args: &RunArgs, config: &Config) -> Gate {
    // What was to become the baseline whatever it is has nothing to fall short of.
    let accepts = std::env::var_os("PERFREG_UPDATE").is_some_and(|update| update == "always");
    let wanted = args.fail_on.or(config.run.fail_on).unwrap_or(FailOn::Warning);
    Gate {
        strict: args.strict,
        require_baseline: args.require_baseline,
        fail_on: if args.report_only || accepts { FailOn::Never } else { wanted },
        severities: config.severity,
        ratchet: args.fail_on_improvement && !accepts,
    }
}

/// The executables of a workspace, with its configuration.
pub(crate) struct Suite {
    pub(crate) executables: Vec<Executable>,
    pub(crate) config: Config,
    /// The root of the workspace.
    root: PathBuf,
    /// Whether all that the configuration speaks of was built.
    complete: bool,
}

impl Suite {
    /// Builds what `args` name, or the configuration.
    ///
    /// # Errors
    /// If the configuration is not in order, or the build fails.
    pub(crate) fn build(args: &BuildArgs, context: &Context) -> Result<Self, Error> {
        let metadata = context.cargo.metadata()?;
        let root = metadata.workspace_root.as_std_path().to_owned();
        let config = Config::of_workspace(&root)?;
        let build = with_packages_of(args, &config);
        let executables = context.cargo.build_tests(&build, &metadata)?;
        Ok(Self { executables, config, root, complete: args.packages.is_empty() })
    }

    /// A pattern that means no test is a typing error, or speaks of a test that is gone.
    fn require_patterns(&self, found: &[Found<'_>]) -> Result<(), Error> {
        let ids: Vec<_> = found.iter().map(|test| &test.id).collect();
        match self.config.pattern_for_nothing(&ids) {
            Some(pattern) if self.complete => Err(Error::usage(format!(
                "perfreg.toml: the override `{pattern}` means no test; patterns are of \
                 `target::test path`, where `*` stands for anything"
            ))),
            _ => Ok(()),
        }
    }
}

/// Which executables there are, and what is in them.
fn tell_found(suite: &Suite, found: &[Found<'_>], context: &Context) {
    let log = context.log;
    for executable in &suite.executables {
        let path = executable.path();
        log.info(|| {
            let tests = found.iter().filter(|test| test.executable.path() == path).count();
            format!("found {}: annotated tests {tests}", path.display())
        });
    }
    for test in found {
        log.debug(|| format!("found {} at {}:{}", test.id, test.file, test.line));
    }
}

/// What the command line says to build; where it names no packages, those of the configuration.
fn with_packages_of(build: &BuildArgs, config: &Config) -> BuildArgs {
    let mut build = build.clone();
    if build.packages.is_empty() && !build.workspace && build.exclude.is_empty() {
        build.packages.clone_from(&config.run.packages);
    }
    build
}

/// Every annotated test of the executables.
///
/// # Errors
/// If one cannot be read, or two tests would share an entry of a baseline.
pub(crate) fn find(executables: &[Executable]) -> Result<Vec<Found<'_>>, Error> {
    let read = |executable| Ok((executable, Executable::registrations(executable)?));
    let all: Vec<_> = executables.iter().map(read).collect::<Result<_, Error>>()?;
    if let Some((one, other)) = sharing(all.iter().flat_map(|(_, registrations)| registrations)) {
        return Err(Error::usage(shared(one, other)));
    }
    let mut found = Vec::new();
    for (executable, registrations) in all {
        // Executables without annotated tests are never started: they may do anything.
        if registrations.is_empty() {
            continue;
        }
        let ignored = executable.ignored()?;
        found.extend(registrations.into_iter().map(|registration| {
            let Registration { id, said, baseline, file, line } = registration;
            let ignored = ignored.contains(&id.test);
            Found { executable, id, said, baseline, file, line, ignored }
        }));
    }
    Ok(found)
}

/// What is wrong with two tests that share an entry.
fn shared(one: &Registration, other: &Registration) -> String {
    let (first, second) = (&one.id, &other.id);
    let both = format!("{first} ({}) and {second} ({}) of {}", one.file, other.file, first.package);
    if first == second {
        let way = "rename one of them, or say `test = false` of one target";
        return format!("{both} are of two targets with one name, and cannot be told apart: {way}");
    }
    let file = one.baseline_name();
    format!("{both} would share an entry of {file}: give one of them another baseline")
}

/// What of `found` the filters mean.
///
/// # Errors
/// If a filter means nothing.
pub(crate) fn select<'a>(
    found: Vec<Found<'a>>,
    filters: &[String],
    how: Match,
) -> Result<Vec<Found<'a>>, Error> {
    let ids: Vec<_> = found.iter().map(|test| &test.id).collect();
    let picked = pick(&ids, filters, how).map_err(|unknown| {
        Error::usage(format!(
            "no annotated test matches {:?}; there are:\n{}",
            unknown.word, unknown.known
        ))
    })?;
    let keep = |(at, test)| picked.contains(&at).then_some(test);
    Ok(found.into_iter().enumerate().filter_map(keep).collect())
}

/// Measures the tests, one after the other: two at once would disturb each other. Tells what crept in
/// since `release`, too.
fn measure(
    selected: &[&Found<'_>],
    args: &RunArgs,
    (config, release, workspace): (&Config, Option<&Release>, &Workspace),
    context: &Context,
) -> Result<(Vec<TestResult>, Vec<Creep>), Error> {
    let demands = Demands { strict: args.strict, baseline: args.require_baseline };
    let given = Given { threshold: args.threshold, launches: args.launches, budget: args.budget };
    let surroundings = args.deterministic.map(deterministic).unwrap_or_default();
    let runner = Runner::new(features_text(&args.build), demands, given, context.log)?;
    let runner = runner.with(surroundings);
    let platform = perfreg_core::probe::host().platform;
    let mut progress = Progress::new(selected.len(), args.output.no_progress, context.draws);
    let (mut results, mut crept) = (Vec::new(), Vec::new());
    for test in selected {
        progress.begin(&test.id.to_string());
        context.log.info(|| settings(test, &platform, &given, config));
        let from_file = config.over_tests(&test.id, &platform);
        let result = runner.measure(test.executable, &test.id, &from_file)?;
        progress.end();
        let since = release.zip(result.run.as_ref()).map(|(release, run)| release.creep(run));
        crept.extend(since.unwrap_or_default());
        results.push(result);
        let last = results.last_mut().map(std::slice::from_mut).expect("just pushed");
        tell_growth(last, workspace)?;
        if !settles(args, config) {
            tell_tests(last, &crept, args, config, context)?;
        }
    }
    progress.finish();
    Ok((results, crept))
}

/// What makes a run repeat itself: one thread for the libraries that ask, and the seed.
fn deterministic(seed: u64) -> Vec<(&'static str, String)> {
    const THREADS: [&str; 6] = [
        "RAYON_NUM_THREADS",
        "TOKIO_WORKER_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ];
    let one = THREADS.map(|name| (name, "1".to_owned()));
    let seeds = [fixtures::SEED, "PERFREG_DETERMINISTIC"].map(|name| (name, seed.to_string()));
    one.into_iter().chain(seeds).collect()
}

/// A line for machines of each of `results`, where they are wanted.
fn tell_tests(
    results: &[TestResult],
    crept: &[Creep],
    args: &RunArgs,
    config: &Config,
    context: &Context,
) -> Result<(), Error> {
    for result in results.iter().filter(|_| args.output.message_format == Format::Json) {
        context.print(&message::of_test(result, &config.severity, crept))?;
    }
    Ok(())
}

fn settles(args: &RunArgs, config: &Config) -> bool {
    // The baseline's commit would be asked with other data and more threads.
    args.settle || config.run.settle && args.deterministic.is_none()
}

/// Asks the baseline's commit about what regressed, or says that it could be asked.
fn settle_or_advise(
    results: &mut [TestResult],
    args: &RunArgs,
    suite: &Suite,
    context: &Context,
) -> Result<&'static str, Error> {
    let suspicions = Suspicions::of(results, &Workspace::at(&suite.root))?;
    if !settles(args, &suite.config) {
        return Ok(suspicions.advice());
    }
    let settling = Settling {
        root: &suite.root,
        build: &with_packages_of(&args.build, &suite.config),
        config: &suite.config,
        context,
        forced: args.threshold.map(|value| value.number() / 100.0),
    };
    settle(results, suspicions, settling);
    Ok("")
}

/// What holds for a test and who says so, in a line.
fn settings(test: &Found<'_>, platform: &str, given: &Given, config: &Config) -> String {
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let holds = effective(&test.id, platform, &test.said, given, config, environment);
    let lines: Vec<_> = holds
        .lines()
        .into_iter()
        .map(|(name, (value, origin))| format!("{name} {value} ({origin})"))
        .collect();
    format!("{}: {}", test.id, lines.join(", "))
}

/// How results are shown.
#[derive(Clone, Copy)]
struct Look<'a> {
    sort: Sort,
    severities: &'a Severities,
}

/// Prints what came out.
fn report(
    results: &[TestResult],
    ignored: &[&TestId],
    seconds: f64,
    look: Look<'_>,
    notes: &str,
    context: &Context,
) -> Result<(), Error> {
    for result in results {
        if let Ending::Failed { output, .. } = &result.ending {
            eprintln!("---- output of {} ----\n{}\n----", result.id, output.trim_end());
        }
    }
    let style = Style { sort: look.sort, ..context.style };
    let mut text = table(results, ignored, look.severities, When::Now, style);
    text += notes;
    let separator = if text.is_empty() { "" } else { "\n" };
    context.print(&format!("{text}{separator}{}\n", counts(results, ignored.len(), seconds)))?;
    Ok(())
}
