//! What `cargo bench` prints of libtest's benchmarks: `test NAME ... bench:  3,161 ns/iter (+/- 975)`, a median
//! with the distance from the fastest to the slowest sample.

use perfreg_core::model::{Metric, Statistic, Summary};

use crate::exchange::format::Format;
use crate::exchange::groups::Groups;
use crate::exchange::names::of_unit;
use crate::exchange::report::{Report, Values};
use crate::plain::plain;

/// What stands between the name and the number.
const MARK: &str = " ... bench:";

/// Whether a line of `text` is a result.
pub(super) fn is_libtest(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("test ") && line.contains(MARK))
}

/// The one run that the text is of.
pub(super) fn read(text: &str) -> Result<Vec<Report>, String> {
    let mut report = Report::new(Format::Libtest);
    let mut target = String::new();
    let mut found: Groups<(String, String), Vec<(f64, Summary)>> = Groups::default();
    for (at, line) in text.lines().enumerate() {
        // Which target the next ones are of; cargo says so on standard error, which may be kept with it.
        if let Some(path) = line.trim_start().strip_prefix("Running ") {
            let path = path.trim_start_matches("unittests ").split(" (").next().unwrap_or(path);
            target = format!("{path} ");
        }
        let result = line.strip_prefix("test ").and_then(|rest| rest.split_once(MARK));
        let Some((name, rest)) = result else { continue };
        let median = median(rest).map_err(|what| format!("line {}: {what}", at + 1))?;
        found.of((target.clone(), name.trim().to_owned())).push(median);
    }
    for ((target, name), all) in found.into_all() {
        let values = match &all[..] {
            [(value, summary)] => Values::Summary(*value, summary.clone()),
            // The same benchmark several times: each run gives a value.
            all => Values::Samples(all.iter().map(|(value, _)| *value).collect()),
        };
        report.push(&format!("{target}{name}"), "", &Metric::time(Metric::WALL_TIME), values)?;
    }
    Ok(vec![report])
}

/// `3,161 ns/iter (+/- 975)`.
fn median(text: &str) -> Result<(f64, Summary), String> {
    let mut words = text.split_whitespace();
    let number = words.next().ok_or("is cut off behind `bench:`")?;
    let value: f64 = number
        .replace(',', "")
        .parse()
        .map_err(|_| format!("`{}` is no number", plain(number, 40)))?;
    let unit = words.next().ok_or("is cut off: the number has no unit")?;
    let measure = of_unit(unit);
    if !unit.ends_with("/iter") || measure.unit != perfreg_core::Unit::Nanoseconds {
        return Err(format!("`{}` is no time per iteration", plain(unit, 20)));
    }
    let mut summary = Summary::of(Statistic::Median);
    summary.median = Some(value);
    if let Some((_, rest)) = text.split_once("(+/-") {
        let spread = rest.split(')').next().unwrap_or_default().trim();
        let spread: f64 = spread
            .replace(',', "")
            .parse()
            .map_err(|_| format!("`{}` is no spread", plain(spread, 40)))?;
        // It says nothing of where in it the median lies.
        summary.low = Some(value - spread / 2.0);
        summary.high = Some(value + spread / 2.0);
    }
    summary.numbers_mut().for_each(|number| *number *= measure.factor);
    Ok((value * measure.factor, summary))
}
