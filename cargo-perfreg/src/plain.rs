//! Text of anybody's making, made harmless for a terminal.

use std::fmt::Write as _;

/// `text` in at most `most` characters, with whatever moves the cursor, turns the line around or
/// cannot be seen written as an escape.
pub(crate) fn plain(text: &str, most: usize) -> String {
    let mut plain = String::new();
    let mut length = 0;
    for c in text.chars() {
        let piece: String =
            if is_harmful(c) { c.escape_default().collect() } else { String::from(c) };
        length += piece.chars().count();
        if length > most {
            // What was cut away from the middle of a long word would be missed.
            let kept: String = plain.chars().take(most.saturating_sub(1)).collect();
            return kept + "…";
        }
        let _ = write!(plain, "{piece}");
    }
    plain
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_harmful, plain};

    fn check(text: &str, expected: &str) {
        assert_eq!(plain(text, 20), expected, "{text:?}");
    }

    #[test]
    fn what_harms_is_escaped_and_what_is_long_is_cut() {
        check("sort", "sort");
        check("<script>'\"", "<script>'\"");
        check("a\nb\tc", "a\\nb\\tc");
        check("\u{1b}[31mred", "\\u{1b}[31mred");
        check("x\u{202e}y", "x\\u{202e}y");
        check("größer 🦀 نص", "größer 🦀 نص");
        check(&"x".repeat(10_000), "xxxxxxxxxxxxxxxxxxx…");
        check(&"\u{202e}".repeat(9), "\\u{202e}\\u{202e}…");
        check("exactly twenty chars", "exactly twenty chars");
    }

    proptest! {
        #[test]
        fn nothing_harmful_comes_through(text in any::<String>(), most in 1_usize..50) {
            let plain = plain(&text, most);
            prop_assert!(plain.chars().count() <= most);
            prop_assert!(!plain.chars().any(is_harmful));
        }
    }
}
