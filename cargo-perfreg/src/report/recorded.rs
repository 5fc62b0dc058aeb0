//! What a report is of: the last run of each test, with what its record and its history tell.

use perfreg_core::model::{Case, Judgement, Run};

use crate::config::{Severities, Severity};
use crate::history::Earlier;
use crate::report::figures::{Figures, Memory};
use crate::runner::recorded;
use crate::summary::TestResult;
use crate::table::test_name;

/// A run with what there is to say of it besides.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// The run.
    pub(crate) run: Run,
    /// Of each judgement, in their order.
    pub(crate) figures: Vec<Figures>,
    /// What was counted and not judged.
    pub(crate) memory: Vec<Memory>,
}

impl Recorded {
    /// A run and the values before it, of each judgement in their order.
    pub(crate) fn of(run: Run, earlier: Earlier) -> Self {
        let earlier = earlier.into_iter().chain(std::iter::repeat(Vec::new()));
        let judgements = run.judgements().zip(earlier);
        let figures = judgements.map(|((case, one), earlier)| Figures::of(case, one, earlier));
        let (figures, memory) =
            (figures.collect(), run.cases.iter().flat_map(Memory::of).collect());
        Self { run, figures, memory }
    }
}

/// Everything that a report tells.
#[derive(Debug)]
pub(crate) struct Report {
    /// The tests, by name.
    pub(crate) results: Vec<TestResult>,
    /// Beside each test, what its launches and its history tell.
    pub(super) details: Vec<(Vec<Figures>, Vec<Memory>)>,
    /// The records that could not be read, each with the reason.
    pub(crate) unreadable: Vec<String>,
    /// The bounds of the severities.
    pub(crate) severities: Severities,
    /// What tells tests of one name apart.
    pub(crate) naming: Naming,
}

/// What a test needs besides its name to be known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming {
    /// Whether tests of several packages are among them.
    pub(crate) packages: bool,
    /// Whether they ran on several hosts.
    pub(crate) hosts: bool,
}

impl Naming {
    fn of(runs: &[Recorded]) -> Self {
        let differ = |differ: fn(&Run, &Run) -> bool| {
            runs.windows(2).any(|pair| differ(&pair[0].run, &pair[1].run))
        };
        Self {
            packages: differ(|one, other| one.id.package != other.id.package),
            hosts: differ(|one, other| one.host != other.host),
        }
    }

    /// The test of `run` and, if it is not the only one, its case.
    pub(crate) fn name(self, run: &Run, case: &str) -> String {
        let test = test_name(&run.id, self.packages);
        let case = match case {
            "default" => String::new(),
            case => format!(" [{case}]"),
        };
        match self.hosts {
            true => format!("{test}{case} on {}", run.host),
            false => format!("{test}{case}"),
        }
    }
}

/// One metric of one case of one test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) run: &'a Run,
    pub(crate) case: &'a Case,
    pub(crate) judgement: &'a Judgement,
    pub(crate) figures: &'a Figures,
}

impl Report {
    /// A report of these runs, which are sorted by test.
    pub(crate) fn new(
        runs: Vec<Recorded>,
        unreadable: Vec<String>,
        severities: Severities,
    ) -> Self {
        let naming = Naming::of(&runs);
        let parts = runs.into_iter().map(|Recorded { run, figures, memory }| {
            let ending = recorded(&run, String::new());
            (TestResult { id: run.id.clone(), run: Some(run), ending }, (figures, memory))
        });
        let (results, details) = parts.unzip();
        Self { results, details, unreadable, severities, naming }
    }

    /// The runs.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &Run> {
        self.results.iter().filter_map(|result| result.run.as_ref())
    }

    /// How many tests have a regression that is critical.
    pub(crate) fn critical(&self) -> usize {
        let is_critical = |one: &Judgement| self.severities.of(one) == Some(Severity::Critical);
        let has_one = |run: &&Run| run.judgements().any(|(_, one)| is_critical(one));
        self.runs().filter(has_one).count()
    }

    /// What every judgement says, and what there is besides.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.runs().zip(&self.details).flat_map(|(run, (figures, _))| {
            let judgements = run.judgements().zip(figures);
            judgements.map(move |((case, judgement), figures)| Row {
                run,
                case,
                judgement,
                figures,
            })
        })
    }

    /// What was counted and not judged.
    pub(crate) fn memory(&self) -> impl Iterator<Item = (&Run, &Memory)> {
        let all = self.runs().zip(&self.details);
        all.flat_map(|(run, (_, memory))| memory.iter().map(move |one| (run, one)))
    }

    /// Each test with what was counted and not judged.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (&TestResult, &[Figures], &[Memory])> {
        let all = self.results.iter().zip(&self.details);
        all.map(|(result, (figures, memory))| (result, &figures[..], &memory[..]))
    }

    /// How long the runs took together, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.runs().map(|run| run.seconds).sum()
    }
}
