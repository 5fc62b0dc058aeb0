//! The results of recorded runs as documents: values in, text out.
//!
//! `perfreg-report/1` is the format of JSON; a change that old readers would not understand gets
//! another number. Names and reasons are of anybody's making: each format makes them harmless in its
//! own way.

mod figures;
mod headline;
mod json;
mod junit;
mod markdown;
mod markup;
mod recorded;
mod section;
mod tame;
#[cfg(test)]
pub(crate) mod testing;
mod text;

pub(crate) use figures::{Figures, Memory, Percentiles};
pub(crate) use headline::headline;
pub(crate) use json::json;
pub(crate) use junit::junit;
pub(crate) use markdown::{Frame, LIMIT as COMMENT, framed, markdown};
pub(crate) use markup::{code, prose};
pub(crate) use recorded::{Recorded, Report, Row};
pub(crate) use tame::Lengths;
pub(crate) use text::{table, text};
