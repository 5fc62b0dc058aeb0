//! A run that awaits a decision: accept it as the new baseline, or reject it.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::model::{BaselineCase, BaselineMetric, LaunchStats, Metric, Run};
use crate::store::atomic::remove_leftovers;
use crate::store::baseline::BaselineFile;
use crate::store::locate::committed_baseline;
use crate::store::promote::baseline_case;
use crate::store::workspace::Workspace;

/// Measured cases that differ from their baseline, or have none that is committed.
#[derive(Clone, Debug)]
pub struct Pending {
    workspace: Workspace,
    run: Run,
}

/// How to accept.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// Why the new numbers are right; kept in the baseline.
    pub reason: Option<String>,
    /// Where times go.
    pub time: TimeBaseline,
}

/// Where the times of this host are kept. Exact metrics always go to the committed file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeBaseline {
    /// With this machine, under `.perfreg/`, unless the committed file holds this host's times
    /// already.
    Local,
    /// In the committed file.
    Committed,
}

impl Pending {
    pub(crate) fn new(workspace: Workspace, run: Run) -> Self {
        Self { workspace, run }
    }

    /// The run, with only the cases that await the decision.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The launches that the baseline here holds of a metric, one value each; none if there are none.
    ///
    /// # Errors
    /// If a baseline cannot be read.
    pub fn baseline_launches(&self, case: &str, metric: &Metric) -> Result<Vec<f64>, Error> {
        let run = &self.run;
        let package = self.workspace.package_of(run);
        let committed = committed_baseline(&package, &run.baseline, &run.host.platform);
        for path in [committed, self.workspace.local_baseline(&run.id, &run.baseline)] {
            let file = BaselineFile::read(&path)?;
            if let Some(BaselineFile::Plain(data)) = &file
                && metric.is_clock()
                && let Some(samples) = data.samples(&run.id.test, case)
            {
                return Ok(samples.to_vec());
            }
            let case =
                file.as_ref().and_then(|file| file.host(&run.host)?.case(&run.id.test, case));
            if let Some(of_metric) = case.and_then(|case| case.metric(&metric.name)) {
                let value = |launch: &LaunchStats| launch.representative(metric);
                return Ok(of_metric.launches.iter().map(value).collect());
            }
        }
        Ok(Vec::new())
    }

    /// Makes the run the new baseline, and returns the files that were written.
    ///
    /// # Errors
    /// If a baseline cannot be read or written. Nothing is lost then: the run still awaits.
    pub fn accept(&self, acceptance: &Acceptance) -> Result<Vec<PathBuf>, Error> {
        let written = self.workspace.accept(&self.run, acceptance)?;
        self.workspace.drop_pending(&self.run.id)?;
        Ok(written)
    }

    /// Forgets the run; the baseline stays.
    ///
    /// # Errors
    /// If the file that keeps it cannot be removed.
    pub fn reject(&self) -> Result<(), Error> {
        self.workspace.drop_pending(&self.run.id)
    }
}

impl Workspace {
    /// Makes every case of `run` the new baseline of its host, and returns the files written.
    ///
    /// # Errors
    /// If a baseline cannot be read or written.
    pub fn accept(&self, run: &Run, acceptance: &Acceptance) -> Result<Vec<PathBuf>, Error> {
        self.accept_sessions(&[run], acceptance)
    }

