//! For CI: JUnit's XML, a suite a test target and a test case a test.

use std::time::Duration;

use perfreg_core::model::{Judgement, Run};
use perfreg_core::report::notes;
use perfreg_core::{TestId, Verdict};
use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use crate::config::Severities;
use crate::explain::{failure, head};
use crate::message::ended;
use crate::report::figures::{Figures, Memory};
use crate::report::recorded::Report;
use crate::report::tame::Lengths;
use crate::summary::{Ending, TestResult};

/// A test with what its launches tell.
type Test<'a> = (&'a TestResult, &'a [Figures], &'a [Memory]);

/// A report as a document of JUnit. What XML forbids is written as an escape.
pub(crate) fn junit(report: &Report) -> String {
    let report = Lengths::WHOLE.tame(report);
    let mut document = quick_junit::Report::new("perfreg");
    let tests: Vec<Test<'_>> = report.tests().collect();
    let target = |(result, ..): &Test<'_>| (result.id.package.clone(), result.id.target.clone());
    for tests in tests.chunk_by(|one, other| target(one) == target(other)) {
        document.add_test_suite(suite(tests, &report));
    }
    if !report.unreadable.is_empty() {
        document.add_test_suite(unreadable(&report.unreadable));
    }
    document.to_string().expect("texts are written to memory")
}

