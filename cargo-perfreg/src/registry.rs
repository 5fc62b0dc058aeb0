//! Which annotated tests an executable holds: the macro leaves a record of each in a section.
//!
//! Reading the section starts nothing, and knows the tests before any of them runs.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use object::{Object, ObjectSection, ReadCache};
use perfreg_core::TestId;

use crate::error::Error;

/// The section's name on ELF, Mach-O and PE.
const SECTIONS: [&str; 3] = ["perfreg", "__perfreg", ".perfreg"];
/// Every record begins with this.
const START: char = '\u{1e}';
/// Separates the fields of a record.
const SEPARATOR: char = '\u{1f}';
/// The format of the records.
const SCHEMA: &str = "perfreg-test/1";

/// An annotated test as its record describes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Registration {
    /// Its source file; with the line it sorts tests as their author did.
    pub(crate) file: String,
    /// The line in it.
    pub(crate) line: u32,
    /// Its name.
    pub(crate) id: TestId,
    /// The committed baseline file that it names, relative to its package; none if the attribute
    /// names none.
    pub(crate) baseline: Option<String>,
    /// What the attribute says of thresholds and spending.
    pub(crate) said: Said,
}

impl Registration {
    /// The committed baseline file, by the attribute or by default.
    pub(crate) fn baseline_name(&self) -> String {
        let default = || format!("gt/{}.json", self.id.target);
        self.baseline.clone().unwrap_or_else(default)
    }
}

/// What an attribute says, as text; `None` where it is silent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) struct Said {
    /// A fraction.
    pub(crate) threshold: Option<String>,
    pub(crate) launches: Option<String>,
    /// Nanoseconds.
    pub(crate) budget_ns: Option<String>,
    /// Limits with their reasons.
    pub(crate) limits: Vec<(String, String)>,
}

/// What stands for a blank within a word of a record.
const BLANK: char = '\u{2423}';
/// What stands between a limit and its reason.
const BECAUSE: char = '\u{1d}';

impl Said {
    /// Words such as `threshold=0.03`; what another version would know is passed over.
    fn read(words: &str) -> Self {
        let find = |name: &str| {
            let mut values = words.split_whitespace().filter_map(|word| word.split_once('='));
            values.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let limits = words.split_whitespace().filter_map(|word| word.strip_prefix("limit="));
        let text = |part: &str| part.replace(BLANK, " ");
        let limits = limits.filter_map(|pair| {
            let (limit, reason) = pair.split_once(BECAUSE)?;
            Some((text(limit), text(reason)))
        });
        Self {
            threshold: find("threshold"),
            launches: find("launches"),
            budget_ns: find("budget_ns"),
            limits: limits.collect(),
        }
    }
}

/// Two tests that would share their entry in a baseline file: a section is a test path without its
/// target, so two targets of a package that name one file can collide, and two of one name, such as
/// a library and its binary, collide in all that is kept of them.
///
/// `registrations` has each test of an executable once.
pub(crate) fn sharing<'a>(
    registrations: impl Iterator<Item = &'a Registration>,
) -> Option<(&'a Registration, &'a Registration)> {
    let mut seen: BTreeMap<_, &Registration> = BTreeMap::new();
    for one in registrations {
        let other = seen.insert((&one.id.package, one.baseline_name(), &one.id.test), one);
        if let Some(other) = other {
            return Some((other, one));
        }
    }
    None
}

/// The records in the executable at `path` in source order; none if it has no such section.
///
/// # Errors
/// If the file is no executable, or the records are not of this version.
pub(crate) fn read(path: &Path) -> Result<Vec<Registration>, Error> {
    let file = File::open(path).map_err(|cause| Error::io("read", path, &cause))?;
    let broken = |cause: object::Error| {
        Error::usage(format!("cannot look for tests in {}: {cause}", path.display()))
    };
    // Reads what is asked for: executables with debug information are large.
    let cache = ReadCache::new(file);
    let object = object::File::parse(&cache).map_err(broken)?;
    let mut found = Vec::new();
    for section in object.sections() {
        if section.name().is_ok_and(|name| SECTIONS.contains(&name)) {
            let data = section.data().map_err(broken)?;
            let records =
                parse(data).map_err(|why| Error::usage(format!("{}: {why}", path.display())))?;
            found.extend(records);
        }
    }
    // The linker orders them as it likes.
    found.sort();
    found.dedup();
    Ok(found)
}

/// The records in the bytes of a section.
fn parse(data: &[u8]) -> Result<Vec<Registration>, String> {
    let text = std::str::from_utf8(data).map_err(|_| "a test record is not UTF-8".to_owned())?;
    // The linker aligns what it joins, and pads with zeros.
    let mut records = text.split(START).map(|record| record.trim_matches('\0'));
    match records.next() {
        None | Some("") => records.map(registration).collect(),
        Some(other) => Err(format!("test records begin with {other:?}")),
    }
}

