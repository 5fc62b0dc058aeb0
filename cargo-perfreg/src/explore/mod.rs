//! What a long look at tests shows: launches in, figures and a document out. Pure.

mod document;
mod figures;

pub(crate) use document::{csv, document, json};
pub(crate) use figures::{Explored, Figures, Growing};