    /// Makes the cases of several runs of one test, oldest first, the new baseline of its host, each
    /// run a session of it, and returns the files written.
    ///
    /// # Errors
    /// If a baseline cannot be read or written.
    pub fn accept_sessions(
        &self,
        sessions: &[&Run],
        acceptance: &Acceptance,
    ) -> Result<Vec<PathBuf>, Error> {
        let Some(run) = sessions.last() else { return Ok(Vec::new()) };
        let path = committed_baseline(&self.package_of(run), &run.baseline, &run.host.platform);
        let _guard = self.lock()?;
        let mut committed = Target::read(path)?;
        let mut local = Target::read(self.local_baseline(&run.id, &run.baseline))?;
        let reason = acceptance.reason.as_deref();
        for case in &run.cases {
            let times_too = acceptance.time == TimeBaseline::Committed
                || committed.holds_times(run, &run.id.test, &case.name);
            let is_committed = |m: &Metric| committed.file.takes(m) && (times_too || !m.is_time());
            let to_commit = baseline_case(sessions, &case.name, reason, is_committed);
            let to_keep = baseline_case(sessions, &case.name, reason, |m| !is_committed(m));
            if let Some(new) = to_commit {
                committed.replace(run, new)?;
            }
            if let Some(new) = to_keep {
                local.replace(run, new)?;
            }
        }
        [committed, local].into_iter().filter_map(|file| file.write().transpose()).collect()
    }

    /// Keeps cases of `run` as this machine's own baseline, whatever they measure. A metric that
    /// the local baseline holds already stays as it is.
    ///
    /// # Errors
    /// If the local baseline cannot be read or written.
    pub fn keep_local(&self, run: &Run, cases: &[BaselineCase]) -> Result<PathBuf, Error> {
        let path = self.local_baseline(&run.id, &run.baseline);
        let _guard = self.lock()?;
        let mut file = Target::read(path.clone())?;
        for case in cases {
            file.add(run, case)?;
        }
        file.write()?;
        Ok(path)
    }

    /// The baseline files of the test that `run` is of: the committed one and this machine's own.
    pub fn baselines_of(&self, run: &Run) -> [PathBuf; 2] {
        let package = self.package_of(run);
        let committed = committed_baseline(&package, &run.baseline, &run.host.platform);
        [committed, self.local_baseline(&run.id, &run.baseline)]
    }

    /// Removes what the file at `path` holds of this test on the run's host, and returns the cases.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn forget(&self, run: &Run, path: &Path) -> Result<Vec<String>, Error> {
        let _guard = self.lock()?;
        let mut target = Target::read(path.to_owned())?;
        let forgotten = target.file.remove(&run.host, &run.id.test);
        if !forgotten.is_empty() {
            target.touched = Touched::Yes;
        }
        target.write()?;
        Ok(forgotten)
    }

    /// The folder that the run's baseline is relative to.
    fn package_of(&self, run: &Run) -> PathBuf {
        self.root().join(&run.package_folder)
    }
}

/// A baseline file on its way to be written again.
struct Target {
    path: PathBuf,
    file: BaselineFile,
    touched: Touched,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Touched {
    No,
    Yes,
}

impl Target {
    fn read(path: PathBuf) -> Result<Self, Error> {
        let file = BaselineFile::read(&path)?.unwrap_or(BaselineFile::Versioned(Vec::new()));
        Ok(Self { path, file, touched: Touched::No })
    }

    fn holds_times(&self, run: &Run, section: &str, case: &str) -> bool {
        match &self.file {
            BaselineFile::Plain(data) => data.samples(section, case).is_some(),
            BaselineFile::Versioned(_) => self
                .file
                .host(&run.host)
                .and_then(|entry| entry.case(section, case))
                .is_some_and(|case| case.metrics.iter().any(|m| m.metric.is_time())),
        }
    }

    fn older(&self, run: &Run, case: &BaselineCase) -> Option<&BaselineCase> {
        self.file.host(&run.host)?.case(&case.section, &case.subsection)
    }

    /// Puts the metrics of `case` in the place of the older ones; those it has not stay, each with
    /// its own provenance.
    fn replace(&mut self, run: &Run, case: BaselineCase) -> Result<(), Error> {
        let merged = match self.older(run, &case) {
            Some(older) => with_metrics_of(case.clone(), &without_replaced_clock(older, &case)),
            None => case,
        };
        self.put(run, merged)
    }

    /// Puts those metrics of `case` that the file has not.
    fn add(&mut self, run: &Run, case: &BaselineCase) -> Result<(), Error> {
        let merged = match self.older(run, case) {
            Some(older) => with_metrics_of(older.clone(), case),
            None => case.clone(),
        };
        self.put(run, merged)
    }

