//! What `go test -bench` prints: `BenchmarkName-8  100  325 ns/op  48 B/op`. Lines of one name are its samples.

use std::collections::BTreeMap;

use perfreg_core::Unit;
use perfreg_core::model::{HostKey, Metric};

use crate::exchange::format::Format;
use crate::exchange::groups::Groups;
use crate::exchange::names::{Guessed, of_unit};
use crate::exchange::reading::Reading;
use crate::exchange::report::{Report, Values};
use crate::plain::plain;

/// Whether a line of `text` is a result.
pub(super) fn is_go(text: &str) -> bool {
    text.lines().any(|line| fields(line).is_some())
}

/// Name, and what stands behind the count of iterations.
fn fields(line: &str) -> Option<(&str, Vec<&str>)> {
    let mut words = line.split_whitespace();
    let name = words.next().filter(|name| name.starts_with("Benchmark"))?;
    words.next()?.parse::<u64>().ok()?;
    Some((name, words.collect()))
}

/// The one run that the text is of.
pub(super) fn read(text: &str, how: &Reading<'_>) -> Result<Vec<Report>, String> {
    let mut report = Report::new(Format::Go);
    let mut about: BTreeMap<&str, &str> = BTreeMap::new();
    let mut package = String::new();
    let mut found: Groups<(String, String, String), Vec<f64>> = Groups::default();
    for (at, line) in text.lines().enumerate() {
        if let Some((key, value)) = line.split_once(": ") {
            match key {
                "pkg" => package = format!("{}.", value.trim()),
                "goos" | "goarch" | "cpu" => drop(about.insert(key, value.trim())),
                _ => {}
            }
        }
        let Some((name, rest)) = fields(line) else { continue };
        let wrong = |what: String| format!("line {}: {what}", at + 1);
        if rest.is_empty() || rest.len() % 2 != 0 {
            return Err(wrong("is cut off: a value and its unit stand together".to_owned()));
        }
        for pair in rest.chunks_exact(2) {
            let number: f64 = pair[0]
                .replace(',', "")
                .parse()
                .map_err(|_| wrong(format!("`{}` is no number", plain(pair[0], 40))))?;
            let (test, case) = name_of(name);
            let key = (format!("{package}{test}"), case.to_owned(), pair[1].to_owned());
            found.of(key).push(number);
        }
    }
    report.host = host(&about);
    let mut guessed = Guessed::default();
    for ((test, case, unit), values) in found.into_all() {
        let measure = of_unit(&unit);
        let (direction, guess) = measure.better.direction(how.better);
        guessed.add(&unit, guess);
        let name = match unit.as_str() {
            "B/op" => Metric::ALLOCATED_BYTES,
            "allocs/op" => Metric::ALLOCATIONS,
            _ if measure.unit == Unit::Nanoseconds => Metric::WALL_TIME,
            unit => unit,
        };
        let metric = Metric::new(name, measure.unit, direction);
        report.push(&test, &case, &metric, Values::Samples(values).times(measure.factor))?;
    }
    guessed.note(&mut report);
    Ok(vec![report])
}

/// The benchmark and its sub-benchmark, without the number of processors behind both.
fn name_of(name: &str) -> (&str, &str) {
    let is_count = |end: &str| !end.is_empty() && end.chars().all(|c| c.is_ascii_digit());
    let name = match name.rsplit_once('-') {
        Some((before, end)) if is_count(end) => before,
        _ => name,
    };
    name.split_once('/').unwrap_or((name, ""))
}

fn host(about: &BTreeMap<&str, &str>) -> Option<HostKey> {
    let system = about.get("goos")?;
    let system = if *system == "darwin" { "macos" } else { system };
    let architecture = match about.get("goarch").copied() {
        Some("amd64") => "x86_64",
        Some("arm64") => "aarch64",
        other => other.unwrap_or("unknown"),
    };
    let cpu = about.get("cpu").copied().unwrap_or("unknown CPU");
    Some(HostKey::new(&plain(&format!("{system}-{architecture}"), 60), &plain(cpu, 100), 0, None))
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn the_number_of_processors_is_no_part_of_a_name() {
        let check = |name: &str, expected: (&str, &str)| assert_eq!(name_of(name), expected);
        check("BenchmarkFib10-8", ("BenchmarkFib10", ""));
        check("BenchmarkFib20", ("BenchmarkFib20", ""));
        check("BenchmarkFib/my_tabled_-_10-8", ("BenchmarkFib", "my_tabled_-_10"));
        check("BenchmarkFib/my/tabled_-_20", ("BenchmarkFib", "my/tabled_-_20"));
    }
}
