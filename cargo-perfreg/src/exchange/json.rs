//! JSON of anybody's making: a tree that refuses what stands twice, and a way through it that says where.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::{self, Write as _};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::plain::{middle, plain};

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    /// In the order of the file.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The value that `text` is.
    ///
    /// # Errors
    /// With the place and the reason, if it is none, or a name stands twice in an object.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let place = RefCell::new(Vec::new());
        let mut json = serde_json::Deserializer::from_str(text);
        let value = At(&place).deserialize(&mut json).and_then(|value| json.end().map(|()| value));
        value.map_err(|cause| {
            let place = shown(&place.borrow());
            match place.is_empty() {
                true => cause.to_string(),
                false => format!("{place}: {cause}"),
            }
        })
    }

    /// What the object has under `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Self::Object(entries) => {
                entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Its entries, if it is an object.
    pub(crate) fn object(&self) -> Option<&[(String, Json)]> {
        match self {
            Self::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// Its values, if it is an object.
    pub(crate) fn values(&self) -> Option<impl Iterator<Item = &Json>> {
        match self {
            Self::Object(entries) => Some(entries.iter().map(|(_, value)| value)),
            _ => None,
        }
    }

    /// Its values, if it is a list.
    pub(crate) fn list(&self) -> Option<&[Json]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// Its text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// A step into a value.
#[derive(Clone, PartialEq, Debug)]
enum Step {
    Name(String),
    Index(usize),
}

/// Characters of a place that are shown.
const PLACE: usize = 120;

/// `results[1].times[3]`.
fn shown(place: &[Step]) -> String {
    let mut text = String::new();
    for step in place {
        let _ = match step {
            Step::Name(name) if text.is_empty() => write!(text, "{name}"),
            Step::Name(name) => write!(text, ".{name}"),
            Step::Index(at) => write!(text, "[{at}]"),
        };
    }
    middle(&text, PLACE)
}

/// Reads a value; after an error, the place says where.
struct At<'p>(&'p RefCell<Vec<Step>>);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        self.0.borrow_mut().push(Step::Index(0));
        while let Some(value) = seq.next_element_seed(At(self.0))? {
            values.push(value);
            *self.0.borrow_mut().last_mut().expect("it was pushed") = Step::Index(values.len());
        }
        self.0.borrow_mut().pop();
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries: Vec<(String, Json)> = Vec::new();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            self.0.borrow_mut().push(Step::Name(name.clone()));
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom("stands twice"));
            }
            let value = map.next_value_seed(At(self.0))?;
            entries.push((name, value));
            self.0.borrow_mut().pop();
        }
        Ok(Json::Object(entries))
    }
}

/// A value with its place in the file.
#[derive(Clone, Debug)]
pub(crate) struct Node<'j> {
    json: &'j Json,
    place: Vec<Step>,
}

impl<'j> Node<'j> {
    /// The whole.
    pub(crate) fn root(json: &'j Json) -> Self {
        Self { json, place: Vec::new() }
    }

