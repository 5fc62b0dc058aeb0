//! A forge on this machine that keeps what it is told: for tests, of this crate and of the whole tool.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// Whose interface it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    GitHub,
    GitLab,
}

/// A server that lives as long as the process.
pub(crate) struct Fake {
    pub(crate) url: String,
    kind: Kind,
    state: Arc<Mutex<State>>,
}

/// Things on a forge, in its own words.
#[derive(Default)]
struct State {
    requests: Vec<String>,
    /// What is answered next, whatever is asked: a status, headers and a body.
    scripted: VecDeque<(u16, String, String)>,
    pulls: Vec<Value>,
    comments: Vec<Value>,
    issues: Vec<Value>,
}

/// What a job shows to write.
pub(crate) const TOKEN: &str = "s3cret-t0ken";
/// Who then writes.
pub(crate) const LOGIN: &str = "github-actions[bot]";
/// What a forge takes of a body.
const LONGEST: usize = 65_536;

/// A request as it came in.
struct Asked {
    method: String,
    path: String,
    query: String,
    token: String,
    body: Value,
}

impl Fake {
    /// A forge with one project, in which nothing is.
    pub(crate) fn start(kind: Kind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, kind, &shared);
            }
        });
        Self { url, kind, state }
    }

    /// What was asked so far: `GET /user`, without queries.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Answers the next request with this.
    pub(crate) fn script(&self, status: u16, headers: &str, body: &str) {
        let answer = (status, headers.to_owned(), body.to_owned());
        self.state.lock().unwrap().scripted.push_back(answer);
    }

    /// Opens a pull request of a branch, or moves it to another commit.
    pub(crate) fn pull(&self, number: u64, head: &str, sha: &str) {
        let pulls = &mut self.state.lock().unwrap().pulls;
        pulls.retain(|pull| pull["number"] != number);
        let state = if self.kind == Kind::GitHub { "open" } else { "opened" };
        pulls.push(json!({
            "number": number, "iid": number, "state": state, "sha": sha,
            "head": {"sha": sha, "label": head},
        }));
    }

    /// Comments as somebody else.
    pub(crate) fn comment(&self, body: &str) {
        let mut state = self.state.lock().unwrap();
        let comment = said(&state, "somebody", body);
        state.comments.push(comment);
    }

    /// The texts of all comments.
    pub(crate) fn comments(&self) -> Vec<String> {
        let text = |comment: &Value| comment["body"].as_str().unwrap().to_owned();
        self.state.lock().unwrap().comments.iter().map(text).collect()
    }

    /// Titles and texts of all issues.
    pub(crate) fn issues(&self) -> Vec<(String, String)> {
        let text = |of: &Value| of.as_str().unwrap().to_owned();
        let issue = |issue: &Value| (text(&issue["title"]), text(&issue["body"]));
        self.state.lock().unwrap().issues.iter().map(issue).collect()
    }
}

/// A comment as either forge tells of it.
fn said(state: &State, author: &str, body: &str) -> Value {
    let id = 1_000 + state.comments.len();
    json!({
        "id": id, "body": body, "user": {"login": author}, "author": {"username": author},
        "html_url": format!("https://forge.example/comments/{id}"),
    })
}

fn serve(mut stream: TcpStream, kind: Kind, state: &Mutex<State>) {
    let Some(asked) = read(&mut stream, kind) else { return };
    let mut state = state.lock().unwrap();
    state.requests.push(format!("{} {}", asked.method, asked.path));
    let (status, headers, body) = match state.scripted.pop_front() {
        Some(scripted) => scripted,
        None => {
            let (status, body) = answer(&asked, kind, &mut state);
            (status, String::new(), body.to_string())
        }
    };
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    );
}

fn read(stream: &mut TcpStream, kind: Kind) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut token) = (0, String::new());
    let header = if kind == Kind::GitHub { "authorization" } else { "private-token" };
    for line in reader.by_ref().lines() {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(": ") else { break };
        match name.to_lowercase() {
            name if name == "content-length" => length = value.parse().ok()?,
            name if name == header => value.clone_into(&mut token),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Asked { method, path: path.to_owned(), query: query.to_owned(), token, body })
}

