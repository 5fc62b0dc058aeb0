//! Findings in the log of a job, as each service takes them: values in, lines out.

use std::fmt::Write as _;

use crate::ci::finding::{Finding, Level};
use crate::ci::log_text::{in_line, in_lines};
use crate::ci::service::Service;

/// Annotations of a level that GitHub shows of one step; it drops further ones without a word.
const SHOWN: usize = 10;
/// Characters of a title, and of what stands below it.
const LENGTHS: (usize, usize) = (300, 1_200);

/// The lines that annotate findings, which are sorted by level.
pub(crate) fn annotations(findings: &[Finding], service: Service) -> String {
    match service {
        Service::Github => github(findings),
        Service::Gitlab | Service::Plain => lines(findings),
    }
}

/// A command to the runner a finding: of each level the worst, and how many more there are.
fn github(findings: &[Finding]) -> String {
    let mut text = String::new();
    for of_level in findings.chunk_by(|one, other| one.level == other.level) {
        let shown = match of_level.len() {
            all @ ..=SHOWN => all,
            _ => SHOWN - 1,
        };
        for finding in &of_level[..shown] {
            command(&mut text, finding);
        }
        if let more @ 1.. = of_level.len() - shown {
            let word = word(of_level[0].level);
            let _ = writeln!(text, "::{word} title=perfreg::{more} more; the summary has them all");
        }
    }
    text
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    }
}

fn command(text: &mut String, finding: &Finding) {
    let _ = write!(text, "::{} ", word(finding.level));
    if let Some(place) = &finding.place {
        let _ = write!(text, "file={},", property(&place.file));
        let line = place.line.map_or_else(String::new, |line| format!("line={line},"));
        text.push_str(&line);
    }
    let title = property(&in_line(&finding.title, LENGTHS.0));
    let _ = writeln!(text, "title={title}::{}", data(&in_lines(&finding.text, LENGTHS.1)));
}

/// The message of a command, as the runner's own library escapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command, likewise.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// As compilers tell of errors. Each line begins with a word or a mark of ours.
fn lines(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let title = in_line(&finding.title, LENGTHS.0);
        let _ = writeln!(text, "{}: {title}", word(finding.level));
        if let Some(place) = &finding.place {
            let _ = writeln!(text, " --> {}", in_line(&place.to_string(), LENGTHS.0));
        }
        for line in in_lines(&finding.text, LENGTHS.1).lines() {
            let _ = writeln!(text, "  | {line}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use perfreg_core::Verdict;

    use super::{annotations, data, property};
    use crate::ci::finding::findings;
    use crate::ci::service::Service;
    use crate::report::testing::{hostile, report, suite};
    use crate::testing::{judgement, run};

    #[test]
    fn every_service_is_told_in_its_own_way() {
        let findings = findings(&suite(), "rust");
        assert_snapshot!("github", annotations(&findings, Service::Github));
        assert_snapshot!("plain", annotations(&findings, Service::Plain));
        assert_eq!(annotations(&findings, Service::Gitlab), annotations(&findings, Service::Plain));
        assert_eq!(annotations(&[], Service::Github), "");
    }

    #[test]
    fn commands_are_escaped() {
        let check = |text: &str, as_data: &str, as_property: &str| {
            assert_eq!((data(text), property(text)), (as_data.into(), as_property.into()));
        };
        check("sort", "sort", "sort");
        check("50 %, a::b", "50 %25, a::b", "50 %25%2C a%3A%3Ab");
        check("a\r\nb%0A", "a%0D%0Ab%250A", "a%0D%0Ab%250A");
    }

    #[test]
    fn no_more_than_ten_of_a_level() {
        let check = |regressed: usize, expected: usize, more: &str| {
            let slow = |at: usize| {
                let change = 0.3 + at as f64 / 1_000.0;
                run(&format!("test{at}"), vec![judgement(Verdict::Regressed, Some(change))])
            };
            let findings = findings(&report((0..regressed).map(slow).collect()), "");
            let text = annotations(&findings, Service::Github);
            assert_eq!(text.lines().count(), expected, "{text}");
            assert!(text.lines().all(|line| line.starts_with("::error ")), "{text}");
            assert!(text.lines().last().unwrap().contains(more), "{text}");
            // The worst of all stands first.
            assert!(text.contains(&format!("test{}%3A", regressed - 1)), "{text}");
        };
        check(1, 1, "test0");
        check(10, 10, "test0");
        check(11, 10, "title=perfreg::2 more;");
        check(500, 10, "title=perfreg::491 more;");
    }

    #[test]
    fn hostile_names_are_no_commands() {
        let mut report = hostile();
        let evil = "x\n::error::y\n  ::set-env name=A::b##[add-mask]c\r::stop-commands::t";
        for result in &mut report.results {
            let run = result.run.as_mut().unwrap();
            run.file = "src/a,line=9::b%0A.rs".to_owned();
            for judgement in &mut run.cases[0].judgements {
                judgement.why = evil.to_owned();
            }
            run.cases[0].name = evil.to_owned();
        }
        let findings = findings(&report, "");
        for service in [Service::Github, Service::Gitlab, Service::Plain] {
            let text = annotations(&findings, service);
            assert!(
                !text.contains(['\r', '\u{1b}', '\u{202e}']) && !text.contains("##["),
                "{text}"
            );
            for line in text.lines() {
                let begins = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
                let ours = match service {
                    Service::Github => begins(&["::error ", "::warning ", "::notice "]),
                    _ => begins(&["error: ", "warning: ", "notice: ", " --> ", "  | "]),
                };
                assert!(ours && line.len() < 12_000, "{line}");
            }
        }
        let github = annotations(&findings, Service::Github);
        assert!(github.contains("file=src/a%2Cline=9%3A%3Ab%250A.rs,line=12,title="), "{github}");
    }
}
