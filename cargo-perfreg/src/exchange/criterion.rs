//! criterion's folder: `target/criterion/GROUP/FUNCTION/VALUE/new/{benchmark,sample,estimates}.json`.

use std::collections::{BTreeMap, BTreeSet};

use perfreg_core::Throughput;
use perfreg_core::model::{Metric, Statistic, Summary};

use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};
use crate::plain::plain;

/// The files of one result.
const FILES: [&str; 3] = ["benchmark.json", "sample.json", "estimates.json"];

/// Folders of criterion's that hold no result.
const OTHERS: [&str; 2] = ["change", "report"];

/// Why the folder is none of criterion's.
pub(super) fn refusal(tree: &BTreeMap<String, String>) -> Option<&'static str> {
    match tree.keys().any(|path| FILES.contains(&name(path))) {
        true => None,
        false => Some("has no benchmark.json, sample.json or estimates.json"),
    }
}

/// The results called `how.kept`, or the one that the folder itself is.
pub(super) fn read(
    tree: &BTreeMap<String, String>,
    how: &Reading<'_>,
) -> Result<Vec<Report>, String> {
    let mut report = Report::new(Format::Criterion);
    let folders: BTreeSet<&str> =
        tree.keys().filter(|path| FILES.contains(&name(path))).map(|path| folder(path)).collect();
    let meant: Vec<&str> = match folders.contains("") {
        true => vec![""],
        false => folders.iter().copied().filter(|folder| name(folder) == how.kept).collect(),
    };
    if meant.is_empty() {
        let there: BTreeSet<&str> =
            folders.iter().map(|folder| name(folder)).filter(|n| !OTHERS.contains(n)).collect();
        let there: Vec<String> = there.into_iter().map(|name| plain(name, 60)).collect();
        return Err(format!(
            "has no results called `{}`; there are {}",
            how.kept,
            there.join(", ")
        ));
    }
    for folder in meant {
        read_one(tree, folder, &mut report)?;
    }
    Ok(vec![report])
}