    fn put(&mut self, run: &Run, case: BaselineCase) -> Result<(), Error> {
        self.touched = Touched::Yes;
        self.file.put(&run.host, case).map_err(|error| error.at(&self.path))
    }

    fn write(self) -> Result<Option<PathBuf>, Error> {
        match self.touched {
            Touched::No => Ok(None),
            Touched::Yes => {
                // Whoever has a `Target` holds the lock of the workspace.
                remove_leftovers(&self.path);
                self.file.write(&self.path)?;
                Ok(Some(self.path))
            }
        }
    }
}

/// Where wall time is accepted alone, the work uses other threads or waits: CPU time from before it
/// did would convict as soon as it does not.
fn without_replaced_clock(older: &BaselineCase, new: &BaselineCase) -> BaselineCase {
    let wall_alone =
        new.metric(Metric::WALL_TIME).is_some() && new.metric(Metric::THREAD_CPU_TIME).is_none();
    let mut older = older.clone();
    older.metrics.retain(|m| !(wall_alone && m.metric.name == Metric::THREAD_CPU_TIME));
    older
}

/// `case`, plus the metrics that only `other` has.
fn with_metrics_of(mut case: BaselineCase, other: &BaselineCase) -> BaselineCase {
    let missing = |m: &&BaselineMetric| case.metric(&m.metric.name).is_none();
    let missing: Vec<_> = other.metrics.iter().filter(missing).cloned().collect();
    case.metrics.extend(missing);
    case
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Acceptance, TimeBaseline};
    use crate::model::{Metric, Run, Verdict};
    use crate::store::records::read_run;
    use crate::store::workspace::Workspace;
    use crate::store::{BaselineFile, baseline_case};

    fn sample() -> Run {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats/run-1.json");
        read_run(&data).unwrap()
    }

    /// The metrics of the sample's only case in the committed and in the local file.
    fn metrics(workspace: &Workspace, run: &Run) -> [Vec<String>; 2] {
        let files = [
            workspace.root().join("gt/perf.json"),
            workspace.local_baseline(&run.id, &run.baseline),
        ];
        files.map(|path| {
            let file = BaselineFile::read(&path).unwrap();
            let case =
                file.as_ref().and_then(|file| file.host(&run.host)?.case("parse", "default"));
            let names =
                case.map(|case| case.metrics.iter().map(|m| m.metric.name.clone()).collect());
            names.unwrap_or_default()
        })
    }

    #[test]
    fn counts_are_committed_and_times_stay_here_unless_told() {
        let check = |time, expected: [&[&str]; 2]| {
            let folder = tempfile::tempdir().unwrap();
            let (workspace, run) = (Workspace::at(folder.path()), sample());
            workspace.accept(&run, &Acceptance { reason: None, time }).unwrap();
            assert_eq!(metrics(&workspace, &run), expected);
            // Where times of this host are committed, they stay committed.
            let local = Acceptance { reason: None, time: TimeBaseline::Local };
            workspace.accept(&run, &local).unwrap();
            assert_eq!(metrics(&workspace, &run), expected);
        };
        let (counts, times) = (["accuracy", "allocations"], ["thread_cpu_time", "wall_time"]);
        check(TimeBaseline::Local, [&counts, &times]);
        let all = ["accuracy", "allocations", "thread_cpu_time", "wall_time"];
        check(TimeBaseline::Committed, [&all, &[]]);
    }

