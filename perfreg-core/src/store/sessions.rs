//! Ordinary runs as further sessions of a baseline: which may join, and where they are kept.
//!
//! An entry that is committed changes only by a decision, so what joins it lies in a file beside the
//! local baselines: a copy of the entry with more sessions, which counts as long as it begins as
//! that entry does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::model::{BaselineCase, BaselineMetric, HostKey, LaunchStats, Run};
use crate::store::baseline::BaselineFile;
use crate::store::locate::{Source, committed_baseline};
use crate::store::promote::baseline_case;
use crate::store::workspace::Workspace;

/// Sessions that an entry may come to hold: enough to know their spread, bounded on a disk.
const MOST: usize = 10;
/// A session is something apart: what an hour does to a machine is not seen within a minute.
const APART: Duration = Duration::from_secs(600);

/// The part of a run that may become a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sitting<'a> {
    pub(crate) run: &'a Run,
    pub(crate) case: &'a str,
    /// The metric that was judged; wall time goes along with thread CPU time.
    pub(crate) metric: &'a str,
    /// Which entry it was compared with.
    pub(crate) source: Source,
}

impl Workspace {
    /// Where this machine keeps what joined the committed baseline that `package` calls `baseline`.
    pub(crate) fn session_file(&self, package: &str, baseline: &str) -> PathBuf {
        self.root().join(".perfreg/sessions").join(package).join(baseline)
    }

    /// Makes `sitting` one more session of the entry that it was compared with, if it may be one,
    /// and returns how many sessions the judged metric has then, or why it stays as it is.
    ///
    /// `is_source` says whether the sources here are those of a commit; it is asked last.
    ///
    /// # Errors
    /// If a baseline cannot be read or written.
    pub(crate) fn add_session(
        &self,
        sitting: Sitting<'_>,
        is_source: impl Fn(&str) -> bool,
    ) -> Result<Result<usize, &'static str>, Error> {
        let Sitting { run, case, metric, source } = sitting;
        let Some(new) = baseline_case(&[run], case, None, |m| m.name == metric) else {
            return Ok(Err("it was not measured"));
        };
        let _guard = self.lock()?;
        let Some((path, mut file, mut older)) = self.entry(sitting)? else {
            return Ok(Err("its entry is gone"));
        };
        let may = older.metric(metric).map_or(Err("its entry is gone"), |of| may_join(of, run));
        let revision = older.metric(metric).and_then(|of| of.provenance.revision.clone());
        match (may, &revision) {
            (Ok(()), Some(revision)) if is_source(&revision.commit) => {}
            (Ok(()), _) => return Ok(Err("the sources are not those of its commit")),
            (Err(why), _) => return Ok(Err(why)),
        }
        for of in &mut older.metrics {
            if of.provenance.revision == revision
                && may_join(of, run).is_ok()
                && let Some(more) = new.metric(&of.metric.name)
            {
                join(of, more);
            }
        }
        let sessions = older.metric(metric).map_or(0, |of| of.provenance.sessions.len());
        if source == Source::Committed {
            older.metrics.retain(|of| of.metric.is_time());
        }
        file.put(&run.host, older)?;
        file.write(&path)?;
        Ok(Ok(sessions))
    }

    /// The file that would gain a session, and the case in it as far as it has come.
    fn entry(
        &self,
        sitting: Sitting<'_>,
    ) -> Result<Option<(PathBuf, BaselineFile, BaselineCase)>, Error> {
        let Sitting { run, case, source, .. } = sitting;
        let read = |path: &Path| Ok::<_, Error>(BaselineFile::read(path)?.unwrap_or_default());
        let of_case = |file: &BaselineFile| case_of(file, &run.host, &run.id.test, case).cloned();
        if source == Source::Local {
            let path = self.local_baseline(&run.id, &run.baseline);
            let file = read(&path)?;
            let older = of_case(&file);
            return Ok(older.map(|older| (path, file, older)));
        }
        let package = self.root().join(&run.package_folder);
        let committed = read(&committed_baseline(&package, &run.baseline, &run.host.platform))?;
        let path = self.session_file(&run.id.package, &run.baseline);
        let file = read(&path)?;
        let Some(mut older) = of_case(&committed) else { return Ok(None) };
        let longer = of_case(&file);
        for of in &mut older.metrics {
            let more = longer.as_ref().and_then(|case| case.metric(&of.metric.name));
            *of = with_sessions(of, more).clone();
        }
        Ok(Some((path, file, older)))
    }
}

/// The case of one host.
fn case_of<'a>(
    file: &'a BaselineFile,
    host: &HostKey,
    section: &str,
    case: &str,
) -> Option<&'a BaselineCase> {
    file.host(host)?.case(section, case)
}

