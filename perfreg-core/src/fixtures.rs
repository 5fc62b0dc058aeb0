//! Made-up data of known sizes, the same for the same seed: something for tests to work on.
//!
//! ```
//! use perfreg_core::fixtures::{self, Size};
//! use perfreg_core::{Bencher, perf_regression};
//!
//! #[perf_regression(args = [Size::Tiny, Size::Small])]
//! fn sort(b: Bencher, size: Size) {
//!     let numbers = fixtures::numbers(size, fixtures::seed());
//!     b.with_inputs(|| numbers.clone()).bench_refs(|numbers| numbers.sort_unstable());
//! }
//! ```

use std::fmt;

use crate::error::Error;

/// The environment variable that [`seed`] reads.
pub const SEED: &str = "PERFREG_SEED";
/// What data are drawn from where nobody says otherwise.
pub const DEFAULT_SEED: u64 = 42;

/// How much data a test works on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Size {
    /// 1 KiB: in the caches whatever else happens.
    Tiny,
    /// 64 KiB: more than the first cache of most CPUs.
    Small,
    /// 4 MiB: more than most cores have for themselves.
    Medium,
}

impl Size {
    /// All sizes, the smallest first.
    pub const ALL: [Self; 3] = [Self::Tiny, Self::Small, Self::Medium];

    /// The size in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Tiny => 1 << 10,
            Self::Small => 64 << 10,
            Self::Medium => 4 << 20,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tiny => "tiny",
            Self::Small => "small",
            Self::Medium => "medium",
        })
    }
}

/// The seed that this run is to draw from: that of `cargo perfreg run --deterministic`, or whatever
/// [`SEED`] says, else [`DEFAULT_SEED`].
///
/// # Panics
/// If the variable is no whole number.
pub fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => read(&text).unwrap_or_else(|error| panic!("{error}")),
        Err(_) => DEFAULT_SEED,
    }
}

fn read(text: &str) -> Result<u64, Error> {
    text.parse().map_err(|_| {
        Error::usage(format!("environment variable {SEED} is {text:?}, and not a whole number"))
    })
}

/// Random bytes.
pub fn bytes(size: Size, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..size.bytes() / 8).flat_map(|_| random.draw().to_le_bytes()).collect()
}

/// Random numbers over the whole range, as many as fill the size.
pub fn numbers(size: Size, seed: u64) -> Vec<u64> {
    let mut random = Random::new(seed);
    (0..size.bytes() / 8).map(|_| random.draw()).collect()
}

/// Words of two to nine small letters with a blank between them, and a new line for every tenth blank.
pub fn text(size: Size, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::with_capacity(size.bytes() + 16);
    let mut words = 0;
    while text.len() < size.bytes() {
        let length = 2 + random.draw() % 8;
        text.extend((0..length).map(|_| char::from(b'a' + (random.draw() % 26) as u8)));
        words += 1;
        text.push(if words % 10 == 0 { '\n' } else { ' ' });
    }
    text.truncate(size.bytes());
    text
}

/// A stream of numbers that belongs to its seed: `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, any of them equally likely.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, bytes, numbers, read, text};

    #[test]
    fn a_seed_draws_the_same_again() {
        for size in Size::ALL {
            assert_eq!(bytes(size, 7), bytes(size, 7));
            assert_ne!(bytes(size, 7), bytes(size, 8));
            let lengths = [bytes(size, 1).len(), numbers(size, 1).len() * 8, text(size, 1).len()];
            assert_eq!(lengths, [size.bytes(); 3], "{size}");
        }
        // Whoever compares with what was measured years ago needs these very data.
        assert_eq!(numbers(Size::Tiny, 0)[..2], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
        assert_eq!(text(Size::Tiny, 42).split_whitespace().count(), 161);
    }

    #[test]
    fn a_seed_is_a_number() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(read(text).ok(), expected);
        check("7", Some(7));
        check("-1", None);
        check("x", None);
        assert!(read("x").unwrap_err().to_string().contains("PERFREG_SEED is \"x\""));
    }
}
