//! Finding what to compare a metric with: the committed file, then this machine's own.

use std::path::PathBuf;

use crate::error::Error;
use crate::harness::entry::Test;
use crate::model::{BaselineCase, Direction, HostKey, LaunchStats, Metric, Toolchain};
use crate::store::{BaselineFile, committed_baseline};

/// The baseline files that concern a test.
pub(crate) struct Baselines {
    host: HostKey,
    toolchain: Toolchain,
    section: String,
    committed: Option<BaselineFile>,
    committed_name: String,
    local: Option<BaselineFile>,
    local_name: String,
}

/// What a metric can be compared with.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Found {
    /// Launches, one value each.
    Baseline(Reference),
    /// Something, but of another machine, profile or toolchain; in words.
    NotComparable(String),
    /// Nothing.
    Nothing,
}

/// Launches to compare with.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Reference {
    pub(crate) values: Vec<f64>,
    pub(crate) sessions: usize,
    pub(crate) source: Source,
    /// Date, commit, host and file, in words.
    pub(crate) against: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Committed,
    Local,
}

impl Baselines {
    /// Reads both files.
    ///
    /// # Errors
    /// If one of them is there and cannot be read: a broken baseline is no missing one.
    pub(crate) fn read(
        test: &Test<'_>,
        host: &HostKey,
        toolchain: &Toolchain,
    ) -> Result<Self, Error> {
        let name = test.baseline_name();
        let committed: PathBuf = committed_baseline(&test.package, &name, &host.platform);
        let local = test.workspace.local_baseline(&test.id, &name);
        Ok(Self {
            host: host.clone(),
            toolchain: toolchain.clone(),
            section: test.id.test.clone(),
            committed: BaselineFile::read(&committed)?,
            committed_name: test.workspace.shown(&committed),
            local: BaselineFile::read(&local)?,
            local_name: test.workspace.shown(&local),
        })
    }

    /// What `metric` of `case` can be compared with.
    pub(crate) fn find(&self, case: &str, metric: &Metric) -> Found {
        let committed = match &self.committed {
            Some(file) => self.in_committed(file, case, metric),
            None => Found::Nothing,
        };
        match committed {
            Found::Baseline(reference) => Found::Baseline(reference),
            other => match self.in_local(case, metric) {
                Found::Nothing => other,
                local => local,
            },
        }
    }

    fn in_committed(&self, file: &BaselineFile, case: &str, metric: &Metric) -> Found {
        let name = &self.committed_name;
        if let BaselineFile::Plain(data) = file {
            return match data.samples(&self.section, case) {
                Some(values) if metric.is_time() => Found::Baseline(Reference {
                    values: values.to_vec(),
                    sessions: 1,
                    source: Source::Committed,
                    against: format!("{name}, which names no host and is judged as given"),
                }),
                _ => Found::Nothing,
            };
        }
        if let Some(found) = self.of_this_host(file, case, metric, Source::Committed) {
            return found;
        }
        let foreign = file.hosts().iter().find_map(|entry| {
            let case = entry.case(&self.section, case)?;
            case.metric(&metric.name).map(|_| (entry, case))
        });
        match foreign {
            // What repeats exactly does so on any machine.
            Some((entry, case)) if !metric.is_time() => {
                let mut reference = reference(case, metric, Source::Committed, name);
                reference.against += &format!(", measured on {}", entry.host);
                Found::Baseline(reference)
            }
            Some((entry, _)) => {
                Found::NotComparable(format!("{name} has it for {} only", entry.host))
            }
            None => Found::Nothing,
        }
    }

    fn in_local(&self, case: &str, metric: &Metric) -> Found {
        let Some(file) = &self.local else { return Found::Nothing };
        self.of_this_host(file, case, metric, Source::Local).unwrap_or(Found::Nothing)
    }

    fn of_this_host(
        &self,
        file: &BaselineFile,
        case: &str,
        metric: &Metric,
        source: Source,
    ) -> Option<Found> {
        let case = file.host(&self.host)?.case(&self.section, case)?;
        case.metric(&metric.name)?;
        let name = match source {
            Source::Committed => &self.committed_name,
            Source::Local => &self.local_name,
        };
        let theirs = &case.provenance.toolchain;
        if metric.is_time() && *theirs != self.toolchain {
            let why = format!("{name} has it from {theirs}, and this is {}", self.toolchain);
            return Some(Found::NotComparable(why));
        }
        Some(Found::Baseline(reference(case, metric, source, name)))
    }
}

fn reference(case: &BaselineCase, metric: &Metric, source: Source, file: &str) -> Reference {
    let launches = case.metric(&metric.name).map_or(&[][..], |m| &m.launches);
    let provenance = &case.provenance;
    let mut against = String::new();
    if let Some(session) = provenance.sessions.last() {
        against += &format!("{}, ", session.date);
    }
    if let Some(revision) = &provenance.revision {
        against += &format!("commit {revision}, ");
    }
    against += &format!("{}, in {file}", provenance.toolchain);
    if let Some(reason) = &provenance.reason {
        against += &format!(" (accepted: {reason})");
    }
    Reference {
        values: launches.iter().map(|launch| representative(metric, launch)).collect(),
        sessions: provenance.sessions.len(),
        source,
        against,
    }
}

