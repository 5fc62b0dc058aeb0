//! A compressor in the manner of Lempel and Ziv (1977): what was seen before is a reference.
//!
//! The output is a sequence of two kinds of pieces:
//!
//! | first byte `c` | meaning |
//! |---|---|
//! | below 128 | `c + 1` literal bytes follow |
//! | 128 and up | copy `c - 128 + 4` bytes, from as far back as the next two bytes say |
//!
//! A table remembers where each group of four bytes was seen last. It is an array with a hash of
//! its own, because the standard library's maps hash differently in each process.

use std::fmt;
use std::hint::black_box;

use crate::random::Random;
use crate::slowdown::{self, Work};

/// A reference takes three bytes, so four is the least that it saves anything on.
const SHORTEST_MATCH: usize = 4;
const LONGEST_MATCH: usize = SHORTEST_MATCH + 127;
const LONGEST_LITERAL: usize = 128;
const TABLE_BITS: u32 = 12;

/// Why bytes are not what [`compress`] returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Corrupt {
    /// The input ends within a piece.
    Truncated,
    /// A reference points before the beginning.
    BadReference,
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "compressed data ends within a piece",
            Self::BadReference => "compressed data refers to before its beginning",
        })
    }
}

impl std::error::Error for Corrupt {}

/// Compresses `input`.
pub fn compress(input: &[u8]) -> Vec<u8> {
    slowdown::again(Work::Compress, input.len(), |part| {
        black_box(encode(&input[..part]));
    });
    encode(input)
}

/// Restores what [`compress`] was given.
///
/// # Errors
/// If `packed` is cut off or refers to what does not exist. Damage to literal bytes is not noticed.
pub fn decompress(packed: &[u8]) -> Result<Vec<u8>, Corrupt> {
    let mut output = Vec::with_capacity(packed.len() * 2);
    let mut rest = packed;
    while let Some((control, after)) = rest.split_first() {
        let control = usize::from(*control);
        if control < LONGEST_LITERAL {
            let (literals, after) =
                after.split_at_checked(control + 1).ok_or(Corrupt::Truncated)?;
            output.extend_from_slice(literals);
            rest = after;
        } else {
            let (distance, after) = after.split_first_chunk().ok_or(Corrupt::Truncated)?;
            let length = control - LONGEST_LITERAL + SHORTEST_MATCH;
            copy_back(&mut output, usize::from(u16::from_le_bytes(*distance)), length)?;
            rest = after;
        }
    }
    Ok(output)
}

/// A web server's log of so many lines, the same one each time: text as repetitive as text is.
pub fn access_log(lines: usize) -> String {
    let mut random = Random::new(0x109);
    let mut log = String::new();
    for line in 0..lines {
        let client = random.below(64);
        let (hour, minute, second) = (line / 3600 % 24, line / 60 % 60, line % 60);
        let method = random.pick(&["GET", "GET", "GET", "POST", "HEAD"]);
        let path = random.pick(&["/", "/cart", "/search?q=tea", "/static/site.css", "/orders"]);
        let status = random.pick(&["200", "200", "200", "304", "404"]);
        let bytes = random.below(40_000);
        log += &format!("10.0.7.{client} [{hour:02}:{minute:02}:{second:02}] ");
        log += &format!("\"{method} {path}\" {status} {bytes}\n");
    }
    log
}

fn encode(input: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(input.len() / 2);
    // Positions plus one, so that zero means never seen.
    let mut seen = vec![0_usize; 1 << TABLE_BITS];
    let (mut at, mut literals_from) = (0, 0);
    while let Some(group) = input[at..].first_chunk::<SHORTEST_MATCH>() {
        let candidate = std::mem::replace(&mut seen[slot(*group)], at + 1);
        match length_of_match(input, candidate, at) {
            Some((distance, length)) => {
                push_literals(&mut output, &input[literals_from..at]);
                output.push((LONGEST_LITERAL + length - SHORTEST_MATCH) as u8);
                output.extend_from_slice(&distance.to_le_bytes());
                at += length;
                literals_from = at;
            }
            None => at += 1,
        }
    }
    push_literals(&mut output, &input[literals_from..]);
    output
}

/// Where in the table a group of bytes belongs (Knuth's multiplicative hash).
fn slot(group: [u8; SHORTEST_MATCH]) -> usize {
    (u32::from_le_bytes(group).wrapping_mul(2_654_435_761) >> (32 - TABLE_BITS)) as usize
}

/// How far back the candidate is and how many bytes agree, if a reference to it is worth its bytes.
fn length_of_match(input: &[u8], candidate: usize, at: usize) -> Option<(u16, usize)> {
    let from = candidate.checked_sub(1)?;
    let distance = u16::try_from(at - from).ok()?;
    let agreeing = input[from..].iter().zip(&input[at..]).take(LONGEST_MATCH);
    let length = agreeing.take_while(|(old, new)| old == new).count();
    (length >= SHORTEST_MATCH).then_some((distance, length))
}

fn push_literals(output: &mut Vec<u8>, literals: &[u8]) {
    for run in literals.chunks(LONGEST_LITERAL) {
        output.push((run.len() - 1) as u8);
        output.extend_from_slice(run);
    }
}

/// Appends `length` bytes from `distance` back; they may overlap what is being written.
fn copy_back(output: &mut Vec<u8>, distance: usize, mut length: usize) -> Result<(), Corrupt> {
    if distance == 0 || distance > output.len() {
        return Err(Corrupt::BadReference);
    }
    // What overlaps repeats: copy the part that exists, and the copy makes the next part exist.
    let from = output.len() - distance;
    while length > 0 {
        let part = length.min(output.len() - from);
        output.extend_from_within(from..from + part);
        length -= part;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Corrupt, access_log, compress, decompress};
    use crate::random::Random;

    #[test]
    fn everything_comes_back() {
        let mut random = Random::new(3);
        let noise: Vec<u8> = (0..70_000).map(|_| random.draw() as u8).collect();
        // Two copies further apart than a reference reaches, and at the edge of it.
        let apart = [b"needle".as_slice(), &noise[..65_529], b"needle", &noise, b"needle"].concat();
        let inputs =
            [vec![], b"abc".to_vec(), vec![7; 1_000], access_log(300).into_bytes(), noise, apart];
        for input in inputs {
            assert_eq!(decompress(&compress(&input)), Ok(input));
        }
    }

    #[test]
    fn a_repetition_becomes_a_reference_to_itself() {
        assert_eq!(compress(b"abababababab"), [1, b'a', b'b', 128 + 6, 2, 0]);
    }

    #[test]
    fn a_log_shrinks_to_less_than_half() {
        let log = access_log(500);
        assert!(compress(log.as_bytes()).len() * 2 < log.len());
    }

    #[test]
    fn damage_is_an_error() {
        let check = |packed: &[u8], expected| assert_eq!(decompress(packed), Err(expected));
        check(&[2, b'a'], Corrupt::Truncated);
        check(&[0, b'a', 128, 1], Corrupt::Truncated);
        check(&[0, b'a', 128, 2, 0], Corrupt::BadReference);
        check(&[0, b'a', 128, 0, 0], Corrupt::BadReference);
    }
}
