//! Samples by section and subsection: what `check_regression` compares.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::error::Error;
use crate::model::Samples;
use crate::model::ordered::OrderedMap;
use crate::model::plain_json;
use crate::stats;

/// Samples by section and subsection, in the order they were read or inserted.
///
/// The values have no unit of their own; both sides of a comparison must use the same. Two values
/// are equal if they hold the same samples under the same names, in whatever order of names.
///
/// ```
/// # fn main() -> Result<(), perfreg_core::Error> {
/// use perfreg_core::PerformanceData;
///
/// let mut data = PerformanceData::new();
/// data.insert("parse", "small", vec![1.0, 3.0, 2.0])?;
/// assert_eq!(data.median("parse", "small"), Some(2.0));
/// assert_eq!(data, PerformanceData::from_json_str(&data.to_json_string())?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PerformanceData {
    sections: OrderedMap<OrderedMap<Samples>>,
}

impl PerformanceData {
    /// No sections yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts samples in the place of those of the same name, else at the end.
    ///
    /// # Errors
    /// If there are no samples, or one of them is not finite; the message names the place.
    pub fn insert(
        &mut self,
        section: &str,
        subsection: &str,
        samples: Vec<f64>,
    ) -> Result<(), Error> {
        let samples = Samples::new(samples).map_err(|error| {
            Error::data(format!("section `{section}`, subsection `{subsection}`: {error}"))
        })?;
        self.sections.get_or_insert_default(section).insert(subsection, samples);
        Ok(())
    }

    /// Removes a section, and returns the names of its subsections.
    pub(crate) fn remove(&mut self, section: &str) -> Vec<String> {
        let removed = self.sections.remove(section).unwrap_or_default();
        removed.iter().map(|(name, _)| name.to_owned()).collect()
    }

    /// A section without subsections is a valid thing for a file to hold.
    pub(crate) fn insert_section(&mut self, section: &str) {
        self.sections.get_or_insert_default(section);
    }

    pub(crate) fn from_sections(sections: OrderedMap<OrderedMap<Samples>>) -> Self {
        Self { sections }
    }

    pub(crate) fn has_section(&self, section: &str) -> bool {
        self.sections.contains(section)
    }

    /// Reads the plain form: an object of sections, each an object of lists of numbers.
    ///
    /// # Errors
    /// If the text is anything else: not an object, an empty list, a value that is not a finite
    /// number, a name that stands twice. The message names section, subsection and value.
    pub fn from_json_str(text: &str) -> Result<Self, Error> {
        plain_json::read(text)
    }

    /// The plain form, a line a subsection, so that a diff shows what changed and nothing else.
    pub fn to_json_string(&self) -> String {
        plain_json::write(self)
    }

    /// The names of the sections, in order.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|(name, _)| name)
    }

    /// The names of the subsections of a section, in order; none if there is no such section.
    pub fn subsections(&self, section: &str) -> impl Iterator<Item = &str> + use<'_> {
        self.sections
            .get(section)
            .into_iter()
            .flat_map(|section| section.iter().map(|(name, _)| name))
    }

    /// The samples of a subsection, in the order they were taken.
    pub fn samples(&self, section: &str, subsection: &str) -> Option<&[f64]> {
        self.sections.get(section)?.get(subsection).map(Samples::as_slice)
    }

    /// The median; of an even count the mean of the two middle values.
    pub fn median(&self, section: &str, subsection: &str) -> Option<f64> {
        self.samples(section, subsection).map(stats::median)
    }

    /// The median absolute deviation from the median, unscaled.
    pub fn mad(&self, section: &str, subsection: &str) -> Option<f64> {
        self.samples(section, subsection).map(stats::mad)
    }

    /// The arithmetic mean.
    pub fn mean(&self, section: &str, subsection: &str) -> Option<f64> {
        self.samples(section, subsection).map(stats::mean)
    }

    /// The standard deviation of the samples themselves (`ddof` 0).
    pub fn std_dev(&self, section: &str, subsection: &str) -> Option<f64> {
        self.samples(section, subsection).map(stats::std_dev)
    }

    /// The smallest sample.
    pub fn min(&self, section: &str, subsection: &str) -> Option<f64> {
        self.samples(section, subsection).map(stats::min)
    }

    /// The largest sample.
    pub fn max(&self, section: &str, subsection: &str) -> Option<f64> {
        self.samples(section, subsection).map(stats::max)
    }

    /// The percentile `p`, 0 to 100, linear between the nearest ranks; `None` for `p` outside.
    pub fn percentile(&self, section: &str, subsection: &str, p: f64) -> Option<f64> {
        let samples = self.samples(section, subsection)?;
        (0.0..=100.0)
            .contains(&p)
            .then(|| stats::quantile_sorted(&stats::sorted(samples), p / 100.0))
    }

    /// What may make a comparison less reliable than it looks.
    pub fn warnings(&self) -> impl Iterator<Item = Warning> {
        self.sections.iter().flat_map(|(section, subsections)| {
            subsections.iter().filter(|(_, samples)| samples.len() < Warning::FEW).map(
                move |(subsection, samples)| Warning {
                    section: section.to_owned(),
                    subsection: subsection.to_owned(),
                    samples: samples.len(),
                },
            )
        })
    }
}

/// A subsection with few samples.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Warning {
    /// The section.
    pub section: String,
    /// The subsection.
    pub subsection: String,
    /// How many samples it has.
    pub samples: usize,
}

impl Warning {
    /// Below this many samples a median says little.
    const FEW: usize = 100;
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Section '{}.{}' has only {} samples. Results may be unreliable with fewer than {} samples.",
            self.section,
            self.subsection,
            self.samples,
            Self::FEW
        )
    }
}

impl TryFrom<BTreeMap<String, BTreeMap<String, Vec<f64>>>> for PerformanceData {
    type Error = Error;

    fn try_from(map: BTreeMap<String, BTreeMap<String, Vec<f64>>>) -> Result<Self, Error> {
        let mut data = Self::new();
        for (section, subsections) in map {
            data.insert_section(&section);
            for (subsection, samples) in subsections {
                data.insert(&section, &subsection, samples)?;
            }
        }
        Ok(data)
    }
}
