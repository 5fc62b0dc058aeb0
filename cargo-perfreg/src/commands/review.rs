//! `cargo perfreg review`: one pending test after the other, decided by a key.

use std::fmt::Write as _;
use std::io;

use perfreg_core::model::{Judgement, Run};
use perfreg_core::report::format_value;
use perfreg_core::store::Pending;

use crate::cli::ReviewArgs;
use crate::commands::accept::{Accepting, accept, repair};
use crate::commands::sharing::send_on;
use crate::commands::{meant, workspace};
use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::sketch::sketch;

/// Shows what is pending and does what the keys say.
///
/// # Errors
/// If nothing is pending for a name, or a file cannot be read or written.
pub(crate) fn run(args: &ReviewArgs, context: &Context) -> Result<ExitCode, Error> {
    let workspace = workspace(context)?;
    context.print(&repair(&workspace)?)?;
    let pending = meant(workspace.pending()?, &args.tests)?;
    if pending.is_empty() {
        context.print("nothing is pending\n")?;
        return Ok(ExitCode::Fine);
    }
    let keys = console::Term::stdout();
    if !keys.is_term() {
        context.print(&instructions(&pending)?)?;
        return Ok(ExitCode::Fine);
    }
    let accepting = Accepting {
        config: &Config::of_workspace(workspace.root())?,
        workspace: &workspace,
        commit_time: false,
    };
    let mut desk = Terminal { keys, accepting, given: args.reason.clone() };
    let text = review(&pending, &mut desk)?;
    context.print(&text)?;
    send_on(context);
    Ok(ExitCode::Fine)
}

/// What to do with one test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Choice {
    Accept,
    Reject,
    Skip,
}

/// For how many tests a choice is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reach {
    This,
    AllThatFollow,
}

/// What a key says; `None` if nothing.
fn meaning(key: char) -> Option<(Choice, Reach)> {
    let choice = match key.to_ascii_lowercase() {
        'a' => Choice::Accept,
        'r' => Choice::Reject,
        's' => Choice::Skip,
        _ => return None,
    };
    Some((choice, if key.is_ascii_uppercase() { Reach::AllThatFollow } else { Reach::This }))
}

/// Where pages are shown and decisions are made; scripted in tests.
trait Desk {
    fn show(&mut self, page: &str) -> Result<(), Error>;
    /// The next key; `None` if there will be none.
    fn key(&mut self) -> Result<Option<char>, Error>;
    fn accept(&mut self, pending: &Pending) -> Result<(), Error>;
    fn reject(&mut self, pending: &Pending) -> Result<(), Error>;
}

/// Goes through `pending`, and returns what came of it in a line.
fn review(pending: &[Pending], desk: &mut dyn Desk) -> Result<String, Error> {
    let mut counts = [0, 0, 0];
    let mut settled = None;
    for (at, one) in pending.iter().enumerate() {
        let choice = match settled {
            Some(choice) => choice,
            None => {
                desk.show(&page(one, at + 1, pending.len())?)?;
                match ask(desk)? {
                    // Who walks away has decided nothing.
                    None => break,
                    Some((choice, Reach::This)) => choice,
                    Some((choice, Reach::AllThatFollow)) => {
                        settled = Some(choice);
                        choice
                    }
                }
            }
        };
        match choice {
            Choice::Accept => desk.accept(one)?,
            Choice::Reject => desk.reject(one)?,
            Choice::Skip => {}
        }
        counts[choice as usize] += 1;
    }
    let left = pending.len() - counts[0] - counts[1];
    Ok(format!("\n{} accepted, {} rejected, {left} still pending\n", counts[0], counts[1]))
}

fn ask(desk: &mut dyn Desk) -> Result<Option<(Choice, Reach)>, Error> {
    loop {
        match desk.key()? {
            None | Some('q' | '\u{3}' | '\u{1b}') => return Ok(None),
            Some(key) => {
                if let Some(meaning) = meaning(key) {
                    return Ok(Some(meaning));
                }
            }
        }
    }
}

fn page(pending: &Pending, at: usize, of: usize) -> Result<String, Error> {
    let run = pending.run();
    let mut text = format!("\n[{at}/{of}] {}, measured {}\n", run.id, run.started);
    let _ = writeln!(text, "  host {}; {}", run.host, run.toolchain);
    for (case, judgement) in run.judgements() {
        let before = pending.baseline_launches(&case.name, &judgement.metric)?;
        let stats = case.launches.iter().filter_map(|l| l.stats(&judgement.metric.name));
        let now: Vec<f64> = stats.map(|stats| stats.representative(&judgement.metric)).collect();
        text += &about(&case.name, judgement, sketch(&before, &now));
    }
    text += "  [a]ccept  [r]eject  [s]kip; capitals: all that follow; [q]uit\n";
    Ok(text)
}

fn about(case: &str, judgement: &Judgement, sketches: Option<[String; 2]>) -> String {
    let unit = &judgement.metric.unit;
    let old = judgement.baseline.map_or_else(|| "none".to_owned(), |v| format_value(v, unit));
    let new = format_value(judgement.current, unit);
    let mut text = format!("  {case} {}: {old} -> {new}", judgement.metric.name);
    if let Some(change) = &judgement.change {
        let _ = write!(text, ", {change}");
    }
    let _ = writeln!(text, ", {}", judgement.verdict);
    let _ = writeln!(text, "    {}", judgement.why);
    if let Some(against) = &judgement.against {
        let _ = writeln!(text, "    old: {against}");
    }
    if let Some([before, now]) = sketches {
        let _ = writeln!(text, "    old |{before}|\n    new |{now}|");
    }
    text
}

