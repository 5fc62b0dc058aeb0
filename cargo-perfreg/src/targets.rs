//! The table of limits: values in, text out.

use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};
use perfreg_core::model::{Case, Run, Target, TargetState};
use perfreg_core::report::format_value;

use crate::table::{LINES, Style};

/// The limits of `runs` beside what was measured, those that are not met first; empty if there are
/// none.
pub(crate) fn render(runs: &[&Run], style: Style) -> String {
    let mut rows: Vec<(&Run, &Case, &Target)> = runs
        .iter()
        .flat_map(|run| run.targets().map(move |(case, target)| (*run, case, target)))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    rows.sort_by_key(|(.., target)| alarm(target.state));
    let mut table = Table::new();
    table.load_style(LINES).force_no_tty();
    table.set_header(["test", "case", "limit", "measured", "99 % interval", "limit is", "because"]);
    if let Some(width) = style.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    if style.coloured {
        table.enforce_styling();
    }
    for (run, case, target) in rows {
        table.add_row(cells(run, case, target));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt() + "\n"
}

/// Whether a limit comes before others: those that are not met first.
pub(crate) fn alarm(state: TargetState) -> u8 {
    match state {
        TargetState::Missed => 0,
        TargetState::Undecided => 1,
        TargetState::Met => 3,
        _ => 2,
    }
}

fn cells(run: &Run, case: &Case, target: &Target) -> Vec<Cell> {
    let value = |value: f64| format_value(value, &target.unit);
    let interval = format!("{} to {}", value(target.low), value(target.high));
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    vec![
        Cell::new(run.id.to_string()),
        Cell::new(&case.name),
        Cell::new(&target.limit),
        right(value(target.current)),
        right(interval),
        state(target.state),
        Cell::new(&target.reason),
    ]
}

fn state(state: TargetState) -> Cell {
    let cell = Cell::new(state);
    match state {
        TargetState::Missed => cell.fg(Color::Red),
        TargetState::Met => cell,
        _ => cell.fg(Color::Yellow),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use perfreg_core::model::TargetState;

    use super::render;
    use crate::cli::Sort;
    use crate::table::Style;
    use crate::testing::{run, target};

    #[test]
    fn what_is_missed_comes_first() {
        let mut run = run("sort", vec![]);
        let states = [TargetState::Met, TargetState::Undecided, TargetState::Missed];
        run.cases[0].targets = states.map(target).to_vec();
        let style = Style { width: None, coloured: false, sort: Sort::default() };
        assert_snapshot!(render(&[&run], style));
        assert_eq!(render(&[], style), "");
    }
}