fn answer(asked: &Asked, kind: Kind, state: &mut State) -> (u16, Value) {
    let known = if kind == Kind::GitHub { format!("Bearer {TOKEN}") } else { TOKEN.to_owned() };
    if asked.token != known {
        return (401, json!({"message": "Bad credentials"}));
    }
    let mut parts: Vec<&str> = asked.path.split('/').skip(1).collect();
    if parts == ["user"] {
        return match kind {
            Kind::GitHub => (403, json!({"message": "Resource not accessible by integration"})),
            Kind::GitLab => (200, json!({"username": LOGIN})),
        };
    }
    // `/repos/OWNER/NAME` and `/projects/ID`.
    parts.drain(..if kind == Kind::GitHub { 3 } else { 2 });
    let longest = ["body", "description"].map(|name| asked.body[name].as_str().unwrap_or_default());
    if longest.iter().any(|text| text.chars().count() > LONGEST) {
        return (422, json!({"message": "body is too long (maximum is 65536 characters)"}));
    }
    match (asked.method.as_str(), &parts[..]) {
        ("GET", ["pulls" | "merge_requests"]) => {
            let head = asked.parameter("head");
            let of =
                |pull: &&Value| head.as_ref().is_none_or(|head| pull["head"]["label"] == **head);
            (200, asked.page(state.pulls.iter().filter(of)))
        }
        ("GET", ["pulls" | "merge_requests", number]) => {
            let of = |pull: &&Value| is_number(&pull["number"], number);
            found(state.pulls.iter().find(of))
        }
        ("GET", ["issues", _, "comments"] | ["merge_requests", _, "notes"]) => {
            (200, asked.page(state.comments.iter()))
        }
        ("POST", ["issues", _, "comments"] | ["merge_requests", _, "notes"]) => {
            let comment = said(state, LOGIN, asked.body["body"].as_str().unwrap());
            state.comments.push(comment.clone());
            (201, comment)
        }
        ("PATCH", ["issues", "comments", id]) | ("PUT", ["merge_requests", _, "notes", id]) => {
            let comment = state.comments.iter_mut().find(|of| is_number(&of["id"], id));
            if let Some(comment) = comment {
                comment["body"] = asked.body["body"].clone();
                return (200, comment.clone());
            }
            found(None)
        }
        ("GET", ["issues"]) => {
            let label = asked.parameter("labels").unwrap_or_default();
            let of = |issue: &&Value| issue["names"].as_array().unwrap().contains(&json!(label));
            (200, asked.page(state.issues.iter().filter(of)))
        }
        ("POST", ["issues"]) => {
            let issue = opened(&asked.body, state.issues.len() + 1, kind);
            state.issues.push(issue.clone());
            (201, issue)
        }
        _ => found(None),
    }
}

fn opened(asked: &Value, number: usize, kind: Kind) -> Value {
    let (body, label) = match kind {
        Kind::GitHub => (&asked["body"], &asked["labels"][0]),
        Kind::GitLab => (&asked["description"], &asked["labels"]),
    };
    let labels = match kind {
        Kind::GitHub => json!([{ "name": label }]),
        Kind::GitLab => json!([label]),
    };
    json!({
        "number": number, "iid": number, "title": asked["title"], "body": body,
        "description": body, "labels": labels, "names": [label],
        "user": {"login": LOGIN}, "author": {"username": LOGIN},
        "html_url": format!("https://forge.example/issues/{number}"),
    })
}

fn is_number(value: &Value, text: &str) -> bool {
    value.as_u64() == text.parse().ok()
}

fn found(thing: Option<&Value>) -> (u16, Value) {
    thing.map_or((404, json!({"message": "Not Found"})), |thing| (200, thing.clone()))
}

impl Asked {
    fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| decoded(value))
    }

    /// As many things as are asked for.
    fn page<'a>(&self, all: impl Iterator<Item = &'a Value>) -> Value {
        let number =
            |name: &str, or: usize| self.parameter(name).map_or(or, |value| value.parse().unwrap());
        let (size, page) = (number("per_page", 30), number("page", 1));
        all.skip(size * (page - 1)).take(size).cloned().collect()
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).filter(|_| *first == b'%');
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap()
}
