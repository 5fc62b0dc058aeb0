//! How far a search has come, on disk: `.perfreg/bisect/state.json`, and beside it the log that git
//! can replay.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use perfreg_core::TestId;
use serde::{Deserialize, Serialize};

use crate::bisect::evidence::Step;
use crate::bisect::git_log::git_log;
use crate::bisect::search::{Next, Search};
use crate::commits::Line;
use crate::error::Error;
use crate::files::write_whole;

const SCHEMA: &str = "perfreg-bisect/1";

/// What is searched for. What is asked again goes on where it was left.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// The test as the command line names it.
    pub(crate) test: String,
    /// The hash of the good end.
    pub(crate) good: String,
    /// The hash of the bad end.
    pub(crate) bad: String,
    /// The one metric to look at.
    pub(crate) metric: Option<String>,
    /// The threshold whatever the test states, as a share.
    pub(crate) threshold: Option<f64>,
    /// How often the whole search may go wrong.
    pub(crate) risk: f64,
    /// The options of the build, as text.
    pub(crate) build: String,
}

/// What was found to be worse at the bad end, and is looked for from then on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Suspicion {
    pub(crate) id: TestId,
    /// The change that matters, as a share: half of what was found, or the test's own if that is more.
    pub(crate) threshold: f64,
    /// Case and metric, as a list of metrics names it.
    pub(crate) series: Vec<(String, String)>,
}

/// A search, as far as it has come.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    schema: String,
    pub(crate) asked: Asked,
    pub(crate) line: Line,
    /// None until the bad end is known to be bad.
    pub(crate) suspicion: Option<Suspicion>,
    /// What was found, the bad end first.
    pub(crate) steps: Vec<Step>,
}

impl State {
    /// A search that has not begun.
    pub(crate) fn new(asked: Asked, line: Line) -> Self {
        Self { schema: SCHEMA.to_owned(), asked, line, suspicion: None, steps: Vec::new() }
    }

    fn search(&self) -> Search {
        let mut search = Search::among(self.line.after.len());
        for step in &self.steps {
            let at = self.line.after.iter().position(|commit| commit.hash == step.commit);
            if let Some(at) = at {
                search.answer(at, step.answer);
            }
        }
        search
    }

    /// What to do next, once the bad end is known to be bad.
    pub(crate) fn next(&self) -> Next {
        self.search().next()
    }

    /// Whether there is nothing more to look at.
    pub(crate) fn is_over(&self) -> bool {
        self.suspicion.is_some() && !matches!(self.next(), Next::Look(_))
    }

    /// About how many commits are still to be measured.
    pub(crate) fn steps_left(&self) -> u32 {
        self.search().steps_left() + u32::from(self.suspicion.is_none())
    }

    /// How often the next step may go wrong: an even share of what the steps before have left.
    ///
    /// Skipped commits can make more steps of it than were foreseen; the shares get smaller then,
    /// and their sum stays what was asked for.
    pub(crate) fn share(&self) -> f64 {
        let spent: f64 = self.steps.iter().map(|step| step.risk).sum();
        (self.asked.risk - spent) / f64::from(self.steps_left().max(1))
    }

    fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            schema: String,
        }
        // The version first: a state of another one would fail to parse for reasons that mislead.
        let version: Version = serde_json::from_str(text).map_err(|cause| cause.to_string())?;
        if version.schema != SCHEMA {
            let schema = version.schema;
            return Err(format!("has schema `{schema}`, this version reads `{SCHEMA}`"));
        }
        let state: Self = serde_json::from_str(text).map_err(|cause| cause.to_string())?;
        let known = |step: &Step| state.line.after.iter().any(|commit| commit.hash == step.commit);
        match state.steps.iter().find(|step| !known(step)) {
            _ if state.line.after.is_empty() => Err("line: after: no commit".to_owned()),
            Some(step) => Err(format!("steps: {} is no commit of the line", step.commit)),
            None => Ok(state),
        }
    }
}

