//! Reports of all processes of a job as one, in which the slowest of them is judged.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use perfreg_core::HostKey;
use perfreg_core::stats::median;
use serde::{Deserialize, Serialize};

use crate::document::{Document, Place, TOLERANCE};
use crate::launch::{Launched, What};

/// What every document begins with.
#[derive(Deserialize)]
struct Named {
    schema: String,
}

/// What is read of a process's `report.json`.
#[derive(Deserialize)]
struct Report {
    rank: Option<Place>,
    host: HostKey,
    correctness: Correctness,
    cases: Vec<OfCase>,
}

#[derive(Deserialize)]
struct Correctness {
    checked: Vec<Checked>,
}

#[derive(Deserialize)]
struct Checked {
    right: bool,
}

#[derive(Deserialize)]
struct OfCase {
    name: String,
    ours: Vec<Ours>,
}

#[derive(Deserialize)]
struct Ours {
    implementation: What,
    /// No number is `null`.
    output_error: Option<f64>,
    launches: Vec<Result<Launched, String>>,
}

/// What a job did: `merged.json`. Times are nanoseconds of one call, hot where that was measured.
#[derive(Serialize)]
pub(crate) struct Merged {
    schema: &'static str,
    ranks: Vec<OfRank>,
    cases: Vec<Judged>,
}

#[derive(Serialize)]
struct OfRank {
    rank: usize,
    host: HostKey,
    /// Whether every variant was right there.
    right: bool,
}

/// An implementation on a case.
#[derive(Serialize)]
struct Judged {
    case: String,
    implementation: What,
    /// The rank that says how long the job takes: one that failed, else the slowest.
    slowest: usize,
    /// By rank; `None` where it failed.
    times: Vec<Option<f64>>,
    /// The launches of that rank.
    launches: Vec<Result<Launched, String>>,
}

impl Report {
    /// Whether every variant computed what it should.
    fn is_right(&self) -> bool {
        let agrees = |ours: &Ours| match ours.implementation {
            What::Portable => ours.output_error.is_some_and(|error| error <= TOLERANCE),
            What::Naive | What::Copy => true,
        };
        self.correctness.checked.iter().all(|check| check.right)
            && self.cases.iter().flat_map(|case| &case.ours).all(agrees)
    }
}

impl Merged {
    pub(crate) const SCHEMA: &'static str = "perfreg-dilated-merged/1";

    /// Whether every variant is right in every process, and none failed.
    pub(crate) fn is_right(&self) -> bool {
        let slowest_succeeded = |one: &Judged| one.times[one.slowest].is_some();
        self.ranks.iter().all(|rank| rank.right) && self.cases.iter().all(slowest_succeeded)
    }
}

/// Reads the reports, and writes `merged.json` into `out`.
///
/// # Errors
/// With the file that cannot be read or is of no process of the same job, or with the process that lacks.
pub(crate) fn run(reports: &[PathBuf], out: &Path) -> Result<Merged, String> {
    let read = reports.iter().map(|path| {
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
        let Named { schema } = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        if schema != Document::SCHEMA {
            return Err(wrong(&format!("`{schema}` is not {}", Document::SCHEMA)));
        }
        let report: Report = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        let place = report.rank;
        let place = place.ok_or_else(|| wrong(&"the report is of no job of several processes"))?;
        Ok((place, report))
    });
    let merged = merge(read.collect::<Result<_, _>>()?)?;
    let failed = |error: &dyn std::fmt::Display| format!("--out: {}: {error}", out.display());
    fs::create_dir_all(out).map_err(|error| failed(&error))?;
    let text = serde_json::to_string(&merged).map_err(|error| failed(&error))?;
    fs::write(out.join("merged.json"), text + "\n").map_err(|error| failed(&error))?;
    Ok(merged)
}

fn merge(mut reports: Vec<(Place, Report)>) -> Result<Merged, String> {
    reports.sort_by_key(|(place, _)| place.rank);
    let world = reports.first().map_or(0, |(place, _)| place.world);
    for rank in 0..world.max(reports.len()) {
        let of_it: Vec<_> = reports.iter().filter(|(place, _)| place.rank == rank).collect();
        match of_it[..] {
            [(place, _)] if place.world == world => {}
            [(place, _)] => {
                return Err(format!(
                    "rank {rank} is of {} processes, others of {world}",
                    place.world
                ));
            }
            [] => return Err(format!("rank {rank} of {world} has no report")),
            _ => return Err(format!("rank {rank} has {} reports", of_it.len())),
        }
    }
    let mut cases = Vec::new();
    let all: Vec<&Report> = reports.iter().map(|(_, report)| report).collect();
    for case in all.first().map_or(&[][..], |first| &first.cases[..]) {
        for ours in &case.ours {
            cases.push(judged(&case.name, ours.implementation, &all)?);
        }
    }
    let ranks = reports.into_iter().map(|(place, report)| OfRank {
        rank: place.rank,
        right: report.is_right(),
        host: report.host,
    });
    Ok(Merged { schema: Merged::SCHEMA, ranks: ranks.collect(), cases })
}

/// # Errors
/// With the process that did not measure it.
fn judged(name: &str, what: What, reports: &[&Report]) -> Result<Judged, String> {
    let launches = reports.iter().enumerate().map(|(rank, report)| {
        let case = report.cases.iter().find(|case| case.name == name);
        let ours = case.and_then(|case| case.ours.iter().find(|one| one.implementation == what));
        let ours = ours.ok_or_else(|| format!("rank {rank} lacks {} of {name}", what.name()))?;
        Ok(&ours.launches[..])
    });
    let launches = launches.collect::<Result<Vec<_>, String>>()?;
    let times: Vec<Option<f64>> = launches.iter().map(|launches| time(launches)).collect();
    let longest = |rank: &usize| times[*rank].unwrap_or(f64::INFINITY);
    let slowest = (0..times.len()).max_by(|a, b| longest(a).total_cmp(&longest(b)));
    let slowest = slowest.expect("a report names the case");
    let (case, launches) = (name.to_owned(), launches[slowest].to_vec());
    Ok(Judged { case, implementation: what, slowest, times, launches })
}

/// The median over launches; `None` if one of them failed.
fn time(launches: &[Result<Launched, String>]) -> Option<f64> {
    let of_launch = |launched: &Result<Launched, String>| {
        let launched = launched.as_ref().ok()?;
        let hot = launched.samples("device_time_hot");
        let samples = if hot.is_empty() { launched.samples("device_time") } else { hot };
        (!samples.is_empty()).then(|| median(samples))
    };
    let times: Option<Vec<f64>> = launches.iter().map(of_launch).collect();
    times.filter(|times| !times.is_empty()).map(|times| median(&times))
}

/// A line for each implementation of a case.
pub(crate) fn table(merged: &Merged) -> String {
    let mut text = format!("{} processes\n", merged.ranks.len());
    for rank in merged.ranks.iter().filter(|rank| !rank.right) {
        let _ = writeln!(text, "  WRONG on rank {}", rank.rank);
    }
    for one in &merged.cases {
        let _ = write!(text, "{} {}: rank {} ", one.case, one.implementation.name(), one.slowest);
        let _ = match one.times[one.slowest] {
            None => writeln!(text, "failed"),
            Some(slowest) => {
                let least = one.times.iter().flatten().copied().fold(slowest, f64::min);
                let (slowest, share) = (slowest / 1e3, slowest / least);
                writeln!(text, "is the slowest: {slowest:.2} us, {share:.2} times the fastest")
            }
        };
    }
    text
}
