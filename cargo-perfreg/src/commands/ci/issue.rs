//! `cargo perfreg ci issue`: an issue about critical regressions of the main branch.

use crate::ci::{Origin, Outcome, Service, findings, in_line, issue, main_branch};
use crate::cli::IssueArgs;
use crate::commands::ci::records;
use crate::commands::ci::surroundings::{event, forge, job, variable};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;

/// Opens an issue about what both measurements found, if there is none.
///
/// # Errors
/// If a record cannot be read, this is no job of the main branch, or the forge refuses.
pub(super) fn run(args: &IssueArgs, context: &Context) -> Result<ExitCode, Error> {
    let (first, again) = (records::read(&args.records)?, records::read(&args.confirmations)?);
    if first.repeats(&again) {
        return Err(Error::usage(
            "the confirmation is of the same measurement: measure again, best on another machine",
        ));
    }
    let (service, forge) = forge(&args.forge)?;
    require_main(service, args.main.as_deref())?;
    let origin = Origin { compared: first.compared.clone(), job: job(service) };
    let all = [first, again].map(|record| {
        let folder = record.folder.clone();
        findings(&record.into_report(), &folder)
    });
    let own = forge.own_name()?;
    let open = forge.issues(&args.label)?;
    let told = match issue((&all[0], &all[1]), &origin, (&open, &own)) {
        Outcome::Nothing { unconfirmed: 0 } => "no critical regression".to_owned(),
        Outcome::Nothing { unconfirmed } => {
            format!("no issue: the second measurement confirms none of {unconfirmed}")
        }
        Outcome::Known(numbers) => {
            let numbers: Vec<_> = numbers.iter().map(|number| format!("#{number}")).collect();
            format!("no issue: {} is open", numbers.join(", "))
        }
        Outcome::News(new) => {
            let opened = forge.open_issue(&new, &args.label)?;
            let finds_it = opened.author == own && opened.labels.contains(&args.label);
            let number = opened.number;
            if !finds_it {
                let author = in_line(&opened.author, 100);
                return Err(Error::usage(format!(
                    "issue {number} is of {author} and may lack the label {:?}: the next job would \
                     not find it again (--as {author}, or a token that may set labels)",
                    args.label
                )));
            }
            format!("opened issue {number}")
        }
    };
    context.print(&format!("{told}\n"))?;
    Ok(ExitCode::Fine)
}

/// Issues are of the main branch: what other branches do is told in their pull requests.
fn require_main(service: Service, given: Option<&str>) -> Result<(), Error> {
    let (here, main) = match service {
        Service::Gitlab => (variable("CI_COMMIT_BRANCH"), variable("CI_DEFAULT_BRANCH")),
        Service::Github | Service::Plain => {
            let (name, payload) = event()?.unwrap_or_default();
            // These run as the main branch, whatever they were started by.
            if ["workflow_run", "pull_request_target"].contains(&name.as_str()) {
                return Err(Error::usage(format!(
                    "the event `{name}` is of another job; one of the main branch opens issues"
                )));
            }
            let here = variable("GITHUB_REF");
            let here = here.and_then(|of| of.strip_prefix("refs/heads/").map(str::to_owned));
            (here, main_branch(&payload))
        }
    };
    let Some(main) = given.map(str::to_owned).or(main) else {
        return Err(Error::usage("nothing says which branch is the main one: --main BRANCH"));
    };
    match here {
        Some(here) if here == main => Ok(()),
        here => Err(Error::usage(format!(
            "issues are of the main branch, {}; this job is of {}",
            in_line(&main, 100),
            here.map_or_else(|| "none".to_owned(), |here| in_line(&here, 100))
        ))),
    }
}
