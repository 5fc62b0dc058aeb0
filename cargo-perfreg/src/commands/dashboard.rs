//! `cargo perfreg dashboard`: what was measured as two pages for a browser. Nothing is built or measured.

mod before;
mod reader;
mod stories;

use std::path::Path;
use std::time::SystemTime;

use perfreg_core::model::Run;
use perfreg_core::store::Workspace;

use crate::cli::DashboardArgs;
use crate::commands::dashboard::before::before;
use crate::commands::dashboard::reader::Reader;
use crate::commands::dashboard::stories::stories;
use crate::commands::report::{recorded, write};
use crate::commands::sharing::history_of;
use crate::commands::workspace;
use crate::config::Config;
use crate::context::Context;
use crate::dashboard::{Kind, OverTime, SideBySide, page};
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::explain::NO_RUN;
use crate::git::Git;
use crate::look_back::tell;
use crate::plain::plain;
use crate::remote::compare_at;
use crate::report::Report;

/// Characters of a message that are shown.
const MESSAGE: usize = 300;

/// Writes both pages.
///
/// # Errors
/// If there is no workspace, its history cannot be read, or a page cannot be written.
pub(crate) fn run(args: &DashboardArgs, context: &Context) -> Result<ExitCode, Error> {
    let workspace = workspace(context)?;
    let (last, unreadable) = workspace.readable_last_runs()?;
    // Nothing is made by who only looks.
    if last.is_empty() && unreadable.is_empty() && !workspace.root().join(".perfreg").is_dir() {
        eprint!("error: {NO_RUN}");
        return Ok(ExitCode::NothingMeasured);
    }
    let unreadable = unreadable.iter().map(ToString::to_string).collect();
    let pages = pages(&workspace, last, unreadable, context)?;
    if pages.is_empty {
        eprint!("error: {NO_RUN}");
        return Ok(pages.code(ExitCode::NothingMeasured));
    }
    for (kind, packed) in &pages.packed {
        let path = args.output_dir.join(kind.file());
        write(&path, &page(*kind, packed))?;
        context.print(&format!("{}\n", path.display()))?;
    }
    Ok(pages.code(ExitCode::Fine))
}

/// What is to be written, and whether that is everything.
struct Pages {
    packed: [(Kind, String); 2],
    is_empty: bool,
    is_whole: bool,
}

impl Pages {
    /// Pages that lack something are written all the same, and are no success.
    fn code(&self, otherwise: ExitCode) -> ExitCode {
        if self.is_whole { otherwise } else { ExitCode::Usage }
    }
}

fn pages(
    workspace: &Workspace,
    last: Vec<Run>,
    unreadable: Vec<String>,
    context: &Context,
) -> Result<Pages, Error> {
    let severities = Config::of_workspace(workspace.root())?.severity;
    let mut history = history_of(context)?;
    let mut told = tell(history.store.as_mut(), None, None)?;
    let mut reader = Reader::of(&history);
    told.iter_mut().for_each(|told| reader.keep_what_has_a_time(told));
    told.retain(|told| !told.points.is_empty());
    let is_empty = told.is_empty() && last.is_empty();
    let stories = stories(&mut reader, &told, &severities)?;
    let report = Report::new(recorded(last, workspace, context), Vec::new(), severities);
    let before = before(&mut reader, &report, &history.store.runs()?, workspace)?;
    // The history has told of some of these itself.
    let paths: Vec<String> =
        history.problems.iter().map(|problem| problem.path.display().to_string()).collect();
    let is_new = |what: &String| !paths.iter().any(|path| what.contains(path));
    let new = unreadable.into_iter().chain(reader.left_out).filter(is_new);
    let new: Vec<String> = new.map(|what| shown(&what, workspace.root())).collect();
    for what in &new {
        eprintln!("warning: left out {what}");
    }
    let archived = history.problems.iter().map(ToString::to_string);
    let archived = archived.map(|what| shown(&what, workspace.root()));
    let left_out: Vec<String> = archived.chain(new).collect();
    let name = workspace.root().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let made = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let over_time = OverTime {
        project: &name,
        made: &made,
        compare_at: remote(workspace).as_deref(),
        left_out: &left_out,
        stories: &stories,
    }
    .packed();
    let side_by_side = SideBySide {
        project: &name,
        made: &made,
        report: &report,
        left_out: &left_out,
        before: &before,
    }
    .packed();
    let packed = [(Kind::OverTime, over_time), (Kind::SideBySide, side_by_side)];
    Ok(Pages { packed, is_empty, is_whole: left_out.is_empty() })
}

/// A message with paths as the reader knows them, harmless to print.
fn shown(what: &str, root: &Path) -> String {
    let root = format!("{}{}", root.display(), std::path::MAIN_SEPARATOR);
    plain(&what.replace(&root, ""), MESSAGE)
}

/// Where commits can be compared on the web, if the workspace says so.
fn remote(workspace: &Workspace) -> Option<String> {
    let git = Git::of(workspace.root()).ok()?;
    compare_at(&git.say(&["remote", "get-url", "origin"]).ok()?)
}
