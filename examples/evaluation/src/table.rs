//! Tables of what was found, for readers and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::share::Share;
use crate::tally::Tally;

/// A table of one part.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Table {
    pub(crate) title: String,
    /// What a reader has to know before believing it.
    pub(crate) notes: Vec<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// One entry.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    Text(String),
    Share(Share),
    Number(f64),
    Missing(()),
    /// One for each slowdown.
    Many(Vec<Cell>),
}

impl Cell {
    fn markdown(&self) -> String {
        match self {
            Cell::Text(text) => text.replace('|', "\\|"),
            Cell::Share(share) => share.to_string(),
            Cell::Number(value) if *value >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
            Cell::Number(value) if *value >= 10.0 => format!("{value:.1}"),
            Cell::Number(value) => format!("{value:.2}"),
            Cell::Missing(()) => "-".to_owned(),
            Cell::Many(cells) => cells.iter().map(Cell::short).collect::<Vec<_>>().join(" / "),
        }
    }
}

impl Cell {
    /// Where one stands beside others.
    fn short(&self) -> String {
        match self {
            Cell::Share(share) => share.percent(),
            other => other.markdown(),
        }
    }
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Cell::Missing(()), Cell::Number)
    }
}

/// What a check of a table costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cost {
    /// In rounds, on average.
    Rounds,
    /// In launches of the current side, on average.
    Launches,
    /// In seconds, typically.
    Seconds,
}

/// One procedure on one subject, at every slowdown.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// What the row is about, an entry a label column.
    pub(crate) labels: Vec<String>,
    /// A tally for each percentage of real extra work, beginning with 0.
    pub(crate) by_slowdown: Vec<(u32, Tally)>,
}

/// The table of `outcomes`, whose labels are called `labels`.
pub(crate) fn of_outcomes(title: &str, labels: &[&str], cost: Cost, outcomes: &[Outcome]) -> Table {
    let mut columns: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
    let slowdowns: Vec<u32> = outcomes
        .first()
        .map_or_else(Vec::new, |first| first.by_slowdown.iter().map(|(by, _)| *by).collect());
    let unit = match cost {
        Cost::Rounds => "rounds",
        Cost::Launches => "launches",
        Cost::Seconds => "seconds",
    };
    let slowed = || slowdowns.iter().filter(|by| **by > 0);
    columns.extend(
        ["checks", "false alarms", "before asking again", "called better"].map(String::from),
    );
    columns.extend(slowed().map(|by| format!("found of +{by} %")));
    let at: Vec<String> = slowdowns.iter().map(u32::to_string).collect();
    let at = format!("at +{} %", at.join(" / "));
    columns.push(format!("inconclusive in % {at}"));
    columns.push(format!("{unit} {at}"));
    let mut table = Table { title: title.to_owned(), notes: Vec::new(), columns, rows: Vec::new() };
    if cost == Cost::Seconds {
        table.columns.push(format!("seen in % {at}"));
    }
    table.rows = outcomes.iter().map(|outcome| row(outcome, cost)).collect();
    table
}

fn row(outcome: &Outcome, cost: Cost) -> Vec<Cell> {
    let mut row: Vec<Cell> = outcome.labels.iter().cloned().map(Cell::Text).collect();
    let all = &outcome.by_slowdown;
    let unchanged = all.iter().filter(|(by, _)| *by == 0).map(|(_, tally)| tally);
    let many = |of: &dyn Fn(&Tally) -> Cell| Cell::Many(all.iter().map(|(_, t)| of(t)).collect());
    for tally in unchanged {
        row.push(many(&|tally| Cell::Number(tally.count() as f64)));
        row.extend([tally.worse(), tally.suspected(), tally.better()].map(Cell::Share));
    }
    row.extend(all.iter().filter(|(by, _)| *by > 0).map(|(_, tally)| Cell::Share(tally.worse())));
    row.push(many(&|tally| Cell::Share(tally.undecided())));
    row.push(many(&|tally| match cost {
        Cost::Rounds | Cost::Launches => Cell::from(tally.mean_cost()),
        Cost::Seconds => Cell::from(tally.median_cost()),
    }));
    if cost == Cost::Seconds {
        row.push(many(&|tally| Cell::from(tally.typical_change().map(|change| change * 100.0))));
    }
    row
}

impl Table {
    /// With one more remark.
    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// As a reader wants it.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n", self.title);
        for note in &self.notes {
            let _ = writeln!(text, "- {note}");
        }
        if !self.notes.is_empty() {
            text.push('\n');
        }
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        text += &line(self.columns.clone());
        text += &line(self.columns.iter().map(|_| "---".to_owned()).collect());
        for row in &self.rows {
            text += &line(row.iter().map(Cell::markdown).collect());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::judge::Decision;

    use super::{Cost, Outcome, of_outcomes};
    use crate::tally::{Check, Suspicion, on_all_cores};

    #[test]
    fn a_table_names_what_it_counts() {
        let tally = |decision| {
            let suspected =
                if decision == Decision::Worse { Suspicion::Raised } else { Suspicion::None };
            on_all_cores(4, |_| Check { decision, suspected, cost: 7.0, change: Some(0.021) })
        };
        let outcome = Outcome {
            labels: vec!["a|b".to_owned()],
            by_slowdown: vec![(0, tally(Decision::Same)), (2, tally(Decision::Worse))],
        };
        let table = of_outcomes("title", &["kernel"], Cost::Seconds, &[outcome]).noted("a note");
        insta::assert_snapshot!(table.markdown());
        insta::assert_snapshot!(serde_json::to_string(&table.rows).unwrap());
    }
}
