//! Values as people read them.

use perfreg_core::Unit;

/// `value` in the largest unit that keeps it above 1.
pub(crate) fn humanise(value: f64, unit: &Unit) -> String {
    match unit {
        Unit::Nanoseconds => scaled(value, 1000.0, &["ns", "µs", "ms", "s"]),
        Unit::Bytes => scaled(value, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"]),
        Unit::BytesPerSecond => scaled(value, 1024.0, &["B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s"]),
        Unit::ItemsPerSecond => {
            scaled(value, 1000.0, &["items/s", "k items/s", "M items/s", "G items/s"])
        }
        Unit::Count | Unit::Dimensionless => digits(value),
        other => format!("{} {}", digits(value), other.symbol()),
    }
}

fn scaled(value: f64, step: f64, symbols: &[&str]) -> String {
    let mut value = value;
    let mut symbols = symbols.iter();
    let mut symbol = symbols.next().expect("every caller names a unit");
    // What rounds up to a whole step already belongs to the next unit.
    while value.abs() >= step - 0.05 {
        let Some(next) = symbols.next() else { break };
        value /= step;
        symbol = next;
    }
    format!("{} {symbol}", digits(value))
}

/// Whole numbers as they are, others with four digits that count.
fn digits(value: f64) -> String {
    if value.fract() == 0.0 {
        return format!("{value:.0}");
    }
    let decimals = match value.abs() {
        large if large >= 100.0 => 1,
        large if large >= 10.0 => 2,
        large if large >= 0.1 => 3,
        _ => 6,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short_and_carry_their_unit() {
        let check = |value: f64, unit: Unit, expected: &str| {
            assert_eq!(humanise(value, &unit), expected, "{value} {unit}");
        };
        check(0.1234, Unit::Nanoseconds, "0.123 ns");
        check(12.0, Unit::Nanoseconds, "12 ns");
        check(999.97, Unit::Nanoseconds, "1.000 µs");
        check(1234.5, Unit::Nanoseconds, "1.234 µs");
        check(12_345_678.0, Unit::Nanoseconds, "12.35 ms");
        check(3.6e12, Unit::Nanoseconds, "3600 s");
        check(-1500.0, Unit::Nanoseconds, "-1.500 µs");
        check(512.0, Unit::Bytes, "512 B");
        check(65_536.0, Unit::Bytes, "64 KiB");
        check(1536.0, Unit::BytesPerSecond, "1.500 KiB/s");
        check(2_500_000.0, Unit::ItemsPerSecond, "2.500 M items/s");
        check(10_001.0, Unit::Count, "10001");
        check(10.5, Unit::Count, "10.50");
        check(97.25, Unit::Percent, "97.25 %");
        check(0.00012, Unit::Dimensionless, "0.000120");
        check(3.0, Unit::from_symbol("J"), "3 J");
    }
}
