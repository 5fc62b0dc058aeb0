//! A share of checks with its interval.

use std::fmt;

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

    /// The 95 % interval after Wilson (1927).
    pub(crate) fn interval(self) -> (f64, f64) {
        const Z: f64 = 1.959_964;
        let (n, p) = (self.of as f64, self.hits as f64 / self.of as f64);
        let middle = p + Z * Z / (2.0 * n);
        let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        (((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of == 0 {
            return f.pad("-");
        }
        let percent = 100.0 * self.hits as f64 / self.of as f64;
        let text = match percent {
            p if p > 0.0 && p < 1.0 => format!("{p:.3} %"),
            p => format!("{p:.1} %"),
        };
        f.pad(&text)
    }
}
