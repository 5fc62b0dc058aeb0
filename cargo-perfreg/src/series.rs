//! Series to compare, from any file of ours: plain samples, a baseline, run records; or of another tool.

use std::collections::BTreeMap;
use std::path::Path;

use perfreg_core::model::{Origin, Run, Summary};
use perfreg_core::store::{BaselineFile, HostEntry};
use perfreg_core::{Direction, Metric, PerformanceData, Unit};
use serde::Deserialize;

use crate::error::Error;
use crate::exchange::{
    Choice, Content as Foreign, Format, Given, Report, SAMPLES, Values, file, given, hosts,
    recognise, whole,
};
use crate::rules::Levels;
use crate::saved;

/// What names a series: section, subsection, metric.
pub(crate) type Key = (String, String, String);

/// One series.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Series {
    /// What was measured.
    pub(crate) metric: Metric,
    /// Samples of a plain or imported file; else one value a launch.
    pub(crate) values: Vec<f64>,
    /// What they are.
    pub(crate) basis: Basis,
}

/// What the values of a series are, and so what can be made of them.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Basis {
    /// Samples or launches that are given to be compared: whatever the rule says is said.
    Own,
    /// Samples of one process, from another tool: too few of them make no test.
    Imported,
    /// No samples but one value, with what else the tool says of them: no test can be made.
    Summary(Summary),
}

/// A file to compare.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Side {
    /// What it holds.
    pub(crate) content: Content,
    /// The bounds that it sets for the rule `levels`.
    pub(crate) levels: Option<Levels>,
    /// What to know of how it was read.
    pub(crate) notes: Vec<String>,
}

impl From<Content> for Side {
    fn from(content: Content) -> Self {
        Self { content, levels: None, notes: Vec::new() }
    }
}

/// The series of a file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Content {
    /// Of the plain form: samples of no named metric.
    Plain(PerformanceData),
    /// Of a baseline, of run records or of another tool.
    Named(BTreeMap<Key, Series>),
}

/// Reads what `choice` means of a file or folder.
///
/// # Errors
/// If it cannot be read, is of no known format or a placeholder, or its host is not clear.
pub(crate) fn read(path: &Path, choice: &Choice) -> Result<Side, Error> {
    if whole(path).is_dir() {
        return of_tool(path, given(path, choice)?);
    }
    let text = std::fs::read_to_string(path)
        .map_err(|cause| Error::usage(format!("cannot read {}: {cause}", path.display())))?;
    let at = |what: String| Error::usage(format!("{}: {what}", path.display()));
    if let Some(runs) = run_records(&text).map_err(&at)? {
        let series = runs.iter().flat_map(of_run).collect();
        return Ok(Content::Named(series).into());
    }
    let asked = choice.format.is_some_and(|format| format != Format::Plain);
    // Whatever stands beside a name of ours, such as the marks of a conflict, its reader says best itself.
    if asked || !names_ours(&text) {
        let content = Foreign::of_text(&text).map_err(&at)?;
        if asked || recognise(&content).map_err(&at)? != Format::Plain {
            return of_tool(path, vec![file(path, &content, choice)?]);
        }
    }
    match BaselineFile::read(path)? {
        Some(BaselineFile::Plain(data)) => Ok(Content::Plain(data).into()),
        Some(versioned) => {
            let entry = entry(versioned.hosts(), choice.host.as_deref()).map_err(at)?;
            of_host(entry).map(Side::from)
        }
        None => Err(at("is gone".to_owned())),
    }
}

/// Whether `text` holds the name of a format of ours, which all of them but plain samples begin with.
fn names_ours(text: &str) -> bool {
    text.contains("\"perfreg-")
}

/// What another tool wrote.
fn of_tool(path: &Path, files: Vec<Given>) -> Result<Side, Error> {
    let mut notes = Vec::new();
    let reports: Vec<Report> = files.into_iter().flat_map(|file| file.reports).collect();
    let newest = newest(&reports, &mut notes)
        .map_err(|what| Error::usage(format!("{}: {what}", path.display())))?;
    notes.extend(newest.notes.iter().cloned());
    let series = newest.series().iter().map(|one| {
        let key = (one.test.clone(), one.case.clone(), one.metric.name.clone());
        let (values, basis) = match &one.values {
            Values::Samples(values) => (values.clone(), Basis::Imported),
            Values::Summary(value, summary) => (vec![*value], Basis::Summary(summary.clone())),
        };
        (key, Series { metric: one.metric.clone(), values, basis })
    });
    let content = Content::Named(series.collect());
    Ok(Side { content, levels: newest.levels, notes })
}

