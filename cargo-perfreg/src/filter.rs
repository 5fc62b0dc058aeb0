//! Which tests a command line means.

use perfreg_core::TestId;

/// How a word of the command line names tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Match {
    /// By any part of `target::test path`, or by the name of a package, alone or before such a part.
    Substring,
    /// By `target::test path`, with the package before it or not, or by the test path alone.
    Exact,
    /// By whole segments of `package::target::test path`: a test, a module, a target, a package.
    Segments,
}

impl Match {
    /// Whether `word` means the test `id`.
    fn holds(self, word: &str, id: &TestId) -> bool {
        match self {
            Match::Substring => match word.strip_prefix(id.package.as_str()) {
                Some("") => true,
                Some(rest) if rest.starts_with("::") => id.to_string().contains(&rest[2..]),
                _ => id.to_string().contains(word),
            },
            Match::Exact => {
                let (name, test) = (id.to_string(), id.test.as_str());
                word == name || word == test || word == format!("{}::{name}", id.package)
            }
            Match::Segments => format!("::{}::{id}::", id.package).contains(&format!("::{word}::")),
        }
    }
}

/// The positions of the tests that any of `words` means, in order; all of them without words.
///
/// # Errors
/// The first word that means no test: a typing error would otherwise pass as a green result.
pub(crate) fn pick(
    ids: &[&TestId],
    words: &[String],
    how: Match,
) -> Result<Vec<usize>, UnknownTest> {
    if let Some(word) = words.iter().find(|word| !ids.iter().any(|id| how.holds(word, id))) {
        return Err(UnknownTest { word: word.clone(), known: names(ids) });
    }
    let meant = |id: &TestId| words.is_empty() || words.iter().any(|word| how.holds(word, id));
    Ok((0..ids.len()).filter(|&at| meant(ids[at])).collect())
}

/// The first of `words` that names one test in several packages, with what to say instead.
pub(crate) fn ambiguous(ids: &[&TestId], words: &[String]) -> Option<String> {
    words.iter().find_map(|word| {
        let mut named: Vec<_> =
            ids.iter().filter(|id| id.to_string() == *word || id.test == *word).collect();
        named.dedup_by_key(|id| (&id.package, &id.target));
        let many = named.windows(2).any(|pair| pair[0].package != pair[1].package);
        many.then(|| {
            let full = named.iter().map(|id| format!("  {}::{id}", id.package));
            format!(
                "{word:?} is a test of several packages:\n{}",
                full.collect::<Vec<_>>().join("\n")
            )
        })
    })
}

/// A word that means no test, and the tests there are.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct UnknownTest {
    /// The word.
    pub(crate) word: String,
    /// The tests, one a line, the first few of them.
    pub(crate) known: String,
}

fn names(ids: &[&TestId]) -> String {
    const SHOWN: usize = 20;
    let packages = ids.windows(2).any(|pair| pair[0].package != pair[1].package);
    let name = |id: &&TestId| match packages {
        true => format!("  {}::{id}", id.package),
        false => format!("  {id}"),
    };
    let mut lines: Vec<_> = ids.iter().take(SHOWN).map(name).collect();
    if ids.len() > SHOWN {
        lines.push(format!("  and {} more", ids.len() - SHOWN));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], how: Match, expected: Result<&[usize], &str>) {
        let ids = [
            TestId::new("app", "perf", "sort"),
            TestId::new("app", "perf", "sort_reversed"),
            TestId::new("app", "app::parse", "small"),
            TestId::new("tool", "perf", "open"),
        ];
        let ids: Vec<_> = ids.iter().collect();
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        let picked = pick(&ids, &words, how).map_err(|unknown| unknown.word);
        assert_eq!(picked, expected.map(<[_]>::to_vec).map_err(str::to_owned), "{words:?} {how:?}");
    }

    #[test]
    fn words_pick_tests() {
        check(&[], Match::Substring, Ok(&[0, 1, 2, 3]));
        check(&["sort"], Match::Substring, Ok(&[0, 1]));
        check(&["perf::"], Match::Substring, Ok(&[0, 1, 3]));
        check(&["small", "open"], Match::Substring, Ok(&[2, 3]));
        check(&["sort", "sorted"], Match::Substring, Err("sorted"));
        check(&["tool"], Match::Substring, Ok(&[3]));
        check(&["app::perf::sort"], Match::Substring, Ok(&[0, 1]));
        check(&["too"], Match::Substring, Err("too"));
        check(&["app::perf::sort"], Match::Exact, Ok(&[0]));
        check(&["perf::sort"], Match::Exact, Ok(&[0]));
        check(&["parse::small"], Match::Exact, Ok(&[2]));
        check(&["small"], Match::Exact, Err("small"));
        check(&["sort"], Match::Segments, Ok(&[0]));
        check(&["perf"], Match::Segments, Ok(&[0, 1, 3]));
        check(&["parse"], Match::Segments, Ok(&[2]));
        check(&["tool"], Match::Segments, Ok(&[3]));
        check(&["rt"], Match::Segments, Err("rt"));
        check(&[], Match::Segments, Ok(&[0, 1, 2, 3]));
    }

    #[test]
    fn a_name_in_several_packages_is_ambiguous() {
        let ids = [TestId::new("a", "perf", "sort"), TestId::new("b", "perf", "sort")];
        let ids: Vec<_> = ids.iter().collect();
        let said = |word: &str| ambiguous(&ids, &[word.to_owned()]);
        let expected =
            "\"perf::sort\" is a test of several packages:\n  a::perf::sort\n  b::perf::sort";
        assert_eq!(said("perf::sort").as_deref(), Some(expected));
        assert_eq!((said("perf"), said("a::perf::sort")), (None, None));
    }

    #[test]
    fn an_unknown_word_comes_with_the_tests_there_are() {
        let id = TestId::new("app", "perf", "sort");
        let unknown = pick(&[&id], &["x".to_owned()], Match::Exact).unwrap_err();
        assert_eq!(unknown.known, "  perf::sort");
    }
}
