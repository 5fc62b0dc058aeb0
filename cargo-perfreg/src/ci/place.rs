//! A line of a file, as a forge knows it: relative to the root of the repository.

use std::fmt;

use crate::plain::plain;

/// A file of the repository and, where it is known, the line in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    /// With `/`, and without `..`.
    pub(crate) file: String,
    pub(crate) line: Option<u32>,
}

impl Place {
    /// Characters of a path that a forge is told.
    const LONGEST: usize = 500;

    /// `file` of a workspace in `folder` of its repository; none if that is no file within it.
    pub(crate) fn of(folder: &str, file: &str, line: Option<u32>) -> Option<Self> {
        let file = file.replace('\\', "/");
        // Of a drive, or from the root: a compiler's own files.
        if file.starts_with('/') || file.get(1..2) == Some(":") {
            return None;
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in folder.split('/').chain(file.split('/')) {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop()?,
                part => parts.push(part),
            }
        }
        let file = parts.join("/");
        let fits = !file.is_empty() && plain(&file, Self::LONGEST) == file;
        fits.then_some(Self { file, line: line.filter(|line| *line > 0) })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn places_are_within_the_repository() {
        let check = |folder: &str, file: &str, expected: Option<&str>| {
            let place = Place::of(folder, file, Some(7)).map(|place| place.to_string());
            assert_eq!(place.as_deref(), expected, "{folder} {file}");
        };
        check("", "tests/perf.rs", Some("tests/perf.rs:7"));
        check("rust/app", "tests/perf.rs", Some("rust/app/tests/perf.rs:7"));
        check("rust/app", r"tests\perf.rs", Some("rust/app/tests/perf.rs:7"));
        check("rust/app", "../other/src/lib.rs", Some("rust/other/src/lib.rs:7"));
        check("rust", "../../etc/passwd", None);
        check("", "/etc/passwd", None);
        check("", r"C:\x.rs", None);
        check("", "a\nb.rs", None);
        check("", "", None);
        assert_eq!(Place::of("", "a.rs", Some(0)).unwrap().to_string(), "a.rs");
    }
}
