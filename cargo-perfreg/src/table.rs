//! The table of judgements: values in, text out.

use std::cmp::Ordering;

use comfy_table::{
    Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
    Width, presets,
};
use perfreg_core::model::{Case, Judgement, Run};
use perfreg_core::report::format_value;
use perfreg_core::{TestId, Verdict};

use crate::cli::Sort;

/// A line below the header, and nothing else.
pub(crate) const LINES: TableStyle =
    presets::NOTHING.header_separator(LineStyle::none().fill('-').junction('-'));

/// How the table looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Columns to fit into; lines stay whole without.
    pub(crate) width: Option<u16>,
    /// Whether verdicts have colours.
    pub(crate) coloured: bool,
    /// The order of the rows.
    pub(crate) sort: Sort,
}

impl Style {
    /// As it looks in a file: without colours, and with whole lines.
    pub(crate) fn of_file(self) -> Self {
        Self { width: None, coloured: false, ..self }
    }
}

/// Whether the table says when each test ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// All of it happened just now.
    Now,
    /// A column has the time of each run.
    Shown,
}

/// The judgements of `runs`, the most alarming first; empty if there are none.
///
/// Where the reasons do not fit beside the numbers, those that nothing else tells stand below.
pub(crate) fn render(runs: &[&Run], when: When, style: Style) -> String {
    let mut rows: Vec<Row<'_>> = runs.iter().flat_map(|run| rows(run)).collect();
    if rows.is_empty() {
        return String::new();
    }
    match style.sort {
        Sort::Effect => rows.sort_by(Row::by_alarm),
        Sort::Name => rows.sort_by(|a, b| a.run.id.cmp(&b.run.id)),
    }
    let packages = runs.windows(2).any(|pair| pair[0].id.package != pair[1].id.package);
    let columns = Columns { when, packages, why: true };
    let whole = table(&rows, columns, style);
    let rest: usize = whole.column_max_content_widths().iter().rev().skip(1).map(rendered).sum();
    match style.width {
        Some(width) if rest + WHY > usize::from(width) => {
            text(&table(&rows, Columns { why: false, ..columns }, style)) + &reasons(&rows)
        }
        _ => text(&whole),
    }
}

fn text(table: &Table) -> String {
    // What bound numbers to units has done its work; what is copied from here has plain blanks.
    table.trim_fmt().replace(BOUND, " ") + "\n"
}

/// A blank at which no line breaks.
const BOUND: &str = "\u{a0}";

/// The least room for the reasons to be read at all.
const WHY: usize = 24;
/// Blanks after each column.
const GAP: u16 = 2;

/// Room for one end of an interval, such as `to +10.0 %)`.
const END: u16 = 11 + GAP;

fn rendered(content: &u16) -> usize {
    usize::from(content + GAP)
}

/// The optional columns of a table.
#[derive(Clone, Copy)]
struct Columns {
    when: When,
    packages: bool,
    why: bool,
}

fn table(rows: &[Row<'_>], columns: Columns, style: Style) -> Table {
    let mut table = Table::new();
    table.load_style(LINES).force_no_tty().set_header(header(columns));
    if let Some(width) = style.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    if style.coloured {
        table.enforce_styling();
    }
    for row in rows {
        table.add_row(row.cells(columns, style.width.is_some()));
    }
    let titles = header(columns);
    for (column, title) in table.column_iter_mut().zip(titles) {
        column.set_padding((0, GAP));
        // Reasons wrap first, then changes between the ends of the interval, names at the last.
        match title {
            "why" | "test" => {}
            "change" => {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(END)));
            }
            _ => {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
    }
    table
}

fn header(columns: Columns) -> Vec<&'static str> {
    let mut header = vec!["test", "case", "metric", "baseline", "current", "change", "verdict"];
    if columns.when == When::Shown {
        header.insert(0, "when");
    }
    if columns.why {
        header.push("why");
    }
    header
}

/// The reasons of what was not decided; regressions are told at length elsewhere.
fn reasons(rows: &[Row<'_>]) -> String {
    let undecided = rows.iter().filter(|row| !row.judgement.verdict.is_decided());
    undecided
        .map(|row| {
            let Row { run, case, judgement } = row;
            let (metric, verdict) = (&judgement.metric.name, judgement.verdict);
            format!("{verdict} {}, {}, {metric}: {}\n", run.id, case.name, judgement.why)
        })
        .collect()
}

/// One metric of one case of one run.
struct Row<'a> {
    run: &'a Run,
    case: &'a Case,
    judgement: &'a Judgement,
}

fn rows(run: &Run) -> impl Iterator<Item = Row<'_>> {
    run.judgements().map(move |(case, judgement)| Row { run, case, judgement })
}

