//! What of a report calls for a look, one by one: what annotations, code quality and issues are made of.

use std::fmt;

use perfreg_core::model::{Case, Judgement, Run, Target, TargetState};
use perfreg_core::report::format_value;
use perfreg_core::{TestId, Verdict};

use crate::ci::place::Place;
use crate::config::Severity;
use crate::explain::head;
use crate::history::Digest;
use crate::message::ended;
use crate::report::{Lengths, Report};
use crate::summary::{Ending, TestResult};
use crate::table::Size;

/// How loud something is said, the loudest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    Error,
    Warning,
    Notice,
}

/// What names a finding over runs, commits and lines: 16 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    const DIGITS: usize = 16;

    /// That of a metric, or of what else is found of a case, on a platform.
    fn of(run: &Run, case: &str, what: &str) -> Self {
        let TestId { package, target, test } = &run.id;
        let parts = [run.host.platform.as_str(), package, target, test, case, what];
        // Nothing else ends a part: no two lists of parts are one text.
        Self::of_bytes(&parts.map(|part| [part.as_bytes(), &[0xff]].concat()).concat())
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        Self(Digest::of(bytes).as_str()[..Self::DIGITS].to_owned())
    }

    /// The fingerprint that `text` spells.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (text.len() == Self::DIGITS && text.chars().all(is_digit)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What calls for a look. Its texts are tame, and of a bearable length.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// Of a regression.
    pub(crate) severity: Option<Severity>,
    /// What it is, in a word that machines know: `regressed`, `beyond_a_limit`.
    pub(crate) kind: String,
    /// Where the attribute stands.
    pub(crate) place: Option<Place>,
    /// What became of which test.
    pub(crate) title: String,
    /// Numbers and reasons, in a few lines.
    pub(crate) text: String,
    pub(crate) fingerprint: Fingerprint,
    /// What orders findings of one level.
    size: Size,
}

/// How much of a text is shown.
const LENGTHS: Lengths = Lengths { names: 120, reasons: 400 };

/// Everything in `report` that calls for a look, the worst first; of a workspace in `folder` of its
/// repository.
pub(crate) fn findings(report: &Report, folder: &str) -> Vec<Finding> {
    let tame = LENGTHS.tame(report);
    let mut found: Vec<Finding> = tame.unreadable.iter().map(|why| of_unreadable(why)).collect();
    // Names are told as they are tame, and known as they are.
    for (result, tame_result) in report.results.iter().zip(&tame.results) {
        if let (Some(run), Some(tame_run)) = (&result.run, &tame_result.run) {
            let of = Of { report: &tame, run, tame: tame_run, folder };
            found.extend(of.ending(tame_result));
            found.extend(of.judgements());
            found.extend(of.limits());
        }
    }
    found.sort_by(|one, other| {
        let key = |finding: &Finding| (finding.level, finding.severity);
        key(one).cmp(&key(other)).then_with(|| one.size.largest_first(&other.size))
    });
    found
}

fn of_unreadable(why: &str) -> Finding {
    Finding {
        level: Level::Error,
        severity: None,
        kind: "unreadable".to_owned(),
        place: None,
        title: "a record cannot be read".to_owned(),
        text: why.to_owned(),
        fingerprint: Fingerprint::of_bytes(why.as_bytes()),
        size: Size::LARGEST,
    }
}

/// A test with its run as it is, and as it may be shown.
struct Of<'a> {
    report: &'a Report,
    run: &'a Run,
    tame: &'a Run,
    folder: &'a str,
}

impl Of<'_> {
    fn name(&self, case: &str) -> String {
        self.report.naming.name(self.tame, case)
    }

    fn finding(&self, level: Level, kind: &str, title: String, text: String) -> Finding {
        Finding {
            level,
            severity: None,
            kind: kind.to_owned(),
            place: Place::of(self.folder, &self.run.file, self.run.line),
            title,
            text,
            fingerprint: Fingerprint::of(self.run, "", kind),
            size: Size::LARGEST,
        }
    }

    /// How it ended, if that is no verdict and none of its own will.
    fn ending(&self, tame: &TestResult) -> Option<Finding> {
        let level = match tame.ending {
            Ending::Failed { .. } | Ending::TimedOut(_) => Level::Error,
            Ending::Unmeasured(_) => Level::Warning,
            Ending::Judged(_) | Ending::MissesLimit | Ending::Skipped(_) => return None,
        };
        let (kind, why) = ended(&tame.ending);
        let title = format!("{}: {}", self.name("default"), kind.replace('_', " "));
        Some(self.finding(level, &kind, title, head(why.unwrap_or_default()).to_owned()))
    }

    fn judgements(&self) -> impl Iterator<Item = Finding> {
        let pairs = self.run.judgements().zip(self.tame.judgements());
        pairs.filter_map(|((case, judgement), (tame_case, tame))| {
            self.judgement((case, judgement), (tame_case, tame))
        })
    }

    fn judgement(
        &self,
        (case, judgement): (&Case, &Judgement),
        (tame_case, tame): (&Case, &Judgement),
    ) -> Option<Finding> {
        let severity = self.report.severities.of(tame);
        let (level, grade) = match (tame.verdict, severity) {
            (Verdict::Regressed, Some(Severity::Critical)) => (Level::Error, " (critical)"),
            (Verdict::Regressed, Some(Severity::Warning) | None) => (Level::Warning, " (warning)"),
            (Verdict::Regressed, Some(Severity::Notice)) => (Level::Notice, " (notice)"),
            (Verdict::Missing, _) => (Level::Error, ""),
            _ => return None,
        };
        let name = self.name(&tame_case.name);
        let title = format!("{name}: {} {}{grade}", tame.metric.name, tame.verdict);
        let (kind, _) = ended(&Ending::Judged(tame.verdict));
        Some(Finding {
            severity,
            fingerprint: Fingerprint::of(self.run, &case.name, &judgement.metric.name),
            size: Size::of(judgement),
            ..self.finding(level, &kind, title, numbers(tame))
        })
    }

    fn limits(&self) -> impl Iterator<Item = Finding> {
        let pairs = self.run.targets().zip(self.tame.targets());
        let missed = pairs.filter(|((_, target), _)| target.state == TargetState::Missed);
        missed.map(|((case, target), (tame_case, tame))| Finding {
            fingerprint: Fingerprint::of(self.run, &case.name, &target.limit),
            ..self.finding(
                Level::Error,
                &ended(&Ending::MissesLimit).0,
                format!("{}: misses the limit {}", self.name(&tame_case.name), tame.limit),
                limit(tame),
            )
        })
    }
}

