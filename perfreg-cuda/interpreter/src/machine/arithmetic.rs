//! What lanes compute each for itself, and what they exchange.

use super::block::Surroundings;
use super::float;
use super::warp::Warp;
use super::{LANES, LaneSet, lanes_of};
use crate::error::Wrong;
use crate::instruction::{
    Binary, Comparison, Operand, Operation, Register, Type, Unary, Unordered, Width,
};

impl Warp {
    /// Executes an operation that steers nothing.
    pub(super) fn execute(
        &mut self,
        operation: &Operation,
        lanes: LaneSet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), Wrong> {
        if let Operation::Unary(Unary::PowerOfTwo, ..) = operation {
            around.counts.exponentials += u64::from(lanes.count_ones());
        }
        match *operation {
            Operation::Unary(unary, kind, to, operand) => {
                self.set(to, lanes, [operand], around, |[bits]| one(unary, kind, bits));
            }
            Operation::Binary(binary, kind, to, a, b) => {
                self.set(to, lanes, [a, b], around, |[a, b]| two(binary, kind, a, b));
            }
            Operation::MultiplyWide(kind, to, a, b) => {
                self.set(to, lanes, [a, b], around, |[a, b]| {
                    extend(kind, a).wrapping_mul(extend(kind, b)).cast_unsigned()
                });
            }
            Operation::MultiplyAdd(kind, to, operands) => {
                self.set(to, lanes, operands, around, |[a, b, c]| {
                    a.wrapping_mul(b).wrapping_add(c) & kind.width().mask()
                });
            }
            Operation::FusedMultiplyAdd(rounding, to, operands) => {
                self.set(to, lanes, operands, around, |[a, b, c]| float::fused(rounding, a, b, c));
            }
            Operation::Compare(comparison, unordered, kind, to, a, b) => {
                self.set(to, lanes, [a, b], around, |[a, b]| {
                    u64::from(compare(comparison, unordered, kind, a, b))
                });
            }
            _ => return self.rearrange(operation, lanes, around),
        }
        Ok(())
    }

    /// Executes an operation on the bits of numbers, whatever they mean.
    fn rearrange(
        &mut self,
        operation: &Operation,
        lanes: LaneSet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), Wrong> {
        match *operation {
            Operation::Select(kind, to, [a, b], predicate) => {
                let operands = [a, b, Operand::Register(predicate)];
                self.set(to, lanes, operands, around, |[a, b, predicate]| {
                    (if predicate & 1 == 1 { a } else { b }) & kind.width().mask()
                });
            }
            Operation::Convert { to, from, register, operand } => {
                self.set(register, lanes, [operand], around, |[bits]| convert(to, from, bits));
            }
            Operation::Pack(half, to, high, low) => {
                let bits = |bits| u64::from(float::to_half(half, float::of(bits)));
                self.set(to, lanes, [high, low], around, |[high, low]| {
                    bits(high) << 16 | bits(low)
                });
            }
            Operation::Join(to, operands) => {
                self.set(to, lanes, operands, around, |[low, high]| {
                    low & Width::W32.mask() | high << 32
                });
            }
            Operation::Part([low, high], operand) => {
                self.set(low, lanes, [operand], around, |[bits]| bits & Width::W32.mask());
                self.set(high, lanes, [operand], around, |[bits]| bits >> 32);
            }
            Operation::InsertBits(to, operands) => {
                self.set(to, lanes, operands, around, |[bits, into, at, count]| {
                    insert(bits, into, at, count)
                });
            }
            Operation::Exchange { to, found, value, distance } => {
                return self.exchange((to, found), (value, distance), lanes, around);
            }
            _ => return self.transfer(operation, lanes, around),
        }
        Ok(())
    }

