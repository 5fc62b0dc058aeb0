//! What the literals in the options say: strings, whole numbers, percentages, durations.

use syn::{Expr, Lit, LitInt, LitStr};

/// The expression without the invisible groups and parentheses that `macro_rules!` puts around it.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => bare(&group.expr),
        Expr::Paren(paren) => bare(&paren.expr),
        other => other,
    }
}

/// The literal that `expr` is.
pub(crate) fn literal(expr: &Expr) -> Option<&Lit> {
    match bare(expr) {
        Expr::Lit(literal) => Some(&literal.lit),
        _ => None,
    }
}

/// The string literal that `expr` is.
pub(crate) fn string(expr: &Expr) -> Option<LitStr> {
    match literal(expr)? {
        Lit::Str(string) => Some(string.clone()),
        _ => None,
    }
}

/// The integer literal that `expr` is.
pub(crate) fn integer(expr: &Expr) -> Option<&LitInt> {
    match literal(expr)? {
        Lit::Int(integer) => Some(integer),
        _ => None,
    }
}

/// The path that `expr` is.
pub(crate) fn path(expr: &Expr) -> Option<&syn::Path> {
    match bare(expr) {
        Expr::Path(path) if path.qself.is_none() => Some(&path.path),
        _ => None,
    }
}

/// The elements of the list that `expr` is.
pub(crate) fn list(expr: &Expr) -> Option<impl Iterator<Item = &Expr>> {
    match bare(expr) {
        Expr::Array(array) => Some(array.elems.iter().map(bare)),
        _ => None,
    }
}

/// `"3%"` as the fraction 0.03; `None` if it is no percentage above 0 and under 1000.
pub(crate) fn percentage(text: &str) -> Option<f64> {
    let percent = decimal(text.strip_suffix('%')?.trim_end())?;
    (percent > 0.0 && percent < 1000.0).then_some(percent / 100.0)
}

/// `"2s"` in nanoseconds; `None` if it is no duration above 0.
pub(crate) fn duration(text: &str) -> Option<u64> {
    // From the longest unit down, for `s` ends all but `m`.
    const UNITS: [(&str, f64); 5] =
        [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10)];
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, nanoseconds)| Some((text.strip_suffix(name)?, *nanoseconds)))?;
    let nanoseconds = (decimal(number.trim_end())? * unit).round();
    // Under 2^53 the conversion is exact; that is a hundred days.
    (1.0..9_007_199_254_740_992.0).contains(&nanoseconds).then_some(nanoseconds as u64)
}

/// A number without sign or exponent, so that `inf`, `nan` and `1e9` do not slip through.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages() {
        assert_eq!(percentage("3%"), Some(0.03));
        assert_eq!(percentage("3 %"), Some(0.03));
        assert_eq!(percentage("0.5%"), Some(0.005));
        for wrong in ["3", "%", "", "0%", "-3%", "1000%", "1e1%", "inf%", "nan%", "3%%", "three%"] {
            assert_eq!(percentage(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("2s"), Some(2_000_000_000));
        assert_eq!(duration("1.5 ms"), Some(1_500_000));
        assert_eq!(duration("10us"), Some(10_000));
        assert_eq!(duration("7ns"), Some(7));
        assert_eq!(duration("1m"), Some(60_000_000_000));
        for wrong in ["2", "s", "", "0s", "-1s", "2h", "0.1ns", "1e3s", "infs", "999999999m"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
