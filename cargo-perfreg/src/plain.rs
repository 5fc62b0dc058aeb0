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

/// As [`plain`], but what is too long loses its middle, where a note says so: names that only differ at
/// their ends stay different.
pub(crate) fn middle(text: &str, most: usize) -> String {
    let whole: Vec<char> = plain(text, usize::MAX).chars().collect();
    if whole.len() <= most {
        return whole.into_iter().collect();
    }
    let kept = most.saturating_sub(NOTE);
    let (begin, end) = (kept.div_ceil(2), whole.len() - kept / 2);
    let side = |part: &[char]| part.iter().collect::<String>();
    format!("{}…[{} characters cut]…{}", side(&whole[..begin]), end - begin, side(&whole[end..]))
}

/// Characters of the note that something was cut, with the largest number there is.
const NOTE: usize = 40;

/// As [`plain`], line by line; lines stay lines.
pub(crate) fn paragraph(text: &str, most: usize) -> String {
    let lines: Vec<String> = text.lines().map(|line| plain(line, usize::MAX)).collect();
    let whole = lines.join("\n");
    if whole.chars().count() <= most {
        return whole;
    }
    let kept: String = whole.chars().take(most.saturating_sub(1)).collect();
    kept + "…"
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_harmful, middle, paragraph, plain};

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

    #[test]
    fn the_middle_of_a_long_name_is_cut_and_lines_stay_lines() {
        let long = format!("begin{}end", "x".repeat(10_000));
        assert_eq!(middle(&long, 60), "beginxxxxx…[9988 characters cut]…xxxxxxxend");
        assert_eq!(middle("sort\u{202e}\n", 60), "sort\\u{202e}\\n");
        assert_eq!(paragraph("one\u{1b}\r\ntwo\u{ffff}", 60), "one\\u{1b}\ntwo\\u{ffff}");
        assert_eq!(paragraph("one\ntwo", 5), "one\n…");
    }

    proptest! {
        #[test]
        fn nothing_harmful_comes_through(text in any::<String>(), most in 1_usize..50) {
            let plain = plain(&text, most);
            prop_assert!(plain.chars().count() <= most);
            prop_assert!(!plain.chars().any(is_harmful));
            let middle = middle(&text, most + 40);
            prop_assert!(middle.chars().count() <= most + 40 && !middle.chars().any(is_harmful));
        }
    }
}
