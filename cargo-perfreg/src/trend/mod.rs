//! Where a series of numbers changed its level, and by how much. Pure: values in, changes out.

mod analysis;
mod clean;
#[cfg(test)]
mod evaluation;
mod parallel;
mod segments;
mod steps;

pub(crate) use analysis::{Change, State, VERSION, changes};
pub(crate) use parallel::on_all_cores;
pub(crate) use steps::{Policy, student_quantile};
