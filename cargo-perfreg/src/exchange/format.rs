//! The formats of other tools that are known.

use std::fmt;
use std::str::FromStr;

/// A format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Format {
    /// `{section: {subsection: [samples]}}`.
    Plain,
    /// The folder `target/criterion`.
    Criterion,
    /// `--benchmark-json`, or a file of `.benchmarks/`.
    PytestBenchmark,
    /// `--export-json`.
    Hyperfine,
    /// `--benchmark_format=json`.
    GoogleBenchmark,
    /// `--json`.
    Nvbench,
    /// What `go test -bench` prints.
    Go,
    /// What `cargo bench` prints of libtest's benchmarks.
    Libtest,
    /// The custom JSON of github-action-benchmark, or its `data.js`.
    GithubActionBenchmark,
    /// Bencher Metric Format.
    Bencher,
    /// Numbers by implementation and configuration, as they are or with a history.
    Implementations,
    /// Baselines by platform and implementation, with thresholds.
    Platforms,
}

impl Format {
    /// All, in the order in which a file is tried.
    pub(crate) const ALL: [Self; 12] = [
        Self::Plain,
        Self::Criterion,
        Self::PytestBenchmark,
        Self::Hyperfine,
        Self::GoogleBenchmark,
        Self::Nvbench,
        Self::Go,
        Self::Libtest,
        Self::GithubActionBenchmark,
        Self::Bencher,
        Self::Implementations,
        Self::Platforms,
    ];

    /// As the command line writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Criterion => "criterion",
            Self::PytestBenchmark => "pytest-benchmark",
            Self::Hyperfine => "hyperfine",
            Self::GoogleBenchmark => "google-benchmark",
            Self::Nvbench => "nvbench",
            Self::Go => "go",
            Self::Libtest => "libtest",
            Self::GithubActionBenchmark => "github-action-benchmark",
            Self::Bencher => "bencher",
            Self::Implementations => "implementations",
            Self::Platforms => "platforms",
        }
    }

    /// The name as a part of a test's name.
    pub(crate) fn target(self) -> String {
        self.name().replace('-', "_")
    }

    /// All names, for messages.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|format| format.name() == text);
        known.ok_or_else(|| format!("known are {}", Self::names()))
    }
}