fn suite(tests: &[Test<'_>], report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(class(&tests[0].0.id));
    let seconds: f64 =
        tests.iter().filter_map(|(result, ..)| Some(result.run.as_ref()?.seconds)).sum();
    if let Ok(time) = Duration::try_from_secs_f64(seconds) {
        suite.set_time(time);
    }
    suite.add_test_cases(tests.iter().map(|test| test_case(test, report)));
    suite
}

/// What cannot be read may be what would have failed.
fn unreadable(records: &[String]) -> TestSuite {
    let mut suite = TestSuite::new("records that cannot be read");
    for record in records {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("unreadable").set_message(in_a_line(record));
        suite.add_test_case(TestCase::new(in_a_line(record), status));
    }
    suite
}

fn class(id: &TestId) -> String {
    format!("{}::{}", id.package, id.target)
}

fn in_a_line(text: &str) -> String {
    text.replace('\n', " ")
}

fn test_case((result, figures, memory): &Test<'_>, report: &Report) -> TestCase {
    let name = match &result.run {
        Some(run) if report.naming.hosts => format!("{} on {}", result.id.test, run.host),
        _ => result.id.test.clone(),
    };
    let mut case = TestCase::new(name, status(result));
    case.set_classname(class(&result.id));
    let Some(run) = &result.run else { return case };
    // A record may hold any number.
    if let Ok(time) = Duration::try_from_secs_f64(run.seconds) {
        case.set_time(time);
    }
    case.add_properties(about(run));
    let judgements = run.judgements().zip(*figures);
    for ((of, judgement), figures) in judgements {
        let begin = format!("{}.{}", of.name, judgement.metric.name);
        for (name, value) in properties(judgement, figures, &report.severities) {
            case.add_property(Property::new(format!("{begin}.{name}"), value));
        }
    }
    for Memory { case: of, metric, value } in *memory {
        let begin = format!("{of}.{}", metric.name);
        case.add_property(Property::new(format!("{begin}.current"), value.to_string()));
        case.add_property(Property::new(format!("{begin}.unit"), metric.unit.symbol()));
    }
    let notes = notes(run).join("\n");
    if !notes.is_empty() {
        case.set_system_out(notes);
    }
    case
}

fn status(result: &TestResult) -> TestCaseStatus {
    let (kind, why) = ended(&result.ending);
    let mut status = match &result.ending {
        Ending::Judged(Verdict::Regressed | Verdict::Missing) | Ending::MissesLimit => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Ending::Judged(_) => return TestCaseStatus::success(),
        Ending::Failed { .. } | Ending::TimedOut(_) => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        // Nothing was compared, which is neither good nor bad.
        Ending::Unmeasured(_) | Ending::Skipped(_) => TestCaseStatus::skipped(),
    };
    let fails =
        |judgement: &Judgement| matches!(judgement.verdict, Verdict::Regressed | Verdict::Missing);
    let story = result.run.as_ref().and_then(|run| failure(run, fails));
    match (why, story) {
        (None, Some(story)) => {
            let story = story.trim_start_matches("perfreg:\n").trim();
            status.set_message(head(story)).set_description(story);
        }
        (Some(why), _) => {
            status.set_message(head(why)).set_description(why);
        }
        (None, None) => {}
    }
    status.set_type(kind);
    status
}

/// Where and when the test ran, and of what.
fn about(run: &Run) -> Vec<Property> {
    let mut about = vec![
        Property::new("started", &run.started),
        Property::new("host", run.host.to_string()),
        Property::new("toolchain", run.toolchain.to_string()),
    ];
    about.extend(run.revision.as_ref().map(|at| Property::new("commit", at.to_string())));
    about
}

fn properties(
    judgement: &Judgement,
    figures: &Figures,
    severities: &Severities,
) -> Vec<(&'static str, String)> {
    let severity = severities.of(judgement).map(|severity| severity.to_string());
    let number = |value: Option<f64>| value.map(|value| value.to_string());
    let percentiles = figures.percentiles;
    let all = [
        ("verdict", Some(ended(&Ending::Judged(judgement.verdict)).0)),
        ("severity", severity),
        ("unit", Some(judgement.metric.unit.symbol().to_owned())),
        ("baseline", number(judgement.baseline)),
        ("current", number(Some(judgement.current))),
        ("change", number(judgement.change.map(|change| change.estimate))),
        ("change_low", number(judgement.change.map(|change| change.low))),
        ("change_high", number(judgement.change.map(|change| change.high))),
        ("threshold", number(Some(judgement.threshold))),
        ("p50", number(percentiles.map(|of| of.p50))),
        ("p95", number(percentiles.map(|of| of.p95))),
        ("p99", number(percentiles.map(|of| of.p99))),
        ("throughput", figures.rate.map(|rate| format!("{} {}", rate.per_second, rate.unit))),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use quick_junit::{Report as Document, TestCaseStatus};

    use super::junit;
    use crate::report::testing::{hostile, report, suite};
    use crate::testing::run;

    fn parse(text: &str) -> Document {
        Document::deserialize_from_str(text).unwrap()
    }

    #[test]
    fn every_ending_has_its_place() {
        let text = junit(&suite());
        assert_snapshot!(text);
        let document = parse(&text);
        assert_eq!((document.tests, document.failures, document.errors), (13, 4, 3));
        assert_eq!(parse(&junit(&report(vec![]))).tests, 0);
        let names: Vec<_> = document.test_suites.iter().map(|suite| suite.name.as_str()).collect();
        assert_eq!(names, ["app::perf", "records that cannot be read"]);
    }

    #[test]
    fn hostile_names_stay_text() {
        let text = junit(&hostile());
        let is_forbidden =
            |c: char| c.is_control() && c != '\n' || ['\u{ffff}', '\u{202e}'].contains(&c);
        assert!(!text.contains(is_forbidden), "{text:?}");
        assert!(!text.contains("<script"), "{text}");
        let document = parse(&text);
        let [evil, failed, skipped] = &document.test_suites[0].test_cases[..] else {
            panic!("{document:?}")
        };
        let visible =
            "\\u{202e}<script>alert('1')</script>|`x`\\u{1b}[31m\\u{0}\\u{ffff}\\n@everyone";
        assert!(
            evil.name.starts_with(visible) && evil.name.len() > 10_000,
            "{}",
            evil.name.as_str()
        );
        let TestCaseStatus::NonSuccess { description: Some(story), .. } = &evil.status else {
            panic!("{evil:?}")
        };
        assert!(
            story.contains("regressed") && story.contains("misses its limit"),
            "{}",
            story.as_str()
        );
        assert!(matches!(&failed.status, TestCaseStatus::NonSuccess { .. }));
        assert!(matches!(&skipped.status, TestCaseStatus::Skipped { .. }));
    }

    #[test]
    fn a_test_of_two_hosts_has_two_names() {
        let mut elsewhere = run("sort", vec![]);
        elsewhere.host.cpu = "Apple M4".to_owned();
        let document = parse(&junit(&report(vec![run("sort", vec![]), elsewhere])));
        let names: Vec<_> =
            document.test_suites[0].test_cases.iter().map(|case| case.name.as_str()).collect();
        let expected = ["AMD EPYC 7B13", "Apple M4"]
            .map(|cpu| format!("sort on linux-x86_64, {cpu}, 2 cores"));
        assert_eq!(names, expected);
    }

    #[test]
    fn any_number_is_taken() {
        for seconds in [-1.0, f64::MAX, 0.0] {
            let mut odd = run("odd", vec![]);
            odd.seconds = seconds;
            assert_eq!(parse(&junit(&report(vec![odd]))).tests, 1, "{seconds}");
        }
    }
}
