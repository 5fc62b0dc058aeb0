//! Text of anybody's making in GitHub's Markdown: as it was written, and never as markup.

use std::fmt::Write as _;

/// What has no meaning inside of a code span in the cell of a table.
fn is_plain_in_code(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphanumeric() || " :_.,;-+/()[]{}=#%*!?^~'\"".contains(c)
}

/// A name as code. Nothing in code is a link, a mention or an emoji.
pub(crate) fn code(text: &str) -> String {
    if !text.is_empty() && text.trim() == text && text.chars().all(is_plain_in_code) {
        return format!("`{text}`");
    }
    // What code spans cannot hold: a backtick, and the pipe that ends a cell wherever it stands.
    let mut escaped = String::from("<code>");
    for c in text.chars() {
        match c {
            c if !c.is_ascii() || c.is_ascii_alphanumeric() || c == ' ' => escaped.push(c),
            c => entity(&mut escaped, c),
        }
    }
    escaped + "</code>"
}

/// Prose, in one line: nothing of it is markup, a link or a mention.
pub(crate) fn prose(text: &str) -> String {
    let mut escaped = String::new();
    let mut before = [' '; 3];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after_www = before.iter().all(|c| c.eq_ignore_ascii_case(&'w'));
        match c {
            '\n' => escaped.push_str("<br>"),
            // A blank of no width, for what is looked for after entities were replaced.
            '@' | '#' => {
                entity(&mut escaped, c);
                escaped.push_str(NO_WIDTH);
            }
            '/' if before[2] == ':' => {
                escaped.push_str(NO_WIDTH);
                escaped.push(c);
            }
            '.' if after_www => entity(&mut escaped, c),
            // Within a word it is no emphasis.
            '_' if before[2].is_alphanumeric()
                && chars.peek().is_some_and(|c| c.is_alphanumeric()) =>
            {
                escaped.push(c);
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '!' | '$' | '"' => {
                entity(&mut escaped, c);
            }
            c => escaped.push(c),
        }
        before = [before[1], before[2], c];
    }
    escaped
}

const NO_WIDTH: &str = "&#8203;";

fn entity(text: &mut String, c: char) {
    let _ = write!(text, "&#{};", u32::from(c));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{code, prose};

    #[test]
    fn names_are_code() {
        let check = |text: &str, expected: &str| assert_eq!(code(text), expected);
        check("perf::sort [1_000]", "`perf::sort [1_000]`");
        check("größer 🦀 نص", "`größer 🦀 نص`");
        check("a|b", "<code>a&#124;b</code>");
        check("`x`", "<code>&#96;x&#96;</code>");
        check("<script>", "<code>&#60;script&#62;</code>");
        check("@all", "<code>&#64;all</code>");
        check("\\u{1b}", "<code>&#92;u&#123;1b&#125;</code>");
        check(" x", "<code> x</code>");
        check("", "<code></code>");
    }

    #[test]
    fn prose_is_no_markup() {
        let check = |text: &str, expected: &str| assert_eq!(prose(text), expected);
        check("+5.0 % (+4.0 % to +6.0 %), p 2e-4", "+5.0 % (+4.0 % to +6.0 %), p 2e-4");
        check("a|b\nc", "a&#124;b<br>c");
        check("x86_64 _b_", "x86_64 &#95;b&#95;");
        check("**<b>**", "&#42;&#42;&#60;b&#62;&#42;&#42;");
        check("see @org/team, #12", "see &#64;&#8203;org/team, &#35;&#8203;12");
        check("https://x.org", "https:&#8203;//x.org");
        check("WWW.x.org", "WWW&#46;x.org");
        check("[a](b)", "&#91;a&#93;(b)");
        check("größer 🦀 نص", "größer 🦀 نص");
    }

    proptest! {
        #[test]
        fn nothing_is_markup(text in any::<String>()) {
            let text = text.replace(char::is_control, " ");
            for escaped in [code(&text), prose(&text)] {
                let inner = escaped.replace("<code>", "").replace("</code>", "").replace("<br>", "");
                prop_assert!(!inner.contains(['|', '<', '>', '\n', '@', '\\']), "{escaped}");
                prop_assert_eq!(inner.matches('`').count() % 2, 0, "{}", escaped);
            }
        }
    }
}
