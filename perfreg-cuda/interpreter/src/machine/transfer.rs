//! What moves between registers and memories, and the products of matrices.

use super::block::Surroundings;
use super::warp::Warp;
use super::{LANES, LaneSet, Lanes, lanes_of, matrices};
use crate::error::Wrong;
use crate::instruction::{Address, Operand, Operation, Register, Space, Transposed, Width};

/// Bytes of an asynchronous copy.
const PIECE: usize = 16;

/// An asynchronous copy under way.
#[derive(Debug)]
pub(super) struct Copy {
    to: u64,
    bytes: [u8; PIECE],
}

impl Warp {
    /// Executes an operation on a memory, or one that needs the whole warp.
    pub(super) fn transfer(
        &mut self,
        operation: &Operation,
        lanes: LaneSet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), Wrong> {
        match operation {
            Operation::Load(space, width, to, address) => {
                self.load((*space, *width), to, *address, lanes, around)
            }
            Operation::Store(space, width, address, values) => {
                self.store((*space, *width), *address, values, lanes, around)
            }
            Operation::Copy { to, from, bytes } => {
                let (to, from) = (self.addresses(*to, around), self.addresses(*from, around));
                let bytes = self.read(*bytes, around);
                self.copy((&to, &from, &bytes), lanes, around)
            }
            Operation::EndCopies => self.whole(lanes).map(|()| {
                let group = std::mem::take(&mut self.open);
                self.groups.push_back(group);
            }),
            Operation::WaitForCopies(left) => self.whole(lanes).map(|()| {
                while self.groups.len() > *left {
                    for copy in self.groups.pop_front().unwrap_or_default() {
                        around.shared.end_copy(self.number, copy.to, &copy.bytes);
                    }
                }
            }),
            Operation::LoadMatrices { transposed, to, address } => {
                self.whole(lanes)?;
                let rows = self.addresses(*address, around);
                self.load_matrices(*transposed, to, &rows, around)
            }
            Operation::MultiplyMatrices { .. } => {
                self.whole(lanes)?;
                self.multiply_matrices(operation, around);
                Ok(())
            }
            _ => unreachable!("the other operations are executed elsewhere"),
        }
    }

    fn multiply_matrices(&mut self, operation: &Operation, around: &mut Surroundings<'_>) {
        let Operation::MultiplyMatrices { half, to, left, right, sums } = operation else {
            return;
        };
        let left = left.map(|operand| self.read(operand, around));
        let right = right.map(|operand| self.read(operand, around));
        let sums = sums.map(|operand| self.read(operand, around));
        let product = matrices::multiply(*half, &left, &right, &sums);
        for (register, values) in to.iter().zip(&product) {
            self.write(*register, LaneSet::MAX, values);
        }
        around.counts.tensor_flops += matrices::FLOPS;
    }

    /// Fails unless all lanes are here.
    fn whole(&self, lanes: LaneSet) -> Result<(), Wrong> {
        if lanes == LaneSet::MAX { Ok(()) } else { Err(Wrong::Divergence) }
    }

    fn addresses(&self, address: Address, around: &Surroundings<'_>) -> Lanes {
        self.read(address.base, around).map(|base| base.wrapping_add_signed(address.offset))
    }

    fn load(
        &mut self,
        (space, width): (Space, Width),
        to: &[Register],
        address: Address,
        lanes: LaneSet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), Wrong> {
        let addresses = self.addresses(address, around);
        let bytes = width.bytes();
        for (at, register) in to.iter().enumerate() {
            let mut values = [0; LANES];
            for lane in lanes_of(lanes) {
                let address = addresses[lane].wrapping_add((at * bytes) as u64);
                let found = match space {
                    Space::Argument => argument(around.launch.arguments, address, bytes)?,
                    Space::Global => around.memory.read(address, bytes)?,
                    Space::Shared => around.shared.read(self.number, address, bytes)?,
                };
                values[lane] = little_endian(found);
            }
            self.write(*register, lanes, &values);
        }
        if space == Space::Global {
            around.counts.global_bytes_read +=
                u64::from(lanes.count_ones()) * (bytes * to.len()) as u64;
        }
        Ok(())
    }

    fn store(
        &mut self,
        (space, width): (Space, Width),
        address: Address,
        values: &[Operand],
        lanes: LaneSet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), Wrong> {
        let addresses = self.addresses(address, around);
        let bytes = width.bytes();
        for (at, value) in values.iter().enumerate() {
            let value = self.read(*value, around);
            for lane in lanes_of(lanes) {
                let address = addresses[lane].wrapping_add((at * bytes) as u64);
                let value = &value[lane].to_le_bytes()[..bytes];
                if space == Space::Global {
                    around.memory.write(address, value)?;
                } else {
                    around.shared.write(self.number, address, value)?;
                }
            }
        }
        if space == Space::Global {
            let each = (bytes * values.len()) as u64;
            around.counts.global_bytes_written += u64::from(lanes.count_ones()) * each;
        }
        Ok(())
    }

    /// Reads now, so that what is read later changes nothing, and writes when it is waited for.
    fn copy(
        &mut self,
        (to, from, bytes): (&Lanes, &Lanes, &Lanes),
        lanes: LaneSet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), Wrong> {
        for lane in lanes_of(lanes) {
            let mut piece = [0; PIECE];
            if bytes[lane] != 0 {
                piece.copy_from_slice(around.memory.read(from[lane], PIECE)?);
                let count = usize::try_from(bytes[lane]).unwrap_or(PIECE).min(PIECE);
                piece[count..].fill(0);
                around.counts.global_bytes_read += count as u64;
            }
            around.shared.begin_copy(self.number, to[lane], PIECE)?;
            self.open.push(Copy { to: to[lane], bytes: piece });
        }
        Ok(())
    }

    /// Lane i names row i % 8 of matrix i / 8; each lane gets a pair of a row, or of a column.
    fn load_matrices(
        &mut self,
        transposed: Transposed,
        to: &[Register; 4],
        rows: &Lanes,
        around: &mut Surroundings<'_>,
    ) -> Result<(), Wrong> {
        around.counts.matrix_loads += 1;
        for (matrix, register) in to.iter().enumerate() {
            let mut numbers = [[0_u16; 8]; 8];
            for (row, numbers) in numbers.iter_mut().enumerate() {
                let bytes = around.shared.read(self.number, rows[matrix * 8 + row], PIECE)?;
                for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks::<2>().0) {
                    *number = u16::from_le_bytes(*bytes);
                }
            }
            let pair: Lanes = std::array::from_fn(|lane| {
                let (g, t) = (lane / 4, lane % 4 * 2);
                let (low, high) = match transposed {
                    Transposed::No => (numbers[g][t], numbers[g][t + 1]),
                    Transposed::Yes => (numbers[t][g], numbers[t + 1][g]),
                };
                u64::from(high) << 16 | u64::from(low)
            });
            self.write(*register, LaneSet::MAX, &pair);
        }
        Ok(())
    }
}

fn argument(arguments: &[u8], at: u64, bytes: usize) -> Result<&[u8], Wrong> {
    let found =
        usize::try_from(at).ok().and_then(|from| arguments.get(from..from.checked_add(bytes)?));
    found.ok_or(Wrong::Argument(at))
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
