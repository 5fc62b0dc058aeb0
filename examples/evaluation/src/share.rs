//! A share of checks with its interval.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// So many of so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Share {
    hits: u64,
    of: u64,
}

impl Share {
    /// `hits` of `of`.
    pub(crate) fn new(hits: u64, of: u64) -> Self {
        Self { hits, of }
    }

    /// In percent, without the interval.
    pub(crate) fn percent(self) -> String {
        match self.of {
            0 => "-".to_owned(),
            of => percent(self.hits as f64 / of as f64),
        }
    }

    /// The 95 % interval after Wilson (1927); all there is, of no checks.
    pub(crate) fn interval(self) -> (f64, f64) {
        const Z: f64 = 1.959_964;
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.of as f64, self.hits as f64 / self.of as f64);
        let middle = p + Z * Z / (2.0 * n);
        let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        // At either end the subtraction leaves what rounding left.
        let low = if self.hits == 0 { 0.0 } else { (middle - reach) / scale };
        let high = if self.hits == self.of { 1.0 } else { (middle + reach) / scale };
        (low, high)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of == 0 {
            return f.write_str("-");
        }
        let (low, high) = self.interval();
        write!(f, "{} % ({} to {})", self.percent(), percent(low), percent(high))
    }
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0".to_owned(),
        p if p < 0.1 => format!("{p:.3}"),
        p if p < 1.0 => format!("{p:.2}"),
        p if p < 99.95 => format!("{p:.1}"),
        _ => "100".to_owned(),
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (low, high) = self.interval();
        let mut out = serializer.serialize_struct("Share", 4)?;
        out.serialize_field("hits", &self.hits)?;
        out.serialize_field("of", &self.of)?;
        out.serialize_field("low", &low)?;
        out.serialize_field("high", &high)?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn intervals_are_wilsons() {
        // By the formula, with 40 digits.
        let check = |hits, of, low: f64, high: f64| {
            let found = Share::new(hits, of).interval();
            assert!((found.0 - low).abs() < 1e-6 && (found.1 - high).abs() < 1e-6, "{found:?}");
        };
        check(0, 300, 0.0, 0.012_642_97);
        check(1, 300, 0.000_588_6, 0.018_636_69);
        check(50, 100, 0.403_831_5, 0.596_168_5);
        check(10, 10, 0.722_467_2, 1.0);
        check(0, 0, 0.0, 1.0);
    }

    #[test]
    fn a_share_shows_what_is_known_of_it() {
        let check = |hits, of, expected: &str| {
            assert_eq!(Share::new(hits, of).to_string(), expected);
        };
        check(0, 0, "-");
        check(0, 30_000, "0 % (0 to 0.013)");
        check(10, 30_000, "0.033 % (0.018 to 0.061)");
        check(95, 100, "95.0 % (88.8 to 97.8)");
        check(100, 100, "100 % (96.3 to 100)");
    }
}
