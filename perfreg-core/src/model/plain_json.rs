//! The plain two-level JSON form as text: `{section: {subsection: [samples]}}`.

use serde::de::DeserializeSeed;

use crate::error::Error;
use crate::model::PerformanceData;
use crate::model::plain_form::{Document, Place};

pub(crate) fn read(text: &str) -> Result<PerformanceData, Error> {
    let place = Place::default();
    let mut json = serde_json::Deserializer::from_str(text);
    Document(&place).deserialize(&mut json).and_then(|data| json.end().map(|()| data)).map_err(
        |error| {
            // What is no JSON at all, such as NaN, the parser reports without the text.
            let token = token_at(text, error.line(), error.column());
            match error.is_data() || token.is_empty() {
                true => Error::data(format!("{place}{error}")),
                false => Error::data(format!("{place}`{token}`: {error}")),
            }
        },
    )
}

/// The word at or before a place in the text, where the parser stopped; cut if it is long.
fn token_at(text: &str, line: usize, column: usize) -> &str {
    const LONGEST: usize = 40;
    let ends = |c: char| c.is_whitespace() || ",:[]{}\"".contains(c);
    let start_of_line: usize =
        text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    // Columns count bytes from 1; column 0 is the line break before the line.
    let mut at = (start_of_line + column).saturating_sub(1).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    // The parser may have stopped behind the word.
    if text[at..].is_empty() || text[at..].starts_with(ends) {
        at = text[..at].trim_end_matches(char::is_whitespace).len();
    }
    let start = text[..at].rfind(ends).map_or(0, |end| end + 1);
    let end = text[at..].find(ends).map_or(text.len(), |length| at + length);
    // A separator may be a character of several bytes; then there is no word.
    let word = text.get(start..end).unwrap_or_default();
    word.char_indices().nth(LONGEST).map_or(word, |(cut, _)| &word[..cut])
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
            push_samples(&mut text, samples);
            any = ",\n    ";
        }
        text.push_str(if any.starts_with(',') { "\n  }" } else { "}" });
    }
    text.push_str(if text.len() == 1 { "}\n" } else { "\n}\n" });
    text
}

fn quoted(name: &str) -> String {
    serde_json::to_string(name).expect("a string is JSON")
}

fn push_samples(text: &mut String, samples: &[f64]) {
    for (i, sample) in samples.iter().enumerate() {
        text.push_str(if i == 0 { "[" } else { ", " });
        text.push_str(&serde_json::to_string(sample).expect("finite numbers are JSON"));
    }
    text.push(']');
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn a_line_a_subsection() {
        let text =
            "{\n  \"b\": {\n    \"k\": [1.0, 2.5],\n    \"a\": [3.0]\n  },\n  \"a\": {}\n}\n";
        let data = read(text).unwrap();
        assert_eq!(write(&data), text);
        assert_eq!(data, read(r#"{"a": {}, "b": {"a": [3], "k": [1, 2.5]}}"#).unwrap());
        assert_eq!(write(&read("{}").unwrap()), "{}\n");
    }
}
