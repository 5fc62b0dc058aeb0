//! Reading `{section: {subsection: [numbers]}}` straight into place.
//!
//! Samples go from the parser into their final `Vec<f64>`, so that a large file needs little more
//! memory than its values; a place is kept up to date on the way, so that an error can say where it
//! arose.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use crate::model::{OrderedMap, PerformanceData, Samples};

/// Where the reader stands.
#[derive(Default)]
pub(crate) struct Place {
    section: RefCell<Option<String>>,
    subsection: RefCell<Option<String>>,
    sample: Cell<Option<usize>>,
}

impl Place {
    fn enter_section(&self, name: &str) {
        *self.section.borrow_mut() = Some(name.to_owned());
    }

    fn enter_subsection(&self, name: &str) {
        *self.subsection.borrow_mut() = Some(name.to_owned());
    }

    fn leave_subsection(&self) {
        *self.subsection.borrow_mut() = None;
        self.sample.set(None);
    }

    fn leave_section(&self) {
        *self.section.borrow_mut() = None;
    }
}

/// "section `s`, subsection `k`, sample 3: ", as far as it is known.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(section) = &*self.section.borrow() else { return Ok(()) };
        write!(f, "section `{section}`")?;
        if let Some(subsection) = &*self.subsection.borrow() {
            write!(f, ", subsection `{subsection}`")?;
        }
        if let Some(sample) = self.sample.get() {
            write!(f, ", sample {sample}")?;
        }
        f.write_str(": ")
    }
}

/// Reads the whole; after an error, the place says where.
pub(crate) struct Document<'p>(pub(crate) &'p Place);

impl<'de> Deserialize<'de> for PerformanceData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let place = Place::default();
        Document(&place)
            .deserialize(deserializer)
            .map_err(|error| D::Error::custom(format_args!("{place}{error}")))
    }
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = PerformanceData;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = PerformanceData;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of sections")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut sections = OrderedMap::default();
        while let Some(name) = map.next_key::<String>()? {
            self.0.enter_section(&name);
            if sections.contains(&name) {
                return Err(A::Error::custom("this section appears twice"));
            }
            sections.insert(&name, map.next_value_seed(Section(self.0))?);
            self.0.leave_section();
        }
        Ok(PerformanceData::from_sections(sections))
    }
}

struct Section<'p>(&'p Place);

impl<'de> DeserializeSeed<'de> for Section<'_> {
    type Value = OrderedMap<Samples>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Section<'_> {
    type Value = OrderedMap<Samples>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of subsections")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut subsections = OrderedMap::default();
        while let Some(name) = map.next_key::<String>()? {
            self.0.enter_subsection(&name);
            if subsections.contains(&name) {
                return Err(A::Error::custom("this subsection appears twice"));
            }
            subsections.insert(&name, map.next_value_seed(Series(self.0))?);
            self.0.leave_subsection();
        }
        Ok(subsections)
    }
}

struct Series<'p>(&'p Place);

impl<'de> DeserializeSeed<'de> for Series<'_> {
    type Value = Samples;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Series<'_> {
    type Value = Samples;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of samples")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        self.0.sample.set(Some(0));
        while let Some(value) = seq.next_element_seed(Sample)? {
            values.push(value);
            self.0.sample.set(Some(values.len()));
        }
        self.0.sample.set(None);
        // Half of a large file's memory would otherwise stay reserved and unused.
        values.shrink_to_fit();
        Samples::new(values).map_err(A::Error::custom)
    }
}

struct Sample;

impl<'de> DeserializeSeed<'de> for Sample {
    type Value = f64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<f64, D::Error> {
        deserializer.deserialize_f64(self)
    }
}

impl Visitor<'_> for Sample {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a finite number")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
        match value.is_finite() {
            true => Ok(value),
            false => Err(E::invalid_value(de::Unexpected::Float(value), &self)),
        }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }
}
