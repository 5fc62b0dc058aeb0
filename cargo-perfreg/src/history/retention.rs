//! Which runs a history need not keep: values in, values out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use perfreg_core::TestId;

use crate::history::digest::Digest;
use crate::history::store::RunRow;

/// What to keep. A run goes only if every rule that is given lets it go.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Retention {
    /// Runs younger than this stay.
    pub(crate) age: Option<Duration>,
    /// The newest runs of each test on each host stay, so many of them.
    pub(crate) newest: Option<usize>,
}

/// What may go, and what stays although the rules let it go.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Surplus {
    /// Runs to remove, the newest first.
    pub(crate) go: Vec<Digest>,
    /// Runs that something begins with.
    pub(crate) protected: usize,
}

impl Retention {
    /// What of `runs`, the newest first, may go; what `protected` names stays, and so does the
    /// newest run of every test.
    pub(crate) fn surplus(
        &self,
        runs: &[RunRow],
        protected: &BTreeSet<Digest>,
        now: SystemTime,
    ) -> Surplus {
        let mut surplus = Surplus::default();
        let mut seen: BTreeMap<(&TestId, &str), usize> = BTreeMap::new();
        for run in runs {
            let newer = seen.entry((&run.id, &run.host)).or_default();
            let is_old = self.age.is_none_or(|age| is_older(&run.started, age, now));
            if *newer >= self.newest.unwrap_or(1).max(1) && is_old {
                match protected.contains(&run.digest) {
                    true => surplus.protected += 1,
                    false => surplus.go.push(run.digest.clone()),
                }
            }
            *newer += 1;
        }
        surplus
    }
}

/// What has no date that can be read is not known to be old.
fn is_older(started: &str, age: Duration, now: SystemTime) -> bool {
    let started = humantime::parse_rfc3339_weak(started).ok();
    started.and_then(|at| now.duration_since(at).ok()).is_some_and(|since| since > age)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::{Digest, Retention, RunRow};
    use crate::history::rows::run_row;
    use crate::testing::run;

    const DAY: Duration = Duration::from_secs(86_400);

    /// Runs of days before the tenth of January, the newest first; a letter a test.
    fn runs(days_and_tests: &[(u64, &str)]) -> Vec<RunRow> {
        let row = |(day, test): &(u64, &str)| {
            let mut run = run(test, vec![]);
            run.started = format!("2026-01-{:02}T00:00:00Z", 10 - day);
            run_row(&Digest::of(format!("{test}{day}").as_bytes()), &run)
        };
        days_and_tests.iter().map(row).collect()
    }

    fn check(age: Option<u64>, newest: Option<usize>, protected: &[&str], expected: &[&str]) {
        let runs = runs(&[(0, "a"), (1, "a"), (1, "b"), (2, "a"), (5, "a"), (5, "b"), (6, "c")]);
        let name = |name: &&str| Digest::of(name.as_bytes());
        let protected: BTreeSet<Digest> = protected.iter().map(name).collect();
        let now = humantime::parse_rfc3339("2026-01-10T00:00:00Z").unwrap();
        let retention = Retention { age: age.map(|days| DAY * days as u32), newest };
        let surplus = retention.surplus(&runs, &protected, now);
        assert_eq!(surplus.go, expected.iter().map(name).collect::<Vec<_>>(), "{retention:?}");
    }

    #[test]
    fn a_run_goes_if_every_rule_lets_it_go() {
        check(Some(3), None, &[], &["a5", "b5"]);
        check(None, Some(2), &[], &["a2", "a5"]);
        check(Some(3), Some(2), &[], &["a5"]);
        check(Some(3), Some(3), &[], &["a5"]);
        check(Some(3), Some(4), &[], &[]);
        check(Some(90), Some(1), &[], &[]);
        check(None, None, &[], &["a1", "a2", "a5", "b5"]);
        // Of every test something stays.
        check(Some(0), Some(0), &[], &["a1", "a2", "a5", "b5"]);
    }

    #[test]
    fn what_something_begins_with_stays() {
        check(None, Some(1), &["a2", "b5"], &["a1", "a5"]);
    }
}
