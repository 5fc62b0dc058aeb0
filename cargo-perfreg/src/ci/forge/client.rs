//! Requests over HTTP: one at a time, with a bound on everything.

use std::fmt;
use std::time::{Duration, SystemTime};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Method, Request};
use ureq::tls::{RootCerts, TlsConfig};

use crate::ci::forge::token::Token;
use crate::ci::log_text::in_line;
use crate::error::Error;

/// Where a forge is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Base {
    /// Without a `/` at the end.
    url: String,
    network: Network,
}

/// What lies between us and a forge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Network {
    /// It is on this machine.
    Loopback,
    Internet,
}

impl Base {
    /// The address in `text`: `https` everywhere, `http` on this machine alone, for a token is sent there.
    ///
    /// # Errors
    /// If it is another.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = text.trim_end_matches('/');
        let rest = url.strip_prefix("https://").map(|rest| (rest, Network::Internet));
        let local = url.strip_prefix("http://").map(|rest| (rest, Network::Loopback));
        let (rest, network) = rest.or(local).unwrap_or(("", Network::Internet));
        let host = rest.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&name);
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]%".contains(c);
        if name.is_empty() || !url.chars().all(fits) || network == Network::Loopback && !is_local {
            let url = in_line(text, 200);
            return Err(format!("`{url}` is no address of a forge: it begins with https://"));
        }
        Ok(Self { url: url.to_owned(), network })
    }
}

/// How long is waited, and by which clock.
pub(crate) struct Patience {
    pub(crate) wait: Box<dyn Fn(Duration)>,
    pub(crate) now: fn() -> SystemTime,
}

impl Default for Patience {
    fn default() -> Self {
        Self { wait: Box::new(std::thread::sleep), now: SystemTime::now }
    }
}

/// Who asks the forge.
pub(crate) struct Client {
    agent: Agent,
    base: Base,
    header: &'static str,
    secret: Token,
    accept: &'static str,
    patience: Patience,
}

/// What a forge answered.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What is to be done about a request that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Remedy {
    /// The same again, after a while.
    Again(Duration),
    /// The forge asks for more patience than we have.
    TooLong(Duration),
    /// Nothing.
    None,
}

/// How often a request is sent at the most.
const ATTEMPTS: u32 = 4;
/// The longest that is waited before one.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer.
const ANSWER: u64 = 32 * 1024 * 1024;
/// Things on a page of a list, and pages.
const PAGE: usize = 100;
const PAGES: usize = 100;

impl Client {
    /// A client that shows its token in `header`.
    pub(super) fn new(
        base: Base,
        (header, secret): (&'static str, Token),
        accept: &'static str,
        patience: Patience,
    ) -> Self {
        let roots = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // What moved is told: who follows would show the token elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(TIMEOUT))
            .user_agent(concat!("cargo-perfreg/", env!("CARGO_PKG_VERSION")))
            .https_only(base.network == Network::Internet)
            .tls_config(roots);
        let config = match base.network {
            Network::Loopback => config.proxy(None),
            Network::Internet => config,
        };
        Self { agent: config.build().into(), base, header, secret, accept, patience }
    }

    /// What is at `path`.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.ask(&Method::GET, path, None)
    }

    /// Makes something at `path`, once at the most.
    pub(super) fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Error> {
        self.ask(&Method::POST, path, Some(body))
    }

    /// Changes what is at `path`.
    pub(super) fn change(&self, how: &Method, path: &str, body: &Value) -> Result<(), Error> {
        self.ask(how, path, Some(body)).map(|_: Value| ())
    }

