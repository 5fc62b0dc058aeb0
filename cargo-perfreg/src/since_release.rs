//! What crept in since the last release: small steps, each accepted, that together exceed what one
//! of them could not.
//!
//! Advice, never a verdict: the steps were decided, and their sum is for a reader to judge.

use std::fmt;
use std::path::{Path, PathBuf};

use perfreg_core::judge::{Decision, StoredPolicy, entry_values, judge_paced};
use perfreg_core::logging::Log;
use perfreg_core::model::{BaselineMetric, Case, Change, HostKey, Judgement, Run};
use perfreg_core::store::{BaselineFile, committed_baseline, of_platform};
use perfreg_core::{TestId, Verdict};
use serde::Serialize;

use crate::git::Git;
use crate::rejudge::values;
use crate::words::counted;

/// A metric that is worse than at the last release, though no worse than its baseline.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Creep {
    /// The test.
    #[serde(skip)]
    pub(crate) test: TestId,
    /// Its case.
    #[serde(skip)]
    pub(crate) case: String,
    /// The metric's name.
    #[serde(skip)]
    pub(crate) metric: String,
    /// The tag of the release.
    pub(crate) tag: String,
    /// From then to now.
    pub(crate) change: Change,
    /// How often the baseline was changed since.
    pub(crate) steps: usize,
}

impl Creep {
    /// Whether it is of this metric.
    pub(crate) fn is_of(&self, test: &TestId, case: &str, metric: &str) -> bool {
        self.test == *test && self.case == case && self.metric == metric
    }
}

impl fmt::Display for Creep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag, change, steps, .. } = self;
        write!(f, "{change} since {tag}, by {}", counted(*steps, "accepted step"))
    }
}

/// The last release that HEAD comes from.
pub(crate) struct Release {
    git: Git,
    tag: String,
    /// The root of the workspace in the repository.
    workspace: PathBuf,
    root: PathBuf,
    log: Log,
}

impl Release {
    /// The nearest tag that `pattern` means; none without a repository, a tag or a pattern.
    pub(crate) fn last(root: &Path, pattern: &str, log: Log) -> Option<Self> {
        if pattern.is_empty() {
            return None;
        }
        let git = Git::of(root).ok()?;
        let said = git.say(&["describe", "--tags", "--abbrev=0", &format!("--match={pattern}")]);
        let tag = match said {
            Ok(tag) => tag,
            Err(why) => {
                log.debug(|| format!("no release to look back to, by tags {pattern:?}: {why}"));
                return None;
            }
        };
        let workspace = git.below(root)?;
        log.info(|| format!("the last release is {tag}"));
        Some(Self { git, tag, workspace, root: root.to_owned(), log })
    }

    /// What of `run` crept in since.
    pub(crate) fn creep(&self, run: &Run) -> Vec<Creep> {
        let quiet = |(_, judgement): &(&Case, &Judgement)| {
            judgement.verdict == Verdict::Unchanged && judgement.metric.is_time()
        };
        let mut quiet = run.judgements().filter(quiet).peekable();
        if quiet.peek().is_none() {
            return Vec::new();
        }
        let then = match self.at(run, &self.tag) {
            Ok(Some(file)) => file,
            Ok(None) => return Vec::new(),
            Err(why) => {
                self.log.debug(|| format!("{}: {why} at {}", run.id, self.tag));
                return Vec::new();
            }
        };
        quiet.filter_map(|(case, judgement)| self.of_metric(run, &then, case, judgement)).collect()
    }

    fn of_metric(
        &self,
        run: &Run,
        then: &BaselineFile,
        case: &Case,
        judgement: &Judgement,
    ) -> Option<Creep> {
        let metric = &judgement.metric.name;
        let old = entry(then, &run.host, &run.id.test, &case.name, metric)?;
        if old.provenance.toolchain != run.toolchain {
            let theirs = &old.provenance.toolchain;
            self.log.debug(|| {
                format!("{} [{}] {metric}: {} has it from {theirs}", run.id, case.name, self.tag)
            });
            return None;
        }
        let change = worsened(old, case, judgement)?;
        let (case, metric) = (case.name.clone(), metric.clone());
        let steps = steps(self.entries(run, &case, &metric));
        Some(Creep { test: run.id.clone(), steps, case, metric, tag: self.tag.clone(), change })
    }

