//! Values as people read them.

use crate::model::Unit;

/// A value with its unit, scaled to what reads well: `1.234 ms`, `12.0 KiB`, `42`.
pub fn format_value(value: f64, unit: &Unit) -> String {
    const TIME: [(f64, &str); 4] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    const BYTES: [(f64, &str); 4] =
        [(1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB"), (1.0, "B")];
    const RATE: [(f64, &str); 4] = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    match unit {
        Unit::Nanoseconds => scaled(value, &TIME),
        Unit::Bytes => scaled(value, &BYTES),
        Unit::BytesPerSecond | Unit::ItemsPerSecond => {
            format!("{}{}", scaled(value, &RATE), unit.symbol())
        }
        Unit::Percent => format!("{} %", digits(value)),
        Unit::Count | Unit::Dimensionless => digits(value),
        Unit::Other(symbol) => format!("{} {symbol}", digits(value)),
    }
}

fn scaled(value: f64, scales: &[(f64, &str)]) -> String {
    // What rounds up to the next unit belongs to it: 999.97 ns are 1.000 µs.
    const ROUNDS_UP: f64 = 0.999_95;
    let (factor, name) = scales
        .iter()
        .find(|(factor, _)| value.abs() >= *factor * ROUNDS_UP)
        .or(scales.last())
        .expect("a scale has entries");
    format!("{} {name}", digits(value / factor))
}

/// Four significant digits, and no more decimals than that takes.
fn digits(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let before_point = value.abs().log10().floor() as i32 + 1;
    let decimals = (4 - before_point.max(0)).clamp(0, 6) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::format_value;
    use crate::model::Unit;

    #[test]
    fn reads_well() {
        let check = |value: f64, unit: Unit, expected: &str| {
            assert_eq!(format_value(value, &unit), expected);
        };
        check(0.25, Unit::Nanoseconds, "0.2500 ns");
        check(203.456, Unit::Nanoseconds, "203.5 ns");
        check(20_345.0, Unit::Nanoseconds, "20.34 µs");
        check(999.97, Unit::Nanoseconds, "1.0000 µs");
        check(1_234_567.0, Unit::Nanoseconds, "1.235 ms");
        check(12_345_678_901.0, Unit::Nanoseconds, "12.35 s");
        check(12_288.0, Unit::Bytes, "12 KiB");
        check(42.0, Unit::Count, "42");
        check(2.5, Unit::Count, "2.500");
        check(0.9987, Unit::Dimensionless, "0.9987");
        check(2.5e9, Unit::BytesPerSecond, "2.500 GB/s");
        check(f64::INFINITY, Unit::Nanoseconds, "inf s");
        check(17.0, Unit::Other("tokens/s".into()), "17 tokens/s");
    }
}