/// Whether a file of this name is one of a result.
pub(super) fn is_file_of_it(path: &std::path::Path) -> bool {
    FILES.iter().any(|name| path.file_name().is_some_and(|own| own == *name))
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn read_one(
    tree: &BTreeMap<String, String>,
    folder: &str,
    report: &mut Report,
) -> Result<(), String> {
    let path =
        |file: &str| if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    let json = |file: &str| -> Result<Option<Json>, String> {
        let Some(text) = tree.get(&path(file)) else { return Ok(None) };
        Json::parse(text).map(Some).map_err(|what| format!("{}: {what}", path(file)))
    };
    let at = |file: &str, what: String| format!("{}: {what}", path(file));
    let named = match json("benchmark.json")? {
        Some(json) => named(&Node::root(&json)).map_err(|what| at("benchmark.json", what))?,
        None => {
            report.note(format!("{folder} has no benchmark.json, and is named by its folder"));
            by_folder(folder)
        }
    };
    let values = match json("sample.json")? {
        Some(json) => samples(&Node::root(&json)).map_err(|what| at("sample.json", what))?,
        None => match json("estimates.json")? {
            Some(json) => {
                estimate(&Node::root(&json)).map_err(|what| at("estimates.json", what))?
            }
            None => {
                report.note(format!("{folder} has neither samples nor estimates"));
                return Ok(());
            }
        },
    };
    report.push(&named.test, &named.case, &Metric::time(Metric::WALL_TIME), values)?;
    if let Some(throughput) = named.throughput {
        report.last_processes(throughput);
    }
    Ok(())
}

struct Named {
    test: String,
    case: String,
    throughput: Option<Throughput>,
}

fn named(root: &Node<'_>) -> Result<Named, String> {
    let part = |name: &str| root.get(name).map(|node| node.text()).transpose();
    let parts: Vec<&str> =
        [part("function_id")?, part("value_str")?].into_iter().flatten().collect();
    let throughput = match root.get("throughput") {
        None => None,
        Some(node) => match (node.number_of("Bytes")?, node.number_of("Elements")?) {
            (Some(bytes), _) => Some(Throughput::Bytes(bytes as u64)),
            (_, Some(elements)) => Some(Throughput::Items(elements as u64)),
            _ => None,
        },
    };
    let test = root.need("group_id")?.text()?.to_owned();
    Ok(Named { test, case: parts.join("/"), throughput })
}

fn by_folder(folder: &str) -> Named {
    let mut parts: Vec<&str> = folder.split('/').collect();
    // The last one says which result of the benchmark it is.
    parts.pop();
    let test = if parts.is_empty() { folder } else { parts.remove(0) };
    Named { test: test.to_owned(), case: parts.join("/"), throughput: None }
}

/// Times of whole samples, in nanoseconds, by their iterations.
fn samples(root: &Node<'_>) -> Result<Values, String> {
    let (iterations, times) = (root.need("iters")?.numbers()?, root.need("times")?.numbers()?);
    if iterations.len() != times.len() {
        let (times, iterations) = (times.len(), iterations.len());
        return Err(format!("holds {times} times of {iterations} samples"));
    }
    let per_iteration = |(at, (time, count)): (usize, (&f64, &f64))| match *count >= 1.0 {
        true => Ok(time / count),
        false => Err(format!("iters[{at}]: is {count}, no count of iterations")),
    };
    let values: Result<_, String> =
        times.iter().zip(&iterations).enumerate().map(per_iteration).collect();
    values.map(Values::Samples)
}

fn estimate(root: &Node<'_>) -> Result<Values, String> {
    let point = |name: &str| -> Result<Option<f64>, String> {
        root.get(name).map(|node| node.need("point_estimate")?.number()).transpose()
    };
    let mean = root.need("mean")?;
    let value = mean.need("point_estimate")?.number()?;
    let mut summary = Summary::of(Statistic::Mean);
    summary.mean = Some(value);
    summary.median = point("median")?;
    summary.stddev = point("std_dev")?;
    if let Some(interval) = mean.get("confidence_interval") {
        summary.low = interval.number_of("lower_bound")?;
        summary.high = interval.number_of("upper_bound")?;
    }
    Ok(Values::Summary(value, summary))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::reading::{Content, Reading, read};
    use super::super::report::{Report, Values};

    fn of(files: &[(&str, &str)]) -> Result<Report, String> {
        let text = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        let tree: BTreeMap<String, String> = files.iter().map(text).collect();
        let how = Reading { better: None, kept: "new", beside: &|_| Err(String::new()) };
        Ok(read(&Content::Tree(tree), None, &how)?.remove(0))
    }

    const NAMED: &str =
        r#"{"group_id": "g", "function_id": "f", "value_str": "8", "throughput": {"Bytes": 8}}"#;
    const SAMPLE: &str = r#"{"iters": [1.0, 2.0], "times": [3.0, 8.0]}"#;
    const ESTIMATES: &str = r#"{"mean": {"point_estimate": 5.0, "confidence_interval":
        {"lower_bound": 4.0, "upper_bound": 6.0}}, "slope": null}"#;

    #[test]
    fn samples_are_per_iteration_and_estimates_stand_in_for_them() {
        let whole = of(&[("g/f/new/benchmark.json", NAMED), ("g/f/new/sample.json", SAMPLE)]);
        let whole = whole.unwrap();
        let series = &whole.series()[0];
        assert_eq!((series.test.as_str(), series.case.as_str()), ("g", "f/8"));
        assert_eq!(series.values, Values::Samples(vec![3.0, 4.0]));
        assert!(series.throughput.is_some());

        let part = of(&[("g/x/f/new/estimates.json", ESTIMATES)]).unwrap();
        let series = &part.series()[0];
        assert_eq!((series.test.as_str(), series.case.as_str()), ("g", "x/f"));
        let Values::Summary(value, summary) = &series.values else { panic!("no summary") };
        assert_eq!((*value, summary.low, summary.high), (5.0, Some(4.0), Some(6.0)));
        assert_eq!(part.notes, ["g/x/f/new has no benchmark.json, and is named by its folder"]);
    }

    #[test]
    fn what_is_wrong_names_the_file() {
        let check = |files: &[(&str, &str)], expected: &str| {
            let error = of(files).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        };
        let bad = r#"{"iters": [1.0, 0.0], "times": [3.0, 8.0]}"#;
        let path = "g/new/sample.json";
        check(&[(path, bad)], "g/new/sample.json: iters[1]: is 0, no count of iterations");
        let short = r#"{"iters": [1.0], "times": [3.0, 8.0]}"#;
        check(&[(path, short)], "g/new/sample.json: holds 2 times of 1 samples");
        check(&[(path, &SAMPLE[..40])], "g/new/sample.json: times[2]: EOF");
        check(&[("g/base/sample.json", SAMPLE)], "has no results called `new`; there are base");
        check(&[("g/new/tukey.json", "[]")], "is of no known format:\n  plain: is no JSON");
    }
}
