//! How many times as long peers take, round by round: pure.

use perfreg_core::stats::{max, median, median_interval, min};
use serde::Serialize;

use crate::document::{Peer, PeerRound};
use crate::launch::Launched;

/// A peer's time over ours.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Ratio {
    pub(crate) peer: String,
    pub(crate) temperature: Temperature,
    /// Medians over rounds, in nanoseconds.
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
    /// The median over rounds of their time over ours.
    pub(crate) ratio: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// What `low` and `high` are.
    pub(crate) spread: Spread,
    pub(crate) rounds: usize,
}

/// Whether the cache was flushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Temperature {
    Cold,
    Hot,
}

/// What the ends of a ratio are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Spread {
    /// The 99 % interval of the median, which takes eight rounds.
    Interval99,
    /// The least and the most of fewer rounds.
    Range,
}

/// The ratios of a case; the rounds of both are in the same order.
pub(crate) fn of(ours: &[Result<Launched, String>], peers: &[Peer]) -> Vec<Ratio> {
    let temperatures = [Temperature::Cold, Temperature::Hot];
    let all = peers.iter().flat_map(|peer| {
        temperatures.into_iter().filter_map(|temperature| ratio(ours, peer, temperature))
    });
    all.collect()
}

fn ratio(
    ours: &[Result<Launched, String>],
    peer: &Peer,
    temperature: Temperature,
) -> Option<Ratio> {
    let middle = |samples: &[f64]| (!samples.is_empty()).then(|| median(samples));
    let own = |launched: &Launched| match temperature {
        Temperature::Cold => launched.median("device_time"),
        Temperature::Hot => launched.median("device_time_hot"),
    };
    let other = |round: &PeerRound| match temperature {
        Temperature::Cold => middle(&round.cold),
        Temperature::Hot => middle(&round.hot),
    };
    let pairs: Vec<(f64, f64)> = ours
        .iter()
        .zip(&peer.rounds)
        .filter_map(|(ours, theirs)| Some((own(ours.as_ref().ok()?)?, other(theirs)?)))
        .collect();
    if pairs.is_empty() {
        return None;
    }
    let ratios: Vec<f64> = pairs.iter().map(|(ours, theirs)| theirs / ours).collect();
    let (low, high, spread) = match median_interval(&ratios, 0.99) {
        Some(interval) => (interval.low, interval.high, Spread::Interval99),
        None => (min(&ratios), max(&ratios), Spread::Range),
    };
    let (mine, theirs): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    Some(Ratio {
        peer: peer.name.clone(),
        temperature,
        ours: median(&mine),
        theirs: median(&theirs),
        ratio: median(&ratios),
        low,
        high,
        spread,
        rounds: ratios.len(),
    })
}