/// The entry with the sessions that joined it: `longer`, if that begins as `entry` does.
pub(crate) fn with_sessions<'a>(
    entry: &'a BaselineMetric,
    longer: Option<&'a BaselineMetric>,
) -> &'a BaselineMetric {
    let begins_alike = |longer: &&BaselineMetric| {
        let (own, other) = (&entry.provenance, &longer.provenance);
        // A column of more numbers may be written in another unit, and be read with another last bit.
        let is_near = |one: f64, other: f64| (one - other).abs() <= one.abs() * 1e-9;
        let alike = |(one, other): (&LaunchStats, &LaunchStats)| is_near(one.q10, other.q10);
        own.revision == other.revision
            && own.toolchain == other.toolchain
            && own.reason == other.reason
            && other.sessions.starts_with(&own.sessions)
            && longer.launches.len() >= entry.launches.len()
            && entry.launches.iter().zip(&longer.launches).all(alike)
    };
    longer.filter(begins_alike).unwrap_or(entry)
}

/// Whether `run` may become one more session of `of`, as far as the two tell; else why not.
///
/// What it is a session of is one state of the source: where that is not known to be the same, a
/// small change would move what later ones are judged by.
fn may_join(of: &BaselineMetric, run: &Run) -> Result<(), &'static str> {
    let provenance = &of.provenance;
    if !of.metric.is_time() {
        return Err("a count has no sessions");
    }
    if provenance.toolchain != run.toolchain {
        return Err("it is of another build");
    }
    if provenance.revision.as_ref().is_none_or(|revision| revision.dirty) {
        return Err("it is of no commit");
    }
    let counted: usize = provenance.sessions.iter().map(|one| one.launches as usize).sum();
    let Some(last) = provenance.sessions.last().filter(|_| counted == of.launches.len()) else {
        return Err("it does not tell its sessions apart");
    };
    if provenance.sessions.len() >= MOST {
        return Err("it has sessions enough");
    }
    let date = |text: &str| humantime::parse_rfc3339(text).ok();
    let since =
        date(&run.started).zip(date(&last.date)).map(|(now, then)| now.duration_since(then));
    match since {
        Some(Ok(since)) if since >= APART => Ok(()),
        _ => Err("its last session is less than ten minutes ago"),
    }
}