    /// Sets a register to what each lane computes from its operands.
    fn set<const N: usize>(
        &mut self,
        to: Register,
        lanes: LaneSet,
        operands: [Operand; N],
        around: &Surroundings<'_>,
        compute: impl Fn([u64; N]) -> u64,
    ) {
        let operands = operands.map(|operand| self.read(operand, around));
        let values = std::array::from_fn(|lane| compute(operands.each_ref().map(|v| v[lane])));
        self.write(to, lanes, &values);
    }

    /// A lane that reads from one that is elsewhere gets anything; here it is an error.
    fn exchange(
        &mut self,
        (to, found): (Register, Option<Register>),
        (value, distance): (Operand, Operand),
        lanes: LaneSet,
        around: &Surroundings<'_>,
    ) -> Result<(), Wrong> {
        let (value, distance) = (self.read(value, around), self.read(distance, around));
        let partner = |lane: usize| lane ^ usize::try_from(distance[lane]).unwrap_or(LANES);
        let together = |lane| partner(lane) < LANES && lanes >> partner(lane) & 1 == 1;
        if !lanes_of(lanes).all(together) {
            return Err(Wrong::Divergence);
        }
        self.write(to, lanes, &std::array::from_fn(|at| value[partner(at) % LANES]));
        if let Some(found) = found {
            self.write(found, lanes, &[1; LANES]);
        }
        Ok(())
    }
}

fn one(unary: Unary, kind: Type, bits: u64) -> u64 {
    let mask = kind.width().mask();
    match (unary, kind) {
        (Unary::Move, _) => bits & mask,
        (Unary::Not, Type::Predicate) => !bits & 1,
        (Unary::Not, _) => !bits & mask,
        (Unary::Negate, Type::Float) => float::bits(-float::of(bits)),
        (Unary::Negate, _) => bits.wrapping_neg() & mask,
        (Unary::Absolute, _) => float::bits(float::of(bits).abs()),
        (Unary::PowerOfTwo, _) => float::bits(float::flush(float::of(bits).exp2())),
        (Unary::LogarithmOfTwo, _) => float::bits(float::of(bits).log2()),
        (Unary::Reciprocal, _) => float::bits(1.0 / float::of(bits)),
        (Unary::Saturate, _) => float::bits(float::saturate(float::of(bits))),
    }
}

fn two(binary: Binary, kind: Type, a: u64, b: u64) -> u64 {
    match kind {
        Type::Float => float::two(binary, a, b),
        _ => integers(binary, kind, a, b) & kind.width().mask(),
    }
}

fn integers(binary: Binary, kind: Type, a: u64, b: u64) -> u64 {
    let (x, y) = (extend(kind, a), extend(kind, b));
    let width = 8 * kind.width().bytes() as u64;
    let signed = matches!(kind, Type::Signed(_));
    let shift = b & Width::W32.mask();
    match binary {
        Binary::Add => a.wrapping_add(b),
        Binary::Subtract => a.wrapping_sub(b),
        Binary::Multiply => a.wrapping_mul(b),
        // Division by zero gives anything on a device; all ones show quickly.
        Binary::Divide | Binary::Remainder if y == 0 => u64::MAX,
        Binary::Divide if signed => x.wrapping_div(y).cast_unsigned(),
        Binary::Divide => x.cast_unsigned() / y.cast_unsigned(),
        Binary::Remainder if signed => x.wrapping_rem(y).cast_unsigned(),
        Binary::Remainder => x.cast_unsigned() % y.cast_unsigned(),
        Binary::Minimum if signed => x.min(y).cast_unsigned(),
        Binary::Minimum => x.cast_unsigned().min(y.cast_unsigned()),
        Binary::Maximum if signed => x.max(y).cast_unsigned(),
        Binary::Maximum => x.cast_unsigned().max(y.cast_unsigned()),
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        Binary::ShiftLeft => {
            if shift < width {
                a << shift
            } else {
                0
            }
        }
        Binary::ShiftRight if signed => (x >> shift.min(63)).cast_unsigned(),
        Binary::ShiftRight => {
            if shift < width {
                x.cast_unsigned() >> shift
            } else {
                0
            }
        }
    }
}