    /// The entry at the release, after every commit since that touched its file, and as it lies here.
    fn entries(&self, run: &Run, case: &str, metric: &str) -> Vec<Option<BaselineMetric>> {
        let places = self.places(run).map(|place| format!(":(top){place}"));
        let range = format!("{}..HEAD", self.tag);
        let log = ["log", "--first-parent", "--reverse", "--format=%H", &range, "--"];
        let words: Vec<&str> = log.into_iter().chain(places.iter().map(String::as_str)).collect();
        let commits = self.git.say(&words).unwrap_or_default();
        let of = |file: Option<BaselineFile>| {
            entry(&file?, &run.host, &run.id.test, case, metric).cloned()
        };
        let at = |revision: &str| of(self.at(run, revision).ok().flatten());
        let folder = self.root.join(&run.package_folder);
        let here = committed_baseline(&folder, &run.baseline, &run.host.platform);
        let mut entries = vec![at(&self.tag)];
        entries.extend(commits.lines().map(at));
        entries.push(of(BaselineFile::read(&here).ok().flatten()));
        entries
    }

    /// The platform's own file of the run's baseline, and the general one, as git writes paths.
    fn places(&self, run: &Run) -> [String; 2] {
        let package = self.workspace.join(&run.package_folder);
        let special = of_platform(&run.baseline, &run.host.platform);
        [package.join(special), package.join(&run.baseline)]
            .map(|path| path.to_string_lossy().replace('\\', "/"))
    }

    /// The baseline file of the run's test as of `revision`; none if it had none.
    fn at(&self, run: &Run, revision: &str) -> Result<Option<BaselineFile>, String> {
        for place in self.places(run) {
            let Ok(text) = self.git.say(&["show", &format!("{revision}:./{place}")]) else {
                continue;
            };
            let file = BaselineFile::parse(&text).map_err(|why| format!("{place}: {why}"))?;
            return Ok(Some(file));
        }
        Ok(None)
    }
}

fn entry<'a>(
    file: &'a BaselineFile,
    host: &HostKey,
    section: &str,
    case: &str,
    metric: &str,
) -> Option<&'a BaselineMetric> {
    file.host(host)?.case(section, case)?.metric(metric)
}

/// How much worse the launches of `case` are than `old`, if that exceeds what `judgement` was held
/// against and what the old entry can tell.
fn worsened(old: &BaselineMetric, case: &Case, judgement: &Judgement) -> Option<Change> {
    let (then, now) = (entry_values(old), values(&case.launches, &judgement.metric));
    if then.is_empty() || now.is_empty() {
        return None;
    }
    let policy = StoredPolicy::new(judgement.threshold, judgement.metric.direction);
    let look = judge_paced(&then, &now, &policy);
    look.change.filter(|_| look.decision == Decision::Worse)
}

