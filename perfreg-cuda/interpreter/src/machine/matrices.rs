//! Products of small matrices, with the numbers dealt out to lanes as the instruction set has it.

use super::LANES;
use super::float::from_half;
use crate::instruction::Half;

/// Operations of one product: 16 x 8 sums of 16 multiplications and additions.
pub(super) const FLOPS: u64 = 2 * 16 * 8 * 16;

/// Registers of one operand, by register and lane.
type Fragment<const N: usize> = [[u64; LANES]; N];

/// left (16 x 16) * right (16 x 8) + sums (16 x 8).
pub(super) fn multiply(
    half: Half,
    left: &Fragment<4>,
    right: &Fragment<2>,
    sums: &Fragment<4>,
) -> Fragment<4> {
    let left = left_matrix(half, left);
    let right = right_matrix(half, right);
    let mut result = [[0; LANES]; 4];
    for (register, result) in result.iter_mut().enumerate() {
        for (lane, bits) in result.iter_mut().enumerate() {
            let (row, column) = sum_place(register, lane);
            let start = f32::from_bits(low(sums[register][lane]));
            let pairs = left[row].iter().zip(&right[column]);
            let sum = pairs.fold(start, |sum, (one, other)| sum + one * other);
            *bits = u64::from(sum.to_bits());
        }
    }
    result
}

/// The row and the column of a sum.
fn sum_place(register: usize, lane: usize) -> (usize, usize) {
    (lane / 4 + 8 * (register / 2), lane % 4 * 2 + register % 2)
}

/// By row. Registers hold pairs: rows g and g + 8 by turns, then the same eight columns further.
fn left_matrix(half: Half, fragment: &Fragment<4>) -> [[f32; 16]; 16] {
    let mut matrix = [[0.0; 16]; 16];
    for (register, lanes) in fragment.iter().enumerate() {
        for (lane, bits) in lanes.iter().enumerate() {
            let (row, column) = (lane / 4 + 8 * (register % 2), lane % 4 * 2 + 8 * (register / 2));
            let [first, second] = pair(half, *bits);
            (matrix[row][column], matrix[row][column + 1]) = (first, second);
        }
    }
    matrix
}

/// By column. Registers hold pairs along the column, then the same eight rows further.
fn right_matrix(half: Half, fragment: &Fragment<2>) -> [[f32; 16]; 8] {
    let mut matrix = [[0.0; 16]; 8];
    for (register, lanes) in fragment.iter().enumerate() {
        for (lane, bits) in lanes.iter().enumerate() {
            let row = lane % 4 * 2 + 8 * register;
            let [first, second] = pair(half, *bits);
            (matrix[lane / 4][row], matrix[lane / 4][row + 1]) = (first, second);
        }
    }
    matrix
}

fn pair(half: Half, bits: u64) -> [f32; 2] {
    let bits = low(bits);
    let part = |bits: u32| from_half(half, u16::try_from(bits & 0xffff).expect("16 bits"));
    [part(bits), part(bits >> 16)]
}

fn low(bits: u64) -> u32 {
    u32::try_from(bits & 0xffff_ffff).expect("32 bits")
}

#[cfg(test)]
mod tests {
    use super::{LANES, multiply};
    use crate::instruction::Half;

    #[test]
    fn a_unit_matrix_gives_the_other_one_back() {
        // The left one has ones where row and column are equal.
        let one = 0x3f80_u64;
        let mut left = [[0; LANES]; 4];
        // Rows and columns 0 to 7 are in the first register, 8 to 15 in the last.
        for register in [0, 3] {
            for (lane, bits) in left[register].iter_mut().enumerate() {
                let (row, column) = (lane / 4, lane % 4 * 2);
                *bits = match row.checked_sub(column) {
                    Some(0) => one,
                    Some(1) => one << 16,
                    _ => 0,
                };
            }
        }
        // The right one has its number at row 3, column 5: in its first register.
        let mut right = [[0; LANES]; 2];
        right[0][5 * 4 + 1] = 0x4000_u64 << 16;
        let product = multiply(Half::Bf16, &left, &right, &[[0; LANES]; 4]);
        // The sum at row 3, column 5 is in lane 3 * 4 + 5 / 2, register 5 % 2.
        for (register, lanes) in product.iter().enumerate() {
            for (lane, bits) in lanes.iter().enumerate() {
                let expected = if (register, lane) == (1, 14) { 2.0_f32 } else { 0.0 };
                assert_eq!(*bits, u64::from(expected.to_bits()), "{register} {lane}");
            }
        }
    }
}
