//! Text of anybody's making in the log of a job, which the service reads for commands.

use crate::plain::{middle, paragraph};

/// A text in one line of at most `most` characters: nothing in it is a command.
pub(crate) fn in_line(text: &str, most: usize) -> String {
    without_commands(&middle(text, most))
}

/// As [`in_line`], but lines stay lines. Whoever prints them begins each with a word of its own: at the
/// beginning of a line `::` is a command, after blanks too.
pub(crate) fn in_lines(text: &str, most: usize) -> String {
    without_commands(&paragraph(text, most))
}

/// GitHub's older form of a command is found anywhere in a line.
fn without_commands(text: &str) -> String {
    text.replace("##[", "# #[")
}

#[cfg(test)]
mod tests {
    use super::{in_line, in_lines};

    #[test]
    fn no_line_is_a_command() {
        let check = |text: &str, expected: &str| assert_eq!(in_line(text, 100), expected);
        check("sort", "sort");
        check("a\n::error::b", "a\\n::error::b");
        check("x ##[add-mask]e", "x # #[add-mask]e");
        check("####[x]", "### #[x]");
        assert_eq!(in_lines("a\r\n##[x]", 100), "a\n# #[x]");
    }
}
