//! Finding what to compare a metric with: the committed file, then this machine's own.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::harness::entry::Test;
use crate::harness::reference::{Reference, last_date};
use crate::judge::LaunchValue;
use crate::model::{BaselineMetric, HostKey, Metric, Toolchain};
use crate::store::{BaselineFile, Source, committed_baseline, with_sessions};

/// The baseline files that concern a test.
#[derive(Clone)]
pub(crate) struct Baselines {
    pub(super) host: HostKey,
    pub(super) toolchain: Toolchain,
    pub(super) section: String,
    pub(super) committed: Option<BaselineFile>,
    pub(super) committed_name: String,
    pub(super) local: Option<BaselineFile>,
    pub(super) local_name: String,
    /// What joined committed entries on this machine.
    pub(super) sessions: Option<BaselineFile>,
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

impl Baselines {
    /// Files that do not exist.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self {
            host: HostKey::new("linux-x86_64", "here", 2, None),
            toolchain: Toolchain {
                rustc: "1.95.0".to_owned(),
                profile: "release".to_owned(),
                features: String::new(),
                seed: None,
            },
            section: "sort".to_owned(),
            committed: None,
            committed_name: "gt/x.json".to_owned(),
            local: None,
            local_name: ".perfreg/x.json".to_owned(),
            sessions: None,
        }
    }

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
        let read = |path: &Path| {
            let (file, name) = (BaselineFile::read(path)?, test.workspace.shown(path));
            test.settings.log.info(|| match &file {
                Some(BaselineFile::Plain(_)) => format!("read {name}: plain samples"),
                Some(file) => format!("read {name}: entries {}", file.hosts().len()),
                None => format!("there is no {name}"),
            });
            Ok::<_, Error>((file, name))
        };
        let (committed, committed_name) = read(&committed)?;
        let (local, local_name) = read(&local)?;
        let sessions = BaselineFile::read(&test.workspace.session_file(&test.id.package, &name))?;
        Ok(Self {
            host: host.clone(),
            toolchain: toolchain.clone(),
            section: test.id.test.clone(),
            committed,
            committed_name,
            local,
            local_name,
            sessions,
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

    /// Whether `case` is judged by samples of which nobody says on which clock they were taken.
    pub(crate) fn names_no_clock(&self, case: &str) -> bool {
        matches!(&self.committed, Some(BaselineFile::Plain(data))
            if data.samples(&self.section, case).is_some())
    }

    fn in_committed(&self, file: &BaselineFile, case: &str, metric: &Metric) -> Found {
        let name = &self.committed_name;
        if let BaselineFile::Plain(data) = file {
            return match data.samples(&self.section, case) {
                Some(values) if file.takes(metric) => Found::Baseline(Reference {
                    launches: values.iter().map(|value| LaunchValue::new(*value, None)).collect(),
                    source: Source::Committed,
                    against: format!("{name}, which names no host and is judged as given"),
                }),
                _ => Found::Nothing,
            };
        }
        if let Some(found) = self.of_this_host(file, case, metric, Source::Committed) {
            return found;
        }
        match self.foreign(file, case, metric) {
            // What repeats exactly does so on any machine.
            Some((host, of_metric)) if !metric.is_of_one_machine() => {
                Found::Baseline(self.foreign_reference(host, of_metric))
            }
            Some((host, _)) => Found::NotComparable(format!("{name} has it for {host} only")),
            None => Found::Nothing,
        }
    }

    /// What was accepted on another machine of this platform after this one's entry, if anything.
    ///
    /// Accepting changes the entry of one machine; a count that it made right is right on all.
    pub(crate) fn accepted_elsewhere(&self, case: &str, metric: &Metric) -> Option<Reference> {
        let file = self.committed.as_ref().filter(|_| !metric.is_of_one_machine())?;
        let own = file.host(&self.host)?.case(&self.section, case)?.metric(&metric.name)?;
        let (host, theirs) = self.foreign(file, case, metric)?;
        let newer = host.platform == self.host.platform && last_date(theirs) > last_date(own);
        newer.then(|| self.foreign_reference(host, theirs))
    }

    /// The newest entry of another host; one of this platform before any other.
    fn foreign<'a>(
        &self,
        file: &'a BaselineFile,
        case: &str,
        metric: &Metric,
    ) -> Option<(&'a HostKey, &'a BaselineMetric)> {
        let others = file.hosts().iter().filter(|entry| entry.host != self.host);
        others
            .filter_map(|entry| {
                let of_metric = entry.case(&self.section, case)?.metric(&metric.name)?;
                let is_alike = of_metric.provenance.toolchain.seed == self.toolchain.seed;
                is_alike.then_some((&entry.host, of_metric))
            })
            .max_by_key(|(host, of_metric)| {
                (host.platform == self.host.platform, last_date(of_metric).to_owned())
            })
    }

    fn foreign_reference(&self, host: &HostKey, of_metric: &BaselineMetric) -> Reference {
        let mut reference = Reference::new(of_metric, Source::Committed, &self.committed_name);
        reference.against += &format!(", measured on {host}");
        reference
    }

    fn in_local(&self, case: &str, metric: &Metric) -> Found {
        let Some(file) = &self.local else { return Found::Nothing };
        let own = self.of_this_host(file, case, metric, Source::Local);
        own.or_else(|| self.of_this_gpu_as_it_was(file, case, metric)).unwrap_or(Found::Nothing)
    }

    fn of_this_host(
        &self,
        file: &BaselineFile,
        case: &str,
        metric: &Metric,
        source: Source,
    ) -> Option<Found> {
        let case = file.host(&self.host)?.case(&self.section, case)?;
        let of_metric = case.metric(&metric.name)?;
        let name = match source {
            Source::Committed => &self.committed_name,
            Source::Local => &self.local_name,
        };
        let theirs = &of_metric.provenance.toolchain;
        // Another seed is other data, of which counts are others, too.
        if metric.is_time() && *theirs != self.toolchain || theirs.seed != self.toolchain.seed {
            let why = format!("{name} has it from {theirs}, and this is {}", self.toolchain);
            return Some(Found::NotComparable(why));
        }
        let of_metric = match source {
            Source::Committed => with_sessions(of_metric, self.joined(&case.subsection, metric)),
            Source::Local => of_metric,
        };
        Some(Found::Baseline(Reference::new(of_metric, source, name)))
    }

    /// The committed entry of this host with what joined it, as far as anything did.
    fn joined(&self, case: &str, metric: &Metric) -> Option<&BaselineMetric> {
        self.sessions.as_ref()?.host(&self.host)?.case(&self.section, case)?.metric(&metric.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Baselines, Found};
    use crate::harness::reference::Reference;
    use crate::model::{
        BaselineCase, BaselineMetric, Direction, HostKey, LaunchStats, Metric, PerformanceData,
        Provenance, Samples, Session, Toolchain, Unit,
    };
    use crate::store::{BaselineFile, Source};

    fn host(cpu: &str) -> HostKey {
        HostKey::new("linux-x86_64", cpu, 2, None)
    }

    fn toolchain(rustc: &str) -> Toolchain {
        Toolchain {
            rustc: rustc.to_owned(),
            profile: "release".to_owned(),
            features: String::new(),
            seed: None,
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
        let provenance = Provenance {
            revision: None,
            toolchain: toolchain(rustc),
            sessions: vec![Session { date: "2026-01-02T03:04:05Z".to_owned(), launches: 10 }],
            reason: None,
        };
        let metrics = metrics
            .iter()
            .map(|metric| BaselineMetric {
                metric: metric.clone(),
                provenance: provenance.clone(),
                launches: vec![stats; 10],
            })
            .collect();
        let case =
            BaselineCase { section: "sort".to_owned(), subsection: "default".to_owned(), metrics };
        let mut file = BaselineFile::Versioned(Vec::new());
        file.put(&host(cpu), case).unwrap();
        file
    }

    fn find(
        committed: Option<BaselineFile>,
        local: Option<BaselineFile>,
        metric: &Metric,
    ) -> String {
        let baselines = Baselines { committed, local, ..Baselines::none() };
        match baselines.find("default", metric) {
            Found::Baseline(reference) => {
                let source = match reference.source {
                    Source::Committed => "committed",
                    Source::Local => "local",
                };
                format!("{source} {} x {}", reference.launches.len(), reference.launches[0].value)
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

    fn baselines(committed: BaselineFile) -> Baselines {
        Baselines { committed: Some(committed), ..Baselines::none() }
    }

    #[test]
    fn the_newest_count_of_this_platform_is_the_one_to_compare_with() {
        let entry = |host: HostKey, date: &str, value: f64| {
            let of_host = file("here", "1.95.0", &[count()], value);
            let mut case = of_host.hosts()[0].cases[0].clone();
            case.metrics[0].provenance.sessions[0].date = date.to_owned();
            (host, case)
        };
        let check = |entries: &[(HostKey, BaselineCase)], found: f64, elsewhere: Option<f64>| {
            let mut file = BaselineFile::Versioned(Vec::new());
            for (host, case) in entries {
                file.put(host, case.clone()).unwrap();
            }
            let baselines = baselines(file);
            let Found::Baseline(reference) = baselines.find("default", &count()) else {
                panic!("nothing found");
            };
            let newer = baselines.accepted_elsewhere("default", &count());
            let first = |reference: &Reference| reference.launches[0].value;
            assert_eq!((first(&reference), newer.as_ref().map(first)), (found, elsewhere));
        };
        let mac = HostKey::new("macos-aarch64", "M9", 8, None);
        let (old, new) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
        check(&[entry(host("here"), old, 1.0)], 1.0, None);
        check(&[entry(host("here"), old, 1.0), entry(host("there"), new, 2.0)], 1.0, Some(2.0));
        check(&[entry(host("here"), new, 1.0), entry(host("there"), old, 2.0)], 1.0, None);
        check(&[entry(host("here"), old, 1.0), entry(mac.clone(), new, 2.0)], 1.0, None);
        check(&[entry(host("a"), old, 1.0), entry(host("b"), new, 2.0)], 2.0, None);
        check(&[entry(host("a"), old, 1.0), entry(mac.clone(), new, 2.0)], 1.0, None);
        check(&[entry(mac, new, 2.0)], 2.0, None);
    }

    #[test]
    fn the_plain_form_is_judged_as_given() {
        let mut data = PerformanceData::new();
        data.insert("sort", "default", vec![5.0, 6.0, 7.0]).unwrap();
        let plain = || Some(BaselineFile::Plain(data.clone()));
        assert_eq!(find(plain(), None, &time()), "committed 3 x 5");
        assert_eq!(find(plain(), None, &count()), "nothing");
        let rate = Metric::new("requests", Unit::ItemsPerSecond, Direction::HigherIsBetter);
        assert_eq!(find(plain(), None, &rate), "nothing");
        assert_eq!(find(plain(), None, &Metric::time("device_time")), "nothing");
    }
}
