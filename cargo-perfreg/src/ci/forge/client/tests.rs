//! What is asked of a forge, how often, and what is said of its answers.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use super::{Base, Client, Patience};
use crate::ci::forge::fake::{Fake, Kind, LOGIN, TOKEN};
use crate::ci::forge::{
    Forge, GitHub, GitLab, Head, Issue, NewIssue, Request, RequestState, Sha, Token,
};
use crate::error::Error;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// The seconds that were waited.
type Waited = Rc<RefCell<Vec<u64>>>;

/// A patience that waits for nothing, and keeps what it was to wait.
fn patience() -> (Patience, Waited) {
    let waited = Waited::default();
    let waits = Rc::clone(&waited);
    let patience = Patience {
        wait: Box::new(move |pause| waits.borrow_mut().push(pause.as_secs())),
        now: || SystemTime::UNIX_EPOCH + Duration::from_secs(1_000),
    };
    (patience, waited)
}

fn github(url: &str, patience: Patience) -> GitHub {
    let (base, token) = (Base::parse(url).unwrap(), Token::parse(TOKEN).unwrap());
    GitHub::new(base, &token, "o/app", None, patience).unwrap()
}

fn forge(kind: Kind) -> (Fake, Box<dyn Forge>, Waited) {
    let fake = Fake::start(kind);
    let (patience, waited) = patience();
    let forge: Box<dyn Forge> = match kind {
        Kind::GitHub => Box::new(github(&fake.url, patience)),
        Kind::GitLab => {
            let (base, token) = (Base::parse(&fake.url).unwrap(), Token::parse(TOKEN).unwrap());
            Box::new(GitLab::new(base, token, "group/app", patience))
        }
    };
    (fake, forge, waited)
}

#[test]
fn either_forge_keeps_comments_and_issues() {
    for kind in [Kind::GitHub, Kind::GitLab] {
        let (fake, forge, _) = forge(kind);
        assert_eq!(forge.own_name().unwrap(), LOGIN);
        fake.pull(7, "fork:a/b c", SHA);
        let pull = Request { number: 7, head: Sha::parse(SHA).unwrap(), state: RequestState::Open };
        assert_eq!(forge.request(7).unwrap(), pull);
        let head = Head { owner: "fork".into(), branch: "a/b c".into() };
        assert_eq!(forge.requests_of(&head).unwrap().len(), 1);
        if kind == Kind::GitHub {
            assert_eq!(forge.requests_of(&head).unwrap(), [pull]);
            let other = Head { branch: "other".into(), ..head };
            assert_eq!(forge.requests_of(&other).unwrap(), []);
        }
        assert_eq!(forge.comments(7).unwrap(), []);
        let first = forge.comment(7, "one\n\"two\"").unwrap();
        assert_eq!((first.body.as_str(), first.author.as_str()), ("one\n\"two\"", LOGIN));
        forge.change_comment(7, first.id, "three").unwrap();
        assert_eq!(fake.comments(), ["three"]);
        let new = NewIssue { title: "t".into(), body: "b".into() };
        assert_eq!(forge.issues("a b").unwrap(), []);
        let opened = forge.open_issue(&new, "a b").unwrap();
        assert_eq!(forge.issues("a b").unwrap(), std::slice::from_ref(&opened));
        let Issue { number: 1, author, labels, .. } = opened else { panic!("{opened:?}") };
        assert_eq!((author.as_str(), &labels[..]), (LOGIN, &["a b".to_owned()][..]));
        assert_eq!(forge.issues("other").unwrap(), []);
        assert_eq!(fake.issues(), [("t".to_owned(), "b".to_owned())]);
    }
}

#[test]
fn all_pages_are_read() {
    let (fake, forge, _) = forge(Kind::GitHub);
    for at in 0..250 {
        fake.comment(&at.to_string());
    }
    let comments = forge.comments(7).unwrap();
    assert_eq!(comments.len(), 250);
    assert_eq!(comments[249].body, "249");
    assert_eq!(fake.requests(), ["GET /repos/o/app/issues/7/comments"; 3]);
}

