//! Samples by section and subsection.

use crate::error::Error;
use crate::model::Samples;

/// Samples by section and subsection, in the order they were read or inserted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PerformanceData {
    sections: Vec<(String, Vec<(String, Samples)>)>,
}

impl PerformanceData {
    /// No sections.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts samples in place.
    ///
    /// # Errors
    /// If `samples` is empty or not finite.
    pub fn insert(
        &mut self,
        section: &str,
        subsection: &str,
        samples: Vec<f64>,
    ) -> Result<(), Error> {
        let _ = (&self.sections, section, subsection, samples);
        Ok(())
    }

    /// Stub until the real one lands.
    ///
    /// # Errors
    /// Always.
    pub fn from_json_str(_text: &str) -> Result<Self, Error> {
        Err(Error::data("not yet"))
    }

    /// T.
    pub fn to_json_string(&self) -> String {
        String::new()
    }
    /// T.
    pub fn samples(&self, _s: &str, _k: &str) -> Option<&[f64]> {
        None
    }
}
