//! Where the rows of a history lie in a folder that is partitioned as Hive does it, and in which order.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::export::Row;
use crate::history::Digest;

/// A month in UTC, such as `2026-01`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Month(String);

impl Month {
    /// The month in which a run began; none if `started` is no time, or one before 1970.
    pub(crate) fn of(started: &str) -> Option<Self> {
        /// `2026-01`.
        const LENGTH: usize = 7;
        let moment = humantime::parse_rfc3339_weak(started).ok()?;
        let mut text = humantime::format_rfc3339_seconds(moment).to_string();
        text.truncate(LENGTH);
        Some(Self(text))
    }
}

/// What Hive calls the folder of rows that have no value to lie by.
const DEFAULT: &str = "__HIVE_DEFAULT_PARTITION__";

/// The folder of what `project` measured in a month; of what has no readable time, Hive's default.
pub(crate) fn folder(project: &str, month: Option<&Month>) -> PathBuf {
    let month = month.map_or(DEFAULT, |month| &month.0);
    [format!("project={}", escaped(project)), format!("month={month}")].iter().collect()
}

/// A value as a part of a path: Hive's escapes, and those of what Windows forbids besides. Beyond
/// ASCII nothing is escaped, since Hive and Spark read two digits as one character.
fn escaped(value: &str) -> String {
    const SPECIAL: &str = "\"#%'*/:=?\\{[]^<>|";
    if value.is_empty() {
        return DEFAULT.to_owned();
    }
    let mut escaped = String::new();
    for c in value.chars() {
        if c.is_ascii_control() || SPECIAL.contains(c) {
            let _ = write!(escaped, "%{:02X}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

const PREFIX: &str = "perfreg-";
const SUFFIX: &str = ".parquet";

/// What a file is called: by its content, so that the same is never there twice.
pub(crate) fn file_name(bytes: &[u8]) -> String {
    format!("{PREFIX}{}{SUFFIX}", Digest::of(bytes))
}

/// Whether [`file_name`] gives such names.
pub(crate) fn is_own(name: &str) -> bool {
    let digest = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX));
    digest.and_then(Digest::parse).is_some()
}

/// The rows by series, the oldest first; those that are alike in both stay as they come.
pub(crate) fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    fn key(row: &Row) -> [&str; 8] {
        let Row { package, test, case, metric, host, profile, toolchain, started, .. } = row;
        [package, test, case, &metric.name, host, profile, toolchain, started].map(String::as_str)
    }
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    rows
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use perfreg_core::Verdict;

    use super::*;
    use crate::export::rows;
    use crate::testing::{judgement, run};

    #[test]
    fn runs_lie_by_project_and_month() {
        let check = |project: &str, started: &str, expected: &str| {
            let folder = folder(project, Month::of(started).as_ref());
            assert_eq!(folder, Path::new(expected), "{project} {started}");
        };
        check("app", "2026-01-31T23:59:59Z", "project=app/month=2026-01");
        check("app", "2026-02-01T00:00:00.5Z", "project=app/month=2026-02");
        check("app", "9999-12-31T23:59:59Z", "project=app/month=9999-12");
        let timeless = "project=app/month=__HIVE_DEFAULT_PARTITION__";
        for started in ["", "soon", "1969-12-31T23:59:59Z", "2026-01-01T00:00:00+09:00", "2026-13"]
        {
            check("app", started, timeless);
        }
        let january = |project: &str, expected: &str| {
            let expected = format!("project={expected}/month=2026-01");
            check(project, "2026-01-01T00:00:00Z", &expected);
        };
        january("größer 🦀+x.y~", "größer 🦀+x.y~");
        january("a/b=c%d", "a%2Fb%3Dc%25d");
        january("..", "..");
        january("\\*?[]{}\n\0\u{7f}", "%5C%2A%3F%5B%5D%7B}%0A%00%7F");
        january("a:b\"c'd#e^f<g>h|i", "a%3Ab%22c%27d%23e%5Ef%3Cg%3Eh%7Ci");
        january("", "__HIVE_DEFAULT_PARTITION__");
    }

    #[test]
    fn own_files_are_known_by_their_names() {
        let name = file_name(b"");
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(name, format!("perfreg-{digest}.parquet"));
        assert!(is_own(&name));
        for other in [
            "part-0.parquet",
            "perfreg-.parquet",
            "perfreg-2026.parquet",
            &name.to_uppercase(),
            &format!(".{name}"),
            &format!("{name}.crc"),
            &name.replace("perfreg-", "perfreg-perfreg-"),
        ] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn rows_are_sorted_by_series_and_time() {
        let of = |package: &str, test: &str, day: u32, value: f64| {
            let mut run = run(test, vec![judgement(Verdict::Unchanged, Some(0.0))]);
            run.id.package = package.to_owned();
            run.started = format!("2026-01-0{day}T00:00:00Z");
            run.cases[0].judgements[0].current = value;
            run
        };
        let runs = [
            of("b", "parse", 1, 1.0),
            of("a", "sort", 2, 2.0),
            of("a", "parse", 3, 3.0),
            of("a", "sort", 1, 4.0),
            // Of one series and moment: in the order in which they were given.
            of("a", "sort", 1, 0.0),
        ];
        let values: Vec<f64> = sorted(rows(&runs)).iter().map(|row| row.value).collect();
        assert_eq!(values, [3.0, 4.0, 0.0, 2.0, 1.0]);
    }
}
