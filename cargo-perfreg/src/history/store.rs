//! What an index answers, whatever database it is: the trait, and the rows that go over it.

use std::cmp::Ordering;

use perfreg_core::model::Revision;
use perfreg_core::{Metric, TestId, Verdict};

use crate::error::Error;
use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::rows::Filed;

/// What names a series: values of one key may be compared with each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct SeriesKey {
    /// The workspace.
    pub(crate) project: String,
    /// The test.
    pub(crate) id: TestId,
    /// The case.
    pub(crate) case: String,
    /// The name of the metric.
    pub(crate) metric: String,
    /// The machine, in words.
    pub(crate) host: String,
    /// The cargo profile, with the features.
    pub(crate) profile: String,
    /// The compiler's version.
    pub(crate) toolchain: String,
}

impl SeriesKey {
    /// Its parts in the order of the columns of every database.
    pub(super) fn columns(&self) -> [&str; 9] {
        let Self { project, id, case, metric, host, profile, toolchain } = self;
        let TestId { package, target, test } = id;
        [project, package, target, test, case, metric, host, profile, toolchain].map(String::as_str)
    }

    /// The key of these columns.
    pub(super) fn of_columns(columns: [String; 9]) -> Self {
        let [project, package, target, test, case, metric, host, profile, toolchain] = columns;
        let id = TestId { package, target, test };
        Self { project, id, case, metric, host, profile, toolchain }
    }
}

/// A series, without its points.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SeriesRow {
    /// Which.
    pub(crate) key: SeriesKey,
    /// What its values mean.
    pub(crate) metric: Metric,
    /// How many points it has.
    pub(crate) points: usize,
    /// Which point is the last one.
    pub(crate) last: String,
}

/// One run's value in a series.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Point {
    /// The document it is from.
    pub(crate) run: Digest,
    /// Where the code stood.
    pub(crate) revision: Option<Revision>,
    /// When the run began, as RFC 3339 in UTC.
    pub(crate) time: String,
    /// The typical value.
    pub(crate) value: f64,
    /// The 99 % interval of the launches' median, if there are enough of them.
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// Medians over the launches, of their medians, 10 % quantiles and winsorised means.
    pub(crate) median: Option<f64>,
    pub(crate) q10: Option<f64>,
    pub(crate) mean: Option<f64>,
    /// What the CPU's fixed chain of operations took, in nanoseconds, where that was measured.
    pub(crate) pace: Option<f64>,
    /// How many launches the value stands on.
    pub(crate) launches: u32,
    /// What was decided.
    pub(crate) verdict: Verdict,
}

/// The value of a run, with the series that it is of.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Value {
    /// Which series.
    pub(crate) key: SeriesKey,
    /// What its values mean.
    pub(crate) metric: Metric,
    /// The typical value.
    pub(crate) value: f64,
}

impl Value {
    /// By series, and there by size.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then(self.value.total_cmp(&other.value))
    }
}

/// A series with its last values.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Recent {
    /// Which.
    pub(crate) key: SeriesKey,
    /// What its values mean.
    pub(crate) metric: Metric,
    /// The values, the oldest first; those of one moment by size.
    pub(crate) values: Vec<f64>,
}

/// A run, without its points.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct RunRow {
    /// The document it is from.
    pub(crate) digest: Digest,
    /// Which test.
    pub(crate) id: TestId,
    /// When it began, as RFC 3339 in UTC.
    pub(crate) started: String,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// The machine, in words.
    pub(crate) host: String,
    /// What compiled the code, in words.
    pub(crate) toolchain: String,
    /// Where the code stood.
    pub(crate) revision: Option<Revision>,
    /// The most alarming verdict; none if nothing was judged.
    pub(crate) verdict: Option<Verdict>,
}

/// An index of documents. Two stores that were given the same documents, in any order, give the
/// same answers; `agreement.rs` holds every implementation to that.
pub(crate) trait Store {
    /// The documents that were put, sorted.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn documents(&self) -> Result<Vec<Digest>, Error>;

    /// The bytes of a document; none if the store does not keep them.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn bytes(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Error>;

    /// Puts documents, all or none of them; one that is there already changes nothing.
    ///
    /// # Errors
    /// If the store cannot be written to.
    fn put(&mut self, documents: &[Filed]) -> Result<(), Error>;

    /// Removes documents with everything that was made of them.
    ///
    /// # Errors
    /// If the store cannot be written to.
    fn remove(&mut self, documents: &[Digest]) -> Result<(), Error>;

    /// All runs, the newest first; runs of one moment by test and digest.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn runs(&self) -> Result<Vec<RunRow>, Error>;

    /// The runs whose digest or commit begins with these hexadecimal digits, in the order of
    /// [`Store::runs`].
    ///
    /// # Errors
    /// If the store cannot be read.
    fn runs_like(&self, digits: &str) -> Result<Vec<RunRow>, Error>;

    /// All series, sorted by key.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn series(&self) -> Result<Vec<SeriesRow>, Error>;

    /// The points of a series, the oldest first; points of one moment by digest.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn points(&self, key: &SeriesKey) -> Result<Vec<Point>, Error>;

    /// The values of these runs, by [`Value::order`].
    ///
    /// # Errors
    /// If the store cannot be read.
    fn values(&self, runs: &[Digest]) -> Result<Vec<Value>, Error>;

    /// The last `count` values of every series that has any, sorted by key.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn recent(&self, count: usize) -> Result<Vec<Recent>, Error>;

    /// The epochs of a series, the oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn epochs(&self, key: &SeriesKey) -> Result<Vec<Epoch>, Error>;

    /// What was kept of a series under `state`; none if it was of another state.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn kept(&self, key: &SeriesKey, state: &str) -> Result<Option<String>, Error>;

    /// Keeps something that takes time to find out of a series as it is in `state`, in place of
    /// what was kept before.
    ///
    /// # Errors
    /// If the store cannot be written to.
    fn keep(&mut self, kept: &[(SeriesKey, String, String)]) -> Result<(), Error>;
}