    #[test]
    fn a_metric_that_is_new_does_not_touch_the_older_ones() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, run) = (Workspace::at(folder.path()), sample());
        let keep = |run: &Run, wanted: &dyn Fn(&Metric) -> bool| {
            let case = baseline_case(&[run], &run.cases[0].name, None, wanted).unwrap();
            workspace.keep_local(run, &[case]).unwrap();
        };
        keep(&run, &|metric| metric.is_time());
        let mut later = run.clone();
        later.started = "2027-01-01T00:00:00Z".to_owned();
        keep(&later, &|_| true);
        let path = workspace.local_baseline(&run.id, &run.baseline);
        let file = BaselineFile::read(&path).unwrap().unwrap();
        let case = file.host(&run.host).unwrap().case("parse", "default").unwrap();
        assert_eq!(case.metrics.len(), 4);
        assert_eq!(case.metrics[0].provenance.sessions[0].date, later.started);
        let time = case.metric(Metric::THREAD_CPU_TIME).unwrap();
        assert_eq!(time.provenance.sessions[0].date, run.started);
    }

    #[test]
    fn a_plain_file_takes_times_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, run) = (Workspace::at(folder.path()), sample());
        let path = folder.path().join("gt/perf.json");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        let plain = "{\"parse\": {\"default\": [1, 2], \"other\": [3, 4]}}";
        std::fs::write(&path, plain).unwrap();
        let counts = |run: &Run| {
            let mut run = run.clone();
            run.cases[0].judgements.retain(|j| !j.metric.is_time());
            run
        };
        let acceptance = Acceptance { reason: None, time: TimeBaseline::Committed };
        workspace.accept(&counts(&run), &acceptance).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), plain);
        assert_eq!(metrics(&workspace, &run)[1], ["accuracy", "allocations"]);
        workspace.accept(&run, &acceptance).unwrap();
        let BaselineFile::Plain(data) = BaselineFile::read(&path).unwrap().unwrap() else {
            panic!("the form of a file is its owner's choice");
        };
        assert_eq!(data.samples("parse", "default").unwrap().len(), 10);
        assert!(data.min("parse", "default").unwrap() > 1000.0, "not the count of 51");
        assert_eq!(data.samples("parse", "other").unwrap(), [3.0, 4.0]);
    }

    #[test]
    fn wall_time_accepted_alone_drops_the_cpu_time_of_before() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, mut run) = (Workspace::at(folder.path()), sample());
        let acceptance = Acceptance { reason: None, time: TimeBaseline::Local };
        workspace.accept(&run, &acceptance).unwrap();
        let time = run.cases[0].judgements.iter_mut().find(|j| j.metric.is_clock()).unwrap();
        time.metric = Metric::time(Metric::WALL_TIME);
        workspace.accept(&run, &acceptance).unwrap();
        assert_eq!(metrics(&workspace, &run)[1], ["wall_time"]);
    }

    #[test]
    fn several_runs_make_as_many_sessions() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, run) = (Workspace::at(folder.path()), sample());
        let mut later = run.clone();
        later.started = "2027-01-01T00:00:00Z".to_owned();
        later.cases[0].launches.truncate(7);
        let acceptance = Acceptance { reason: None, time: TimeBaseline::Committed };
        workspace.accept_sessions(&[&run, &later], &acceptance).unwrap();
        let file = BaselineFile::read(&folder.path().join("gt/perf.json")).unwrap().unwrap();
        let case = file.host(&run.host).unwrap().case("parse", "default").unwrap();
        for metric in &case.metrics {
            let sessions: Vec<_> = metric.provenance.sessions.iter().map(|s| s.launches).collect();
            assert_eq!((sessions, metric.launches.len()), (vec![10, 7], 17), "{metric:?}");
        }
    }

    #[test]
    fn rejecting_forgets_and_accepting_settles() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, mut run) = (Workspace::at(folder.path()), sample());
        run.cases[0].judgements[0].verdict = Verdict::Regressed;
        let acceptance = Acceptance { reason: Some("why".to_owned()), time: TimeBaseline::Local };
        workspace.keep_pending(&run).unwrap();
        workspace.pending().unwrap()[0].reject().unwrap();
        assert!(workspace.pending().unwrap().is_empty());
        workspace.keep_pending(&run).unwrap();
        let written = workspace.pending().unwrap()[0].accept(&acceptance).unwrap();
        assert_eq!(written.len(), 2);
        assert!(workspace.pending().unwrap().is_empty());
    }
}
