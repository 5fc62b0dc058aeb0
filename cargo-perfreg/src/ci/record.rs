//! What a job leaves for the job that tells of it: one document of format `perfreg-ci/1`, as
//! `schemas/perfreg-ci-1.json` has it.
//!
//! Who measures a pull request runs its code, so whoever reads the document must take it for one of
//! somebody who means harm.

use std::collections::BTreeSet;

use perfreg_core::model::{Launch, Run};
use perfreg_core::report::Rate;
use serde::{Deserialize, Serialize};

use crate::ci::log_text::in_line;
use crate::config::Severities;
use crate::report::{Figures, Memory, Percentiles, Recorded, Report};

/// What jobs hand on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct JobRecord {
    schema: String,
    /// The folder of the workspace within its repository, with `/`; empty where they are the same.
    pub(crate) folder: String,
    /// What was compared with what; none where stored baselines were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) compared: Option<Compared>,
    severities: Severities,
    /// The records that could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<String>,
    tests: Vec<Told>,
}

/// Two builds, as a reader knows them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Compared {
    pub(crate) base: String,
    pub(crate) head: String,
}

/// A run without its samples, and what they told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Told {
    run: Run,
    /// One for each judgement.
    figures: Vec<ToldFigures>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    memory: Vec<Memory>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct ToldFigures {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percentiles: Option<Percentiles>,
    recent: Vec<f64>,
}

#[derive(Deserialize)]
struct Version {
    schema: String,
}

/// Characters of what is quoted out of a record.
const QUOTED: usize = 300;

impl JobRecord {
    const SCHEMA: &'static str = "perfreg-ci/1";
    /// Bytes of a document that are read: some thousand tests.
    pub(crate) const LIMIT: u64 = 16 * 1024 * 1024;
    /// Tests of a document that are told of.
    const TESTS: usize = 20_000;

    /// The record of a report, of a workspace in this folder of its repository.
    pub(crate) fn of(report: &Report, folder: String, compared: Option<Compared>) -> Self {
        let tests = report.tests().filter_map(|(result, figures, memory)| {
            let figures = figures
                .iter()
                .map(|Figures { percentiles, recent, .. }| ToldFigures {
                    percentiles: *percentiles,
                    recent: recent.clone(),
                })
                .collect();
            Some(Told {
                run: without_samples(result.run.as_ref()?),
                figures,
                memory: memory.to_vec(),
            })
        });
        Self {
            schema: Self::SCHEMA.to_owned(),
            folder,
            compared,
            severities: report.severities,
            unreadable: report.unreadable.clone(),
            tests: tests.collect(),
        }
    }

    /// The record that `bytes` spell.
    ///
    /// # Errors
    /// What is wrong with them, in a line that does no harm in a log.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() as u64 > Self::LIMIT {
            return Err(format!("has more than {} bytes", Self::LIMIT));
        }
        let quoted = |cause: serde_json::Error| in_line(&cause.to_string(), QUOTED);
        // The version first: one of another would fail to parse for reasons that mislead.
        let version: Version = serde_json::from_slice(bytes).map_err(quoted)?;
        if version.schema != Self::SCHEMA {
            let schema = in_line(&version.schema, QUOTED);
            return Err(format!("has schema `{schema}`, this version reads `{}`", Self::SCHEMA));
        }
        let record: Self = serde_json::from_slice(bytes).map_err(quoted)?;
        record.check()?;
        Ok(record)
    }

    /// What types do not say.
    fn check(&self) -> Result<(), String> {
        if self.tests.len() > Self::TESTS {
            return Err(format!("has {} tests, more than {}", self.tests.len(), Self::TESTS));
        }
        let mut seen = BTreeSet::new();
        for Told { run, figures, .. } in &self.tests {
            let name = || in_line(&run.id.to_string(), QUOTED);
            if !Run::reads(&run.schema) {
                let schema = in_line(&run.schema, QUOTED);
                return Err(format!(
                    "has a run of schema `{schema}` of {}, this version reads {}",
                    name(),
                    Run::known_schemas()
                ));
            }
            let judgements = run.judgements().count();
            if figures.len() != judgements {
                let found = figures.len();
                return Err(format!("has {found} figures of {judgements} metrics of {}", name()));
            }
            if !seen.insert((&run.id, run.host.to_string())) {
                return Err(format!("has {} twice", name()));
            }
        }
        Ok(())
    }

    /// The document.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("plain data with finite numbers") + "\n"
    }

    /// All records as one, such as those of the legs of a matrix.
    ///
    /// # Errors
    /// If a test stands in two of them, on one host.
    pub(crate) fn joined(records: Vec<Self>) -> Result<Option<Self>, String> {
        let joined = records.into_iter().reduce(|mut all, other| {
            all.compared = all.compared.or(other.compared);
            all.unreadable.extend(other.unreadable);
            all.tests.extend(other.tests);
            all
        });
        joined
            .map(|mut all| {
                all.tests.sort_by_cached_key(|of| (of.run.id.clone(), of.run.host.to_string()));
                all.check()?;
                Ok(all)
            })
            .transpose()
    }

    /// Whether both tell of one and the same measurement of some test.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        let of = |record: &Self| -> BTreeSet<_> {
            let runs = record.tests.iter().map(|told| &told.run);
            runs.map(|run| (run.id.clone(), run.host.to_string(), run.started.clone())).collect()
        };
        !of(self).is_disjoint(&of(other))
    }

    /// What it tells, as a report.
    pub(crate) fn into_report(self) -> Report {
        let recorded = |Told { run, figures, memory }: Told| {
            let figures = run
                .judgements()
                .zip(figures)
                .map(|((case, judgement), ToldFigures { percentiles, recent })| Figures {
                    percentiles,
                    rate: Rate::of(case, judgement),
                    recent,
                })
                .collect();
            Recorded { run, figures, memory }
        };
        let tests = self.tests.into_iter().map(recorded).collect();
        Report::new(tests, self.unreadable, self.severities)
    }
}

/// What an iteration processes stands at the first launch; figures were made of the others.
fn without_samples(run: &Run) -> Run {
    let mut run = run.clone();
    for case in &mut run.cases {
        case.launches.truncate(1);
        for Launch { series, .. } in &mut case.launches {
            series.clear();
        }
    }
    run
}

#[cfg(test)]
mod tests;