#[test]
fn what_may_help_is_tried_again_and_nothing_is_done_twice() {
    let limited = |after: &str| (429, format!("Retry-After: {after}\r\n"));
    let used_up =
        |at: u64| (403, format!("X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: {at}\r\n"));
    let plain = |status: u16| (status, String::new());
    let check =
        |writes: bool, answers: &[(u16, String)], asked: usize, waits: &[u64], why: &str| {
            let (fake, forge, waited) = forge(Kind::GitHub);
            for (status, headers) in answers {
                fake.script(*status, headers, "{\"message\": \"\\u001bno\\n::error::\"}");
            }
            let result = match writes {
                true => forge.comment(7, "x").map(|_| ()),
                false => forge.comments(7).map(|_| ()),
            };
            let said = result.map_or_else(|error: Error| error.to_string(), |()| "done".to_owned());
            assert!(said.contains(why), "{said} lacks {why}");
            assert!(!said.contains(['\n', '\u{1b}']) && !said.contains(TOKEN), "{said:?}");
            assert_eq!(fake.requests().len(), asked, "{answers:?}");
            assert_eq!(*waited.borrow(), waits, "{answers:?}");
            assert_eq!(fake.comments().len(), usize::from(writes && why == "done"));
        };
    check(false, &[], 1, &[], "done");
    check(false, &[plain(502)], 2, &[1], "done");
    check(false, &[plain(500), plain(503), plain(504)], 4, &[1, 2, 4], "done");
    let down = [plain(502), plain(502), plain(502), plain(502)];
    check(false, &down, 4, &[1, 2, 4], "/repos/o/app/issues/7/comments?sort=created&per_page=100");
    check(false, &down, 4, &[1, 2, 4], " answered 502: \\u{1b}no\\n::error::");
    check(true, &[plain(502)], 1, &[], "it may have been done all the same");
    check(true, &[limited("3")], 2, &[3], "done");
    check(true, &[used_up(1_020)], 2, &[21], "done");
    check(true, &[used_up(4_600)], 1, &[], "it asks to wait for 3601 s");
    check(true, &[limited("soon"), limited("0")], 3, &[1, 0], "done");
    check(true, &[plain(403)], 1, &[], "that of a pull request from a fork only reads");
    check(true, &[plain(401)], 1, &[], "the token is not valid");
    check(true, &[plain(404)], 1, &[], "there is none, or the token may not see it");
    check(true, &[(302, "Location: http://127.0.0.1:1/\r\n".into())], 1, &[], "has moved");
    check(false, &[plain(422)], 1, &[], "answered 422");
}

#[test]
fn an_answer_that_is_none_is_told() {
    let (fake, forge, _) = forge(Kind::GitHub);
    fake.script(200, "", "<html>");
    let error = forge.comments(7).unwrap_err().to_string();
    assert!(error.contains("answered what cannot be read: expected value"), "{error}");
    // Nobody answers there.
    let (patience, waited) = patience();
    let error = github("http://127.0.0.1:1", patience).comments(7).unwrap_err().to_string();
    assert!(error.contains("GET http://127.0.0.1:1/repos/o/app/issues/7"), "{error}");
    assert_eq!(*waited.borrow(), [1, 2, 4]);
}

#[test]
fn tokens_go_to_forges_alone_and_are_never_shown() {
    let check = |url: &str, good: bool| assert_eq!(Base::parse(url).is_ok(), good, "{url}");
    check("https://api.github.com", true);
    check("https://gitlab.example/api/v4/", true);
    check("http://127.0.0.1:8080", true);
    check("http://localhost", true);
    check("http://api.github.com", false);
    check("http://127.0.0.1.evil.example", false);
    check("https://user:secret@api.github.com", false);
    check("https://", false);
    check("ftp://x.org", false);
    check("", false);
    check("https://x.org/\n", false);
    let (base, token) = (Base::parse("https://x.org").unwrap(), Token::parse(TOKEN).unwrap());
    let client =
        Client::new(base.clone(), ("Authorization", token.clone()), "x", Patience::default());
    assert!(!format!("{client:?} {token:?}").contains(TOKEN));
    let github = GitHub::new(base, &token, "o/app", None, Patience::default()).unwrap();
    assert!(!format!("{github:?}").contains(TOKEN));
}

#[test]
fn repositories_are_names() {
    let check = |name: &str, good: bool| {
        let (base, token) = (Base::parse("https://x.org").unwrap(), Token::parse(TOKEN).unwrap());
        let made = GitHub::new(base, &token, name, None, Patience::default());
        assert_eq!(made.is_ok(), good, "{name}");
    };
    check("o/app.rs", true);
    check("app", false);
    check("o/a/b", false);
    check("o/..", false);
    check("o/a?b", false);
}
