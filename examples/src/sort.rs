//! A radix sort of 64-bit numbers: eight passes, one for each byte, the lowest first.
//!
//! Each pass moves the numbers to where their byte belongs and keeps the order of equal bytes, so
//! after the last one they are sorted. No two numbers are ever compared.

use std::hint::black_box;
use std::mem;

use crate::random::Random;
use crate::slowdown::{self, Work};

/// Sorts `numbers`, in time proportional to their count.
pub fn radix_sort(numbers: &mut Vec<u64>) {
    slowdown::again(Work::Sort, numbers.len(), |part| {
        sort(black_box(&mut numbers[..part].to_vec()));
    });
    sort(numbers);
}

/// `len` numbers in no order, the same ones each time.
pub fn shuffled(len: usize) -> Vec<u64> {
    let mut random = Random::new(0x50f7);
    (0..len).map(|_| random.draw()).collect()
}

fn sort(numbers: &mut Vec<u64>) {
    let mut other = vec![0; numbers.len()];
    for shift in (0..u64::BITS).step_by(8) {
        let mut counts = [0; 256];
        for number in &*numbers {
            counts[byte(*number, shift)] += 1;
        }
        // Where all bytes are equal the pass would change nothing; small numbers have many such.
        if counts.contains(&numbers.len()) {
            continue;
        }
        let mut starts = running_sums(counts);
        for number in &*numbers {
            let place = &mut starts[byte(*number, shift)];
            other[*place] = *number;
            *place += 1;
        }
        mem::swap(numbers, &mut other);
    }
}

fn byte(number: u64, shift: u32) -> usize {
    usize::from((number >> shift) as u8)
}

/// Where the numbers with each byte begin, from how many there are of each.
fn running_sums(mut counts: [usize; 256]) -> [usize; 256] {
    let mut start = 0;
    for count in &mut counts {
        start += mem::replace(count, start);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::{radix_sort, shuffled};

    #[test]
    fn the_result_is_that_of_the_standard_library() {
        let mut small = shuffled(500);
        small.iter_mut().for_each(|number| *number %= 100);
        let unsorted =
            [vec![], vec![7], vec![u64::MAX, 0, 1 << 63], vec![3; 9], small, shuffled(5_000)];
        for numbers in unsorted {
            let mut ours = numbers.clone();
            let mut theirs = numbers;
            radix_sort(&mut ours);
            theirs.sort_unstable();
            assert_eq!(ours, theirs);
        }
    }
}
