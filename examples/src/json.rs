//! A JSON parser (RFC 8259): text in, a tree out, strings borrowed from the text where possible.

use std::borrow::Cow;
use std::fmt;
use std::hint::black_box;

use crate::random::Random;
use crate::slowdown::{self, Work};

/// Deeper nesting is refused, for the parser calls itself once a level.
const DEEPEST: usize = 128;

/// A JSON value; `'a` is the text that it was parsed from.
#[derive(Clone, PartialEq, Debug)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as precise as an `f64` is.
    Number(f64),
    /// A string: borrowed, unless it has escapes.
    Text(Cow<'a, str>),
    /// `[…]`
    List(Vec<Json<'a>>),
    /// `{…}`, in the order of the text; duplicate keys are kept.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    /// How many values the tree has, itself included.
    pub fn count(&self) -> usize {
        match self {
            Json::List(values) => 1 + values.iter().map(Json::count).sum::<usize>(),
            Json::Object(fields) => {
                1 + fields.iter().map(|(_, value)| value.count()).sum::<usize>()
            }
            _ => 1,
        }
    }
}

/// Where a text stops being JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The offset in bytes.
    pub at: usize,
    /// What would have been right there.
    pub expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: expected {}", self.at, self.expected)
    }
}

impl std::error::Error for ParseError {}

/// Parses a document: one value with nothing but white space around it.
///
/// # Errors
/// At the first byte that is not JSON.
pub fn parse(text: &str) -> Result<Json<'_>, ParseError> {
    slowdown::again(Work::Json, text.len(), |part| {
        // Fails at the cut, having done that part of the work.
        drop(black_box(Parser::new(text, part).document()));
    });
    Parser::new(text, text.len()).document()
}

/// A list of so many orders of a shop, about 240 bytes each; the same ones each time.
pub fn orders(count: usize) -> String {
    let mut random = Random::new(0x7501);
    let orders: Vec<_> = (0..count).map(|id| order(id, &mut random)).collect();
    format!("[{}]", orders.join(",\n"))
}

fn order(id: usize, random: &mut Random) -> String {
    let city = random.pick(&["Zürich", "Lyon", "Graz", "Torino", "Ulm"]);
    let paid = random.pick(&["true", "false", "null"]);
    let note = random.pick(&["", "ring twice", r#"say \"hello\"\nat the \u00fcber door"#]);
    let (zip, pieces) = (random.below(99_999), random.below(9));
    let (cents, grams) = (random.below(9_999), random.below(1_000));
    format!(
        r#"{{
  "id": {id}, "paid": {paid}, "note": "{note}",
  "customer": {{"city": "{city}", "zip": "{zip:05}"}},
  "items": [
    {{"article": "tea", "pieces": {pieces}, "price": {cents}e-2}},
    {{"article": "cup", "weight": -0.{grams:03}}}
  ]
}}"#
    )
}

struct Parser<'a> {
    text: &'a str,
    /// The part of the text that may be read.
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, len: usize) -> Self {
        Self { text, bytes: &text.as_bytes()[..len], at: 0, depth: 0 }
    }

    fn document(mut self) -> Result<Json<'a>, ParseError> {
        let value = self.value()?;
        match self.peek_token() {
            None => Ok(value),
            Some(_) => self.fail("the end"),
        }
    }

    fn value(&mut self) -> Result<Json<'a>, ParseError> {
        match self.peek_token() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => self.fail("a value"),
        }
    }

    fn nested(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<Json<'a>, ParseError>,
    ) -> Result<Json<'a>, ParseError> {
        if self.depth == DEEPEST {
            return self.fail("less nesting");
        }
        self.depth += 1;
        self.at += 1;
        let value = parse(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Json<'a>, ParseError> {
        let mut fields = Vec::new();
        if self.take_token(b'}') {
            return Ok(Json::Object(fields));
        }
        loop {
            if self.peek_token() != Some(b'"') {
                return self.fail("a key");
            }
            let key = self.string()?;
            if !self.take_token(b':') {
                return self.fail("`:`");
            }
            fields.push((key, self.value()?));
            if self.take_token(b'}') {
                return Ok(Json::Object(fields));
            }
            if !self.take_token(b',') {
                return self.fail("`,` or `}`");
            }
        }
    }

    fn list(&mut self) -> Result<Json<'a>, ParseError> {
        let mut values = Vec::new();
        if self.take_token(b']') {
            return Ok(Json::List(values));
        }
        loop {
            values.push(self.value()?);
            if self.take_token(b']') {
                return Ok(Json::List(values));
            }
            if !self.take_token(b',') {
                return self.fail("`,` or `]`");
            }
        }
    }

    /// A string whose opening quote is the next byte.
    fn string(&mut self) -> Result<Cow<'a, str>, ParseError> {
        self.at += 1;
        let plain = self.plain_part();
        if self.take(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut owned = plain.to_owned();
        while !self.take(b'"') {
            if !self.take(b'\\') {
                return self.fail("the end of the string");
            }
            owned.push(self.escaped()?);
            owned.push_str(self.plain_part());
        }
        Ok(Cow::Owned(owned))
    }

    /// What comes before the next quote, backslash or control character.
    fn plain_part(&mut self) -> &'a str {
        let start = self.at;
        let rest = &self.bytes[start..];
        let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
        self.at += rest.iter().position(is_special).unwrap_or(rest.len());
        // The cut may fall within a character; what was read up to it is thrown away anyway.
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// What the escape stands for whose backslash was just taken.
    fn escaped(&mut self) -> Result<char, ParseError> {
        let kind = self.bytes.get(self.at).copied();
        self.at += 1;
        Ok(match kind {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => {
                self.at -= 1;
                return self.fail("an escape");
            }
        })
    }

    /// The character of `XXXX` after `\u`; those beyond 16 bits come as a pair `XXXX\uXXXX`.
    fn unicode(&mut self) -> Result<char, ParseError> {
        let start = self.at;
        let mut units = vec![self.hex_unit()?];
        if (0xd800..0xdc00).contains(&units[0]) && self.take(b'\\') && self.take(b'u') {
            units.push(self.hex_unit()?);
        }
        match char::decode_utf16(units).next() {
            Some(Ok(character)) => Ok(character),
            _ => Err(ParseError { at: start, expected: "a character, not half of a pair" }),
        }
    }

    fn hex_unit(&mut self) -> Result<u16, ParseError> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        let unit = digits
            .iter()
            .try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?));
        match unit.and_then(|unit| u16::try_from(unit).ok()) {
            Some(unit) if digits.len() == 4 => {
                self.at += 4;
                Ok(unit)
            }
            _ => self.fail("four hexadecimal digits"),
        }
    }

    fn number(&mut self) -> Result<Json<'a>, ParseError> {
        let start = self.at;
        self.take(b'-');
        // No digit may follow a leading zero.
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let number = self.text[start..self.at].parse();
        number.map(Json::Number).or_else(|_| self.fail("a number"))
    }

    fn digits(&mut self) -> Result<(), ParseError> {
        let rest = &self.bytes[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { self.fail("a digit") } else { Ok(()) }
    }

    fn word(&mut self, word: &'static str, value: Json<'a>) -> Result<Json<'a>, ParseError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return self.fail(word);
        }
        self.at += word.len();
        Ok(value)
    }

    /// The next byte that is not white space.
    fn peek_token(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn take_token(&mut self, token: u8) -> bool {
        self.peek_token();
        self.take(token)
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn fail<T>(&self, expected: &'static str) -> Result<T, ParseError> {
        Err(ParseError { at: self.at, expected })
    }
}

#[cfg(test)]
mod tests;
