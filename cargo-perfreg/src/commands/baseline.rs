//! `cargo perfreg baseline`: what the baselines hold, how good they are, and forgetting them; what
//! else there is to do with them has files of its own.

use std::fmt::Write as _;
use std::time::SystemTime;

use perfreg_core::model::{BaselineMetric, Run};
use perfreg_core::report::format_value;
use perfreg_core::stats::median;
use perfreg_core::store::{BaselineFile, Workspace};

use crate::cli::{BaselineArgs, BaselineCommand};
use crate::commands::unreferenced::Fate;
use crate::commands::{generate, saved, unreferenced, workspace};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::filter::{Match, ambiguous, pick};
use crate::quality::doubts;

/// Does what `args` say.
///
/// # Errors
/// If a word means no test that ran, or a file cannot be read or written.
pub(crate) fn run(args: &BaselineArgs, context: &Context) -> Result<ExitCode, Error> {
    let workspace = workspace(context)?;
    let text = match &args.command {
        BaselineCommand::Show { tests } => each(&workspace, tests, show)?,
        BaselineCommand::Check { tests } => {
            let text = each(&workspace, tests, check)?;
            if text.is_empty() { "nothing speaks against the baselines\n".to_owned() } else { text }
        }
        BaselineCommand::Reset { tests, committed } => {
            let reach = if *committed { Reach::CommittedToo } else { Reach::Local };
            reset(&workspace, tests, reach)?
        }
        BaselineCommand::Save { name } => saved::keep(&workspace, name)?,
        BaselineCommand::Compare { name, tests, threshold } => {
            let runs = meant(&workspace, tests)?;
            return saved::against(&workspace, name, &runs, *threshold, context);
        }
        BaselineCommand::Generate(args) => return generate::run(args, &workspace, context),
        BaselineCommand::Unreferenced { remove, build } => {
            let fate = if *remove { Fate::Removed } else { Fate::Listed };
            return unreferenced::run(fate, build, &workspace, context);
        }
    };
    context.print(if text.is_empty() { "there are no baselines\n" } else { &text })?;
    Ok(ExitCode::Fine)
}

/// The last runs of the tests that `words` mean.
fn meant(workspace: &Workspace, words: &[String]) -> Result<Vec<Run>, Error> {
    let runs = workspace.last_runs()?;
    let ids: Vec<_> = runs.iter().map(|run| &run.id).collect();
    if let Some(what) = ambiguous(&ids, words) {
        return Err(Error::usage(what));
    }
    let picked = pick(&ids, words, Match::Segments).map_err(|unknown| {
        Error::usage(format!(
            "no test that ran is called {:?}; there are:\n{}",
            unknown.word, unknown.known
        ))
    })?;
    let keep = |(at, run)| picked.contains(&at).then_some(run);
    Ok(runs.into_iter().enumerate().filter_map(keep).collect())
}

/// One metric of a baseline, with where it stands.
struct Entry<'a> {
    run: &'a Run,
    host: String,
    file: &'a str,
    case: &'a str,
    of: &'a BaselineMetric,
}

/// The lines that `line` makes of every metric of the baselines of the tests that `words` mean.
fn each(
    workspace: &Workspace,
    words: &[String],
    line: fn(&Entry<'_>) -> Option<String>,
) -> Result<String, Error> {
    let mut text = String::new();
    for run in meant(workspace, words)? {
        for path in workspace.baselines_of(&run) {
            let Some(file) = BaselineFile::read(&path)? else { continue };
            let shown = workspace.shown(&path);
            for entry in file.hosts() {
                for case in entry.cases.iter().filter(|case| case.section == run.id.test) {
                    for of in &case.metrics {
                        let host = entry.host.to_string();
                        let entry =
                            Entry { run: &run, host, file: &shown, case: &case.subsection, of };
                        text.extend(line(&entry));
                    }
                }
            }
        }
    }
    Ok(text)
}

fn show(entry: &Entry<'_>) -> Option<String> {
    let Entry { run, host, file, case, of } = entry;
    let values: Vec<f64> = of.launches.iter().map(|l| l.representative(&of.metric)).collect();
    let provenance = &of.provenance;
    let mut text = format!(
        "{} {case} {}: {} of {} launches, {file}\n  {host}; {}",
        run.id,
        of.metric.name,
        format_value(median(&values), &of.metric.unit),
        values.len(),
        provenance.toolchain
    );
    for session in &provenance.sessions {
        let _ = write!(text, "; {}", session.date);
    }
    if let Some(revision) = &provenance.revision {
        let _ = write!(text, "; commit {revision}");
    }
    if let Some(reason) = &provenance.reason {
        let _ = write!(text, "; accepted: {reason}");
    }
    Some(text + "\n")
}

fn check(entry: &Entry<'_>) -> Option<String> {
    let today = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let Entry { run, file, case, of, .. } = entry;
    let doubts = doubts(of, &today);
    (!doubts.is_empty())
        .then(|| format!("{} {case} {} in {file}: {}\n", run.id, of.metric.name, doubts.join("; ")))
}

/// Which files forget.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Local,
    CommittedToo,
}

fn reset(workspace: &Workspace, words: &[String], reach: Reach) -> Result<String, Error> {
    let mut text = String::new();
    for run in meant(workspace, words)? {
        let [committed, local] = workspace.baselines_of(&run);
        let files = match reach {
            Reach::Local => vec![local],
            Reach::CommittedToo => vec![committed, local],
        };
        for path in files {
            for case in workspace.forget(&run, &path)? {
                let _ = writeln!(text, "forgot {} {case} in {}", run.id, workspace.shown(&path));
            }
        }
    }
    Ok(text)
}
