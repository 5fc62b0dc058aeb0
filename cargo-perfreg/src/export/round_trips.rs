//! Whatever any tool's file holds is written in every format and read back as the same numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use perfreg_core::model::Run;
use perfreg_core::{Direction, Metric, Unit, Verdict};

use super::{Row, bencher, csv, github_action_benchmark, openmetrics, parquet as written, rows};
use crate::exchange::samples_of_tools::{FILES, READABLE, choice};
use crate::exchange::{
    Content, Facts, Format, Reading, Report, Values, given, of_unit, read, runs_of,
};
use crate::plain::middle;
use crate::testing::{judgement, run};

/// The rows of every file, apart by the tool's run.
fn of_every_tool() -> Vec<Vec<Row>> {
    let facts = Facts { file: "f", written: "2026-01-02T03:04:05Z", here: None, revision: None };
    let mut all = Vec::new();
    for (path, results, _) in READABLE {
        for file in given(&Path::new(FILES).join(path), &choice(results)).unwrap() {
            for report in &file.reports {
                all.push(rows(&runs_of(report, &facts)));
            }
        }
    }
    assert!(all.len() > READABLE.len());
    all
}

/// What no tool calls its benchmarks, and somebody may.
fn hostile() -> Vec<Row> {
    let names =
        ["a,b", "\"quoted\"", "line\nbreak", "back\\slash", "größer 🦀", "=1+1", "{x=\"y\"} 1"];
    let of = |name: &&str| {
        let mut run: Run = run(name, vec![judgement(Verdict::Regressed, Some(0.1))]);
        run.cases[0].name = (*name).to_owned();
        run.host.cpu = (*name).to_owned();
        run
    };
    rows(&names.iter().map(of).collect::<Vec<_>>())
}

fn again(text: &str, format: Format, better: Direction) -> Report {
    let beside = |_: &str| Err("nothing lies beside".to_owned());
    let how = Reading { better: Some(better), kept: "new", beside: &beside };
    let content = Content::of_text(text).unwrap();
    read(&content, Some(format), &how).unwrap_or_else(|error| panic!("{error}\n{text}")).remove(0)
}

/// Names as a reader keeps them.
fn kept(name: &str) -> String {
    middle(name.trim(), 200)
}

#[test]
fn bencher_reads_back() {
    for rows in of_every_tool() {
        let report = again(&bencher(&rows), Format::Bencher, Direction::LowerIsBetter);
        assert_eq!(report.series().len(), rows.len());
        for row in &rows {
            let mut all = report.series().iter();
            let one = all
                .find(|one| (&one.test, &one.metric.name) == (&kept(&row.name()), &row.metric.name))
                .unwrap_or_else(|| panic!("{row:?}"));
            let Values::Summary(value, summary) = &one.values else { panic!("{one:?}") };
            assert_eq!((*value, summary.low, summary.high), (row.value, row.low, row.high));
        }
    }
}

#[test]
fn github_action_benchmark_reads_back() {
    for rows in of_every_tool() {
        let mut found = 0;
        for direction in [Direction::LowerIsBetter, Direction::HigherIsBetter] {
            let exported = github_action_benchmark(&rows, direction);
            let own: Vec<&Row> = rows.iter().filter(|r| r.metric.direction == direction).collect();
            assert_eq!(exported.left_out, rows.len() - own.len());
            if own.is_empty() {
                continue;
            }
            let report = again(&exported.text, Format::GithubActionBenchmark, direction);
            for row in own {
                let name = kept(&format!("{} {}", row.name(), row.metric.name));
                let mut all = report.series().iter();
                let one = all.find(|one| one.test == name).unwrap_or_else(|| panic!("{row:?}"));
                let Values::Summary(value, summary) = &one.values else { panic!("{one:?}") };
                let factor = of_unit(row.metric.unit.symbol()).factor;
                assert_eq!(*value, row.value * factor, "{row:?}");
                assert_eq!(one.metric.direction, direction, "{row:?}");
                let width = |low: Option<f64>, high: Option<f64>| Some(high? - low?);
                let (before, after) = (width(row.low, row.high), width(summary.low, summary.high));
                assert_eq!(before.is_some(), after.is_some());
                let near = |a: f64, b: f64| (a * factor - b).abs() <= 1e-9 * b.abs() + 1e-9;
                assert!(before.zip(after).is_none_or(|(a, b)| near(a, b)), "{row:?} {summary:?}");
                found += 1;
            }
        }
        assert_eq!(found, rows.len());
    }
}

/// The cells of comma-separated values, after RFC 4180.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut all = text.chars().peekable();
    while let Some(c) = all.next() {
        match c {
            '"' if quoted && all.peek() == Some(&'"') => cell.extend(all.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut cell)),
            '\r' if !quoted => assert_eq!(all.peek(), Some(&'\n')),
            '\n' if !quoted => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            _ => cell.push(c),
        }
    }
    assert!(!quoted && line.is_empty() && cell.is_empty());
    lines
}

fn everything() -> Vec<Vec<Row>> {
    of_every_tool().into_iter().chain([hostile()]).collect()
}

