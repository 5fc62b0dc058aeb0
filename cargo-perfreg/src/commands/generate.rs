//! `cargo perfreg baseline generate`: this platform's baselines anew, in several sessions.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use perfreg_core::judge::{LaunchValue, too_crowded, undisturbed};
use perfreg_core::model::{Metric, Run};
use perfreg_core::store::{Acceptance, TimeBaseline, Workspace};

use crate::cargo::features_text;
use crate::cli::GenerateArgs;
use crate::commands::run::{Found, Suite, find, select};
use crate::config::{Config, Given};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::filter::Match;
use crate::progress::Progress;
use crate::runner::{Demands, Runner};
use crate::summary::Ending;

/// Measures what `args` select and writes the baselines.
///
/// # Errors
/// If the tests cannot be built or selected, or a baseline cannot be read or written.
pub(super) fn run(
    args: &GenerateArgs,
    workspace: &Workspace,
    context: &Context,
) -> Result<ExitCode, Error> {
    let suite = Suite::build(&args.build, context)?;
    let selected = select(find(&suite.executables)?, &args.filters, Match::Substring)?;
    let (ignored, selected): (Vec<_>, Vec<_>) = selected.into_iter().partition(|t| t.ignored);
    let sessions = measure(&selected, args, &suite.config, context)?;
    let stamp = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let backup = workspace.root().join(".perfreg/backup").join(stamp.replace(':', ""));
    let mut code = ExitCode::Fine;
    let mut text = String::new();
    for test in &ignored {
        let _ = writeln!(text, "ignored {}", test.id);
    }
    for (test, sessions) in selected.iter().zip(sessions) {
        for why in &sessions.left_out {
            let _ = writeln!(text, "{}: left out a session: {why}", test.id);
        }
        code = sessions.worst.unwrap_or(code);
        if sessions.runs.is_empty() {
            let _ = writeln!(text, "{}: no baseline, for no session can be used", test.id);
            code = if code == ExitCode::Fine { ExitCode::NothingMeasured } else { code };
            continue;
        }
        text += &write(workspace, &sessions.runs, &backup, args, &suite.config)?;
    }
    context.print(&text)?;
    Ok(if selected.is_empty() { ExitCode::NothingMeasured } else { code })
}

/// What the sessions of one test gave.
#[derive(Default)]
struct Sessions {
    runs: Vec<Run>,
    left_out: Vec<String>,
    worst: Option<ExitCode>,
}

/// Every test once a session: what an hour does to the machine it does to all of them.
fn measure(
    selected: &[Found<'_>],
    args: &GenerateArgs,
    config: &Config,
    context: &Context,
) -> Result<Vec<Sessions>, Error> {
    let given = Given { launches: Some(args.launches), ..Given::default() };
    let demands = Demands { strict: false, baseline: false };
    let surroundings =
        vec![("PERFREG_UPDATE", "no".to_owned()), ("PERFREG_TIMEOUT", args.timeout.to_string())];
    let runner = Runner::new(features_text(&args.build), demands, given, context.log)?;
    let runner = runner.with(surroundings);
    let platform = perfreg_core::probe::host().platform;
    let mut all: Vec<Sessions> = selected.iter().map(|_| Sessions::default()).collect();
    let rounds = selected.len() * args.sessions as usize;
    let mut progress = Progress::new(rounds, false, context.draws);
    for session in 0..args.sessions {
        if session > 0 {
            thread::sleep(args.pause);
        }
        for (test, sessions) in selected.iter().zip(&mut all) {
            progress.begin(&test.id.to_string());
            let from_file = config.over_tests(&test.id, &platform);
            let result = runner.measure(test.executable(), &test.id, &from_file)?;
            progress.end();
            sessions.add(result.run, &result.ending);
        }
    }
    progress.finish();
    Ok(all)
}

impl Sessions {
    fn add(&mut self, run: Option<Run>, ending: &Ending) {
        let why = match (ending, &run) {
            (Ending::Judged(_) | Ending::MissesLimit, Some(run)) => crowded(run),
            (Ending::Unmeasured(why) | Ending::Skipped(why), _) => Some(why.clone()),
            (Ending::TimedOut(why), _) => {
                self.worst.get_or_insert(ExitCode::NothingMeasured);
                Some(why.clone())
            }
            (Ending::Failed { reason, .. }, _) => {
                self.worst = Some(ExitCode::TestFailed);
                Some(reason.clone())
            }
            _ => Some("it left no record".to_owned()),
        };
        match (why, run) {
            (None, Some(run)) => self.runs.push(run),
            (why, _) => self.left_out.extend(why),
        }
    }
}

/// Why a case of `run` is no ground for a baseline, if one is not.
fn crowded(run: &Run) -> Option<String> {
    run.cases.iter().find_map(|case| {
        let stats = case.launches.iter().filter_map(|l| l.stats(Metric::THREAD_CPU_TIME));
        let values: Vec<LaunchValue> =
            stats.map(|stats| LaunchValue::new(stats.q10, stats.pace)).collect();
        too_crowded(undisturbed(&[], &values).1.len(), values.len())
    })
}

/// Writes the baseline that `runs` make, the old files copied aside first.
fn write(
    workspace: &Workspace,
    runs: &[Run],
    backup: &Path,
    args: &GenerateArgs,
    config: &Config,
) -> Result<String, Error> {
    let last = runs.last().expect("a baseline is of one session at least");
    let mut text = String::new();
    for path in workspace.baselines_of(last) {
        if let Some(copy) = keep_copy(workspace.root(), &path, backup)? {
            let _ = writeln!(text, "  kept a copy: {}", workspace.shown(&copy));
        }
    }
    let commits = args.commit_time || config.commits_time_of(&last.host.to_string());
    let time = if commits { TimeBaseline::Committed } else { TimeBaseline::Local };
    let acceptance = Acceptance { reason: args.reason.clone(), time };
    let runs: Vec<&Run> = runs.iter().collect();
    for path in workspace.accept_sessions(&runs, &acceptance)? {
        let _ = writeln!(text, "  wrote {}", workspace.shown(&path));
    }
    Ok(format!("{}: {} sessions\n{text}", last.id, runs.len()))
}

/// Copies `path` to the same place below `backup`; `None` if there is nothing to copy, or was
/// copied before another test changed the file.
fn keep_copy(root: &Path, path: &Path, backup: &Path) -> Result<Option<PathBuf>, Error> {
    let copy = backup.join(path.strip_prefix(root).unwrap_or(path));
    if !path.is_file() || copy.exists() {
        return Ok(None);
    }
    let folder = copy.parent().expect("the copy lies below a folder");
    fs::create_dir_all(folder).map_err(|e| Error::io("create folder", folder, &e))?;
    fs::copy(path, &copy).map_err(|e| Error::io("copy", path, &e))?;
    Ok(Some(copy))
}
