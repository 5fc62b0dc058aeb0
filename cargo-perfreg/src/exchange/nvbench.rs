//! nvbench: what `--json` writes. Every number is text; with `--jsonbin` samples lie beside, as 32-bit
//! floats. In seconds.

use perfreg_core::model::{GpuKey, HostKey, Metric, Statistic, Summary};
use perfreg_core::{Direction, Unit};

use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};
use crate::plain::plain;

/// Why `json` is not of this form.
pub(super) fn refusal(json: &Json) -> Option<&'static str> {
    let is_list = |name| json.get(name).and_then(Json::list).is_some();
    match (is_list("devices"), is_list("benchmarks")) {
        (true, true) => None,
        (false, _) => Some("has no list `devices`"),
        (true, false) => Some("has no list `benchmarks`"),
    }
}

/// In nanoseconds.
const SECOND: f64 = 1e9;

/// Samples in seconds, as the file beside holds them.
const SAMPLES: &str = "nv/json/bin:nv/cold/sample_times";

/// The times: what the summary is called, and what it is here.
const TIMES: [(&str, &str); 3] = [
    ("nv/cold/time/gpu", "gpu_time"),
    ("nv/cold/time/cpu", Metric::WALL_TIME),
    ("nv/batch/time/gpu", "gpu_batch_time"),
];

/// The rates.
const RATES: [(&str, &str, Unit); 2] = [
    ("nv/cold/bw/item_rate", "items_per_second", Unit::ItemsPerSecond),
    ("nv/cold/bw/global/bytes_per_second", "bytes_per_second", Unit::BytesPerSecond),
];

/// A report for each device that something was measured on.
pub(super) fn read(root: &Node<'_>, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    let mut devices = Vec::new();
    for device in root.need("devices")?.elements()? {
        let id = device.need("id")?.number_or_text()?;
        let mut report = Report::new(Format::Nvbench);
        let name = plain(device.text_of("name").unwrap_or("unknown GPU"), 100);
        let mut host = HostKey::new("unknown", "unknown CPU", 0, None);
        host.gpu = Some(GpuKey::new(&name, "not named"));
        report.host = Some(host);
        devices.push((id, report, 0_usize));
    }
    for benchmark in root.need("benchmarks")?.elements()? {
        let name = benchmark.need("name")?.text()?;
        for state in benchmark.need("states")?.elements()? {
            let id = state.need("device")?.number_or_text()?;
            let Some((_, report, skipped)) = devices.iter_mut().find(|(known, _, _)| *known == id)
            else {
                return Err(state.wrong(format_args!("is of device {id}, which is not listed")));
            };
            match state.json().get("is_skipped") {
                Some(Json::Bool(true)) => *skipped += 1,
                _ => push(name, &state, how, report)?,
            }
        }
    }
    let reports = devices.into_iter().map(|(_, mut report, skipped)| {
        if skipped > 0 {
            report.note(format!("{skipped} states were skipped by the benchmark"));
        }
        report
    });
    Ok(reports.filter(|report| !report.series().is_empty() || !report.notes.is_empty()).collect())
}

fn push(
    name: &str,
    state: &Node<'_>,
    how: &Reading<'_>,
    report: &mut Report,
) -> Result<(), String> {
    let case = case(state)?;
    let summaries = match state.get("summaries") {
        Some(summaries) => summaries.elements()?,
        None => Vec::new(),
    };
    let find = |tag: &str| summaries.iter().find(|one| one.text_of("tag") == Some(tag));
    let number = |tag: &str| find(tag).map(|one| datum(one, "value")?.number_or_text()).transpose();
    for (tag, metric) in TIMES {
        let Some(mean) = number(&format!("{tag}/mean"))? else { continue };
        let samples = match (metric, find(SAMPLES)) {
            ("gpu_time", Some(one)) => Some(beside(one, how)?),
            _ => None,
        };
        let values = match samples {
            Some(samples) => Values::Samples(samples),
            None => {
                let mut summary = Summary::of(Statistic::Mean);
                summary.mean = Some(mean);
                summary.median = number(&format!("{tag}/median"))?;
                summary.min = number(&format!("{tag}/min"))?;
                summary.max = number(&format!("{tag}/max"))?;
                let relative = number(&format!("{tag}/stdev/relative"))?;
                // One measurement has no deviation; nvbench writes an infinite one then.
                summary.stddev = relative.map(|share| share * mean).filter(|one| one.is_finite());
                let count =
                    tag.replace("time/gpu", "sample_size").replace("time/cpu", "sample_size");
                summary.samples = number(&count)?.map(|count| count as u64);
                Values::Summary(mean, summary)
            }
        };
        report.push(name, &case, &Metric::time(metric), values.times(SECOND))?;
    }
    for (tag, metric, unit) in RATES {
        if let Some(rate) = number(tag)? {
            let metric = Metric::new(metric, unit, Direction::HigherIsBetter);
            report.push(name, &case, &metric, Values::number(rate))?;
        }
    }
    Ok(())
}

/// The values of the axes; the device is the machine.
fn case(state: &Node<'_>) -> Result<String, String> {
    let Some(axes) = state.get("axis_values") else { return Ok(String::new()) };
    let told = axes.elements()?.into_iter().map(|axis| {
        let value = axis.need("value")?;
        let value = match value.json() {
            Json::Number(number) => number.to_string(),
            _ => value.text()?.to_owned(),
        };
        Ok(format!("{}={value}", axis.need("name")?.text()?))
    });
    Ok(told.collect::<Result<Vec<_>, String>>()?.join(" "))
}

fn datum<'j>(summary: &Node<'j>, name: &str) -> Result<Node<'j>, String> {
    let data = summary.need("data")?;
    let found = data.elements()?.into_iter().find(|one| one.text_of("name") == Some(name));
    found.ok_or_else(|| data.wrong(format_args!("holds no `{name}`")))?.need("value")
}

fn beside(summary: &Node<'_>, how: &Reading<'_>) -> Result<Vec<f64>, String> {
    const WIDTH: usize = 4;
    let name = datum(summary, "filename")?.text()?.to_owned();
    let size = datum(summary, "size")?.number_or_text()?;
    let bytes = (how.beside)(&name)?;
    let shown = plain(&name, 100);
    if bytes.len() as f64 != size * WIDTH as f64 {
        return Err(format!(
            "{shown}: has {} bytes, {size} samples take {WIDTH} each",
            bytes.len()
        ));
    }
    let sample = |four: &[u8]| f64::from(f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    Ok(bytes.chunks_exact(WIDTH).map(sample).collect())
}
