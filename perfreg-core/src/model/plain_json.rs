//! The plain two-level JSON form: `{section: {subsection: [samples]}}`.
//!
//! Samples go straight from the text into their vector, so that a large file needs little more than
//! its samples. Every error names the place it speaks of.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::Error;
use crate::model::PerformanceData;

pub(crate) fn read(text: &str) -> Result<PerformanceData, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let data = deserializer.deserialize_any(Sections).and_then(|data| {
        deserializer.end()?;
        Ok(data)
    });
    data.map_err(|error| Error::data(describe(&error, text)))
}

pub(crate) fn write(data: &PerformanceData) -> String {
    let mut text = String::from("{");
    for (i, section) in data.sections().enumerate() {
        text.push_str(if i == 0 { "\n  " } else { ",\n  " });
        text.push_str(&quoted(section));
        text.push_str(": {");
        let mut any = "\n    ";
        for subsection in data.subsections(section) {
            text.push_str(any);
            text.push_str(&quoted(subsection));
            text.push_str(": ");
            let samples = data.samples(section, subsection).unwrap_or_default();
            text.push_str(&serde_json::to_string(samples).expect("finite numbers are JSON"));
            any = ",\n    ";
        }
        text.push_str(if any.starts_with(',') { "\n  }" } else { "}" });
    }
    text.push_str("\n}\n");
    text
}

fn quoted(name: &str) -> String {
    serde_json::to_string(name).expect("a string is JSON")
}

/// What the parser says, with the text it stumbled over where it does not quote it itself.
fn describe(error: &serde_json::Error, text: &str) -> String {
    let message = error.to_string();
    let silent = ["expected value", "out of range", "invalid number", "expected ident"];
    let token = silent
        .iter()
        .any(|what| message.contains(what))
        .then(|| token_at(text, error.line(), error.column()))
        .flatten();
    match token {
        Some(token) => format!("{message}, at `{token}`"),
        None => message,
    }
}

/// The characters around a position up to the next JSON punctuation.
fn token_at(text: &str, line: usize, column: usize) -> Option<String> {
    const LONGEST: usize = 40;
    let line = text.lines().nth(line.checked_sub(1)?)?;
    let is_end = |b: &u8| b",[]{}: \t".contains(b);
    let bytes = line.as_bytes();
    let at = column.saturating_sub(1).min(bytes.len().checked_sub(1)?);
    let start = bytes[..at].iter().rposition(&is_end).map_or(0, |found| found + 1);
    let end = bytes[at..].iter().position(is_end).map_or(bytes.len(), |found| at + found);
    let token = line.get(start..end.max(start))?;
    (!token.is_empty()).then(|| token.chars().take(LONGEST).collect())
}

/// Reads the whole document.
pub(crate) struct Sections;

impl<'de> Visitor<'de> for Sections {
    type Value = PerformanceData;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of sections")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PerformanceData, A::Error> {
        let mut data = PerformanceData::new();
        while let Some(section) = map.next_key::<Cow<'de, str>>()? {
            if data.has_section(&section) {
                return Err(A::Error::custom(format!("section `{section}` stands here twice")));
            }
            data.insert_section(&section);
            map.next_value_seed(Section { name: &section, data: &mut data })?;
        }
        Ok(data)
    }
}

struct Section<'a> {
    name: &'a str,
    data: &'a mut PerformanceData,
}

impl<'de> DeserializeSeed<'de> for Section<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Section<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of subsections in section `{}`", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(subsection) = map.next_key::<Cow<'de, str>>()? {
            let place = format!("section `{}`, subsection `{subsection}`", self.name);
            if self.data.samples(self.name, &subsection).is_some() {
                return Err(A::Error::custom(format!("{place} stands here twice")));
            }
            let samples = map.next_value_seed(List { place: &place })?;
            self.data.insert(self.name, &subsection, samples).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

struct List<'a> {
    place: &'a str,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Vec<f64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<f64>, D::Error> {
        let place = self.place;
        deserializer.deserialize_any(self).map_err(|error: D::Error| {
            let message = error.to_string();
            // What was said here names its place already; what the parser says does not.
            if message.contains("section `") {
                error
            } else {
                D::Error::custom(format!("{place}: {message}"))
            }
        })
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<f64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of samples in {}", self.place)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<f64>, A::Error> {
        let mut samples = Vec::new();
        while let Some(sample) =
            list.next_element_seed(Sample { place: self.place, at: samples.len() })?
        {
            samples.push(sample);
        }
        samples.shrink_to_fit();
        Ok(samples)
    }
}

struct Sample<'a> {
    place: &'a str,
    at: usize,
}

impl<'de> DeserializeSeed<'de> for Sample<'_> {
    type Value = f64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<f64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sample<'_> {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number as sample {} of {}", self.at, self.place)
    }

    fn visit_f64<E>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let error = read(text).unwrap_err();
        assert!(error.is_data());
        for part in expected {
            assert!(error.to_string().contains(part), "{text}: `{error}` lacks `{part}`");
        }
    }

    #[test]
    fn every_error_names_its_place() {
        check("[]", &["object of sections"]);
        check("3", &["3", "object of sections"]);
        check("", &["EOF"]);
        check(r#"{"a": [1]}"#, &["object of subsections", "`a`"]);
        check(r#"{"a": {"k": 3}}"#, &["3", "list of samples", "section `a`, subsection `k`"]);
        check(r#"{"a": {"k": []}}"#, &["section `a`, subsection `k`", "no samples"]);
        check(r#"{"a": {"k": [1, "2"]}}"#, &["\"2\"", "sample 1", "section `a`, subsection `k`"]);
        check(r#"{"a": {"k": [true]}}"#, &["boolean `true`", "sample 0", "subsection `k`"]);
        check(r#"{"a": {"k": [null]}}"#, &["null", "sample 0", "subsection `k`"]);
        check(r#"{"a": {"k": [[1]]}}"#, &["sequence", "sample 0", "subsection `k`"]);
        check(r#"{"a": {"k": [1, NaN]}}"#, &["`NaN`", "section `a`, subsection `k`"]);
        check(r#"{"a": {"k": [-Infinity]}}"#, &["`-Infinity`", "section `a`, subsection `k`"]);
        check(r#"{"a": {"k": [1e400]}}"#, &["`1e400`", "section `a`, subsection `k`"]);
        check(r#"{"a": {"k": [1]}, "a": {}}"#, &["section `a`", "twice"]);
        check(r#"{"a": {"k": [1], "\u006b": [2]}}"#, &["subsection `k`", "twice"]);
        check(r#"{"a": {"k": [1]}} x"#, &["trailing"]);
        check(r#"{"a": {"k": [1]}"#, &["EOF"]);
    }

    #[test]
    fn a_line_a_subsection() {
        let text = "{\n  \"b\": {\n    \"k\": [1.0,2.5],\n    \"a\": [3.0]\n  },\n  \"a\": {}\n}\n";
        let data = read(text).unwrap();
        assert_eq!(write(&data), text);
        assert_eq!(data, read(r#"{"a": {}, "b": {"a": [3], "k": [1, 2.5]}}"#).unwrap());
        assert_eq!(write(&read("{}").unwrap()), "{\n}\n");
    }
}
