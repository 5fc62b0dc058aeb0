//! The record of one run of one test.

use serde::{Deserialize, Serialize};

use crate::model::{Change, HostKey, Launch, Metric, Origin, Target, TestId, Toolchain, Verdict};

/// One run of one annotated test: what was measured, where, and what was decided.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// The format: [`Run::SCHEMA`], or [`Run::IMPORTED_SCHEMA`] if it has an origin.
    pub schema: String,
    /// Which test.
    pub id: TestId,
    /// The source file of the test.
    pub file: String,
    /// The line in it where the attribute stands; records of older versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// When the run began, as RFC 3339 in UTC.
    pub started: String,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// The machine.
    pub host: HostKey,
    /// What compiled the code.
    pub toolchain: Toolchain,
    /// The commit, if the package is in a git repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The folder of the package, relative to the workspace.
    pub package_folder: String,
    /// The committed baseline file that the test names, relative to the package.
    pub baseline: String,
    /// How it went.
    pub outcome: Outcome,
    /// What became of the numbers that differ from the baseline.
    #[serde(default, skip_serializing_if = "FollowUp::is_nothing")]
    pub follow_up: FollowUp,
    /// The cases, in the order of the attribute.
    pub cases: Vec<Case>,
    /// Where the numbers come from, if perfreg did not measure them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Run {
    /// The format of what perfreg measured.
    pub const SCHEMA: &'static str = "perfreg-run/1";
    /// The format of what was imported: as the other, with an origin. Who reads the other alone must not
    /// take a summary for a sample.
    pub const IMPORTED_SCHEMA: &'static str = "perfreg-run/2";

    /// True for the formats that this version reads.
    pub fn reads(schema: &str) -> bool {
        [Self::SCHEMA, Self::IMPORTED_SCHEMA].contains(&schema)
    }

    /// The formats that this version reads, for messages.
    pub fn known_schemas() -> String {
        format!("`{}` and `{}`", Self::SCHEMA, Self::IMPORTED_SCHEMA)
    }

    /// The record with the GPU of its launches as a part of the host, where records have it.
    #[must_use]
    pub fn with_gpu_of_launches(mut self) -> Self {
        for launch in self.cases.iter_mut().flat_map(|case| &mut case.launches) {
            if let Some(gpu) = launch.gpu.take() {
                self.host.gpu = Some(gpu);
            }
        }
        self
    }

    /// Every judgement with its case.
    pub fn judgements(&self) -> impl Iterator<Item = (&Case, &Judgement)> {
        self.cases.iter().flat_map(|case| case.judgements.iter().map(move |j| (case, j)))
    }

    /// Every limit with its case.
    pub fn targets(&self) -> impl Iterator<Item = (&Case, &Target)> {
        self.cases.iter().flat_map(|case| case.targets.iter().map(move |t| (case, t)))
    }
}

/// How the run of a test ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Every case was measured and judged.
    Measured,
    /// Every case ran once, without optimisation, and nothing was compared.
    Smoke,
    /// The test's own `skip_if` said not to run.
    Skipped {
        /// What it said.
        reason: String,
    },
    /// A worker took longer than it may; a time out is no number.
    TimedOut {
        /// What happened.
        reason: String,
    },
    /// The test itself failed, or measuring did.
    Failed {
        /// What happened.
        reason: String,
    },
}

/// What became of numbers that differ from the baseline, or have none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FollowUp {
    /// Nothing was kept: nothing differs, or nothing may be written, as under `CI`.
    #[default]
    Nothing,
    /// They await `cargo perfreg accept` or `reject`.
    Awaits,
    /// They are the baseline now, as `PERFREG_UPDATE=always` asks.
    Accepted,
}

impl FollowUp {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

/// One case of a test: its launches and what was decided.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Case {
    /// The subsection: the name given with `=>`, else the argument's text, else `default`.
    pub name: String,
    /// The launches, in the order they ran.
    pub launches: Vec<Launch>,
    /// One judgement a metric.
    pub judgements: Vec<Judgement>,
    /// The limits that the test must keep to, beside what was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
}

/// What was decided about one metric of one case.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Judgement {
    /// The metric.
    pub metric: Metric,
    /// The decision.
    pub verdict: Verdict,
    /// The typical baseline value, if there was one to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// The typical current value.
    pub current: f64,
    /// The relative change with its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// The relative threshold that applied.
    pub threshold: f64,
    /// Why the test's threshold is what it is, if the test says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many launches the current value stands on.
    pub launches: u32,
    /// How many launches the baseline value stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_launches: Option<u32>,
    /// Why, in words.
    pub why: String,
    /// Where the baseline came from: its date, commit, host and file, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
}

/// Where the code stood.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Revision {
    /// The commit's hash: in full in the record of a run, its beginning in a baseline.
    pub commit: String,
    /// Whether the working tree differed from it.
    #[serde(default)]
    pub dirty: bool,
    /// The branch that was checked out; none where the commit itself was, as on most CI machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The first line of the commit's message, as its author wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When the commit was written, as RFC 3339 with the author's time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authored: Option<String>,
}

impl Revision {
    /// The commit alone: all that a baseline keeps, which lies in git itself.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self { dirty: self.dirty, ..Self::of(self.commit.clone()) }
    }

    /// A commit of which nothing else is known.
    pub fn of(commit: String) -> Self {
        Self { commit, dirty: false, branch: None, subject: None, authored: None }
    }

    /// As much of the hash as tells commits apart, in any repository there is.
    pub fn short(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.short(), if self.dirty { " with local changes" } else { "" })
    }
}
