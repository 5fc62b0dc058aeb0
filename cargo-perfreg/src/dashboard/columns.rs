//! The data of a page, packed: JSON whose long rows of numbers are columns of bytes behind it.
//!
//! Unpacked it is the length of the JSON in four bytes, the JSON, and the columns. All numbers are
//! little-endian, and the first bytes of all numbers of a column come before their second ones, which
//! compresses far better than numbers one by one.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

/// Columns that belong to one document.
#[derive(Default)]
pub(crate) struct Columns {
    bytes: Vec<u8>,
}

/// Where a column lies, and what its bytes are.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Column {
    column: Kind,
    at: usize,
    length: usize,
}

/// What the bytes of a column are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Numbers of five digits.
    Short,
    /// Numbers as they are.
    Exact,
    /// Whole numbers, each as the difference to the one before.
    Steps,
    /// Whole numbers.
    Whole,
    /// Whole numbers below 256.
    Small,
}

/// How many digits count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Digits {
    /// Five, which is more than any clock is good for.
    Five,
    /// All of them: a count is exact.
    All,
}

impl Columns {
    /// Numbers; not a number stands for none.
    pub(crate) fn numbers(
        &mut self,
        digits: Digits,
        values: impl ExactSizeIterator<Item = f64>,
    ) -> Column {
        match digits {
            Digits::Five => self.add(Kind::Short, values.map(|v| short(v).to_le_bytes())),
            Digits::All => self.add(Kind::Exact, values.map(f64::to_le_bytes)),
        }
    }

    /// Whole numbers that mostly grow.
    pub(crate) fn steps(&mut self, values: impl ExactSizeIterator<Item = u32>) -> Column {
        let mut last = 0_u32;
        let step = |value: u32| value.wrapping_sub(std::mem::replace(&mut last, value));
        self.add(Kind::Steps, values.map(step).map(u32::to_le_bytes))
    }

    /// Whole numbers.
    pub(crate) fn whole(&mut self, values: impl ExactSizeIterator<Item = u32>) -> Column {
        self.add(Kind::Whole, values.map(u32::to_le_bytes))
    }

    /// Whole numbers below 256.
    pub(crate) fn small(&mut self, values: impl ExactSizeIterator<Item = u8>) -> Column {
        self.add(Kind::Small, values.map(|value| [value]))
    }

    fn add<const WIDTH: usize>(
        &mut self,
        kind: Kind,
        values: impl ExactSizeIterator<Item = [u8; WIDTH]>,
    ) -> Column {
        let (at, length) = (self.bytes.len(), values.len());
        self.bytes.resize(at + length * WIDTH, 0);
        for (row, value) in values.enumerate() {
            for (plane, byte) in value.into_iter().enumerate() {
                self.bytes[at + plane * length + row] = byte;
            }
        }
        Column { column: kind, at, length }
    }

    /// `document` with its columns, compressed, as text that no markup is in.
    pub(crate) fn packed(&self, document: &impl Serialize) -> String {
        let json = serde_json::to_vec(document).expect("plain data with string keys");
        let length = u32::try_from(json.len()).expect("names of a page take less than 4 GiB");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let parts = [&length.to_le_bytes()[..], &json, &self.bytes];
        let written = parts.iter().try_for_each(|part| encoder.write_all(part));
        let compressed = written.and_then(|()| encoder.finish());
        BASE64_STANDARD.encode(compressed.expect("writing to memory does not fail"))
    }
}

/// A number with 17 bits of precision, whose last bytes are the same in all numbers.
fn short(value: f64) -> f32 {
    const CUT: u32 = 7;
    let narrow = value as f32;
    if !narrow.is_finite() {
        // A value beyond every bound is none that could be drawn.
        return f32::NAN;
    }
    let bits = narrow.to_bits().saturating_add(1 << (CUT - 1)) & !((1 << CUT) - 1);
    f32::from_bits(bits)
}

/// A packed document with its columns in their places, as a page sees it.
#[cfg(test)]
pub(crate) fn unpacked(text: &str) -> serde_json::Value {
    use std::io::Read as _;
    let bytes = BASE64_STANDARD.decode(text).unwrap();
    let mut all = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut all).unwrap();
    let length = u32::from_le_bytes(all[..4].try_into().unwrap()) as usize;
    let mut document = serde_json::from_slice(&all[4..4 + length]).unwrap();
    put_in_place(&mut document, &all[4 + length..]);
    document
}

#[cfg(test)]
fn put_in_place(value: &mut serde_json::Value, bytes: &[u8]) {
    use serde_json::Value;
    match value {
        Value::Object(fields) if fields.contains_key("column") => {
            let number = |name: &str| fields[name].as_u64().unwrap() as usize;
            let (at, length) = (number("at"), number("length"));
            let byte = |plane: usize, row: usize| bytes[at + plane * length + row];
            let four = |row: usize| std::array::from_fn(|plane| byte(plane, row));
            let mut last = 0_u32;
            let row = |row: usize| match fields["column"].as_str().unwrap() {
                "short" => Value::from(f32::from_le_bytes(four(row))),
                "exact" => {
                    Value::from(f64::from_le_bytes(std::array::from_fn(|plane| byte(plane, row))))
                }
                "steps" => {
                    last = last.wrapping_add(u32::from_le_bytes(four(row)));
                    Value::from(last)
                }
                "whole" => Value::from(u32::from_le_bytes(four(row))),
                _ => Value::from(byte(0, row)),
            };
            *value = (0..length).map(row).collect();
        }
        Value::Object(fields) => fields.values_mut().for_each(|one| put_in_place(one, bytes)),
        Value::Array(all) => all.iter_mut().for_each(|one| put_in_place(one, bytes)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Columns, Digits, unpacked};

    #[test]
    fn what_is_packed_comes_out_again() {
        let mut columns = Columns::default();
        let times = [7, 7, 4_000_000_000, 12];
        let document = json!({
            "name": "</script>\u{2028}🦀",
            "none": columns.numbers(Digits::All, [].into_iter()),
            "exact": columns.numbers(Digits::All, [0.1, 20_000_001.0].into_iter()),
            "times": columns.steps(times.into_iter()),
            "at": columns.whole([u32::MAX, 0].into_iter()),
            "small": columns.small([255, 1].into_iter()),
        });
        let packed = columns.packed(&document);
        assert!(packed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)));
        let expected = json!({
            "name": "</script>\u{2028}🦀", "none": [], "exact": [0.1, 20_000_001.0],
            "times": times, "at": [u32::MAX, 0], "small": [255, 1],
        });
        assert_eq!(unpacked(&packed), expected);
    }

    #[test]
    fn five_digits_are_kept() {
        let values = [1234.56, -0.000_123_456, 9.9e30, 0.0, 1e-9, f64::MAX, f64::NAN];
        let mut columns = Columns::default();
        let column = columns.numbers(Digits::Five, values.into_iter());
        let found = unpacked(&columns.packed(&json!([column])));
        for (at, value) in values.iter().enumerate() {
            match found[0][at].as_f64() {
                Some(found) => assert!((found - value).abs() <= value.abs() * 5e-6, "{value}"),
                None => assert!(!(*value as f32).is_finite(), "{value}"),
            }
        }
    }
}
