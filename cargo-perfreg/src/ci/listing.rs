//! A list in Markdown that has to be short.

/// As many of the entries as fit into `room` bytes and are no more than `most`, and how many there are
/// besides. An entry ends with a line's end.
pub(crate) fn listing(
    entries: impl ExactSizeIterator<Item = String>,
    most: usize,
    room: usize,
) -> String {
    let all = entries.len();
    let mut text = String::new();
    for (at, entry) in entries.enumerate() {
        if at == most || text.len() + entry.len() > room {
            return format!("{text}- …and {} more\n", all - at);
        }
        text += &entry;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::listing;

    #[test]
    fn what_does_not_fit_is_counted() {
        let check = |entries: usize, most: usize, room: usize, expected: &str| {
            let entries = (0..entries).map(|at| format!("- {at}\n"));
            assert_eq!(listing(entries, most, room), expected);
        };
        check(0, 9, 99, "");
        check(2, 2, 8, "- 0\n- 1\n");
        check(3, 2, 99, "- 0\n- 1\n- …and 1 more\n");
        check(3, 9, 7, "- 0\n- …and 2 more\n");
    }
}
