//! What a service tells a job by its environment, and the forge behind it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use crate::ci::forge::{Base, Forge, GitHub, GitLab, Patience, Token};
use crate::ci::{Link, Service};
use crate::cli::ForgeArgs;
use crate::error::Error;

/// A variable that is set, and not to nothing.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The service that is meant.
pub(super) fn service(given: Option<Service>) -> Service {
    given.unwrap_or_else(|| Service::of(variable))
}

fn demanded(name: &str, what: &str) -> Result<String, Error> {
    variable(name).ok_or_else(|| Error::usage(format!("{name} is not set, which names {what}")))
}

/// The first of these variables that is set, as a token.
fn token(names: [&str; 2]) -> Result<Token, Error> {
    let (name, text) = names
        .iter()
        .find_map(|name| Some((name, variable(name)?)))
        .ok_or_else(|| Error::usage(format!("neither {} nor {} is set", names[0], names[1])))?;
    Token::parse(&text).ok_or_else(|| Error::usage(format!("{name} holds no token")))
}

/// The forge that this job belongs to.
///
/// # Errors
/// If the environment does not say which, or has no token for it.
pub(super) fn forge(args: &ForgeArgs) -> Result<(Service, Box<dyn Forge>), Error> {
    let service = service(args.service);
    let base = |name: &str, or: &str| {
        let url = variable(name).unwrap_or_else(|| or.to_owned());
        Base::parse(&url).map_err(|why| Error::usage(format!("{name}: {why}")))
    };
    let forge: Box<dyn Forge> = match service {
        Service::Github => {
            let base = base("GITHUB_API_URL", "https://api.github.com")?;
            let repository = demanded("GITHUB_REPOSITORY", "the repository, as `owner/name`")?;
            let token = token(["GITHUB_TOKEN", "GH_TOKEN"])?;
            let own_name = args.own_name.clone();
            let forge = GitHub::new(base, &token, &repository, own_name, Patience::default());
            Box::new(forge.map_err(|why| Error::usage(format!("GITHUB_REPOSITORY: {why}")))?)
        }
        Service::Gitlab => {
            let base = base("CI_API_V4_URL", "https://gitlab.com/api/v4")?;
            let project = demanded("CI_PROJECT_ID", "the project")?;
            let token = token(["PERFREG_GITLAB_TOKEN", "GITLAB_TOKEN"])?;
            Box::new(GitLab::new(base, token, &project, Patience::default()))
        }
        Service::Plain => {
            return Err(Error::usage(
                "no service is known by the environment; --service github|gitlab says which, and \
                 GITHUB_REPOSITORY and GITHUB_TOKEN, or CI_PROJECT_ID and GITLAB_TOKEN, of what",
            ));
        }
    };
    Ok((service, forge))
}

/// What has happened, in GitHub's words: the name of the event, and its payload.
///
/// # Errors
/// If it cannot be read.
pub(super) fn event() -> Result<Option<(String, String)>, Error> {
    /// Bytes of a payload: GitHub sends 25 MB at the most.
    const LIMIT: u64 = 32 * 1024 * 1024;
    let (Some(name), Some(path)) = (variable("GITHUB_EVENT_NAME"), variable("GITHUB_EVENT_PATH"))
    else {
        return Ok(None);
    };
    let path = PathBuf::from(path);
    let failed = |cause| Error::io("read", &path, &cause);
    let mut payload = String::new();
    let file = File::open(&path).map_err(failed)?;
    file.take(LIMIT).read_to_string(&mut payload).map_err(failed)?;
    Ok(Some((name, payload)))
}

/// This job, on the web.
pub(super) fn job(service: Service) -> Option<Link> {
    let url = match service {
        Service::Github => {
            let [server, repository, run] =
                ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(variable);
            format!("{}/{}/actions/runs/{}", server?, repository?, run?)
        }
        Service::Gitlab => variable("CI_JOB_URL")?,
        Service::Plain => return None,
    };
    Link::parse(&url)
}

/// Adds text, made for what is there already in bytes, to the file that a variable names: a step's summary.
///
/// # Errors
/// If it cannot be written.
pub(super) fn append(name: &str, text: impl FnOnce(u64) -> String) -> Result<Appended, Error> {
    let Some(path) = variable(name).map(PathBuf::from) else { return Ok(Appended::Nowhere) };
    let failed = |cause| Error::io("write", &path, &cause);
    let written = fs::metadata(&path).map_or(0, |about| about.len());
    let mut file = fs::OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
    file.write_all(text(written).as_bytes()).map_err(failed)?;
    Ok(Appended::There)
}

/// Whether there was a file to add to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Appended {
    There,
    Nowhere,
}
