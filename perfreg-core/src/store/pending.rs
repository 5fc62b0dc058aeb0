//! A run that awaits a decision: accept it as the new baseline, or reject it.

use std::path::PathBuf;

use crate::error::Error;
use crate::model::{BaselineCase, BaselineMetric, Metric, Run};
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
        let committed =
            committed_baseline(&self.package_of(run), &run.baseline, &run.host.platform);
        let local = self.local_baseline(&run.id, &run.baseline);
        let _guard = self.lock()?;
        let mut files = [Target::read(committed)?, Target::read(local)?];
        for case in &run.cases {
            let section = &run.id.test;
            let times_committed = acceptance.time == TimeBaseline::Committed
                || files[0].holds_times(run, section, &case.name);
            let reason = acceptance.reason.as_deref();
            let to_committed = |m: &Metric| times_committed || !m.is_time();
            if let Some(new) = baseline_case(run, case, reason, to_committed) {
                let merged = files[0].with_missing_metrics(run, new);
                files[0].put(run, merged)?;
            }
            if let Some(new) = baseline_case(run, case, reason, |m| !to_committed(m)) {
                let merged = files[1].with_missing_metrics(run, new);
                files[1].put(run, merged)?;
            }
        }
        files.into_iter().filter_map(|file| file.write().transpose()).collect()
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
            let merged = file.with_older_metrics(run, case);
            file.put(run, merged)?;
        }
        file.write()?;
        Ok(path)
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

    /// What this file knows of a case from the same compiler and profile.
    fn older(&self, run: &Run, case: &BaselineCase) -> Option<&BaselineCase> {
        self.file
            .host(&run.host)
            .and_then(|entry| entry.case(&case.section, &case.subsection))
            .filter(|older| older.provenance.toolchain == case.provenance.toolchain)
    }

    /// `case`, plus the older metrics that it has not measured.
    fn with_missing_metrics(&self, run: &Run, case: BaselineCase) -> BaselineCase {
        match self.older(run, &case) {
            Some(older) => with_metrics_of(case, older),
            None => case,
        }
    }

    /// The older metrics, plus those of `case` that are new.
    fn with_older_metrics(&self, run: &Run, case: &BaselineCase) -> BaselineCase {
        match self.older(run, case) {
            Some(older) => with_metrics_of(older.clone(), case),
            None => case.clone(),
        }
    }

    fn put(&mut self, run: &Run, case: BaselineCase) -> Result<(), Error> {
        self.touched = Touched::Yes;
        self.file.put(&run.host, case).map_err(|error| error.at(&self.path))
    }

    fn write(self) -> Result<Option<PathBuf>, Error> {
        match self.touched {
            Touched::No => Ok(None),
            Touched::Yes => {
                self.file.write(&self.path)?;
                Ok(Some(self.path))
            }
        }
    }
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
    use crate::store::workspace::{Workspace, read_run};
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
            let case = baseline_case(run, &run.cases[0], None, wanted).unwrap();
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
        assert_eq!(case.provenance.sessions[0].date, run.started);
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
