//! "Did you mean …?"

/// The name among `known` that `word` is most likely a slip of.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, name) =
        known.iter().map(|name| (distance(word, name), *name)).min_by_key(|(d, _)| *d)?;
    // A third of the letters: more is another word, not a slip.
    (distance <= word.chars().count().max(3) / 3).then_some(name)
}

/// What the message says after "unknown …": the guess, if there is one, and all names.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    let names = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match nearest(word, known) {
        Some(name) => format!("did you mean `{name}`? Known are {names}"),
        None => format!("known are {names}"),
    }
}

/// The edit distance: how many letters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn only_slips_are_suggested() {
        let known = ["baseline", "budget", "args"];
        assert_eq!(nearest("base_line", &known), Some("baseline"));
        assert_eq!(nearest("arg", &known), Some("args"));
        assert_eq!(nearest("warmup", &known), None);
    }
}