/// Before, now and why.
fn numbers(judgement: &Judgement) -> String {
    let value = |value: f64| format_value(value, &judgement.metric.unit);
    let current = value(judgement.current);
    let line = match (judgement.baseline, judgement.change) {
        (Some(baseline), Some(change)) => format!("{} -> {current}: {change}", value(baseline)),
        (Some(baseline), None) => format!("{} -> {current}", value(baseline)),
        (None, _) => current,
    };
    format!("{line}\n{}", judgement.why)
}

fn limit(target: &Target) -> String {
    let value = |value: f64| format_value(value, &target.unit);
    format!(
        "{}, 99 % interval {} to {}; it is as it is because: {}",
        value(target.current),
        value(target.low),
        value(target.high),
        target.reason
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use insta::assert_snapshot;
    use perfreg_core::Verdict;

    use super::{Fingerprint, findings};
    use crate::report::testing::{hostile, report, suite};
    use crate::testing::{judgement, run};

    #[test]
    fn the_worst_stands_first() {
        let told = findings(&suite(), "rust/app").iter().fold(String::new(), |mut text, one| {
            let place = one.place.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let (level, kind, title) = (one.level, &one.kind, &one.title);
            let _ = writeln!(text, "{level:?} {kind} {place} {title}\n{}", one.text);
            text
        });
        assert_snapshot!(told);
        assert!(findings(&report(vec![]), "").is_empty());
    }

    #[test]
    fn without_a_threshold_the_change_orders() {
        let slow = |name: &str, change: f64| {
            let mut judgement = judgement(Verdict::Regressed, Some(change));
            judgement.threshold = 0.0;
            run(name, vec![judgement])
        };
        let report = report(vec![slow("a", 0.1), slow("b", 0.2), slow("c", 0.15)]);
        let titles: Vec<_> = findings(&report, "").into_iter().map(|one| one.title).collect();
        let expected =
            ["b", "c", "a"].map(|name| format!("perf::{name}: time regressed (warning)"));
        assert_eq!(titles, expected);
    }

    #[test]
    fn what_tells_findings_apart_is_not_what_is_shown() {
        let fingerprints = |folder: &str| -> BTreeSet<Fingerprint> {
            findings(&suite(), folder).into_iter().map(|finding| finding.fingerprint).collect()
        };
        assert_eq!(fingerprints("").len(), findings(&suite(), "").len());
        assert_eq!(fingerprints(""), fingerprints("elsewhere"));
        // What is cut from the middle of a name still counts.
        let slow = |middle: &str| {
            let name = format!("{}{middle}{}", "a".repeat(500), "b".repeat(500));
            let slow = judgement(Verdict::Regressed, Some(0.3));
            findings(&report(vec![run(&name, vec![slow])]), "").remove(0)
        };
        assert_eq!(slow("x").title, slow("y").title);
        assert_ne!(slow("x").fingerprint, slow("y").fingerprint);
        // The commit, the line and the numbers do not.
        let mut moved = run("sort", vec![judgement(Verdict::Regressed, Some(0.1))]);
        let before = findings(&report(vec![moved.clone()]), "").remove(0).fingerprint;
        moved.line = Some(99);
        moved.started = "2027-01-01T00:00:00Z".to_owned();
        moved.cases[0].judgements = vec![judgement(Verdict::Regressed, Some(0.4))];
        assert_eq!(findings(&report(vec![moved]), "").remove(0).fingerprint, before);
        assert_eq!(Fingerprint::parse(&before.to_string()), Some(before));
        assert_eq!(Fingerprint::parse("0123456789ABCDEF"), None);
    }

    #[test]
    fn hostile_texts_are_tame_and_short() {
        for finding in findings(&hostile(), "") {
            let shown = format!("{}{}", finding.title, finding.text);
            assert!(!shown.contains(['\u{202e}', '\u{1b}', '\u{0}']), "{shown:?}");
            assert!(!finding.title.contains('\n'), "{shown:?}");
            assert!(shown.chars().count() < 2_500, "{}", shown.chars().count());
            assert!(finding.place.is_none(), "{:?}", finding.place);
        }
    }
}