/// What to type where there are no keys.
fn instructions(pending: &[Pending]) -> Result<String, Error> {
    let mut text = String::new();
    for (at, one) in pending.iter().enumerate() {
        text += &page(one, at + 1, pending.len())?.replace(
            "  [a]ccept  [r]eject  [s]kip; capitals: all that follow; [q]uit\n",
            &commands(one.run()),
        );
    }
    text += "\nthis is no terminal to press keys in: the commands above decide\n";
    Ok(text)
}

fn commands(run: &Run) -> String {
    format!("  cargo perfreg accept {0} -m \"why\"\n  cargo perfreg reject {0}\n", run.id)
}

/// The terminal of this process.
struct Terminal<'a> {
    keys: console::Term,
    accepting: Accepting<'a>,
    /// The reason of the command line.
    given: Option<String>,
}

impl Terminal<'_> {
    fn say(&self, text: &str) -> Result<(), Error> {
        self.keys.write_str(text).map_err(|cause| terminal(&cause))
    }

    fn reason(&self) -> Result<Option<String>, Error> {
        if self.given.is_some() {
            return Ok(self.given.clone());
        }
        self.say("  why (Enter for no reason): ")?;
        let line = self.keys.read_line().map_err(|cause| terminal(&cause))?;
        Ok(Some(line.trim().to_owned()).filter(|line| !line.is_empty()))
    }
}

fn terminal(cause: &io::Error) -> Error {
    Error::internal(format!("cannot use the terminal: {cause}"))
}

impl Desk for Terminal<'_> {
    fn show(&mut self, page: &str) -> Result<(), Error> {
        self.say(page)
    }

    fn key(&mut self) -> Result<Option<char>, Error> {
        match self.keys.read_char() {
            Ok(key) => Ok(Some(key)),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => Ok(None),
            Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(cause) => Err(terminal(&cause)),
        }
    }

    fn accept(&mut self, pending: &Pending) -> Result<(), Error> {
        let reason = self.reason()?;
        let text = accept(pending, reason, &self.accepting)?;
        self.say(&text)
    }

    fn reject(&mut self, pending: &Pending) -> Result<(), Error> {
        pending.reject()?;
        self.say(&format!("rejected {}\n", pending.run().id))
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use perfreg_core::Verdict;
    use perfreg_core::store::Workspace;

    use super::*;
    use crate::testing::{judgement, run};

    /// Keys pressed in advance, and what they led to.
    struct Script {
        keys: Vec<char>,
        done: String,
    }

    impl Desk for Script {
        fn show(&mut self, page: &str) -> Result<(), Error> {
            let title = page.lines().nth(1).unwrap_or_default();
            self.done += &format!("{};", title.split(',').next().unwrap_or_default());
            Ok(())
        }
        fn key(&mut self) -> Result<Option<char>, Error> {
            Ok((!self.keys.is_empty()).then(|| self.keys.remove(0)))
        }
        fn accept(&mut self, pending: &Pending) -> Result<(), Error> {
            self.done += &format!("+{};", pending.run().id.test);
            Ok(())
        }
        fn reject(&mut self, pending: &Pending) -> Result<(), Error> {
            self.done += &format!("-{};", pending.run().id.test);
            Ok(())
        }
    }

    fn pending(names: &[&str]) -> (tempfile::TempDir, Vec<Pending>) {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path());
        for name in names {
            let judgements = vec![judgement(Verdict::Regressed, Some(0.2))];
            workspace.keep_pending(&run(name, judgements)).unwrap();
        }
        let pending = workspace.pending().unwrap();
        (folder, pending)
    }

    #[test]
    fn keys_decide() {
        let (_folder, pending) = pending(&["one", "three", "two"]);
        let check = |keys: &str, done: &str, summary: &str| {
            let mut script = Script { keys: keys.chars().collect(), done: String::new() };
            let text = review(&pending, &mut script).unwrap();
            assert_eq!((script.done.as_str(), text.trim()), (done, summary), "{keys}");
        };
        let shown = ["[1/3] perf::one;", "[2/3] perf::three;", "[3/3] perf::two;"];
        let [one, three, two] = shown;
        check(
            "ars",
            &format!("{one}+one;{three}-three;{two}"),
            "1 accepted, 1 rejected, 1 still pending",
        );
        check("A", &format!("{one}+one;+three;+two;"), "3 accepted, 0 rejected, 0 still pending");
        check(
            "xsR",
            &format!("{one}{three}-three;-two;"),
            "0 accepted, 2 rejected, 1 still pending",
        );
        check("aq", &format!("{one}+one;{three}"), "1 accepted, 0 rejected, 2 still pending");
        check("", one, "0 accepted, 0 rejected, 3 still pending");
        check("S", one, "0 accepted, 0 rejected, 3 still pending");
    }

    #[test]
    fn a_page_has_what_a_decision_needs() {
        let (_folder, pending) = pending(&["one"]);
        assert_snapshot!(page(&pending[0], 1, 2).unwrap());
        assert_snapshot!("instructions", instructions(&pending).unwrap());
        let sketches = sketch(&[1.0, 1.1, 1.0], &[1.2, 1.3]);
        let text = about("default", &judgement(Verdict::Regressed, Some(0.2)), sketches);
        assert_snapshot!("sketched", text);
    }
}