/// The number of these bits, in 64.
fn extend(kind: Type, bits: u64) -> i64 {
    let unused = 64 - 8 * u32::try_from(kind.width().bytes()).expect("at most 8");
    match kind {
        Type::Signed(_) => (bits << unused).cast_signed() >> unused,
        _ => (bits & kind.width().mask()).cast_signed(),
    }
}

fn compare(comparison: Comparison, unordered: Unordered, kind: Type, a: u64, b: u64) -> bool {
    let order = match kind {
        Type::Float => float::of(a).partial_cmp(&float::of(b)),
        Type::Signed(_) => Some(extend(kind, a).cmp(&extend(kind, b))),
        _ => Some(extend(kind, a).cast_unsigned().cmp(&extend(kind, b).cast_unsigned())),
    };
    let Some(order) = order else {
        return unordered == Unordered::True;
    };
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

fn convert(to: Type, from: Type, bits: u64) -> u64 {
    let number = extend(from, bits);
    match (to, from) {
        (Type::Float, Type::Signed(_)) => float::bits(number as f32),
        (Type::Float, _) => float::bits(number.cast_unsigned() as f32),
        _ => number.cast_unsigned() & to.width().mask(),
    }
}

/// The low `count` of `bits` at place `at` of `into`.
fn insert(bits: u64, into: u64, at: u64, count: u64) -> u64 {
    let ones = ((1_u64 << count.min(32)) - 1) << at.min(32);
    ((into & !ones) | (bits << at.min(32) & ones)) & Width::W32.mask()
}

#[cfg(test)]
mod tests {
    use super::{compare, convert, extend, insert, two};
    use crate::instruction::{Binary, Comparison, Type, Unordered, Width};

    const U32: Type = Type::Unsigned(Width::W32);
    const S32: Type = Type::Signed(Width::W32);
    const MINUS_TWO: u64 = 0xffff_fffe;

    #[test]
    fn integers_wrap_at_their_width() {
        let check = |binary, kind, a, b, expected| {
            assert_eq!(two(binary, kind, a, b), expected, "{binary:?} {kind:?} {a} {b}");
        };
        check(Binary::Add, S32, 0xffff_ffff, 2, 1);
        check(Binary::Subtract, U32, 1, 3, MINUS_TWO);
        check(Binary::Minimum, S32, MINUS_TWO, 1, MINUS_TWO);
        check(Binary::Minimum, U32, MINUS_TWO, 1, 1);
        check(Binary::Divide, U32, MINUS_TWO, 2, 0x7fff_ffff);
        check(Binary::Divide, S32, MINUS_TWO, 2, 0xffff_ffff);
        check(Binary::ShiftRight, U32, MINUS_TWO, 1, 0x7fff_ffff);
        check(Binary::ShiftRight, S32, MINUS_TWO, 40, 0xffff_ffff);
        check(Binary::ShiftLeft, U32, 1, 32, 0);
        check(Binary::Remainder, U32, 7, 0, 0xffff_ffff);
    }

    #[test]
    fn numbers_compare_and_convert_by_their_type() {
        assert_eq!(extend(S32, MINUS_TWO), -2);
        let less = |kind| compare(Comparison::Less, Unordered::False, kind, MINUS_TWO, 1);
        assert_eq!((less(S32), less(U32)), (true, false));
        let nan = u64::from(f32::NAN.to_bits());
        let either = [Unordered::False, Unordered::True]
            .map(|unordered| compare(Comparison::Equal, unordered, Type::Float, nan, nan));
        assert_eq!(either, [false, true]);
        assert_eq!(convert(Type::Float, S32, MINUS_TWO), u64::from((-2.0_f32).to_bits()));
        assert_eq!(convert(Type::Signed(Width::W64), S32, MINUS_TWO), (-2_i64).cast_unsigned());
        assert_eq!(insert(0b101, 0xffff, 4, 3), 0xffdf);
    }
}