#[test]
fn csv_reads_back() {
    for rows in everything() {
        let lines = cells(&csv(&rows));
        let column = |name: &str| lines[0].iter().position(|own| own == name).unwrap();
        assert_eq!(lines.len(), rows.len() + 1);
        for (line, row) in lines[1..].iter().zip(&rows) {
            let text = |name: &str| line[column(name)].as_str();
            let number = |name: &str| line[column(name)].parse::<f64>().ok();
            assert_eq!(line.len(), lines[0].len());
            assert_eq!((text("test"), text("case")), (row.test.as_str(), row.case.as_str()));
            assert_eq!(text("metric"), row.metric.name);
            assert_eq!(text("unit"), row.metric.unit.symbol());
            assert_eq!((number("value"), number("low")), (Some(row.value), row.low));
            assert_eq!((number("high"), number("change")), (row.high, row.change));
            assert_eq!((text("host"), text("verdict")), (row.host.as_str(), row.verdict.as_str()));
            assert_eq!(text("commit"), row.commit.as_deref().unwrap_or_default());
            assert_eq!(text("started"), row.started);
        }
    }
}

#[test]
fn parquet_reads_back() {
    for rows in everything() {
        let bytes = written(&rows).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let mut found = 0;
        for (read, row) in reader.get_row_iter(None).unwrap().zip(&rows) {
            let read: BTreeMap<String, Field> = read.unwrap().into_columns().into_iter().collect();
            let text = |text: &str| Field::Str(text.to_owned());
            let number = |value: Option<f64>| value.map_or(Field::Null, Field::Double);
            assert_eq!(read["test"], text(&row.test));
            assert_eq!(read["case"], text(&row.case));
            assert_eq!(read["metric"], text(&row.metric.name));
            assert_eq!(read["unit"], text(row.metric.unit.symbol()));
            assert_eq!(read["value"], number(Some(row.value)));
            assert_eq!(read["low"], number(row.low));
            assert_eq!(read["high"], number(row.high));
            assert_eq!(read["change"], number(row.change));
            assert_eq!(read["launches"], Field::Long(i64::from(row.launches)));
            assert_eq!(read["commit"], row.commit.as_deref().map_or(Field::Null, text));
            assert_eq!(read["host"], text(&row.host));
            assert_eq!(read["profile"], text(&row.profile));
            found += 1;
        }
        assert_eq!(found, rows.len());
    }
}

/// Name, labels and value of a sample line.
fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let (name, rest) = line.split_once('{').unwrap();
    let mut labels = BTreeMap::new();
    let mut rest = rest;
    loop {
        let (key, value) = rest.split_once("=\"").unwrap();
        let mut text = String::new();
        let mut all = value.char_indices();
        let end = loop {
            match all.next().unwrap() {
                (_, '\\') => match all.next().unwrap().1 {
                    'n' => text.push('\n'),
                    c => text.push(c),
                },
                (at, '"') => break at,
                (_, c) => text.push(c),
            }
        };
        assert!(labels.insert(key.to_owned(), text).is_none());
        rest = &value[end + 1..];
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => break,
        }
    }
    (name.to_owned(), labels, rest.strip_prefix("} ").unwrap().parse().unwrap())
}

#[test]
fn openmetrics_reads_back() {
    for rows in everything() {
        let text = openmetrics(&rows);
        assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1);
        let samples: Vec<_> =
            text.lines().filter(|line| !line.starts_with('#')).map(sample).collect();
        let labels: BTreeSet<_> =
            samples.iter().map(|(name, labels, _)| format!("{name} {labels:?}")).collect();
        assert_eq!(labels.len(), samples.len(), "no series stands twice");
        for row in &rows {
            let is_own = |labels: &BTreeMap<String, String>| {
                labels.get("test") == Some(&row.test)
                    && labels.get("case") == Some(&row.case)
                    && labels.get("metric") == Some(&row.metric.name)
                    && labels.get("host") == Some(&row.host)
            };
            let own: Vec<_> = samples.iter().filter(|(_, labels, _)| is_own(labels)).collect();
            let [(name, _, value), (verdicts, labels, one)] = &own[..] else { panic!("{own:?}") };
            let factor = if row.metric.unit == Unit::Nanoseconds { 1e9 } else { 1.0 };
            assert!((value * factor - row.value).abs() <= 1e-12 * row.value.abs(), "{name}");
            assert_eq!((verdicts.as_str(), *one), ("perfreg_verdict", 1.0));
            assert_eq!(labels["verdict"], row.verdict);
        }
    }
}

#[test]
fn of_runs_with_the_same_labels_the_last_one_is_scraped() {
    let mut twice = hostile()[..1].to_vec();
    twice.push(Row { value: 7e9, ..twice[0].clone() });
    assert_eq!(twice[0].metric, Metric::time("time"));
    let text = openmetrics(&twice);
    assert_eq!(text.lines().filter(|line| line.starts_with("perfreg_time")).count(), 1, "{text}");
    assert!(text.contains("} 7.0\n"), "{text}");
}
