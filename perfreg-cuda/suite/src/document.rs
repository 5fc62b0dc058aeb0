//! What a run leaves behind: one document, `report.json`.

use std::collections::BTreeMap;

use perfreg_core::HostKey;
use serde::{Deserialize, Serialize};

use crate::launch::{Launched, What};
use crate::ratios::Ratio;
use crate::variants::Checked;

/// Everything that was measured. Times are nanoseconds.
#[derive(Serialize)]
pub(crate) struct Document {
    pub(crate) schema: &'static str,
    /// When it began, as RFC 3339 in UTC.
    pub(crate) started: String,
    /// What the binary was built of.
    pub(crate) commit: Option<&'static str>,
    /// Which process of a job of several it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rank: Option<Place>,
    pub(crate) host: HostKey,
    pub(crate) probe: perfreg_cuda::probe::Probe,
    pub(crate) method: &'static [&'static str],
    pub(crate) correctness: Correctness,
    /// The device time of a kernel that does nothing, by launch.
    pub(crate) floor: Vec<f64>,
    pub(crate) ceilings: Ceilings,
    /// What runs the peers.
    pub(crate) peers: Surroundings,
    pub(crate) cases: Vec<CaseReport>,
}

/// The place of a process in its job.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Counted from 0.
    pub(crate) rank: usize,
    /// How many processes there are.
    pub(crate) world: usize,
}

/// Which variants were checked, and how.
#[derive(Serialize)]
pub(crate) struct Correctness {
    pub(crate) checked: Vec<Check>,
    /// Kernels that this device's plans never took.
    pub(crate) not_checked: Vec<String>,
}

/// One variant on one problem.
#[derive(Serialize)]
pub(crate) struct Check {
    /// No number is `null`.
    #[serde(flatten)]
    pub(crate) checked: Checked,
    pub(crate) right: bool,
}

/// What the device can do at the most.
#[derive(Serialize)]
pub(crate) struct Ceilings {
    /// Read and written, per second.
    pub(crate) copy_bytes_per_second: Measured,
    /// Of a product of bf16 matrices of 8192 by 8192 random numbers.
    pub(crate) matmul_flops_per_second: Measured,
}

/// A number, or why there is none.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measured {
    Value(f64),
    Missing(String),
}

/// The Python that peers run in.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Surroundings {
    /// Versions, as it tells them.
    Found(BTreeMap<String, String>),
    /// Why there is none.
    Missing(String),
}

/// One case: ours and the peers, in the same rounds.
#[derive(Serialize)]
pub(crate) struct CaseReport {
    pub(crate) name: String,
    pub(crate) patterns: Vec<(u32, u32)>,
    /// The least that has to be done.
    pub(crate) flops: u64,
    pub(crate) bytes: u64,
    pub(crate) ours: Vec<Ours>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) ratios: Vec<Ratio>,
}

/// An implementation of this crate.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ours {
    pub(crate) implementation: What,
    /// Of the fused one, how far it is from the plain one on the numbers that are timed. No number is `null`.
    pub(crate) output_error: Option<f64>,
    /// One a round; a launch that failed says why.
    pub(crate) launches: Vec<Result<Launched, String>>,
}

/// Another implementation.
#[derive(Serialize)]
pub(crate) struct Peer {
    /// Such as `strided graph`.
    pub(crate) name: String,
    /// What it does, in words.
    pub(crate) about: String,
    /// Why it could not be measured; then there are no rounds.
    pub(crate) missing: Option<String>,
    /// How far its output is from the plain kernel's, as a share.
    pub(crate) output_error: Option<f64>,
    pub(crate) rounds: Vec<PeerRound>,
}

/// The samples of a peer in one round.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct PeerRound {
    /// With the cache flushed before each.
    #[serde(default)]
    pub(crate) cold: Vec<f64>,
    /// One after the other.
    #[serde(default)]
    pub(crate) hot: Vec<f64>,
}

impl Ours {
    pub(crate) fn of(implementation: What, output_error: Option<f64>) -> Self {
        Self { implementation, output_error, launches: Vec::new() }
    }

    /// Whether it computes what it should, as far as it is held to another.
    pub(crate) fn agrees(&self) -> bool {
        match self.implementation {
            What::Portable => self.output_error.is_some_and(|error| error <= TOLERANCE),
            What::Naive | What::Reference | What::Copy => true,
        }
    }
}

impl Document {
    pub(crate) const SCHEMA: &'static str = "perfreg-dilated-suite/1";

    /// How the numbers were taken, for who compares them.
    pub(crate) const METHOD: &'static [&'static str] = &[
        "ours, cold: the cache overwritten, then one call between two events, behind a stream that is held until all is handed over",
        "ours, hot: a graph of many calls between two events, by their number",
        "peers, eager: calls as Python hands them over; cold has the cache overwritten before each, hot has them one after the other",
        "peers, graph: the same call captured once and replayed, behind a kernel that keeps the device busy while all is handed over",
        "a round is one launch (a process) of each of ours and one turn of each peer, in an order that is drawn; a ratio is of medians of one round, and its interval is over rounds",
    ];

    /// Whether every variant that was checked is right, and every launch of ours succeeded.
    pub(crate) fn is_right(&self) -> bool {
        let launches = || self.cases.iter().flat_map(|case| &case.ours);
        self.correctness.checked.iter().all(|check| check.right)
            && launches().all(|ours| ours.launches.iter().all(Result::is_ok))
            && launches().all(Ours::agrees)
    }
}

/// The fused kernel, of bf16, beside the plain one, of f32.
pub(crate) const TOLERANCE: f64 = 3e-3;
