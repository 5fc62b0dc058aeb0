//! Sections of a document that has to be short: as many of their lines as there is room for, and a
//! note of what was left out.

use std::collections::BTreeSet;

use perfreg_core::TestId;

use crate::words::counted;

/// Lines under a heading.
pub(crate) struct Section {
    /// What stands before the lines, such as the head of a table.
    pub(crate) open: String,
    /// The lines, the most important ones first.
    pub(crate) lines: Vec<Line>,
    /// What stands after them.
    pub(crate) close: String,
    /// The share of the room that it gets in any case, in percent.
    pub(crate) share: usize,
}

/// A line, and what is said of it where it is left out.
pub(crate) struct Line {
    pub(crate) text: String,
    /// What it is: a noun.
    pub(crate) kind: String,
    /// The test that it is of.
    pub(crate) test: TestId,
}

/// Room for the note of what was left out.
const NOTE: usize = 400;

impl Section {
    fn size(&self) -> usize {
        match self.lines.is_empty() {
            true => 0,
            false => self.open.len() + self.close.len() + self.text_size(),
        }
    }

    fn text_size(&self) -> usize {
        self.lines.iter().map(|line| line.text.len()).sum()
    }

    /// The section in at most `room` bytes, which is more than a note takes; nothing if it is empty.
    fn within(&self, room: usize) -> String {
        if self.size() <= room {
            let lines: String = self.lines.iter().map(|line| &*line.text).collect();
            return match self.lines.is_empty() {
                true => String::new(),
                false => format!("{}{lines}{}", self.open, self.close),
            };
        }
        let mut left = room.saturating_sub(self.open.len() + self.close.len() + NOTE);
        let fits = |line: &&Line| {
            let fits = line.text.len() <= left;
            left = left.saturating_sub(line.text.len());
            fits
        };
        let shown = self.lines.iter().take_while(fits).count();
        let note = note(&self.lines[shown..]);
        match shown {
            0 => format!("{note}\n\n"),
            _ => {
                let lines: String = self.lines[..shown].iter().map(|line| &*line.text).collect();
                format!("{}{lines}\n{note}\n{}", self.open, self.close)
            }
        }
    }
}

/// What was left out.
fn note(lines: &[Line]) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for line in lines {
        match kinds.iter_mut().find(|(kind, _)| *kind == line.kind) {
            Some((_, n)) => *n += 1,
            None => kinds.push((&line.kind, 1)),
        }
    }
    let tests: BTreeSet<&TestId> = lines.iter().map(|line| &line.test).collect();
    let kinds: Vec<_> = kinds.iter().map(|(kind, n)| counted(*n, kind)).collect();
    format!("…and {}, of {}", kinds.join(", "), counted(tests.len(), "test"))
}

/// The sections in at most `room` bytes. Those that come first get what the others leave, but each its
/// share if it needs as much.
pub(crate) fn within(sections: &[Section], room: usize) -> String {
    let wants: Vec<usize> =
        sections.iter().map(|section| section.size().min(room * section.share / 100)).collect();
    let mut text = String::new();
    for (at, section) in sections.iter().enumerate() {
        let later: usize = wants[at + 1..].iter().sum();
        text += &section.within(room.saturating_sub(text.len() + later));
    }
    text
}

#[cfg(test)]
mod tests {
    use perfreg_core::TestId;

    use super::{Line, Section, within};

    fn section(lines: usize, share: usize) -> Section {
        let line = |at: usize| Line {
            text: format!("{}\n", "x".repeat(99)),
            kind: if at.is_multiple_of(2) { "even line" } else { "odd line" }.to_owned(),
            test: TestId::new("app", "perf", &format!("test{}", at / 2)),
        };
        let lines = (0..lines).map(line).collect();
        Section { open: "<open>\n".into(), lines, close: "<close>\n".into(), share }
    }

    #[test]
    fn what_fits_is_whole_and_the_rest_is_counted() {
        let check = |sections: &[Section], room: usize, shown: &[usize], notes: &[&str]| {
            let text = within(sections, room);
            assert!(text.len() <= room, "{} bytes", text.len());
            let told: Vec<_> = text.lines().filter(|line| line.starts_with('…')).collect();
            assert_eq!(told, notes);
            let parts: Vec<_> = text.split("<open>").skip(1).collect();
            let lines = parts.iter().map(|part| part.matches("xx\n").count());
            assert_eq!(lines.collect::<Vec<_>>(), shown, "{text}");
        };
        check(&[section(0, 50), section(3, 50)], 10_000, &[3], &[]);
        check(&[section(50, 50), section(0, 50)], 5_100, &[50], &[]);
        let note = "…and 4 even lines, 3 odd lines, of 4 tests";
        check(&[section(53, 50), section(0, 50)], 5_050, &[46], &[note]);
        // The first leaves the second its share, and takes what that does not need.
        let notes = [
            "…and 23 odd lines, 22 even lines, of 23 tests",
            "…and 30 even lines, 30 odd lines, of 30 tests",
        ];
        check(&[section(100, 40), section(100, 40)], 10_000, &[55, 40], &notes);
        check(&[section(90, 40), section(3, 40)], 10_000, &[90, 3], &[]);
        check(&[section(9, 40)], 450, &[], &["…and 5 even lines, 4 odd lines, of 5 tests"]);
    }
}