/// The one value that stands for a launch: of a time the low quantile, which neighbours hardly
/// reach; of anything else the median.
pub(crate) fn representative(metric: &Metric, launch: &LaunchStats) -> f64 {
    match metric.direction {
        Direction::LowerIsBetter if metric.is_time() => launch.q10,
        _ => launch.median,
    }
}

#[cfg(test)]
mod tests {
    use super::{Baselines, Found, Source};
    use crate::model::{
        BaselineCase, BaselineMetric, Direction, HostKey, LaunchStats, Metric, PerformanceData,
        Provenance, Samples, Session, Toolchain, Unit,
    };
    use crate::store::BaselineFile;

    fn host(cpu: &str) -> HostKey {
        HostKey::new("linux-x86_64", cpu, 2, None)
    }

    fn toolchain(rustc: &str) -> Toolchain {
        Toolchain {
            rustc: rustc.to_owned(),
            profile: "release".to_owned(),
            features: String::new(),
        }
    }

    fn time() -> Metric {
        Metric::time(Metric::THREAD_CPU_TIME)
    }

    fn count() -> Metric {
        Metric::new(Metric::ALLOCATIONS, Unit::Count, Direction::LowerIsBetter)
    }

    /// A file with one entry: this host's or another one's, by this compiler or another one.
    fn file(cpu: &str, rustc: &str, metrics: &[Metric], value: f64) -> BaselineFile {
        let stats = LaunchStats::of(&Samples::new(vec![value; 4]).unwrap());
        let metrics = metrics
            .iter()
            .map(|metric| BaselineMetric { metric: metric.clone(), launches: vec![stats; 10] })
            .collect();
        let provenance = Provenance {
            revision: None,
            toolchain: toolchain(rustc),
            sessions: vec![Session { date: "2026-01-02T03:04:05Z".to_owned(), launches: 10 }],
            reason: None,
        };
        let case = BaselineCase {
            section: "sort".to_owned(),
            subsection: "default".to_owned(),
            provenance,
            metrics,
        };
        let mut file = BaselineFile::Versioned(Vec::new());
        file.put(&host(cpu), case).unwrap();
        file
    }

    fn find(
        committed: Option<BaselineFile>,
        local: Option<BaselineFile>,
        metric: &Metric,
    ) -> String {
        let baselines = Baselines {
            host: host("here"),
            toolchain: toolchain("1.95.0"),
            section: "sort".to_owned(),
            committed,
            committed_name: "gt/x.json".to_owned(),
            local,
            local_name: ".perfreg/x.json".to_owned(),
        };
        match baselines.find("default", metric) {
            Found::Baseline(reference) => {
                let source = match reference.source {
                    Source::Committed => "committed",
                    Source::Local => "local",
                };
                format!("{source} {} x {}", reference.values.len(), reference.values[0])
            }
            Found::NotComparable(why) => format!("not comparable: {why}"),
            Found::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn times_need_this_machine_and_compiler() {
        let times = |cpu: &str, rustc: &str, value: f64| Some(file(cpu, rustc, &[time()], value));
        let check =
            |committed: Option<BaselineFile>, local: Option<BaselineFile>, expected: &str| {
                let found = find(committed, local, &time());
                assert!(found.starts_with(expected), "{found} is not {expected}");
            };
        check(None, None, "nothing");
        check(times("here", "1.95.0", 1.0), times("here", "1.95.0", 2.0), "committed 10 x 1");
        check(None, times("here", "1.95.0", 2.0), "local 10 x 2");
        check(times("there", "1.95.0", 1.0), times("here", "1.95.0", 2.0), "local 10 x 2");
        check(times("here", "1.94.0", 1.0), times("here", "1.95.0", 2.0), "local 10 x 2");
        check(
            times("there", "1.95.0", 1.0),
            None,
            "not comparable: gt/x.json has it for linux-x86_64, there",
        );
        check(
            None,
            times("here", "1.94.0", 2.0),
            "not comparable: .perfreg/x.json has it from rustc 1.94.0",
        );
    }

    #[test]
    fn counts_are_at_home_anywhere() {
        let counts = |cpu: &str, rustc: &str| Some(file(cpu, rustc, &[count()], 3.0));
        assert_eq!(find(counts("there", "1.80.0"), None, &count()), "committed 10 x 3");
        assert_eq!(
            find(counts("there", "1.80.0"), counts("here", "1.95.0"), &count()),
            "committed 10 x 3"
        );
        assert_eq!(find(None, counts("here", "1.94.0"), &count()), "local 10 x 3");
        assert_eq!(find(counts("here", "1.95.0"), None, &time()), "nothing");
    }

    #[test]
    fn the_plain_form_is_judged_as_given() {
        let mut data = PerformanceData::new();
        data.insert("sort", "default", vec![5.0, 6.0, 7.0]).unwrap();
        let plain = || Some(BaselineFile::Plain(data.clone()));
        assert_eq!(find(plain(), None, &time()), "committed 3 x 5");
        assert_eq!(find(plain(), None, &count()), "nothing");
    }
}
