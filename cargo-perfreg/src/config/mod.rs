//! `perfreg.toml`: what a workspace settles once for everybody, and what holds for a test.

mod effective;
mod file;
mod severity;
mod values;

pub(crate) use effective::{Given, effective};
pub(crate) use file::{Config, FromFile, PLACES};
pub(crate) use severity::{Severities, Severity};
pub(crate) use values::{Budget, Launches, Percent};