/// Appends the only session of `more`, as far as `of` keeps of its launches.
fn join(of: &mut BaselineMetric, more: &BaselineMetric) {
    let plain = of.launches.iter().any(|launch| launch.distribution.is_none());
    if !plain && more.launches.iter().any(|launch| launch.distribution.is_none()) {
        return;
    }
    let kept = |launch: &LaunchStats| match plain {
        true => LaunchStats { distribution: None, ..*launch },
        false => *launch,
    };
    of.launches.extend(more.launches.iter().map(kept));
    of.provenance.sessions.extend(more.provenance.sessions.iter().cloned());
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{MOST, Sitting, may_join};
    use crate::model::{BaselineMetric, Case, Metric, Revision, Run, Session};
    use crate::store::records::read_run;
    use crate::store::workspace::Workspace;
    use crate::store::{
        Acceptance, BaselineFile, Source, TimeBaseline, baseline_case, with_sessions,
    };

    const CPU: &str = Metric::THREAD_CPU_TIME;

    /// A run at a commit, on the first of a month, at this time.
    fn run(time: &str) -> Run {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats/run-1.json");
        let revision = Some(Revision::of("0123456789abcdef".to_owned()));
        Run { started: format!("2027-01-01T{time}:00Z"), revision, ..read_run(&data).unwrap() }
    }

    fn entry() -> BaselineMetric {
        let run = run("00:00");
        let case = baseline_case(&[&run], &run.cases[0].name, None, Metric::is_time).unwrap();
        case.metric(CPU).unwrap().clone()
    }

    #[test]
    fn a_session_is_of_one_state_and_of_another_hour() {
        let check = |change: fn(&mut BaselineMetric, &mut Run), expected: &str| {
            let (mut of, mut run) = (entry(), run("00:10"));
            change(&mut of, &mut run);
            let found = may_join(&of, &run).map_or_else(|why| why, |()| "joins");
            assert!(found.contains(expected), "{found} is not {expected}");
        };
        fn sessions(of: &mut BaselineMetric, count: usize) {
            let one = of.provenance.sessions[0].clone();
            of.launches = of.launches.repeat(count);
            of.provenance.sessions = vec![one; count];
        }
        check(|_, _| (), "joins");
        check(|_, run| run.started = "2027-01-01T00:09:59Z".to_owned(), "ten minutes ago");
        // A clock that was put back says nothing.
        check(|_, run| run.started = "2026-01-01T00:00:00Z".to_owned(), "ten minutes ago");
        check(|_, run| run.started = "yesterday".to_owned(), "ten minutes ago");
        check(|of, _| of.provenance.revision = None, "of no commit");
        check(|of, _| of.provenance.revision.as_mut().unwrap().dirty = true, "of no commit");
        check(|_, run| run.toolchain.rustc = "1.0.0".to_owned(), "another build");
        check(|_, run| run.toolchain.features = "simd".to_owned(), "another build");
        check(|_, run| run.toolchain.profile = "bench".to_owned(), "another build");
        check(|of, _| sessions(of, MOST - 1), "joins");
        check(|of, _| sessions(of, MOST), "sessions enough");
        check(|of, _| of.provenance.sessions[0].launches += 1, "tell its sessions apart");
        check(|of, _| of.metric.unit = crate::model::Unit::Count, "a count has no sessions");
    }

    fn sitting(run: &Run, source: Source) -> Sitting<'_> {
        Sitting { run, case: &run.cases[0].name, metric: CPU, source }
    }

    /// The judged time of a file, with the dates of its sessions.
    fn sessions(path: &Path) -> Vec<String> {
        let run = run("00:00");
        let Some(file) = BaselineFile::read(path).unwrap() else { return Vec::new() };
        let case = file.host(&run.host).unwrap().case("parse", "default").unwrap();
        let dates = |of: &BaselineMetric| -> Vec<String> {
            let sum: u32 = of.provenance.sessions.iter().map(|one| one.launches).sum();
            assert_eq!(sum as usize, of.launches.len(), "{of:?}");
            of.provenance.sessions.iter().map(|one: &Session| one.date.clone()).collect()
        };
        let (cpu, wall) = (case.metric(CPU).unwrap(), case.metric(Metric::WALL_TIME).unwrap());
        assert_eq!(dates(cpu), dates(wall), "both clocks are of the same sessions");
        dates(cpu)
    }

    #[test]
    fn the_local_baseline_grows_by_what_may_join() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, first) = (Workspace::at(folder.path()), run("00:00"));
        let acceptance = Acceptance { reason: None, time: TimeBaseline::Local };
        workspace.accept(&first, &acceptance).unwrap();
        let path = workspace.local_baseline(&first.id, &first.baseline);
        let check = |time: &str, is_source: bool, expected: Result<usize, &str>| {
            let before = fs::read(&path).unwrap();
            let run = run(time);
            let joined = workspace.add_session(sitting(&run, Source::Local), |commit| {
                assert_eq!(commit, "0123456789ab", "as a baseline keeps it");
                is_source
            });
            assert_eq!(joined.unwrap(), expected, "{time}");
            assert_eq!(fs::read(&path).unwrap() == before, expected.is_err(), "{time}");
        };
        check("00:05", true, Err("its last session is less than ten minutes ago"));
        check("00:20", false, Err("the sources are not those of its commit"));
        check("00:20", true, Ok(2));
        check("00:29", true, Err("its last session is less than ten minutes ago"));
        check("00:30", true, Ok(3));
        assert_eq!(sessions(&path).len(), 3);
        assert!(!workspace.root().join(".perfreg/sessions").exists());
    }

    #[test]
    fn what_is_committed_stays_and_is_followed_by_its_sessions() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, first) = (Workspace::at(folder.path()), run("00:00"));
        let acceptance = Acceptance { reason: None, time: TimeBaseline::Committed };
        workspace.accept(&first, &acceptance).unwrap();
        let committed = folder.path().join("gt/perf.json");
        let text = fs::read(&committed).unwrap();
        let beside = workspace.session_file(&first.id.package, &first.baseline);
        let join = |time: &str| {
            let run = run(time);
            workspace.add_session(sitting(&run, Source::Committed), |_| true).unwrap()
        };
        assert_eq!((join("00:10"), join("00:20")), (Ok(2), Ok(3)));
        assert_eq!(fs::read(&committed).unwrap(), text, "what is committed is a decision");
        assert_eq!(sessions(&beside).len(), 3);
        let entry = |path: &Path| {
            let file = BaselineFile::read(path).unwrap().unwrap();
            let case = file.host(&first.host).unwrap().case("parse", "default").unwrap().clone();
            case.metric(CPU).unwrap().clone()
        };
        let (own, longer) = (entry(&committed), entry(&beside));
        assert_eq!(with_sessions(&own, Some(&longer)), &longer);
        assert_eq!(with_sessions(&own, None), &own);
        // Another entry begins anew, whatever joined the one before.
        let mut second = run("01:00");
        let Case { launches, .. } = &mut second.cases[0];
        launches.truncate(9);
        workspace.accept(&second, &acceptance).unwrap();
        let own = entry(&committed);
        assert_eq!(with_sessions(&own, Some(&longer)), &own);
        assert_eq!(join("01:30"), Ok(2));
        assert_eq!(sessions(&beside), ["2027-01-01T01:00:00Z", "2027-01-01T01:30:00Z"]);
    }
}