/// The last report of the host that is meant: the only one, else this platform's.
fn newest<'a>(reports: &'a [Report], notes: &mut Vec<String>) -> Result<&'a Report, String> {
    let platform = perfreg_core::probe::host().platform;
    let first = reports.first().and_then(|report| report.host.as_ref());
    let is_one_host = reports.iter().all(|report| report.host.as_ref() == first);
    let meant: Vec<&Report> = match is_one_host {
        true => reports.iter().collect(),
        false => {
            let is_here =
                |report: &&Report| report.host.as_ref().is_some_and(|h| h.platform == platform);
            reports.iter().filter(is_here).collect()
        }
    };
    let first = meant.first().and_then(|report| report.host.as_ref());
    let newest = meant.iter().copied().max_by(|a, b| a.started.cmp(&b.started));
    match newest.filter(|_| meant.iter().all(|report| report.host.as_ref() == first)) {
        Some(newest) => {
            if let (2.., Some(started)) = (meant.len(), &newest.started) {
                notes.push(format!("of {} runs the last one is taken, of {started}", meant.len()));
            }
            Ok(newest)
        }
        None => {
            Err(format!("name one of its hosts by a part of it with --host:{}", hosts(reports)))
        }
    }
}

/// The run records that `text` is; `None` if it is something else.
fn run_records(text: &str) -> Result<Option<Vec<Run>>, String> {
    #[derive(Deserialize)]
    struct Version {
        schema: String,
    }
    if !names_ours(text) {
        return Ok(None);
    }
    match serde_json::from_str(text) {
        Ok(Version { schema }) if Run::reads(&schema) => {
            let run = serde_json::from_str(text).map_err(|cause| cause.to_string())?;
            Ok(Some(vec![run]))
        }
        Ok(Version { schema }) if saved::reads(&schema) => saved::parse(text).map(Some),
        // Whoever reads it as something else says better what is wrong.
        _ => Ok(None),
    }
}

/// The series of a run: samples of what was imported, else a value a launch.
pub(crate) fn of_run(run: &Run) -> BTreeMap<Key, Series> {
    let mut series: BTreeMap<Key, Series> = BTreeMap::new();
    for case in &run.cases {
        for launch in &case.launches {
            for one in &launch.series {
                let name = &one.metric.name;
                let (values, basis) = match &run.origin {
                    Some(origin) => {
                        (one.samples.as_slice().to_vec(), basis(origin, &case.name, name))
                    }
                    None => {
                        let Some(stats) = launch.stats(name) else { continue };
                        (vec![stats.representative(&one.metric)], Basis::Own)
                    }
                };
                let key = (run.id.test.clone(), case.name.clone(), name.clone());
                let new = Series { metric: one.metric.clone(), values: Vec::new(), basis };
                series.entry(key).or_insert(new).values.extend(values);
            }
        }
    }
    series
}

fn basis(origin: &Origin, case: &str, metric: &str) -> Basis {
    match origin.summary(case, metric) {
        Some(summary) => Basis::Summary(summary.clone()),
        None => Basis::Imported,
    }
}

fn of_host(entry: &HostEntry) -> Result<Content, Error> {
    let mut series = BTreeMap::new();
    for case in &entry.cases {
        for one in &case.metrics {
            let metric = one.metric.clone();
            let key = (case.section.clone(), case.subsection.clone(), metric.name.clone());
            let values = one.launches.iter().map(|l| l.representative(&metric)).collect();
            series.insert(key, Series { metric, values, basis: Basis::Own });
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
            let one = Series { metric: metric.clone(), values, basis: Basis::Own };
            series.insert(key, one);
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

    use super::{Content, Form, Side, read};
    use crate::error::Error;
    use crate::exchange::Choice;

    const FORMATS: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../perfreg-core/tests/data/formats");

    fn file(path: &str, host: Option<&str>) -> Result<Side, Error> {
        let host = host.map(str::to_owned);
        let choice = Choice { format: None, results: "new".to_owned(), better: None, host };
        read(path.as_ref(), &choice)
    }

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
        let file = |name: &str| file(&format!("{FORMATS}/{name}"), None).unwrap().content;
        assert_eq!(names(file("baseline-1.json"), Form::Named), expected);
        let of_run = names(file("run-1.json"), Form::Named);
        assert!(expected.iter().all(|name| of_run.contains(&(*name).to_owned())), "{of_run:?}");
        assert_eq!(names(file("baseline-1.json"), Form::Plain), ["parse default samples 10"]);
    }

    #[test]
    fn a_host_is_named_by_a_part_of_it() {
        let path = format!("{FORMATS}/baseline-1.json");
        assert!(file(&path, Some("EPYC")).is_ok());
        let error = file(&path, Some("Xeon")).unwrap_err().to_string();
        assert!(error.contains("--host:\n  linux-x86_64, AMD EPYC"), "{error}");
    }
}