/// How often the entry became another one.
fn steps(entries: Vec<Option<BaselineMetric>>) -> usize {
    let known: Vec<BaselineMetric> = entries.into_iter().flatten().collect();
    known.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// A line for everything that crept in.
pub(crate) fn notes(crept: &[Creep]) -> String {
    let line = |creep: &Creep| {
        let Creep { test, case, metric, tag, .. } = creep;
        format!(
            "note: {test} [{case}] {metric}: {creep}; cargo perfreg diff {tag} measures both here\n"
        )
    };
    crept.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use perfreg_core::model::{
        BaselineCase, Health, Launch, LaunchStats, Metric, Provenance, Samples, Series, Session,
    };

    use super::*;
    use crate::testing::{judgement, run};

    fn silent() -> Log {
        Log::read(None).unwrap()
    }

    fn samples(value: f64) -> Samples {
        Samples::new(vec![value; 4]).unwrap()
    }

    /// A run of ten launches around `value`, unchanged against its baseline.
    fn measured(value: f64) -> Run {
        let metric = Metric::time(Metric::THREAD_CPU_TIME);
        let launch = |i: u32| Launch {
            series: vec![Series {
                metric: metric.clone(),
                samples: samples(value * (1.0 + f64::from(i) * 1e-4)),
            }],
            iterations_per_sample: 1,
            throughput: None,
            single_calls: None,
            gpu: None,
            health: Health::default(),
        };
        let judged =
            Judgement { metric: metric.clone(), ..judgement(Verdict::Unchanged, Some(0.0)) };
        let mut run = run("sort", vec![judged]);
        run.cases[0].launches = (0..10).map(launch).collect();
        run
    }

    /// A baseline of this host with ten launches around `value`.
    fn baseline(run: &Run, value: f64) -> BaselineFile {
        let launch = |i: u32| LaunchStats::of(&samples(value * (1.0 + f64::from(i) * 1e-4)));
        let of = BaselineMetric {
            metric: Metric::time(Metric::THREAD_CPU_TIME),
            provenance: Provenance {
                revision: None,
                toolchain: run.toolchain.clone(),
                sessions: vec![Session { date: run.started.clone(), launches: 10 }],
                reason: None,
            },
            launches: (0..10).map(launch).collect(),
        };
        let case = BaselineCase {
            section: run.id.test.clone(),
            subsection: "default".to_owned(),
            metrics: vec![of],
        };
        let mut file = BaselineFile::default();
        file.put(&run.host, case).unwrap();
        file
    }

    /// A repository whose baseline took these values one after the other, with a tag at the first.
    fn repository(folder: &Path, values: &[f64], place: &str) {
        let git = |words: &[&str]| {
            let who = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
            let mut command = std::process::Command::new("git");
            let said = command.args(who).args(words).current_dir(folder).output().unwrap();
            assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
        };
        git(&["init", "--quiet", "--initial-branch=main"]);
        for (at, value) in values.iter().enumerate() {
            baseline(&measured(1.0), *value).write(&folder.join(place)).unwrap();
            git(&["add", "--all"]);
            git(&["commit", "--quiet", "-m", "a step"]);
            if at == 0 {
                git(&["tag", "v1.0.0"]);
                git(&["tag", "nightly-1"]);
            }
        }
    }

    const STEPS: [f64; 4] = [100.0, 103.0, 106.0, 109.0];

    #[test]
    fn small_steps_add_up_since_the_release() {
        let told = |root: &str, place: &str, pattern: &str, change: fn(&mut Run)| {
            let folder = tempfile::tempdir().unwrap();
            repository(folder.path(), &STEPS, place);
            let mut run = measured(109.0);
            change(&mut run);
            let release = Release::last(&folder.path().join(root), pattern, silent())?;
            Some(release.creep(&run).iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        };
        let nine = Some("+9.0 % (+9.0 % to +9.0 %) since v1.0.0, by 3 accepted steps".to_owned());
        let here = |pattern, change| told("", "gt/sort.json", pattern, change);
        assert_eq!(here("v[0-9]*", |_| ()), nine);
        // The platform's own file, a workspace that is not the whole repository, and a member of one.
        assert_eq!(told("in/a", "in/a/gt/linux-x86_64/sort.json", "v*", |_| ()), nine);
        let member: fn(&mut Run) = |run| run.package_folder = "member".to_owned();
        assert_eq!(told("in", "in/member/gt/sort.json", "v*", member), nine);
        let nightly = here("nightly-*", |_| ()).unwrap();
        assert!(nightly.contains("since nightly-1"), "{nightly}");
        assert_eq!(here("release-*", |_| ()), None);
        assert_eq!(here("", |_| ()), None);
        let nothing = Some(String::new());
        let check = |change: fn(&mut Run)| assert_eq!(here("v*", change), nothing);
        check(|run| run.toolchain.rustc = "1.0.0".to_owned());
        check(|run| run.host = HostKey::new("linux-x86_64", "another", 2, None));
        check(|run| run.cases[0].name = "new".to_owned());
        check(|run| run.baseline = "gt/gone.json".to_owned());
        check(|run| run.cases[0].judgements[0].verdict = Verdict::Regressed);
        check(|run| run.cases[0].judgements[0].threshold = 0.2);
        check(|run| run.cases[0].launches = measured(103.0).cases[0].launches.clone());
    }

    #[test]
    fn a_broken_old_file_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        repository(folder.path(), &STEPS, "gt/sort.json");
        let release = Release::last(folder.path(), "v*", silent()).unwrap();
        let run = measured(109.0);
        assert_eq!(release.creep(&run).len(), 1);
        let git = Git::of(folder.path()).unwrap();
        fs::write(folder.path().join("gt/sort.json"), "{\"schema\": \"perfreg-baseline/9\"}")
            .unwrap();
        git.say(&["add", "--all"]).unwrap();
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
        git.say(&[&who[..], &["commit", "--quiet", "-m", "newer"]].concat()).unwrap();
        git.say(&["tag", "v2.0.0"]).unwrap();
        let release = Release::last(folder.path(), "v*", silent()).unwrap();
        assert_eq!(release.creep(&run), []);
        // Nor is a folder without a repository, or a repository without a tag.
        assert!(Release::last(tempfile::tempdir().unwrap().path(), "v*", silent()).is_none());
        git.say(&["tag", "--delete", "v1.0.0", "v2.0.0"]).unwrap();
        assert!(Release::last(folder.path(), "v*", silent()).is_none());
    }
}
