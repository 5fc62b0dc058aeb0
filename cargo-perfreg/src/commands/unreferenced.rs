//! `cargo perfreg baseline unreferenced`: what the baselines hold of tests and cases that are gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use perfreg_core::HostKey;
use perfreg_core::model::{BaselineCase, Outcome, Run};
use perfreg_core::store::{BaselineFile, Workspace};

use crate::cli::BuildArgs;
use crate::commands::run::{Found, Suite, find};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;

/// What to do with entries that nothing refers to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Listed,
    Removed,
}

/// Lists the entries, or removes them.
///
/// # Errors
/// If the build fails, or a file cannot be read or written.
pub(super) fn run(
    fate: Fate,
    build: &BuildArgs,
    workspace: &Workspace,
    context: &Context,
) -> Result<ExitCode, Error> {
    let suite = Suite::build(build, context)?;
    let found = find(&suite.executables)?;
    let runs = workspace.last_runs()?;
    let platform = perfreg_core::probe::host().platform;
    let mut text = String::new();
    for (path, sections) in files(&found, &runs, workspace, &platform)? {
        let _guard = workspace.lock()?;
        let Some(mut file) = BaselineFile::read(&path)? else { continue };
        let goes = |host: &HostKey, case: &BaselineCase| {
            host.platform == platform && !sections.refer_to(case)
        };
        for entry in file.hosts() {
            for case in entry.cases.iter().filter(|case| goes(&entry.host, case)) {
                let (section, name) = case.key();
                let _ = writeln!(text, "{}: {section} [{name}]", workspace.shown(&path));
            }
        }
        if fate == Fate::Removed && file.remove_cases(goes) > 0 {
            file.write(&path)?;
        }
    }
    let end = match (text.is_empty(), fate) {
        (true, _) => "every entry is of a test that is there\n",
        (_, Fate::Listed) => "--remove removes them\n",
        (_, Fate::Removed) => "removed\n",
    };
    context.print(&(text + end))?;
    Ok(ExitCode::Fine)
}

/// The tests that name a file, each with its cases as far as they are known.
#[derive(Default)]
struct Sections(BTreeMap<String, Option<BTreeSet<String>>>);

impl Sections {
    fn refer_to(&self, case: &BaselineCase) -> bool {
        match self.0.get(&case.section) {
            None => false,
            // A test that never ran here may have any case.
            Some(None) => true,
            Some(Some(cases)) => cases.contains(&case.subsection),
        }
    }
}

/// The baseline files of the packages that have tests, with what refers to them.
fn files(
    found: &[Found<'_>],
    runs: &[Run],
    workspace: &Workspace,
    platform: &str,
) -> Result<BTreeMap<PathBuf, Sections>, Error> {
    let mut files: BTreeMap<PathBuf, Sections> = BTreeMap::new();
    for test in found {
        let default = format!("gt/{}.json", test.id.target);
        let named = test.baseline.as_deref().unwrap_or(&default);
        // The newest record knows the cases, unless it is of a run that did not come to them.
        let last = runs.iter().find(|run| run.id == test.id && run.outcome == Outcome::Measured);
        let cases = last.map(|run| run.cases.iter().map(|case| case.name.clone()).collect());
        let package = test.package_folder();
        let special = Path::new(named)
            .with_file_name(platform)
            .join(Path::new(named).file_name().expect("a baseline is a file"));
        let all =
            [package.join(named), package.join(special), workspace.local_baseline(&test.id, named)];
        for path in all {
            files.entry(path).or_default().0.insert(test.id.test.clone(), cases.clone());
        }
    }
    // Files of the same folders that no test names any more.
    let folders: BTreeSet<PathBuf> =
        files.keys().filter_map(|path| path.parent().map(Path::to_owned)).collect();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            if path.extension().is_some_and(|extension| extension == "json") {
                files.entry(path).or_default();
            }
        }
    }
    Ok(files)
}