    /// The value itself.
    pub(crate) fn json(&self) -> &'j Json {
        self.json
    }

    fn step(&self, json: &'j Json, step: Step) -> Self {
        let mut place = self.place.clone();
        place.push(step);
        Self { json, place }
    }

    /// `what` is wrong, said of this place.
    pub(crate) fn wrong(&self, what: impl fmt::Display) -> String {
        match self.place.is_empty() {
            true => what.to_string(),
            false => format!("{}: {what}", shown(&self.place)),
        }
    }

    fn is_no(&self, wanted: &str) -> String {
        self.wrong(format_args!("is {}, not {wanted}", self.json.kind()))
    }

    /// What the object has under `name`; nothing is as good as `null`.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        let found = self.json.get(name).filter(|json| **json != Json::Null)?;
        Some(self.step(found, Step::Name(name.to_owned())))
    }

    /// What the object has under `name`.
    ///
    /// # Errors
    /// If there is nothing.
    pub(crate) fn need(&self, name: &str) -> Result<Self, String> {
        self.get(name).ok_or_else(|| self.wrong(format_args!("has no `{name}`")))
    }

    /// The entries of an object.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn entries(&self) -> Result<Vec<(&'j str, Self)>, String> {
        let Json::Object(entries) = self.json else { return Err(self.is_no("an object")) };
        let one = |(name, json): &'j (String, Json)| {
            (name.as_str(), self.step(json, Step::Name(name.clone())))
        };
        Ok(entries.iter().map(one).collect())
    }

    /// The elements of a list.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn elements(&self) -> Result<Vec<Self>, String> {
        let Json::List(values) = self.json else { return Err(self.is_no("a list")) };
        let one = |(at, json)| self.step(json, Step::Index(at));
        Ok(values.iter().enumerate().map(one).collect())
    }

    /// The number.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn number(&self) -> Result<f64, String> {
        match self.json {
            Json::Number(number) => Ok(*number),
            _ => Err(self.is_no("a number")),
        }
    }

    /// The number, which some tools write as text.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn number_or_text(&self) -> Result<f64, String> {
        match self.json {
            Json::Text(text) => text
                .trim()
                .parse()
                .map_err(|_| self.wrong(format_args!("`{}` is no number", plain(text, 40)))),
            _ => self.number(),
        }
    }

    /// The numbers of a list.
    ///
    /// # Errors
    /// If it is none, or something else is among them.
    pub(crate) fn numbers(&self) -> Result<Vec<f64>, String> {
        let Json::List(values) = self.json else { return Err(self.is_no("a list")) };
        let one = |(at, json): (usize, &'j Json)| match json {
            Json::Number(number) => Ok(*number),
            _ => Err(self.step(json, Step::Index(at)).is_no("a number")),
        };
        values.iter().enumerate().map(one).collect()
    }

    /// The text.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn text(&self) -> Result<&'j str, String> {
        self.json.text().ok_or_else(|| self.is_no("text"))
    }

    /// The text under `name`, if there is one.
    pub(crate) fn text_of(&self, name: &str) -> Option<&'j str> {
        self.json.get(name).and_then(Json::text)
    }

    /// The number under `name`, if there is one.
    ///
    /// # Errors
    /// If something else is there.
    pub(crate) fn number_of(&self, name: &str) -> Result<Option<f64>, String> {
        self.get(name).map(|node| node.number()).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, Node};

    #[test]
    fn what_is_wrong_names_its_place() {
        let check = |text: &str, expected: &str| {
            let error = Json::parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        };
        check("", "EOF while parsing a value at line 1 column 0");
        check(r#"{"results": [{"times": [1, 2"#, "results[0].times[2]: EOF while parsing a list");
        check(r#"{"a": {"b": 1, "b": 2}}"#, "a.b: stands twice at line 1");
        check("[1, NaN]", "[1]: expected value");
        check("[1e999]", "[0]: number out of range");
        check("[] x", "trailing characters");
        let deep = "[".repeat(100_000);
        let error = Json::parse(&deep).unwrap_err();
        assert!(error.contains("recursion limit exceeded") && error.len() < 300, "{error}");
    }

    #[test]
    fn the_way_through_says_where() {
        let json = Json::parse(r#"{"a": [{"b": "x"}], "n": null, "s": "1.5"}"#).unwrap();
        let root = Node::root(&json);
        let inner = root.need("a").unwrap().elements().unwrap()[0].clone();
        assert_eq!(inner.need("c").unwrap_err(), "a[0]: has no `c`");
        assert_eq!(inner.need("b").unwrap().number().unwrap_err(), "a[0].b: is text, not a number");
        assert!(root.get("n").is_none());
        assert_eq!(root.need("s").unwrap().number_or_text(), Ok(1.5));
        assert_eq!(
            inner.need("b").unwrap().number_or_text().unwrap_err(),
            "a[0].b: `x` is no number"
        );
    }
}
