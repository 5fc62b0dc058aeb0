//! CRC-32, the checksum of gzip, PNG and Ethernet: a table lookup per byte.

use std::hint::black_box;

use crate::slowdown::{self, Work};

/// The polynomial of IEEE 802.3, its bits reversed.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// What each value of the lowest byte does to the state, computed by the compiler.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut state = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            state = if state & 1 == 1 { (state >> 1) ^ POLYNOMIAL } else { state >> 1 };
            bit += 1;
        }
        table[byte] = state;
        byte += 1;
    }
    table
};

/// The checksum of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    slowdown::again(Work::Checksum, bytes.len(), |part| {
        black_box(update(!0, &bytes[..part]));
    });
    !update(!0, bytes)
}

fn update(state: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(state, |state, byte| TABLE[usize::from(state as u8 ^ byte)] ^ (state >> 8))
}

#[cfg(test)]
mod tests {
    use super::{crc32, update};

    #[test]
    fn checksums_are_the_published_ones() {
        let check = |text: &str, expected| assert_eq!(crc32(text.as_bytes()), expected, "{text}");
        check("", 0);
        check("123456789", 0xcbf4_3926);
        check("The quick brown fox jumps over the lazy dog", 0x414f_a339);
    }

    #[test]
    fn a_page_may_come_in_parts() {
        let (head, tail) = b"123456789".split_at(4);
        assert_eq!(!update(update(!0, head), tail), 0xcbf4_3926);
    }
}
