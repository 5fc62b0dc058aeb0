//! Numbers with their nouns.

/// So many things of a name: `1 run`, `2 runs`.
pub(crate) fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}