    /// Everything in the list at `path`, which has a query.
    ///
    /// # Errors
    /// If the forge does not answer, or the list has no end.
    pub(super) fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let found: Vec<T> = self.get(&format!("{path}&per_page={PAGE}&page={page}"))?;
            let is_last = found.len() < PAGE;
            all.extend(found);
            if is_last {
                return Ok(all);
            }
        }
        let url = self.url(path);
        Err(Error::internal(format!("GET {url} lists more than {} things", PAGE * PAGES)))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base.url)
    }

    /// What is at `path`; none if we may not see it.
    pub(super) fn get_if_allowed<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<T>, Error> {
        match self.answer(&Method::GET, &self.url(path), None) {
            Err(Refusal { status: Some(401 | 403 | 404), .. }) => Ok(None),
            answer => read(&Method::GET, &self.url(path), answer).map(Some),
        }
    }

    fn ask<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, Error> {
        let url = self.url(path);
        read(method, &url, self.answer(method, &url, body))
    }

    /// The answer to a request, which is sent again where that may help.
    fn answer(&self, method: &Method, url: &str, body: Option<&Value>) -> Result<Answer, Refusal> {
        let mut attempt = 1;
        loop {
            let result = self.once(method, url, body);
            let remedy = match &result {
                Ok(answer) if (200..300).contains(&answer.status) => Remedy::None,
                Ok(answer) => answer.remedy(method, attempt, (self.patience.now)()),
                // It may have been done, and must not be done twice.
                Err(_) if *method == Method::POST => Remedy::None,
                Err(_) => Remedy::Again(pause(attempt)),
            };
            match (remedy, result) {
                (Remedy::Again(pause), _) if attempt < ATTEMPTS => (self.patience.wait)(pause),
                (_, Ok(answer)) if (200..300).contains(&answer.status) => return Ok(answer),
                (Remedy::TooLong(wait), result) => {
                    let hint = format!("it asks to wait for {} s", wait.as_secs());
                    let Refusal { status, error } = refused(method, url, result);
                    return Err(Refusal { status, error: error.hint(&hint) });
                }
                (_, result) => return Err(refused(method, url, result)),
            }
            attempt += 1;
        }
    }

    fn once(
        &self,
        method: &Method,
        url: &str,
        body: Option<&Value>,
    ) -> Result<Answer, ureq::Error> {
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("Accept", self.accept)
            .header(self.header, self.secret.secret());
        let mut response = match body {
            None => self.agent.run(request.body(())?)?,
            Some(body) => {
                let request = request.header("Content-Type", "application/json");
                self.agent.run(request.body(body.to_string())?)?
            }
        };
        let body = response.body_mut().with_config().limit(ANSWER).read_to_vec()?;
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

/// A text as a part of an address.
pub(super) fn encoded(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

/// Characters of an answer that are quoted.
const QUOTED: usize = 300;

/// Why a request came to nothing.
struct Refusal {
    /// None where there was no answer.
    status: Option<u16>,
    error: Error,
}

fn read<T: DeserializeOwned>(
    method: &Method,
    url: &str,
    answer: Result<Answer, Refusal>,
) -> Result<T, Error> {
    let answer = answer.map_err(|refusal| refusal.error)?;
    serde_json::from_slice(&answer.body).map_err(|cause| {
        let cause = in_line(&cause.to_string(), QUOTED);
        Error::internal(format!("{method} {url} answered what cannot be read: {cause}"))
    })
}

fn refused(method: &Method, url: &str, result: Result<Answer, ureq::Error>) -> Refusal {
    let answer = match result {
        Ok(answer) => answer,
        Err(cause) => {
            let cause = in_line(&cause.to_string(), QUOTED);
            let error = Error::internal(format!("{method} {url} failed: {cause}"));
            return Refusal { status: None, error };
        }
    };
    let said = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    let said = ["message", "error"].iter().find_map(|name| said[name].as_str());
    let said = said.map_or_else(String::new, |said| format!(": {}", in_line(said, QUOTED)));
    let error = Error::internal(format!("{method} {url} answered {}{said}", answer.status));
    let error = match answer.status {
        401 => error.hint("the token is not valid"),
        403 => error.hint(
            "the token may not do this; that of a pull request from a fork only reads, and a \
             trusted job has to write for it",
        ),
        404 => error.hint("there is none, or the token may not see it"),
        300..=399 => error.hint("the project has moved"),
        500.. if *method == Method::POST => {
            error.hint("it may have been done all the same; the same job again finds out")
        }
        _ => error,
    };
    Refusal { status: Some(answer.status), error }
}

/// How long is waited after this attempt, if nobody says.
fn pause(attempt: u32) -> Duration {
    Duration::from_secs(1 << (attempt - 1).min(5))
}

impl Answer {
    fn remedy(&self, method: &Method, attempt: u32, now: SystemTime) -> Remedy {
        let number = |name: &str| self.headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let asked = number("retry-after");
        let is_used_up = number("x-ratelimit-remaining") == Some(0);
        let is_limited =
            self.status == 429 || self.status == 403 && (asked.is_some() || is_used_up);
        if is_limited {
            // Nothing was done, whatever it was.
            let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let reset = number("x-ratelimit-reset").filter(|_| is_used_up);
            let until = reset.map(|reset| reset.saturating_sub(since_epoch.as_secs()) + 1);
            let wait = asked.or(until).map_or_else(|| pause(attempt), Duration::from_secs);
            return if wait > PATIENCE { Remedy::TooLong(wait) } else { Remedy::Again(wait) };
        }
        match self.status {
            408 | 500 | 502..=504 if *method != Method::POST => Remedy::Again(pause(attempt)),
            _ => Remedy::None,
        }
    }
}

#[cfg(test)]
mod tests;
