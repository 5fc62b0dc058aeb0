//! `cargo perfreg ci comment`: one comment on a pull request, kept up to date.

use crate::ci::forge::{Comment, Forge, Request, RequestState, Sha};
use crate::ci::{
    NoRequest, Origin, Plan, Service, Step, Subject, Thread, Which, findings, in_line, plan,
    subject,
};
use crate::cli::CommentArgs;
use crate::commands::ci::records;
use crate::commands::ci::surroundings::{event, forge, job, variable};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;

/// Writes what the records say to the pull request that the service names.
///
/// # Errors
/// If a record cannot be read, nothing names a pull request, or the forge refuses.
pub(super) fn run(args: &CommentArgs, context: &Context) -> Result<ExitCode, Error> {
    let record = records::read(&args.records)?;
    let (service, forge) = forge(&args.forge)?;
    let subject = named(args, service)?;
    let request = match found(&*forge, &subject)? {
        Ok(request) => request,
        Err(why) => {
            context.print(&format!("no comment: {why}\n"))?;
            return Ok(ExitCode::Fine);
        }
    };
    let origin =
        Origin { compared: record.compared.clone(), job: subject.job.or_else(|| job(service)) };
    let folder = record.folder.clone();
    let report = record.into_report();
    let findings = findings(&report, &folder);
    let own = forge.own_name()?;
    let thread = Thread::of(&forge.comments(request.number)?, &own, &args.key);
    let plan = plan(&report, &findings, &origin, &args.key, &thread, args.when);
    let done = write(&*forge, request.number, &own, plan)?;
    context.print(&format!("{done} pull request {}\n", request.number))?;
    Ok(ExitCode::Fine)
}

/// What the command line, the event or the pipeline says.
fn named(args: &CommentArgs, service: Service) -> Result<Subject, Error> {
    let by_number = |number, head| Subject { request: Which::Number(number), head, job: None };
    if service == Service::Gitlab {
        let number = variable("CI_MERGE_REQUEST_IID").and_then(|number| number.parse().ok());
        let number = args.pull_request.or(number).ok_or_else(|| {
            Error::usage("this pipeline is of no merge request; --pull-request says of which")
        })?;
        // The second of these is a merge of it, in pipelines that merge first.
        let head = variable("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or(variable("CI_COMMIT_SHA"));
        return Ok(by_number(number, head.as_deref().and_then(Sha::parse)));
    }
    let (name, payload) = event()?.unwrap_or_default();
    let of_event = subject(&name, &payload);
    match (args.pull_request, of_event) {
        (Some(number), Ok(Subject { head, job, .. })) => {
            Ok(Subject { request: Which::Number(number), head, job })
        }
        (None, Ok(subject)) => Ok(subject),
        // Whoever starts these jobs is trusted with a number; another job's end comes with no such trust.
        (Some(number), Err(NoRequest::Other(_))) if name != "workflow_run" => {
            Ok(by_number(number, None))
        }
        (_, Err(NoRequest::Other(event))) => Err(Error::usage(format!(
            "the event `{event}` is of no pull request; --pull-request says of which"
        ))),
        (_, Err(NoRequest::Unreadable(why))) => {
            Err(Error::usage(format!("the event of this job: {why}")))
        }
    }
}

/// The pull request, if it is still what was measured; else why there is nothing to say to it.
fn found(forge: &dyn Forge, subject: &Subject) -> Result<Result<Request, String>, Error> {
    let at_head =
        |request: &Request| subject.head.as_ref().is_none_or(|head| request.head == *head);
    let request = match &subject.request {
        Which::Number(number) => forge.request(*number)?,
        Which::From(head) => {
            let all = forge.requests_of(head)?;
            match &all.iter().filter(|request| at_head(request)).collect::<Vec<_>>()[..] {
                [one] => (*one).clone(),
                [] => {
                    let branch = in_line(&format!("{}:{}", head.owner, head.branch), 200);
                    return Ok(Err(format!("no open pull request of {branch} is at that commit")));
                }
                several => {
                    let several = several.len();
                    return Ok(Err(format!("{several} pull requests are at that commit")));
                }
            }
        }
    };
    let (number, now) = (request.number, &request.head);
    Ok(match &subject.head {
        Some(head) if !at_head(&request) => {
            Err(format!("pull request {number} is at {now} now, and {head} was measured"))
        }
        _ if request.state == RequestState::Closed => {
            Err(format!("pull request {number} is closed"))
        }
        _ => Ok(request),
    })
}

/// Does what is planned; what was done, in words.
fn write(forge: &dyn Forge, number: u64, own: &str, plan: Plan) -> Result<&'static str, Error> {
    let alerted = plan.alert.is_some();
    // First what notifies: what it tells of is known by itself, should the rest fail.
    if let Some(alert) = plan.alert {
        is_own(&forge.comment(number, &alert)?, own)?;
    }
    Ok(match plan.sticky {
        Step::Create(body) => {
            is_own(&forge.comment(number, &body)?, own)?;
            "commented on"
        }
        Step::Change(id, body) => {
            forge.change_comment(number, id, &body)?;
            if alerted {
                "changed the comment, and told news, on"
            } else {
                "changed the comment on"
            }
        }
        Step::Keep if alerted => "told news on",
        Step::Keep => "nothing new for",
    })
}

/// What is not known as ours would be written again by the next job.
fn is_own(comment: &Comment, own: &str) -> Result<(), Error> {
    if comment.author == own {
        return Ok(());
    }
    let author = in_line(&comment.author, 100);
    Err(Error::usage(format!(
        "this token writes as {author}, not as {own}: --as {author}, or the next job writes another"
    )))
}
