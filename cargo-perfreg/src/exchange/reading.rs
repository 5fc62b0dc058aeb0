//! From the content of a file to reports: which format it is, and what the format's reader makes of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use perfreg_core::Direction;

use crate::exchange::format::Format;
use crate::exchange::json::{Json, Node};
use crate::exchange::report::Report;
use crate::exchange::{
    bencher, criterion, github_action_benchmark, go, google_benchmark, hyperfine, implementations,
    libtest, nvbench, placeholder, plain_samples, platforms, pytest_benchmark,
};
use crate::plain::plain;

/// What a file or a folder holds.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Content {
    /// JSON, or a script that assigns it.
    Json(Json),
    /// Lines.
    Text(String),
    /// The texts of a folder's files, by their path in it.
    Tree(BTreeMap<String, String>),
}

/// The script that github-action-benchmark keeps its history as.
const SCRIPT: &str = "window.BENCHMARK_DATA";

impl Content {
    /// What `text` is.
    ///
    /// # Errors
    /// With place and reason, if it begins as JSON and is none.
    pub(crate) fn of_text(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if let Some(rest) = text.strip_prefix(SCRIPT) {
            let value = rest.trim_start().strip_prefix('=').ok_or("assigns nothing")?;
            return Json::parse(value.trim().trim_end_matches(';')).map(Self::Json);
        }
        match text.starts_with(['{', '[']) {
            true => Json::parse(text).map(Self::Json),
            false => Ok(Self::Text(text.to_owned())),
        }
    }
}

/// How a file is read, beyond what it says itself.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// Which way is better, where the file does not say for sure.
    pub(crate) better: Option<Direction>,
    /// Which of criterion's results are meant: `new`, or a baseline by its name.
    pub(crate) kept: &'a str,
    /// Reads a file that lies beside this one.
    pub(crate) beside: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
}

/// The reports that `content` holds; at least one number in all.
///
/// # Errors
/// If it is of no known format, with why not; if it cannot be read, with place and reason; or if it is
/// marked as a placeholder.
pub(crate) fn read(
    content: &Content,
    format: Option<Format>,
    how: &Reading<'_>,
) -> Result<Vec<Report>, String> {
    if let Content::Json(json) = content
        && let Some(mark) = placeholder::mark(json)
    {
        return Err(format!("is a placeholder, no measurement: {mark}"));
    }
    if let Content::Json(json) = content
        && let Some(schema) = json.get("schema").and_then(Json::text)
        && schema.starts_with("perfreg-")
    {
        let schema = plain(schema, 60);
        return Err(format!(
            "is perfreg's own, `{schema}`; `cargo perfreg merge` takes in records"
        ));
    }
    let format = match format {
        Some(format) => format,
        None => recognise(content)?,
    };
    let reports = read_as(format, content, how)?;
    if reports.iter().all(|report| report.series().is_empty()) {
        let notes: Vec<&str> =
            reports.iter().flat_map(|report| &report.notes).map(String::as_str).collect();
        let why = if notes.is_empty() { String::new() } else { format!(": {}", notes.join("; ")) };
        return Err(format!("holds no numbers, read as {format}{why}"));
    }
    Ok(reports)
}

fn read_as(format: Format, content: &Content, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    match (format, content) {
        (Format::Go, Content::Text(text)) => go::read(text, how),
        (Format::Libtest, Content::Text(text)) => libtest::read(text),
        (Format::Criterion, Content::Tree(tree)) => criterion::read(tree, how),
        (Format::Go | Format::Libtest | Format::Criterion, _) | (_, Content::Text(_)) => {
            Err(format!("is not {format}: {}", refusal(format, content).unwrap_or("is of it")))
        }
        (_, Content::Tree(_)) => Err(format!("is a folder, which {format} does not write")),
        (_, Content::Json(json)) => {
            let root = Node::root(json);
            match format {
                Format::Plain => plain_samples::read(&root, how),
                Format::PytestBenchmark => pytest_benchmark::read(&root),
                Format::Hyperfine => hyperfine::read(&root),
                Format::GoogleBenchmark => google_benchmark::read(&root, how),
                Format::Nvbench => nvbench::read(&root, how),
                Format::GithubActionBenchmark => github_action_benchmark::read(&root, how),
                Format::Bencher => bencher::read(&root, how),
                Format::Implementations => implementations::read(&root, how),
                Format::Platforms => platforms::read(&root, how),
                Format::Go | Format::Libtest | Format::Criterion => {
                    unreachable!("they are not JSON, and were read above")
                }
            }
        }
    }
}

/// The format of `content`.
///
/// # Errors
/// If it is none, with why each of them said no.
pub(crate) fn recognise(content: &Content) -> Result<Format, String> {
    let mut why = String::from("is of no known format:");
    for format in Format::ALL {
        match refusal(format, content) {
            None => return Ok(format),
            Some(reason) => {
                let _ = write!(why, "\n  {format}: {reason}");
            }
        }
    }
    if let Content::Text(text) = content
        && text.contains("time:   [")
    {
        why += "\nthat is what criterion prints; its folder `target/criterion` holds the samples";
    }
    Err(why)
}

/// Why `content` is not of `format`; none if it is.
fn refusal(format: Format, content: &Content) -> Option<&'static str> {
    let of_text = |is: fn(&str) -> bool, lines: &'static str| match content {
        Content::Text(text) if is(text) => None,
        Content::Text(_) => Some(lines),
        _ => Some("is no text"),
    };
    let of_json = |refusal: fn(&Json) -> Option<&'static str>| match content {
        Content::Json(json) => refusal(json),
        _ => Some("is no JSON"),
    };
    match format {
        Format::Plain => of_json(plain_samples::refusal),
        Format::Criterion => match content {
            Content::Tree(tree) => criterion::refusal(tree),
            _ => Some("is no folder"),
        },
        Format::PytestBenchmark => of_json(pytest_benchmark::refusal),
        Format::Hyperfine => of_json(hyperfine::refusal),
        Format::GoogleBenchmark => of_json(google_benchmark::refusal),
        Format::Nvbench => of_json(nvbench::refusal),
        Format::Go => of_text(go::is_go, "has no line `Benchmark… N 1 ns/op`"),
        Format::Libtest => of_text(libtest::is_libtest, "has no line `test … bench: 1 ns/iter`"),
        Format::GithubActionBenchmark => of_json(github_action_benchmark::refusal),
        Format::Bencher => of_json(bencher::refusal),
        Format::Implementations => of_json(implementations::refusal),
        Format::Platforms => of_json(platforms::refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, recognise};

    #[test]
    fn what_is_nothing_says_why_for_each() {
        let check = |text: &str, part: &str| {
            let error = Content::of_text(text).and_then(|content| recognise(&content)).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        };
        check("hello", "\n  hyperfine: is no JSON\n");
        check("hello", "\n  go: has no line `Benchmark");
        check("[]", "\n  bencher: is no object");
        let summary = r#"{"metadata": {"device": "cuda"}, "summary": {"total": 42, "passed": 42}}"#;
        check(summary, "platforms: has no `baselines`, and no numbers by implementation");
        check(r#"{"summary": {"total": 42}}"#, "platforms: has no `baselines`, and no numbers");
        check("{\"a\": 1}", "plain: has values that are no lists of numbers");
        check("x  time:   [1 ns 2 ns 3 ns]", "criterion prints");
        check("{\"results\": [", "results[0]: EOF while parsing");
        check("window.BENCHMARK_DATA = {\"entries\":", "entries: EOF");
        check("window.BENCHMARK_DATA", "assigns nothing");
    }
}
