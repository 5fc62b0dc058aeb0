//! `cargo perfreg run --profile-with COMMAND`: one worker of one test through a profiler.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use perfreg_core::harness::Workers;
use perfreg_core::measure::{MachineLock, Plan};

use crate::cli::RunArgs;
use crate::commands::paired::lock;
use crate::commands::run::Found;
use crate::config::Budget;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::profiler::Profiler;

/// Starts the one test of `selected` through `profiler`; nothing is judged or kept.
///
/// # Errors
/// If not exactly one test and case are meant, or the profiler or the test fails.
pub(super) fn run(
    profiler: &Profiler,
    selected: &[&Found<'_>],
    args: &RunArgs,
    context: &Context,
) -> Result<ExitCode, Error> {
    let program = profiler.find()?;
    let [test] = selected else {
        let names = selected.iter().map(|test| format!("\n  {}", test.id));
        let names: String = names.collect();
        return Err(Error::usage(format!(
            "--profile-with looks at one test, and {} are selected; a filter with --exact names \
             one:{names}",
            selected.len()
        )));
    };
    let (executable, wrapper) = (test.executable().clone(), profiler.clone());
    let call = move || wrapper.around(&program, &executable.worker());
    let direct = test.executable().clone();
    let forever = Duration::from_secs(300);
    let described = Workers::new(&test.id.test, move || direct.worker(), forever, context.log)?;
    let description = described.describe()?;
    if let Some(why) = description.skip {
        eprintln!("nothing was profiled: {} is skipped: {why}", test.id);
        return Ok(ExitCode::NothingMeasured);
    }
    let case = case_of(&description.cases, args.case.as_deref())
        .map_err(|why| Error::usage(format!("{}: {why}", test.id)))?;
    let workers = Workers::new(&test.id.test, call, forever, context.log)?;
    let budget = args.budget.map_or(LAUNCH, Budget::duration);
    let folder = test.package_folder();
    let before = files(folder);
    let _machine: MachineLock =
        lock(&format!("process {}, profiling,", std::process::id()), context)?;
    eprintln!("profiling {} [{}] in {}", test.id, description.cases[case], folder.display());
    let launched = workers.launch_in_view(case, Plan::filling(budget.as_nanos() as f64));
    if let Err(error) = launched {
        eprintln!("error: {error}");
        return Ok(ExitCode::TestFailed);
    }
    let written: Vec<PathBuf> = files(folder)
        .into_iter()
        .filter(|(path, at)| before.get(path) != Some(at))
        .map(|(path, _)| path)
        .collect();
    for path in &written {
        eprintln!("wrote {}", path.display());
    }
    eprintln!("nothing was judged, and no number was kept");
    Ok(ExitCode::Fine)
}

/// How long the work is looked at by default.
const LAUNCH: Duration = Duration::from_secs(2);

/// The index of the case `wanted`; of the only one where none is named.
fn case_of(cases: &[String], wanted: Option<&str>) -> Result<usize, String> {
    let names = || cases.join(", ");
    match wanted {
        Some(name) => cases
            .iter()
            .position(|case| case == name)
            .ok_or_else(|| format!("there is no case {name:?}; there are: {}", names())),
        None if cases.len() == 1 => Ok(0),
        None => Err(format!("--case has to name one of its cases: {}", names())),
    }
}

/// The files of a folder, with the time of their last change.
fn files(folder: &Path) -> BTreeMap<PathBuf, Option<SystemTime>> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files
        .map(|entry| {
            let changed = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            (entry.path(), changed)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::case_of;

    #[test]
    fn one_case_is_meant() {
        let check = |cases: &[&str], wanted: Option<&str>, expected: Result<usize, &str>| {
            let cases: Vec<String> = cases.iter().map(ToString::to_string).collect();
            match (case_of(&cases, wanted), expected) {
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (found, expected) => assert_eq!(found.ok(), expected.ok(), "{cases:?} {wanted:?}"),
            }
        };
        check(&["default"], None, Ok(0));
        check(&["20", "80"], Some("80"), Ok(1));
        check(&["20", "80"], None, Err("--case has to name one of its cases: 20, 80"));
        check(&["20", "80"], Some("8"), Err("no case \"8\"; there are: 20, 80"));
    }
}
