//! What a baseline holds and a test no longer measures: it would seem to be checked for ever.

use crate::harness::lookup::Baselines;
use crate::model::{Launch, Metric};
use crate::store::{BaselineFile, HostEntry, Source};

impl Baselines {
    /// What the files hold of `case` on this machine and `launch` has not measured: the committed
    /// file's name or the local one's, and the metric's.
    pub(crate) fn unmeasured(&self, case: &str, launch: &Launch) -> Vec<(Source, &str, &str)> {
        let clocks = launch.series.iter().any(|series| series.metric.is_clock());
        let is_measured = |metric: &Metric| match metric.is_clock() {
            // The clock follows the work; that there is none means that nothing is timed.
            true => clocks,
            // Another driver may not tell it.
            false if metric.is_reading_of_device() => true,
            false => launch.series(&metric.name).is_some(),
        };
        let files = [
            (Source::Committed, &self.committed, &self.committed_name),
            (Source::Local, &self.local, &self.local_name),
        ];
        let mut missing = Vec::new();
        for (source, file, name) in files {
            let Some(file) = file else { continue };
            let known = self.known(file, case).into_iter();
            let gone = known.filter(|metric| !is_measured(metric));
            missing.extend(gone.map(|metric| (source, name.as_str(), metric.name.as_str())));
            let BaselineFile::Plain(data) = file else { continue };
            if !clocks && data.samples(&self.section, case).is_some() {
                missing.push((source, name, Metric::TIME));
            }
        }
        missing
    }

    /// The metrics of `case` that matter here: all of this machine's, else what other machines of
    /// the platform have counted.
    fn known<'a>(&self, file: &'a BaselineFile, case: &str) -> Vec<&'a Metric> {
        let metrics_of = |entry: &'a HostEntry| entry.case(&self.section, case).map(|c| &c.metrics);
        if let Some(own) = file.host(&self.host).and_then(metrics_of) {
            return own.iter().map(|m| &m.metric).collect();
        }
        let others = file.hosts().iter().filter(|e| e.host.platform == self.host.platform);
        let counted = others.filter_map(metrics_of).flatten().map(|m| &m.metric);
        let mut counted: Vec<&Metric> = counted.filter(|metric| !metric.is_time()).collect();
        counted.sort_by(|a, b| a.name.cmp(&b.name));
        counted.dedup_by(|a, b| a.name == b.name);
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::Baselines;
    use crate::model::{
        BaselineCase, BaselineMetric, Direction, Health, HostKey, Launch, LaunchStats, Metric,
        PerformanceData, Provenance, Samples, Series, Toolchain, Unit,
    };
    use crate::store::BaselineFile;

    fn here() -> HostKey {
        Baselines::none().host
    }

    fn there() -> HostKey {
        HostKey { cpu: "there".to_owned(), ..here() }
    }

    fn time() -> Metric {
        Metric::time(Metric::THREAD_CPU_TIME)
    }

    fn count() -> Metric {
        Metric::new(Metric::ALLOCATIONS, Unit::Count, Direction::LowerIsBetter)
    }

    fn file(host: &HostKey, metrics: &[Metric]) -> BaselineFile {
        let stats = LaunchStats::of(&Samples::new(vec![1.0]).unwrap());
        let toolchain = Toolchain {
            rustc: "1.95.0".to_owned(),
            profile: "release".to_owned(),
            features: String::new(),
            seed: None,
        };
        let provenance =
            Provenance { revision: None, toolchain, sessions: Vec::new(), reason: None };
        let metrics = metrics.iter().map(|metric| BaselineMetric {
            metric: metric.clone(),
            provenance: provenance.clone(),
            launches: vec![stats; 10],
        });
        let mut file = BaselineFile::Versioned(Vec::new());
        let case = BaselineCase {
            section: "sort".to_owned(),
            subsection: "default".to_owned(),
            metrics: metrics.collect(),
        };
        file.put(host, case).unwrap();
        file
    }

    #[test]
    fn what_is_no_longer_measured_is_noticed() {
        let launch = |metrics: &[Metric]| Launch {
            series: metrics
                .iter()
                .map(|metric| Series {
                    metric: metric.clone(),
                    samples: Samples::new(vec![1.0]).unwrap(),
                })
                .collect(),
            iterations_per_sample: 1,
            throughput: None,
            single_calls: None,
            gpu: None,
            health: Health::default(),
        };
        let check = |held: BaselineFile, measured: &[Metric], expected: &[&str]| {
            let baselines = Baselines { committed: Some(held), ..Baselines::none() };
            let gone = baselines.unmeasured("default", &launch(measured));
            let gone: Vec<&str> = gone.iter().map(|(_, _, metric)| *metric).collect();
            assert_eq!(gone, expected);
        };
        let versioned = |metrics: &[Metric]| file(&here(), metrics);
        let plain = || {
            let mut data = PerformanceData::new();
            data.insert("sort", "default", vec![5.0]).unwrap();
            BaselineFile::Plain(data)
        };
        let wall = Metric::time(Metric::WALL_TIME);
        check(versioned(&[time(), count()]), &[time(), count()], &[]);
        check(versioned(&[time(), count()]), &[time()], &["allocations"]);
        check(versioned(&[time()]), std::slice::from_ref(&wall), &[]);
        check(versioned(&[time()]), &[count()], &["thread_cpu_time"]);
        check(plain(), &[wall], &[]);
        check(plain(), &[count()], &["time"]);
        check(file(&there(), &[time(), count()]), &[time()], &["allocations"]);
        check(file(&there(), &[time()]), &[count()], &[]);
        let energy = Metric::time(Metric::DEVICE_ENERGY);
        check(versioned(&[count(), energy]), &[count()], &[]);
    }
}
