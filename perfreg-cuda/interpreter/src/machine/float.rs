//! Numbers of 32 and of 16 bits, rounded as a device does.

use half::{bf16, f16};

use crate::instruction::{Binary, Half, Rounding};

/// The f32 of these bits.
pub(super) fn of(bits: u64) -> f32 {
    f32::from_bits(u32::try_from(bits & 0xffff_ffff).expect("32 bits"))
}

/// Its bits.
pub(super) fn bits(number: f32) -> u64 {
    u64::from(number.to_bits())
}

pub(super) fn two(binary: Binary, a: u64, b: u64) -> u64 {
    let (x, y) = (of(a), of(b));
    bits(match binary {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::Divide => x / y,
        // Of a number and something that is none, the number.
        Binary::Minimum => x.min(y),
        Binary::Maximum => x.max(y),
        _ => f32::NAN,
    })
}

/// a b + c, rounded once.
pub(super) fn fused(rounding: Rounding, a: u64, b: u64, c: u64) -> u64 {
    let nearest = of(a).mul_add(of(b), of(c));
    bits(match rounding {
        Rounding::Nearest => nearest,
        Rounding::Down => {
            // The product is exact in 64 bits, and the sum as good as exact.
            let exact = f64::from(of(a)) * f64::from(of(b)) + f64::from(of(c));
            if f64::from(nearest) > exact { nearest.next_down() } else { nearest }
        }
    })
}

/// Zero for what is too small to be a normal number.
pub(super) fn flush(number: f32) -> f32 {
    if number.is_subnormal() { 0.0 } else { number }
}

/// To the range from 0 to 1; 0 for what is no number.
pub(super) fn saturate(number: f32) -> f32 {
    if number.is_nan() { 0.0 } else { number.clamp(0.0, 1.0) }
}

pub(super) fn to_half(half: Half, number: f32) -> u16 {
    match half {
        Half::F16 => f16::from_f32(number).to_bits(),
        Half::Bf16 => bf16::from_f32(number).to_bits(),
    }
}

pub(super) fn from_half(half: Half, bits: u16) -> f32 {
    match half {
        Half::F16 => f16::from_bits(bits).to_f32(),
        Half::Bf16 => bf16::from_bits(bits).to_f32(),
    }
}

#[cfg(test)]
mod tests {
    use super::{bits, flush, fused, of, saturate};
    use crate::instruction::Rounding;

    #[test]
    fn rounding_down_never_rounds_up() {
        let round = |rounding, c: f32| of(fused(rounding, bits(1.0), bits(1.0), bits(c)));
        // 1 + 2^-25 lies between 1 and the next number; 1 - 2^-26 between 1 and the one before.
        let small = 2.0_f32.powi(-25);
        assert_eq!(round(Rounding::Down, small), 1.0);
        assert_eq!(round(Rounding::Nearest, -small / 2.0), 1.0);
        assert_eq!(round(Rounding::Down, -small / 2.0), 1.0_f32.next_down());
    }

    #[test]
    fn small_and_wild_numbers_are_tamed() {
        assert_eq!(flush(1e-40), 0.0);
        assert_eq!(flush(1e-30), 1e-30);
        assert_eq!(saturate(f32::NAN), 0.0);
        assert_eq!([saturate(-1.0), saturate(0.5), saturate(7.0)], [0.0, 0.5, 1.0]);
    }
}
