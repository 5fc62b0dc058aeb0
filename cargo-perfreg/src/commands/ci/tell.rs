//! `cargo perfreg ci`: annotations, a summary and outputs of what was measured.

use std::path::{Path, PathBuf};

use crate::ci::{
    Delimiter, JobRecord, Origin, Outputs, Service, annotations, code_quality, findings,
    gitlab_metrics, summary_page,
};
use crate::cli::TellArgs;
use crate::commands::ci::records::{self, folder_of, leave};
use crate::commands::ci::surroundings::{Appended, append, service};
use crate::commands::report::{code, last, write};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::report::{Report, headline};

/// Tells what the records say, or the last runs.
///
/// # Errors
/// If a record cannot be read, or a file cannot be written.
pub(super) fn run(args: &TellArgs, context: &Context) -> Result<ExitCode, Error> {
    let (report, folder, compared) = match &args.records[..] {
        [] => {
            let (workspace, report) = last(&[], context)?;
            let folder = folder_of(workspace.root());
            if let Some(path) = &args.write {
                leave(path, &JobRecord::of(&report, folder.clone(), None))?;
            }
            (report, folder, None)
        }
        paths => {
            let record = records::read(paths)?;
            if let Some(path) = &args.write {
                leave(path, &record)?;
            }
            let (folder, compared) = (record.folder.clone(), record.compared.clone());
            (record.into_report(), folder, compared)
        }
    };
    let code = code(&report, Some(args.fail_on));
    let service = service(args.service);
    let findings = findings(&report, &folder);
    context.print(&annotations(&findings, service))?;
    match service {
        Service::Github => github(&report, &Origin { compared, job: None }, code)?,
        Service::Gitlab => write(Path::new("perfreg.env"), &Outputs::of(&report, code).dotenv())?,
        Service::Plain => {}
    }
    if let Some(path) = file(args.code_quality.as_ref(), service, "perfreg-code-quality.json") {
        write(&path, &code_quality(&findings))?;
    }
    if let Some(path) = file(args.metrics.as_ref(), service, "perfreg-metrics.txt") {
        write(&path, &gitlab_metrics(&report))?;
    }
    context.print(&format!("perfreg: {}\n", headline(&report)))?;
    Ok(code)
}

/// The file that is asked for, or the one that GitLab is told of.
fn file(given: Option<&PathBuf>, service: Service, usual: &str) -> Option<PathBuf> {
    given.cloned().or_else(|| (service == Service::Gitlab).then(|| PathBuf::from(usual)))
}

fn github(report: &Report, origin: &Origin, code: ExitCode) -> Result<(), Error> {
    let outputs = Outputs::of(report, code);
    let mut random = fastrand::Rng::new();
    let delimiter = Delimiter::avoiding(&outputs.values(), || random.u128(..));
    let page = |written| {
        summary_page(report, origin, written).unwrap_or_else(|| {
            eprintln!("warning: the summary of this step is full");
            String::new()
        })
    };
    let told = [
        ("GITHUB_STEP_SUMMARY", append("GITHUB_STEP_SUMMARY", page)?),
        ("GITHUB_OUTPUT", append("GITHUB_OUTPUT", |_| outputs.github(&delimiter))?),
    ];
    for (name, _) in told.iter().filter(|(_, appended)| *appended == Appended::Nowhere) {
        eprintln!("note: {name} is not set, so nothing is written there");
    }
    Ok(())
}
