//! How the cost of a test grows with the size of its argument. Pure: sizes and values in, laws out.

mod compare;
mod cost;
mod fit;
mod law;
mod sizes;

pub(crate) use compare::{Growth, Turn, compare};
pub(crate) use cost::{measured, of_baseline};
pub(crate) use fit::{Measured, Model, Prediction, fit};
pub(crate) use law::Law;
pub(crate) use sizes::families;