fn registration(record: &str) -> Result<Registration, String> {
    let mut fields = record.split(SEPARATOR);
    let schema = fields.next().unwrap_or_default();
    if schema != SCHEMA {
        return Err(format!(
            "the tests are of the format {schema:?}, this cargo-perfreg reads {SCHEMA:?}; \
             install the version that fits the perfreg of the project"
        ));
    }
    let fields: Vec<_> = fields.collect();
    let incomplete = || format!("a test record is incomplete: {record:?}");
    match fields[..] {
        [module_path, function, package, file, line, baseline, options]
            if options.ends_with('\n') =>
        {
            Ok(Registration {
                file: file.to_owned(),
                line: line.parse().map_err(|_| incomplete())?,
                id: TestId::new(package, module_path, function),
                baseline: Some(baseline.to_owned()).filter(|name| !name.is_empty()),
                said: Said::read(options),
            })
        }
        _ => Err(incomplete()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(module_path: &str, function: &str) -> String {
        format!(
            "\u{1e}perfreg-test/1\u{1f}{module_path}\u{1f}{function}\u{1f}app\u{1f}tests/perf.rs\
             \u{1f}12\u{1f}gt/sort.json\u{1f}threshold=0.03 launches=12\n"
        )
    }

    fn check(section: &str, expected: &[(&str, &str)]) {
        let ids: Vec<_> = parse(section.as_bytes()).unwrap().into_iter().map(|r| r.id).collect();
        let expected: Vec<_> = expected.iter().map(|(m, f)| TestId::new("app", m, f)).collect();
        assert_eq!(ids, expected, "{section:?}");
    }

    fn check_error(section: &str, part: &str) {
        let message = parse(section.as_bytes()).unwrap_err();
        assert!(message.contains(part), "{message} lacks {part}");
    }

    #[test]
    fn records_are_read_with_and_without_padding() {
        let (one, two) = (record("perf", "sort"), record("perf::inner", "parse"));
        check("", &[]);
        check("\0\0\0", &[]);
        check(&one, &[("perf", "sort")]);
        check(&format!("{one}{two}"), &[("perf", "sort"), ("perf::inner", "parse")]);
        check(&format!("\0\0{one}\0\0\0{two}\0"), &[("perf", "sort"), ("perf::inner", "parse")]);
        check(&one.replace("gt/sort.json", ""), &[("perf", "sort")]);
    }

    #[test]
    fn what_the_attribute_says_is_known() {
        let said = parse(record("perf", "sort").as_bytes()).unwrap().remove(0).said;
        let expected = (Some("0.03"), Some("12"), None);
        let found =
            (said.threshold.as_deref(), said.launches.as_deref(), said.budget_ns.as_deref());
        assert_eq!(found, expected);
        let limits = "limit=under\u{2423}5\u{2423}ms\u{1d}frames limit=at\u{2423}most\u{2423}1\u{2423}B\u{1d}x\u{2423}y";
        let limits = Said::read(limits).limits;
        let pair = |limit: &str, reason: &str| (limit.to_owned(), reason.to_owned());
        assert_eq!(limits, [pair("under 5 ms", "frames"), pair("at most 1 B", "x y")]);
    }

    #[test]
    fn tests_that_share_an_entry_are_found() {
        let (perf, other) = (record("perf", "sort"), record("other", "sort"));
        let check = |section: String, expected: bool| {
            let registrations = parse(section.as_bytes()).unwrap();
            assert_eq!(sharing(registrations.iter()).is_some(), expected, "{section:?}");
        };
        check(format!("{perf}{other}"), true);
        check(perf.clone(), false);
        check(format!("{perf}{perf}"), true);
        check(format!("{perf}{}", other.replace("gt/sort.json", "gt/other.json")), false);
        check(format!("{perf}{other}").replace("gt/sort.json", ""), false);
        let default = |record: &str| record.replace("gt/sort.json", "");
        check(format!("{}{}", default(&perf), other.replace("gt/sort", "gt/perf")), true);
        check(format!("{perf}{}", record("other", "parse")), false);
    }

    #[test]
    fn what_is_not_a_record_is_explained() {
        let one = record("perf", "sort");
        check_error(&one.replace("test/1", "test/2"), "format \"perfreg-test/2\"");
        check_error(&one.replace('\n', ""), "incomplete");
        check_error(&one.replace("\u{1f}12", ""), "incomplete");
        check_error(&one.replace("\u{1f}12", "\u{1f}x"), "incomplete");
        check_error(&format!("x{one}"), "begin with \"x\"");
    }
}