impl Row<'_> {
    /// Regressions first; then by effect over threshold; what has no effect to show last.
    fn by_alarm(&self, other: &Self) -> Ordering {
        let key = |row: &Self| (row.judgement.verdict == Verdict::Regressed, effect(row.judgement));
        let ((regressed, effect), (other_regressed, other_effect)) = (key(self), key(other));
        other_regressed
            .cmp(&regressed)
            .then(other_effect.total_cmp(&effect))
            .then_with(|| self.run.id.cmp(&other.run.id))
    }

    fn cells(&self, columns: Columns, wraps: bool) -> Vec<Cell> {
        let judgement = self.judgement;
        let unit = &judgement.metric.unit;
        let baseline = judgement.baseline.map_or_else(|| "-".to_owned(), |v| format_value(v, unit));
        let change = judgement.change.map_or_else(|| "-".to_owned(), |change| change.to_string());
        // A number stays with its unit, so that a break falls between the ends of the interval.
        let bound = |text: String| {
            let ends = [(" %", format!("{BOUND}%")), ("to ", format!("to{BOUND}"))];
            ends.iter()
                .fold(text, |text, (from, to)| if wraps { text.replace(from, to) } else { text })
        };
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let mut cells = vec![
            Cell::new(test_name(&self.run.id, columns.packages)),
            Cell::new(&self.case.name),
            Cell::new(&judgement.metric.name),
            right(baseline),
            right(format_value(judgement.current, unit)),
            right(bound(change)),
            verdict(judgement.verdict),
        ];
        if columns.when == When::Shown {
            cells.insert(0, Cell::new(&self.run.started));
        }
        if columns.why {
            cells.push(Cell::new(&judgement.why));
        }
        cells
    }
}

/// What orders judgements of one verdict.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Size {
    effect: f64,
    /// Without its sign: the effect is infinite where no threshold divides it.
    change: f64,
}

impl Size {
    /// Of what has no number.
    pub(crate) const LARGEST: Self = Self { effect: f64::INFINITY, change: f64::INFINITY };

    /// That of a judgement's change.
    pub(crate) fn of(judgement: &Judgement) -> Self {
        let change = judgement.change.map_or(0.0, |change| change.estimate.abs());
        Self { effect: effect(judgement), change }
    }

    /// By effect; where nothing divides a change, by the change.
    pub(crate) fn largest_first(&self, other: &Self) -> Ordering {
        other.effect.total_cmp(&self.effect).then(other.change.total_cmp(&self.change))
    }
}

/// The change in thresholds; below every number if there is no change to speak of.
fn effect(judgement: &Judgement) -> f64 {
    match judgement.change {
        None => f64::NEG_INFINITY,
        // What repeats exactly has no threshold to divide by.
        Some(change) if judgement.threshold <= 0.0 && change.estimate == 0.0 => 0.0,
        Some(_) if judgement.threshold <= 0.0 => f64::INFINITY,
        Some(change) => change.estimate.abs() / judgement.threshold,
    }
}

/// A test, with its package where that tells tests apart.
pub(crate) fn test_name(id: &TestId, packages: bool) -> String {
    if packages { format!("{}: {id}", id.package) } else { id.to_string() }
}

fn verdict(verdict: Verdict) -> Cell {
    let cell = Cell::new(verdict);
    match verdict {
        Verdict::Regressed | Verdict::Missing => cell.fg(Color::Red),
        Verdict::Improved => cell.fg(Color::Green),
        Verdict::Inconclusive | Verdict::NotComparable => cell.fg(Color::Yellow),
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::testing::{judgement, run};

    const PLAIN: Style = Style { width: None, coloured: false, sort: Sort::Effect };

    fn suite() -> Vec<Run> {
        let exact = |change: f64| Judgement {
            threshold: 0.0,
            ..judgement(Verdict::Unchanged, Some(change))
        };
        vec![
            run("new", vec![judgement(Verdict::New, None)]),
            run("same", vec![exact(0.0), judgement(Verdict::Unchanged, Some(0.004))]),
            run("slower", vec![judgement(Verdict::Regressed, Some(0.12))]),
            run("faster", vec![judgement(Verdict::Improved, Some(-0.5))]),
            run("slowest", vec![judgement(Verdict::Regressed, Some(0.3))]),
        ]
    }

    #[test]
    fn the_most_alarming_comes_first() {
        let suite = suite();
        assert_snapshot!(render(&suite.iter().collect::<Vec<_>>(), When::Now, PLAIN));
    }

    #[test]
    fn a_narrow_terminal_wraps() {
        let suite = suite();
        let style = Style { width: Some(80), ..PLAIN };
        assert_snapshot!(render(&suite.iter().collect::<Vec<_>>(), When::Now, style));
    }

    #[test]
    fn a_wider_terminal_wraps_the_reasons() {
        let suite = suite();
        let style = Style { width: Some(120), ..PLAIN };
        assert_snapshot!(render(&suite.iter().collect::<Vec<_>>(), When::Now, style));
    }

    #[test]
    fn packages_and_times_show_where_they_differ() {
        let (here, mut there) = (suite().remove(2), suite().remove(3));
        there.id.package = "tool".to_owned();
        assert_snapshot!(render(&[&here, &there], When::Shown, PLAIN));
    }

    #[test]
    fn rows_can_stand_by_name() {
        let suite = suite();
        let style = Style { sort: Sort::Name, ..PLAIN };
        let text = render(&suite.iter().collect::<Vec<_>>(), When::Now, style);
        let names: Vec<_> = text.lines().skip(2).filter_map(|l| l.split(' ').next()).collect();
        assert!(names.is_sorted(), "{names:?}");
    }

    #[test]
    fn colours_are_for_terminals() {
        let check = |coloured: bool| {
            let style = Style { coloured, ..PLAIN };
            assert_eq!(render(&[&suite()[2]], When::Now, style).contains('\u{1b}'), coloured);
        };
        check(true);
        check(false);
    }

    #[test]
    fn no_judgements_make_no_table() {
        assert_eq!(render(&[], When::Now, PLAIN), "");
        assert_eq!(render(&[&run("none", vec![])], When::Now, PLAIN), "");
    }
}
