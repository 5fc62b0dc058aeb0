//! The work that is measured live: five kernels, each of 100 equal parts, or of more on order.
//!
//! `PERFREG_EVALUATION_SLOWDOWN=2` makes each run 102 parts instead of 100: two percent of work that
//! is really done. Data for the additional parts are there in any case, so that nothing else differs.
//! The file stands by itself: other tools' benchmarks and rebuilt variants compile it as it is.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::hint::black_box;
use std::sync::OnceLock;
use std::thread;

/// A kernel that is set up; a call does its work once.
pub type Work = Box<dyn FnMut() -> u64>;

/// Sets a kernel up.
pub type SetUp = fn() -> Work;

/// The names of the kernels, as those of their tests, and how each is set up.
pub const ALL: [(&str, SetUp); 5] = [
    ("hash_and_parse", hash_and_parse),
    ("count_words", count_words),
    ("strided_sum", strided_sum),
    ("tokens_and_lz", tokens_and_lz),
    ("two_threads", two_threads),
];

/// The environment variable that orders more parts.
pub const SLOWDOWN: &str = "PERFREG_EVALUATION_SLOWDOWN";

/// Parts without an order.
const PARTS: usize = 100;
/// Parts at the most.
const MOST: usize = 120;

/// How many parts are ordered; read once, before anything is measured.
fn parts() -> usize {
    static ORDERED: OnceLock<usize> = OnceLock::new();
    *ORDERED.get_or_init(|| {
        let Ok(text) = env::var(SLOWDOWN) else { return PARTS };
        let percent = text.parse::<usize>().ok().filter(|percent| PARTS + percent <= MOST);
        // Stop at a typo: an order that is not heard would count as a slowdown that was not found.
        let most = MOST - PARTS;
        PARTS + percent.unwrap_or_else(|| panic!("{SLOWDOWN}={text} is not 0 to {most} percent"))
    })
}

/// About 200 ns: hashes a line and adds up the numbers in it.
pub fn hash_and_parse() -> Work {
    const BYTES: usize = 2;
    let line: Vec<u8> =
        (0..MOST).flat_map(|at| [b"0123456789"[at * 7 % 10], b"1 3,5"[at % 5]]).collect();
    let end = BYTES * parts();
    Box::new(move || digest(&black_box(&line)[..end]))
}

#[inline(never)]
fn digest(line: &[u8]) -> u64 {
    let (mut hash, mut sum, mut number) = (0xcbf2_9ce4_8422_2325_u64, 0_u64, 0_u64);
    for byte in line {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        if byte.is_ascii_digit() {
            number = number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        } else {
            sum = sum.wrapping_add(number);
            number = 0;
        }
    }
    hash ^ sum
}

/// About 20 us, with allocations: sorts the words of each line and counts them in a map.
pub fn count_words() -> Work {
    let lines: Vec<String> = (0..MOST).map(|at| words(at as u64, 4)).collect();
    let end = parts();
    Box::new(move || black_box(&lines)[..end].iter().map(|line| counted(line)).sum())
}

#[inline(never)]
fn counted(line: &str) -> u64 {
    let mut words: Vec<&str> = line.split(' ').collect();
    words.sort_unstable();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for word in words {
        *counts.entry(word.to_owned()).or_default() += word.len() as u64;
    }
    counts.into_values().fold(7, |hash, count| hash * 31 + count)
}

/// About 1 ms, most of it waiting for memory: a sum over 32 MB in strides that no cache line is in
/// twice.
pub fn strided_sum() -> Work {
    const STRIDE: usize = 16;
    const NUMBERS_A_PART: usize = 32 * 1024 * 1024 / 8 / PARTS;
    let numbers: Vec<u64> = (0..(NUMBERS_A_PART * MOST) as u64).collect();
    let end = NUMBERS_A_PART * parts();
    Box::new(move || black_box(&numbers)[..end].iter().step_by(STRIDE).sum())
}

/// About 10 ms of this and that: tokens of a text in a hash map, and the text compressed.
pub fn tokens_and_lz() -> Work {
    let texts: Vec<String> = (0..MOST).map(|at| words(at as u64, 1_000)).collect();
    let end = parts();
    let mut table = vec![0_usize; 4096];
    Box::new(move || {
        let digest = |text: &String| tokens(text) ^ compressed(text.as_bytes(), &mut table);
        black_box(&texts)[..end].iter().map(digest).fold(0, u64::wrapping_add)
    })
}

#[inline(never)]
fn tokens(text: &str) -> u64 {
    let mut seen: HashMap<&str, u64> = HashMap::new();
    for token in text.split(' ') {
        *seen.entry(token).or_default() += 1;
    }
    seen.values().map(|count| count * count).sum()
}

/// The length of a simple Lempel-Ziv code: a match is found by the hash of four bytes.
#[inline(never)]
fn compressed(bytes: &[u8], table: &mut [usize]) -> u64 {
    table.fill(usize::MAX);
    let (mut at, mut length) = (0, 0);
    while at + 4 <= bytes.len() {
        let four = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let hash = (u32::from_le_bytes(four).wrapping_mul(2_654_435_761) >> 20) as usize;
        let before = std::mem::replace(&mut table[hash], at);
        let same = match before {
            usize::MAX => 0,
            before => bytes[before..].iter().zip(&bytes[at..]).take_while(|(a, b)| a == b).count(),
        };
        length += if same >= 4 { 3 } else { 1 };
        at += if same >= 4 { same } else { 1 };
    }
    length
}

/// About 2 ms: the same hash on each of two threads.
///
/// # Panics
/// A call does if the system has no thread left.
pub fn two_threads() -> Work {
    const BYTES: usize = 16_000;
    let data: Vec<u8> = (0..MOST * BYTES).map(|at| (at * 31 % 251) as u8).collect();
    let end = BYTES * parts();
    Box::new(move || {
        let (one, other) = black_box(&data)[..end].split_at(end / 2);
        thread::scope(|scope| {
            let other = scope.spawn(|| digest(other));
            digest(one) ^ other.join().expect("hashing does not panic")
        })
    })
}

/// Words that look like none, the same for every `seed`.
fn words(seed: u64, count: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let mut word = || {
        let length = 3 + next() % 6;
        // A small alphabet, so that there is something to compress.
        (0..length).map(|_| char::from(b"abcdefgh"[next() % 8])).collect::<String>()
    };
    (0..count).map(|_| word()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{ALL, compressed, counted, digest, tokens};

    #[test]
    fn kernels_compute_what_they_say() {
        assert_eq!(digest(b"12 3,") ^ digest(b""), {
            let hash = |bytes: &[u8]| {
                bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                    (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
                })
            };
            hash(b"12 3,") ^ 15 ^ hash(b"")
        });
        assert_eq!(counted("b a b"), (7 * 31 + 1) * 31 + 2);
        assert_eq!(tokens("a b a c"), 4 + 1 + 1);
        // Four literals, and the rest as one match.
        assert_eq!(compressed(b"abcdabcdabcd", &mut vec![0; 4096]), 4 + 3);
    }

    #[test]
    fn every_kernel_does_the_same_again() {
        for (name, set_up) in ALL {
            let mut work = set_up();
            assert_eq!(work(), work(), "{name}");
            assert_eq!(work(), set_up()(), "{name}");
        }
    }
}
