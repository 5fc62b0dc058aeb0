//! The procedures around the rules: which launches are bought, and when a suspicion is heard twice.

mod gate;
mod paired;
mod specified;

pub(crate) use gate::{ByMetric, Gated, Launches, gate, worst};
pub(crate) use paired::until_decided;
pub(crate) use specified::specified;
