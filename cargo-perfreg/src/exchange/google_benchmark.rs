//! Google Benchmark: what `--benchmark_format=json` prints. Each value is the mean of an iteration;
//! repetitions of one name are its samples.

use perfreg_core::model::{HostKey, Metric, Statistic, Summary};
use perfreg_core::{Direction, Unit};

use crate::exchange::date;
use crate::exchange::format::Format;
use crate::exchange::groups::Groups;
use crate::exchange::json::{Json, Node};
use crate::exchange::names::{Better, nanoseconds, of_name};
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};
use crate::exchange::summary::typical;
use crate::plain::plain;

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    match json.get("benchmarks").and_then(Json::list) {
        None => Some("has no list `benchmarks`"),
        Some(_) if json.get("machine_info").is_some() => Some("has a `machine_info`"),
        Some(_) if json.get("devices").is_some() => Some("has `devices`"),
        Some(all) if all.iter().all(|one| one.get("name").is_some()) => None,
        Some(_) => Some("has benchmarks without a `name`"),
    }
}

/// The one run that the file holds.
pub(super) fn read(root: &Node<'_>, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    let mut report = Report::new(Format::GoogleBenchmark);
    if let Some(context) = root.get("context") {
        report.started = context.text_of("date").and_then(date::of_text);
        report.host = Some(host(&context)?);
    }
    let mut rows: Groups<&str, Rows<'_>> = Groups::default();
    for one in root.need("benchmarks")?.elements()? {
        let name = name_of(&one)?;
        if one.json().get("error_occurred") == Some(&Json::Bool(true)) {
            let why = one.text_of("error_message").unwrap_or("it does not say why");
            report.note(format!("{} failed: {}", plain(name, 80), plain(why, 200)));
            continue;
        }
        let of = rows.of(name);
        match one.text_of("run_type") {
            Some("aggregate") => of.aggregates.push(one),
            _ => of.iterations.push(one),
        }
    }
    for (name, rows) in rows.into_all() {
        push(name, &rows, how, &mut report)?;
    }
    Ok(vec![report])
}

/// What a benchmark is called; an aggregate carries the name of its statistic behind that.
fn name_of<'j>(one: &Node<'j>) -> Result<&'j str, String> {
    let name = one.need("name")?.text()?;
    let run = one.text_of("run_name").filter(|run| !run.is_empty());
    let stripped = one
        .text_of("aggregate_name")
        .and_then(|aggregate| name.strip_suffix(aggregate)?.strip_suffix('_'));
    Ok(run.or(stripped).unwrap_or(name))
}

/// What there is of one name.
#[derive(Default)]
struct Rows<'j> {
    iterations: Vec<Node<'j>>,
    aggregates: Vec<Node<'j>>,
}

fn push(name: &str, rows: &Rows<'_>, how: &Reading<'_>, report: &mut Report) -> Result<(), String> {
    let (test, case) = name.split_once('/').unwrap_or((name, ""));
    let any = rows.iterations.first().or(rows.aggregates.first());
    let Some(any) = any else { return Ok(()) };
    for field in fields(any)? {
        let Some(metric) = metric(field, how) else {
            let (name, field) = (plain(name, 80), plain(field, 60));
            report.note(format!("{name}: nothing says which way `{field}` is better"));
            continue;
        };
        let values = match rows.iterations.is_empty() {
            true => aggregate(&rows.aggregates, field)?,
            false => {
                let all = rows.iterations.iter().map(|one| value(one, field));
                all.collect::<Result<Option<Vec<_>>, _>>()?.map(Values::Samples)
            }
        };
        if let Some(values) = values {
            report.push(test, case, &metric, values)?;
        }
    }
    Ok(())
}

/// Fields that say something of a row, and are no measurement.
const ABOUT: [&str; 11] = [
    "family_index",
    "per_family_instance_index",
    "repetitions",
    "repetition_index",
    "threads",
    "iterations",
    "cpu_coefficient",
    "real_coefficient",
    "rms",
    "skipped",
    "error_occurred",
];

fn fields<'j>(row: &Node<'j>) -> Result<Vec<&'j str>, String> {
    let numbers = row
        .entries()?
        .into_iter()
        .filter(|(name, node)| matches!(node.json(), Json::Number(_)) && !ABOUT.contains(name));
    Ok(numbers.map(|(name, _)| name).collect())
}

fn metric(field: &str, how: &Reading<'_>) -> Option<Metric> {
    match field {
        "real_time" => return Some(Metric::time(Metric::WALL_TIME)),
        "cpu_time" => return Some(Metric::time(Metric::PROCESS_CPU_TIME)),
        "allocs_per_iter" => {
            return Some(Metric::new(Metric::ALLOCATIONS, Unit::Count, Direction::LowerIsBetter));
        }
        "max_bytes_used" => {
            return Some(Metric::new(Metric::PEAK_BYTES, Unit::Bytes, Direction::LowerIsBetter));
        }
        _ => {}
    }
    let (unit, better) = of_name(field);
    let direction = match (better, how.better) {
        (Better::Unknown, None) => return None,
        (better, wanted) => better.direction(wanted).0,
    };
    Some(Metric::new(field, unit, direction))
}

/// The value of a field, times in nanoseconds.
fn value(row: &Node<'_>, field: &str) -> Result<Option<f64>, String> {
    let Some(value) = row.number_of(field)? else { return Ok(None) };
    if !["real_time", "cpu_time"].contains(&field) {
        return Ok(Some(value));
    }
    let unit = row.text_of("time_unit").unwrap_or("ns");
    let factor = nanoseconds(unit)
        .ok_or_else(|| row.wrong(format_args!("`{}` is no unit of time", plain(unit, 20))))?;
    Ok(Some(value * factor))
}

/// What aggregates say of a field whose repetitions were not written.
fn aggregate(rows: &[Node<'_>], field: &str) -> Result<Option<Values>, String> {
    let mut summary = Summary::of(Statistic::Unstated);
    let mut unnamed = Vec::new();
    for row in rows {
        let value = value(row, field)?;
        match row.text_of("aggregate_name") {
            Some("mean") => summary.mean = value,
            Some("median") => summary.median = value,
            Some("stddev") => summary.stddev = value,
            Some("min") => summary.min = value,
            Some("max") => summary.max = value,
            Some(_) => {}
            None => unnamed.extend(value),
        }
        summary.samples = row.number_of("repetitions")?.map(|count| count as u64);
    }
    Ok(match (summary.median.or(summary.mean), unnamed.first()) {
        (None, Some(value)) => Some(Values::Summary(*value, summary)),
        _ => typical(summary),
    })
}

fn host(context: &Node<'_>) -> Result<HostKey, String> {
    let name = context.text_of("host_name").unwrap_or("unknown");
    let mhz = context.number_of("mhz_per_cpu")?;
    let cpu = mhz.map_or("unknown CPU".to_owned(), |mhz| format!("{mhz} MHz"));
    let cores = context.number_of("num_cpus")?.unwrap_or(0.0);
    Ok(HostKey::new(&plain(name, 60), &cpu, cores as u32, None))
}
