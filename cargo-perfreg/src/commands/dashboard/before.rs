//! What the last runs were held against: the launches of their baselines, and the samples of those runs
//! that became baselines, as far as the history still has them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use perfreg_core::model::{BaselineMetric, Case, Judgement, LaunchStats, Run};
use perfreg_core::store::{BaselineFile, Workspace};

use crate::commands::dashboard::reader::Reader;
use crate::commands::dashboard::stories::launches;
use crate::dashboard::{Before, samples_of};
use crate::error::Error;
use crate::history::{Digest, RunRow};
use crate::report::Report;

/// Beside each row of the report what it was held against.
///
/// # Errors
/// If the store gives no answer.
pub(super) fn before(
    reader: &mut Reader<'_>,
    report: &Report,
    runs: &[RunRow],
    workspace: &Workspace,
) -> Result<Vec<Before>, Error> {
    let mut all = Vec::new();
    for run in report.runs() {
        let files = baselines(reader, run, workspace);
        let mut known = Known { runs, read: BTreeMap::new() };
        for (case, judgement) in run.judgements() {
            let found = files.iter().find_map(|file| {
                let case = file.host(&run.host)?.case(&run.id.test, &case.name)?;
                case.metric(&judgement.metric.name)
            });
            all.push(match found {
                Some(baseline) => known.baseline(reader, run, case, baseline)?,
                None => known.run_before(reader, run, case, judgement)?,
            });
        }
    }
    Ok(all)
}

fn baselines(reader: &mut Reader<'_>, run: &Run, workspace: &Workspace) -> Vec<BaselineFile> {
    let mut files = Vec::new();
    for path in workspace.baselines_of(run) {
        match BaselineFile::read(&path) {
            Ok(file) => files.extend(file),
            Err(problem) => reader.leave_out(problem.to_string()),
        }
    }
    files
}

/// The runs of the history, as far as they were read for one test.
struct Known<'a> {
    runs: &'a [RunRow],
    read: BTreeMap<Digest, Option<Run>>,
}

impl Known<'_> {
    /// The run of this digest, which is read once.
    ///
    /// # Errors
    /// If the store gives no answer.
    fn run(&mut self, reader: &mut Reader<'_>, digest: Digest) -> Result<Option<&Run>, Error> {
        Ok(match self.read.entry(digest) {
            Entry::Occupied(known) => known.into_mut().as_ref(),
            Entry::Vacant(new) => {
                let run = reader.read(new.key())?;
                new.insert(run).as_ref()
            }
        })
    }

    /// The launches of a baseline, with the samples of those of its sessions that the history holds.
    fn baseline(
        &mut self,
        reader: &mut Reader<'_>,
        run: &Run,
        case: &Case,
        baseline: &BaselineMetric,
    ) -> Result<Before, Error> {
        let BaselineMetric { metric, provenance, launches: of_baseline } = baseline;
        let dates: Vec<&str> = provenance.sessions.iter().map(|one| one.date.as_str()).collect();
        let of_sessions: Vec<Digest> = self
            .of_test(run)
            .filter(|row| dates.contains(&row.started.as_str()))
            .map(|row| row.digest.clone())
            .collect();
        let mut of_launches = Vec::new();
        for digest in of_sessions {
            of_launches.extend(samples(self.run(reader, digest)?, case, &metric.name));
        }
        let value = |launch: &LaunchStats| launch.representative(metric);
        let of = dates.last().map_or_else(String::new, |date| format!(" of {date}"));
        Ok(Before {
            what: format!("baseline{of}"),
            toolchain: Some(provenance.toolchain.clone()),
            samples: of_launches,
            launches: of_baseline.iter().map(value).collect(),
        })
    }

    /// Where no baseline holds the metric, the run before says something.
    fn run_before(
        &mut self,
        reader: &mut Reader<'_>,
        run: &Run,
        case: &Case,
        judgement: &Judgement,
    ) -> Result<Before, Error> {
        let row = self.of_test(run).find(|row| row.started < run.started);
        let Some((digest, started)) = row.map(|row| (row.digest.clone(), row.started.clone()))
        else {
            return Ok(Before::default());
        };
        let earlier = self.run(reader, digest)?;
        let cases = earlier.map_or(&[][..], |run| &run.cases);
        let same = cases.iter().find(|other| other.name == case.name);
        Ok(Before {
            what: format!("no baseline; the run before, of {started}"),
            toolchain: earlier.map(|run| run.toolchain.clone()),
            launches: same.map_or_else(Vec::new, |case| launches(case, &judgement.metric)),
            samples: samples(earlier, case, &judgement.metric.name),
        })
    }

    /// The runs of the same test on the same machine, the newest first.
    fn of_test(&self, run: &Run) -> impl Iterator<Item = &RunRow> {
        let (id, host) = (run.id.clone(), run.host.to_string());
        self.runs.iter().filter(move |row| row.id == id && row.host == host)
    }
}

/// The samples of a case of this name, launch by launch.
fn samples(run: Option<&Run>, case: &Case, metric: &str) -> Vec<Vec<f64>> {
    let cases = run.map_or(&[][..], |run| &run.cases);
    let same = cases.iter().find(|other| other.name == case.name);
    same.map_or_else(Vec::new, |case| samples_of(case, metric).map(<[f64]>::to_vec).collect())
}
