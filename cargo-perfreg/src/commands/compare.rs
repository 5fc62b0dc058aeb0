//! `cargo perfreg compare`: two files, or two sections of one, by a rule.

use std::fmt::Write as _;
use std::path::Path;

use perfreg_core::report::format_value;
use perfreg_core::{Direction, Verdict};

use crate::cli::{CompareArgs, FailOn, Format};
use crate::comparison::{Comparison, Row, compare};
use crate::context::Context;
use crate::duel::{Round, duel};
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::plain::plain;
use crate::rules::Level;
use crate::series::{Form, Side, read};
use crate::units::unit_change;

/// Compares what `args` name and prints it.
///
/// # Errors
/// If a file cannot be read, or the rule cannot judge a series.
pub(crate) fn run(args: &CompareArgs, context: &Context) -> Result<ExitCode, Error> {
    let choice = args.source.choice(None);
    let direction = choice.better.unwrap_or(Direction::LowerIsBetter);
    let side = |path: &Path| -> Result<Side, Error> {
        let side = read(path, &choice)?;
        for note in &side.notes {
            eprintln!("note: {}: {note}", path.display());
        }
        Ok(side)
    };
    let Side { content: baseline, levels, .. } = side(&args.baseline)?;
    if let Some([one, other]) = args.between.as_deref() {
        let form = baseline.form();
        let rounds = duel(&baseline.series(form, direction), one, other)?;
        let text = match args.format {
            Format::Text => rounds_text(&rounds, one, other),
            Format::Json => json(&rounds)?,
        };
        context.print(&text)?;
        return Ok(ExitCode::Fine);
    }
    let Some(current) = &args.current else {
        let what = "name a second file, or two sections of the one with --between ONE OTHER";
        return Err(Error::usage(what));
    };
    let Side { content: current, .. } = side(current)?;
    let either_is_plain = match (baseline.form(), current.form()) {
        (Form::Named, Form::Named) => Form::Named,
        _ => Form::Plain,
    };
    let baseline = baseline.series(either_is_plain, direction);
    let current = current.series(either_is_plain, direction);
    if let Some(factor) = unit_change(&baseline, &current).filter(|_| !args.same_units) {
        let what = format!(
            "the units changed, it seems: every series is about {factor} times the baseline's; \
             --same-units compares them as they are"
        );
        return Err(Error::usage(what));
    }
    let comparison = compare(&baseline, &current, args.rule, &levels.unwrap_or_default())?;
    let text = match args.format {
        Format::Text => text(&comparison),
        Format::Json => json(&comparison)?,
    };
    context.print(&text)?;
    Ok(exit_code(&comparison, args))
}

fn exit_code(comparison: &Comparison, args: &CompareArgs) -> ExitCode {
    if comparison.rows.is_empty() {
        eprintln!("error: nothing compared: the files share no series");
        return ExitCode::NothingMeasured;
    }
    let fails = match (args.fail_on, comparison.worst_level()) {
        (FailOn::Never, _) => false,
        (FailOn::Critical, Some(worst)) => worst == Level::Critical,
        (FailOn::Warning, Some(worst)) => worst <= Level::Warning,
        // A rule that does not grade knows only one way to regress.
        (_, None) => comparison.count(Verdict::Regressed) > 0,
    };
    if fails {
        return ExitCode::Regression;
    }
    if !comparison.missing.is_empty() && !args.allow_missing {
        eprintln!(
            "error: the second file lacks {} of the first (--allow-missing):\n  {}",
            comparison.missing.len(),
            comparison.missing.join("\n  ")
        );
        return ExitCode::Usage;
    }
    ExitCode::Fine
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    let json = serde_json::to_string_pretty(value);
    Ok(json.map_err(|cause| Error::internal(format!("cannot write JSON: {cause}")))? + "\n")
}

fn text(comparison: &Comparison) -> String {
    let mut text = String::new();
    let head = ["series", "baseline", "current", "change", "verdict", "why"];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(comparison.rows.iter().map(cells));
    let widths: Vec<usize> = (0..head.len() - 1)
        .map(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0))
        .collect();
    for line in lines {
        for (at, (cell, width)) in line.iter().zip(&widths).enumerate() {
            // Numbers stand under each other by their last digit.
            let _ = match at {
                1..=3 => write!(text, "{cell:>width$}  "),
                _ => write!(text, "{cell:<width$}  "),
            };
        }
        let _ = writeln!(text, "{}", line[head.len() - 1]);
    }
    for name in &comparison.new {
        let _ = writeln!(text, "new {name}");
    }
    let count = |verdict| comparison.count(verdict);
    let _ = writeln!(
        text,
        "\n{} compared by {}: {} regressed, {} improved, {} unchanged",
        comparison.rows.len(),
        comparison.rule,
        count(Verdict::Regressed),
        count(Verdict::Improved),
        count(Verdict::Unchanged)
    );
    text
}

/// Characters of a name that are shown.
const NAME: usize = 200;

fn cells(row: &Row) -> [String; 6] {
    let value = |value: f64| format_value(value, &row.metric.unit);
    let verdict = match row.level {
        Some(level) => level.to_string(),
        None => row.verdict.to_string(),
    };
    [
        [&row.section, &row.subsection, &row.metric.name].map(|name| plain(name, NAME)).join(" "),
        value(row.baseline),
        value(row.current),
        row.change_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:+.1} %")),
        verdict,
        row.message.clone(),
    ]
}

fn rounds_text(rounds: &[Round], one: &str, other: &str) -> String {
    let mut text = String::new();
    for round in rounds {
        let interval = match round.interval {
            Some((low, high)) => format!("{low:.3} to {high:.3}"),
            None => "too few samples for an interval".to_owned(),
        };
        let winner = match &round.winner {
            Some(winner) => format!("{winner} is better"),
            None => "not decided".to_owned(),
        };
        let _ = writeln!(
            text,
            "{} {}: {other} takes {:.3} times {one} ({interval}): {winner}",
            round.subsection, round.metric, round.ratio
        );
    }
    let wins = |name: &str| rounds.iter().filter(|r| r.winner.as_deref() == Some(name)).count();
    let _ = writeln!(
        text,
        "\n{} compared: {one} better in {}, {other} better in {}, {} not decided",
        rounds.len(),
        wins(one),
        wins(other),
        rounds.iter().filter(|round| round.winner.is_none()).count()
    );
    text
}
