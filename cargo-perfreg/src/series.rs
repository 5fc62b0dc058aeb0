//! Series to compare, from any file of ours: plain samples, a baseline, or a run record.

use std::collections::BTreeMap;
use std::path::Path;

use perfreg_core::model::Run;
use perfreg_core::store::{BaselineFile, HostEntry};
use perfreg_core::{Direction, Metric, PerformanceData, Unit};

use crate::error::Error;

/// What names a series: section, subsection, metric.
pub(crate) type Key = (String, String, String);

/// One series.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Series {
    /// What was measured.
    pub(crate) metric: Metric,
    /// Samples of a plain file; else one value a launch.
    pub(crate) values: Vec<f64>,
}

/// The series of a file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Content {
    /// Of the plain form: samples of no named metric.
    Plain(PerformanceData),
    /// Of a baseline or a run record.
    Named(BTreeMap<Key, Series>),
}

/// The metric that samples without a name are taken for.
const SAMPLES: &str = "samples";

/// Reads a file; `host` picks the entry of a baseline that has several, by a part of its text.
///
/// # Errors
/// If the file cannot be read, is none of the three, or the entry is not clear.
pub(crate) fn read(path: &Path, host: Option<&str>) -> Result<Content, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| Error::usage(format!("cannot read {}: {cause}", path.display())))?;
    let at = |what: String| Error::usage(format!("{}: {what}", path.display()));
    if let Some(run) = run_record(&text).map_err(&at)? {
        return Ok(Content::Named(of_run(&run)));
    }
    match BaselineFile::read(path)? {
        Some(BaselineFile::Plain(data)) => Ok(Content::Plain(data)),
        Some(versioned) => of_host(entry(versioned.hosts(), host).map_err(at)?),
        None => Err(at("is gone".to_owned())),
    }
}

/// The run record that `text` is; `None` if it is something else.
fn run_record(text: &str) -> Result<Option<Run>, String> {
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        // Whoever reads it as something else says better what is wrong.
        Err(_) => return Ok(None),
    };
    match value.get("schema").and_then(serde_json::Value::as_str) {
        Some(Run::SCHEMA) => {
            serde_json::from_value(value).map(Some).map_err(|cause| cause.to_string())
        }
        _ => Ok(None),
    }
}

fn of_run(run: &Run) -> BTreeMap<Key, Series> {
    let mut series: BTreeMap<Key, Series> = BTreeMap::new();
    for case in &run.cases {
        for launch in &case.launches {
            for one in &launch.series {
                let Some(stats) = launch.stats(&one.metric.name) else { continue };
                let key = (run.id.test.clone(), case.name.clone(), one.metric.name.clone());
                series
                    .entry(key)
                    .or_insert_with(|| Series { metric: one.metric.clone(), values: Vec::new() })
                    .values
                    .push(stats.representative(&one.metric));
            }
        }
    }
    series
}

fn of_host(entry: &HostEntry) -> Result<Content, Error> {
    let mut series = BTreeMap::new();
    for case in &entry.cases {
        for one in &case.metrics {
            let metric = one.metric.clone();
            let key = (case.section.clone(), case.subsection.clone(), metric.name.clone());
            let values = one.launches.iter().map(|l| l.representative(&metric)).collect();
            series.insert(key, Series { metric, values });
        }
    }
    Ok(Content::Named(series))
}

/// The entry that is meant: the one that `part` names, else the only one, else this host's.
fn entry<'a>(hosts: &'a [HostEntry], part: Option<&str>) -> Result<&'a HostEntry, String> {
    let here = perfreg_core::probe::host();
    let named: Vec<&HostEntry> = match part {
        Some(part) => hosts.iter().filter(|e| e.host.to_string().contains(part)).collect(),
        None if hosts.len() == 1 => hosts.iter().collect(),
        None => hosts.iter().filter(|entry| entry.host == here).collect(),
    };
    match named[..] {
        [one] => Ok(one),
        _ => {
            let known: Vec<String> = hosts.iter().map(|e| format!("\n  {}", e.host)).collect();
            Err(format!("name one of its hosts by a part of it with --host:{}", known.concat()))
        }
    }
}

impl Content {
    /// Its series under their names; plain samples as `direction` says.
    ///
    /// Beside a plain file only the time of a case stands, since samples have no name.
    pub(crate) fn series(
        self,
        other_is_plain: Form,
        direction: Direction,
    ) -> BTreeMap<Key, Series> {
        match self {
            Content::Plain(data) => of_plain(&data, direction),
            Content::Named(series) if other_is_plain == Form::Named => series,
            Content::Named(series) => judged_times(&series),
        }
    }

    /// Whether its metrics have names.
    pub(crate) fn form(&self) -> Form {
        match self {
            Content::Plain(_) => Form::Plain,
            Content::Named(_) => Form::Named,
        }
    }
}

/// Whether the metrics of a file have names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Plain,
    Named,
}

fn of_plain(data: &PerformanceData, direction: Direction) -> BTreeMap<Key, Series> {
    let metric = Metric::new(SAMPLES, Unit::Dimensionless, direction);
    let mut series = BTreeMap::new();
    for section in data.sections() {
        for subsection in data.subsections(section) {
            let values = data.samples(section, subsection).unwrap_or_default().to_vec();
            let key = (section.to_owned(), subsection.to_owned(), SAMPLES.to_owned());
            series.insert(key, Series { metric: metric.clone(), values });
        }
    }
    series
}

fn judged_times(series: &BTreeMap<Key, Series>) -> BTreeMap<Key, Series> {
    let mut times: BTreeMap<Key, Series> = BTreeMap::new();
    for clock in [Metric::WALL_TIME, Metric::THREAD_CPU_TIME] {
        for ((section, subsection, metric), one) in series {
            if metric == clock {
                // Thread CPU time, which comes second, takes the place of wall time.
                let key = (section.clone(), subsection.clone(), SAMPLES.to_owned());
                times.insert(key, one.clone());
            }
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use perfreg_core::Direction::LowerIsBetter;

    use super::{Content, Form, read};

    const FORMATS: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../perfreg-core/tests/data/formats");

    fn names(content: Content, other: Form) -> Vec<String> {
        let series = content.series(other, LowerIsBetter);
        series.iter().map(|((s, k, m), one)| format!("{s} {k} {m} {}", one.values.len())).collect()
    }

    #[test]
    fn baselines_and_records_give_a_value_a_launch() {
        let expected = [
            "parse default accuracy 10",
            "parse default allocations 10",
            "parse default thread_cpu_time 10",
            "parse default wall_time 10",
        ];
        let file = |name: &str| read(format!("{FORMATS}/{name}").as_ref(), None).unwrap();
        assert_eq!(names(file("baseline-1.json"), Form::Named), expected);
        let of_run = names(file("run-1.json"), Form::Named);
        assert!(expected.iter().all(|name| of_run.contains(&(*name).to_owned())), "{of_run:?}");
        assert_eq!(names(file("baseline-1.json"), Form::Plain), ["parse default samples 10"]);
    }

    #[test]
    fn a_host_is_named_by_a_part_of_it() {
        let path = format!("{FORMATS}/baseline-1.json");
        assert!(read(path.as_ref(), Some("EPYC")).is_ok());
        let error = read(path.as_ref(), Some("Xeon")).unwrap_err().to_string();
        assert!(error.contains("--host:\n  linux-x86_64, AMD EPYC"), "{error}");
    }
}