/// The folder `.perfreg/bisect/`.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// That of the workspace at `root`.
    pub(crate) fn of(root: &Path) -> Self {
        Self(root.join(".perfreg/bisect"))
    }

    /// Where the state lies.
    pub(crate) fn state(&self) -> PathBuf {
        self.0.join("state.json")
    }

    /// Where the log lies.
    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The search that was begun, if one was.
    ///
    /// # Errors
    /// If it cannot be read, or is of another version.
    pub(crate) fn read(&self) -> Result<Option<State>, Error> {
        let path = self.state();
        match fs::read_to_string(&path) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::io("read", &path, &cause)),
            Ok(text) => State::parse(&text).map(Some).map_err(|why| {
                Error::usage(format!("{}: {why}; --restart forgets it", path.display()))
            }),
        }
    }

    /// Keeps `state`, and the log of it.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub(crate) fn write(&self, state: &State) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(state)
            .map_err(|cause| Error::internal(format!("cannot write JSON: {cause}")))?;
        write_whole(&self.state(), format!("{text}\n").as_bytes())?;
        write_whole(&self.log(), git_log(state).as_bytes())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use perfreg_core::model::{Change, Metric};

    use super::{Asked, Folder, State, Suspicion};
    use crate::bisect::evidence::{Answer, Evidence, Finding, Step};
    use crate::bisect::search::Next;
    use crate::commits::{Commit, Line};

    /// A time that was found so.
    pub(in crate::bisect) fn evidence(finding: Finding) -> Evidence {
        let estimate = if finding == Finding::Worse { 0.2 } else { 0.001 };
        let change = Change { estimate, low: estimate - 0.01, high: estimate + 0.01 };
        Evidence {
            case: "default".to_owned(),
            asked: Metric::TIME.to_owned(),
            metric: Metric::time(Metric::THREAD_CPU_TIME),
            baseline: 1000.0,
            current: 1000.0 * (1.0 + estimate),
            change: Some(change),
            finding,
            rounds: 16,
            why: "the rounds say so".to_owned(),
        }
    }

    fn commit(at: usize) -> Commit {
        Commit {
            hash: format!("{at:040x}"),
            date: format!("2026-01-{:02}T00:00:00+00:00", at + 1),
            subject: format!("Change {at}"),
        }
    }

    /// A search among eight commits, with the bad end and these commits looked at.
    pub(in crate::bisect) fn state(answers: &[(usize, Answer)]) -> State {
        let line = Line { good: commit(0), after: (1..=8).map(commit).collect() };
        let asked = Asked {
            test: "sort".to_owned(),
            good: commit(0).hash,
            bad: commit(8).hash,
            metric: None,
            threshold: None,
            risk: 0.01,
            build: "--profile release --workspace".to_owned(),
        };
        let mut state = State::new(asked, line);
        for &(at, answer) in [(8, Answer::Bad)].iter().chain(answers) {
            let finding = if answer == Answer::Bad { Finding::Worse } else { Finding::Same };
            let skip = answer == Answer::Skip;
            let risk = if skip { 0.0 } else { state.share() };
            let evidence = if skip { vec![] } else { vec![evidence(finding)] };
            let skipped = skip.then(|| "it does not build".to_owned());
            state.steps.push(Step { commit: commit(at).hash, answer, risk, evidence, skipped });
            state.suspicion.get_or_insert_with(|| Suspicion {
                id: perfreg_core::TestId::new("app", "perf", "sort"),
                threshold: 0.095,
                series: vec![("default".to_owned(), "time".to_owned())],
            });
        }
        state
    }

    #[test]
    fn the_risk_is_shared_by_all_steps_however_many_there_are() {
        let check = |answers: &[(usize, Answer)], expected: &[f64]| {
            let risks: Vec<f64> = state(answers).steps.iter().map(|step| step.risk).collect();
            let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
            assert!(
                risks.len() == expected.len() && risks.iter().zip(expected).all(near),
                "{risks:?}"
            );
            assert!(risks.iter().sum::<f64>() <= 0.01 + 1e-12, "{risks:?}");
        };
        let quarter = 0.01 / 4.0;
        check(&[(4, Answer::Good), (6, Answer::Bad), (5, Answer::Good)], &[quarter; 4]);
        let unlucky = [4, 6, 2, 3, 5].map(|at| {
            let answer = if at == 6 { Answer::Bad } else { Answer::Good };
            (at, if at == 4 { Answer::Skip } else { answer })
        });
        let third = (0.01 - 2.0 * quarter) / 3.0;
        check(&unlucky, &[quarter, 0.0, quarter, third, third, third]);
    }

    #[test]
    fn a_search_goes_on_where_it_was_left() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::of(root.path());
        assert_eq!(folder.read().unwrap(), None);
        let begun = state(&[(4, Answer::Good)]);
        folder.write(&begun).unwrap();
        let read = folder.read().unwrap().unwrap();
        assert_eq!(read, begun);
        assert_eq!((read.next(), read.is_over()), (Next::Look(5), false));
        std::fs::write(folder.state(), "{\"schema\": \"perfreg-bisect/2\"}").unwrap();
        let error = folder.read().unwrap_err().to_string();
        assert!(error.contains("perfreg-bisect/2") && error.contains("--restart"), "{error}");
    }

    #[test]
    fn the_stored_sample_is_read() {
        let text = include_str!("../../tests/data/bisect-1.json");
        let sample = State::parse(text).unwrap();
        assert_eq!(sample.next(), Next::Among(4, 5));
        let check = |from: &str, to: &str, expected: &str| {
            let error = State::parse(&text.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("perfreg-bisect/1", "perfreg-bisect/9", "perfreg-bisect/9");
        check("\"steps\": [", "\"steps\": [{},", "commit");
        let other = format!("\"commit\": \"{}\"", "0".repeat(39) + "8");
        check(&other, "\"commit\": \"f00\"", "f00 is no commit of the line");
    }
}
