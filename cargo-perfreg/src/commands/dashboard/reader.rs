//! Documents for the pages, and what could not be read of them.

use std::collections::BTreeSet;

use perfreg_core::model::Run;

use crate::dashboard::seconds;
use crate::error::Error;
use crate::history::{Digest, Document, Filed, History};
use crate::look_back::Told;

/// Reads documents, and remembers what could not be read.
pub(super) struct Reader<'a> {
    history: &'a History,
    /// What could not be read.
    pub(super) left_out: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Of the documents of `history`.
    pub(super) fn of(history: &'a History) -> Self {
        Self { history, left_out: Vec::new() }
    }

    /// The run of this digest; none if it cannot be read.
    ///
    /// # Errors
    /// If the store gives no answer: pages without its runs would replace those that have them.
    pub(super) fn read(&mut self, digest: &Digest) -> Result<Option<Run>, Error> {
        Ok(match self.history.ask(digest)?.map(Filed::into_document) {
            Ok(Document::Run(run)) => Some(*run),
            Ok(Document::Epoch(_)) => None,
            Err(problem) => {
                self.leave_out(problem.to_string());
                None
            }
        })
    }

    /// Leaves out points that stand nowhere in time.
    pub(super) fn keep_what_has_a_time(&mut self, told: &mut Told) {
        let has_a_time = |time: &str| seconds(time).is_some();
        let timeless: BTreeSet<Digest> = told
            .points
            .iter()
            .filter(|point| !has_a_time(&point.time))
            .map(|point| point.run.clone())
            .collect();
        told.points.retain(|point| has_a_time(&point.time));
        for run in timeless {
            self.leave_out(format!("run {}: it began at no time that can be drawn", run.short()));
        }
    }

    pub(super) fn leave_out(&mut self, what: String) {
        if !self.left_out.contains(&what) {
            self.left_out.push(what);
        }
    }
}
