//! hyperfine: what `--export-json` writes. In seconds; samples are whole runs of a command.

use perfreg_core::model::{Metric, Statistic, Summary};
use perfreg_core::{Direction, Unit};

use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::report::{Report, Values};
use crate::exchange::summary::{summary, typical};
use crate::plain::plain;

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    match json.get("results").and_then(Json::list) {
        None => Some("has no list `results`"),
        Some(results) if results.iter().all(|one| one.get("command").is_some()) => None,
        Some(_) => Some("has results without a `command`"),
    }
}

/// In nanoseconds.
const SECOND: f64 = 1e9;

/// The one run that the file holds.
pub(super) fn read(root: &Node<'_>) -> Result<Vec<Report>, String> {
    let mut report = Report::new(Format::Hyperfine);
    for one in root.need("results")?.elements()? {
        let command = one.need("command")?.text()?;
        let case = parameters(&one)?;
        let times = wall(&one)?.times(SECOND);
        report.push(command, &case, &Metric::time(Metric::WALL_TIME), times)?;
        if let (Some(user), Some(system)) = (one.number_of("user")?, one.number_of("system")?) {
            let mut summary = Summary::of(Statistic::Mean);
            summary.mean = Some(user + system);
            let values = Values::Summary(user + system, summary).times(SECOND);
            report.push(command, &case, &Metric::time(Metric::PROCESS_CPU_TIME), values)?;
        }
        if let Some(memory) = one.get("memory_usage_byte") {
            let metric = Metric::PEAK_RESIDENT_BYTES;
            let metric = Metric::new(metric, Unit::Bytes, Direction::LowerIsBetter);
            report.push(command, &case, &metric, Values::Samples(memory.numbers()?))?;
        }
        if let Some(codes) = one.get("exit_codes") {
            let codes = codes.elements()?;
            let failed = codes.iter().filter(|code| code.number() != Ok(0.0)).count();
            if failed > 0 {
                let (all, command) = (codes.len(), plain(command, 80));
                report.note(format!("{command}: {failed} of {all} runs failed"));
            }
        }
    }
    Ok(vec![report])
}

fn wall(one: &Node<'_>) -> Result<Values, String> {
    if let Some(times) = one.get("times") {
        return times.numbers().map(Values::Samples);
    }
    typical(summary(one)?).ok_or_else(|| one.wrong("has neither `times` nor `mean`"))
}

/// `threads=4, size=10`.
fn parameters(one: &Node<'_>) -> Result<String, String> {
    let Some(parameters) = one.get("parameters") else { return Ok(String::new()) };
    let parameters = parameters.entries()?;
    let told = parameters.into_iter().map(|(name, value)| match value.json() {
        Json::Number(number) => Ok(format!("{name}={number}")),
        _ => Ok(format!("{name}={}", value.text()?)),
    });
    Ok(told.collect::<Result<Vec<_>, String>>()?.join(", "))
}
