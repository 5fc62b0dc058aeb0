//! The subcommands.

mod accept;
mod baseline;
mod bisect;
mod ci;
mod compare;
mod completions;
mod config;
mod dashboard;
mod diff;
mod doctor;
mod explore;
mod export;
mod generate;
mod growth;
mod history;
mod import;
mod init;
mod last;
mod list;
mod merge;
mod paired;
mod pending;
mod predict;
mod profile;
mod reject;
mod report;
mod review;
mod run;
mod saved;
mod selftest;
mod settle;
mod sharing;
mod trend;
mod unreferenced;

use perfreg_core::model::Run;
use perfreg_core::store::{Pending, Workspace};

use crate::cli::{Cli, Command};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::filter::{Match, ambiguous, pick};
use crate::history::{Problem, Project};
use crate::merge::name_of;

/// Does what the command line asks for; errors go to standard error.
pub(crate) fn dispatch(cli: &Cli) -> ExitCode {
    let context = Context::of_process(cli.manifest_path.clone(), cli.store.clone());
    let result = context.and_then(|context| run_command(cli, &context));
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        error.code()
    })
}

fn run_command(cli: &Cli, context: &Context) -> Result<ExitCode, Error> {
    match &cli.command {
        Command::Run(args) => run::run(args, context),
        Command::Pending(args) => pending::run(args, context),
        Command::Review(args) => review::run(args, context),
        Command::Accept(args) => accept::run(args, context),
        Command::Reject(args) => reject::run(args, context),
        Command::Last => last::run(context),
        Command::Report(args) => report::run(args, context),
        Command::Dashboard(args) => dashboard::run(args, context),
        Command::Ci(args) => ci::run(args, context),
        Command::Config(args) => config::run(args, context),
        Command::List(args) => list::run(args, context),
        Command::Baseline(args) => baseline::run(args, context),
        Command::History(args) => history::run(args, context),
        Command::Import(args) => import::run(args, context),
        Command::Export(args) => export::run(args, context),
        Command::Merge(args) => merge::run(args, context),
        Command::Trend(args) => trend::run(args, context),
        Command::Predict(args) => predict::run(args, context),
        Command::Init(args) => init::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Bisect(args) => bisect::run(args, context),
        Command::Doctor(args) => doctor::run(args, context),
        Command::Explore(args) => explore::run(args, context),
        Command::Selftest(args) => selftest::run(args, context),
        Command::Compare(args) => compare::run(args, context),
    }
}

/// The workspace that the command was called in.
fn workspace(context: &Context) -> Result<Workspace, Error> {
    let metadata = context.cargo.metadata()?;
    Ok(Workspace::at(metadata.workspace_root.as_std_path()))
}

/// Keeps runs of elsewhere among the records of the workspace and in its history.
///
/// # Errors
/// If one of them cannot be written.
fn take_in(runs: &[Run], workspace: &Workspace, context: &Context) -> Result<(), Error> {
    let project = Project::of(workspace)?;
    for run in runs {
        // First where it stays: of the records only the newest do.
        project.archive.keep_run(run)?;
        workspace.keep_merged_record(run, name_of(run).short())?;
    }
    sharing::take_stock(context)
}

/// Names documents that were left out.
fn tell(problems: &[Problem]) {
    for problem in problems {
        eprintln!("warning: left out {problem}");
    }
}

/// What of `pending` the words mean; everything without words.
fn meant(pending: Vec<Pending>, words: &[String]) -> Result<Vec<Pending>, Error> {
    let ids: Vec<_> = pending.iter().map(|pending| &pending.run().id).collect();
    if let Some(what) = ambiguous(&ids, words) {
        return Err(Error::usage(what));
    }
    let picked = pick(&ids, words, Match::Segments).map_err(|unknown| {
        let word = unknown.word;
        Error::usage(match unknown.known.as_str() {
            "" => format!("nothing is pending for {word:?}, nor for anything else"),
            known => format!("nothing is pending for {word:?}; pending are:\n{known}"),
        })
    })?;
    let keep = |(at, pending)| picked.contains(&at).then_some(pending);
    Ok(pending.into_iter().enumerate().filter_map(keep).collect())
}
