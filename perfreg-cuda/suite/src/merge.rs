//! Reports of all processes of a job as one, in which the slowest of them is judged.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use perfreg_core::HostKey;
use perfreg_core::stats::median;
use serde::{Deserialize, Serialize};

use crate::baselines::{self, Kept};
use crate::cases::Case;
use crate::document::{Document, Ours, Place};
use crate::launch::{Launched, What};

/// What every document begins with.
#[derive(Deserialize)]
struct Named {
    schema: String,
}

/// What is read of a process's `report.json`.
#[derive(Deserialize)]
struct Report {
    started: String,
    commit: Option<String>,
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
    /// When its run began, as RFC 3339 in UTC.
    started: String,
    /// What its binary was built of.
    commit: Option<String>,
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
        self.correctness.checked.iter().all(|check| check.right)
            && self.cases.iter().flat_map(|case| &case.ours).all(Ours::agrees)
    }
}

impl Merged {
    pub(crate) const SCHEMA: &'static str = "perfreg-dilated-merged/1";

    /// Whether every variant is right in every process, and none failed.
    pub(crate) fn is_right(&self) -> bool {
        let slowest_succeeded = |one: &Judged| one.times[one.slowest].is_some();
        self.ranks.iter().all(|rank| rank.right) && self.cases.iter().all(slowest_succeeded)
    }

    /// What becomes baselines: what says how long the job takes, on the GPU that it was measured on.
    ///
    /// # Errors
    /// With a case that is none of the suite's.
    fn kept(&self) -> Result<Vec<Kept<'_>>, String> {
        let succeeded = self.cases.iter().filter(|one| one.times[one.slowest].is_some());
        let kept = succeeded.map(|one| {
            let of = &self.ranks[one.slowest];
            let case = Case::named(&one.case);
            Ok(Kept {
                case: case.ok_or_else(|| format!("`{}` is no case of the suite", one.case))?,
                implementation: one.implementation,
                launches: &one.launches,
                host: &of.host,
                commit: of.commit.as_deref(),
                started: &of.started,
            })
        });
        kept.collect()
    }
}

/// Reads the reports, and writes `merged.json` and `gt/` into `out`.
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
    let kept = merged.kept()?;
    let failed = |error: &dyn std::fmt::Display| format!("--out: {}: {error}", out.display());
    fs::create_dir_all(out).map_err(|error| failed(&error))?;
    let text = serde_json::to_string(&merged).map_err(|error| failed(&error))?;
    fs::write(out.join("merged.json"), text + "\n").map_err(|error| failed(&error))?;
    baselines::write(&kept, out)?;
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
        started: report.started,
        commit: report.commit,
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
        launched.median("device_time_hot").or_else(|| launched.median("device_time"))
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
