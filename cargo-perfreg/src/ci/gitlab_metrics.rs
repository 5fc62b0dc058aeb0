//! GitLab's report of metrics, as text of OpenMetrics: values in, text out.
//!
//! GitLab compares the values of two pipelines as texts, by their labels and without a tolerance. So times
//! have two digits and only what repeats exactly has all of them, and no label says what differs from
//! runner to runner, as those of `export` do.

use perfreg_core::model::Judgement;

use crate::export::{END, Family, Kind};
use crate::message::tally;
use crate::report::{Lengths, Report, Row};

/// How much of a name is told.
const LENGTHS: Lengths = Lengths { names: 120, reasons: 0 };

const TESTS: Family = Family {
    name: "perfreg_tests",
    kind: Kind::Gauge,
    unit: None,
    help: "How many tests ended how.",
};
const VALUE: Family = Family {
    name: "perfreg_typical_value",
    kind: Kind::Gauge,
    unit: None,
    help: "What was judged, in its unit.",
};

/// How many tests ended how, and every judged value.
pub(crate) fn gitlab_metrics(report: &Report) -> String {
    let report = LENGTHS.tame(report);
    let mut text = String::new();
    TESTS.begin(&mut text);
    for (ended, count) in tally(&report.results) {
        TESTS.sample(&mut text, &[("ended", &ended)], count);
    }
    VALUE.begin(&mut text);
    for row in report.rows().filter(|row| row.judgement.current.is_finite()) {
        VALUE.sample(&mut text, &labels(&row), value(row.judgement));
    }
    text + END
}

fn labels<'a>(row: &Row<'a>) -> [(&'static str, &'a str); 7] {
    let Row { run, case, judgement, .. } = row;
    [
        ("package", &run.id.package),
        ("target", &run.id.target),
        ("test", &run.id.test),
        ("case", &case.name),
        ("metric", &judgement.metric.name),
        ("unit", judgement.metric.unit.symbol()),
        ("platform", &run.host.platform),
    ]
}

fn value(judgement: &Judgement) -> String {
    match judgement.metric.is_allocator_count() {
        true => judgement.current.to_string(),
        false => format!("{:.1e}", judgement.current),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::gitlab_metrics;
    use crate::report::testing::{hostile, report, suite};

    #[test]
    fn values_are_samples() {
        assert_snapshot!(gitlab_metrics(&suite()));
        assert!(gitlab_metrics(&report(vec![])).ends_with("# EOF\n"));
    }

    #[test]
    fn hostile_names_are_labels() {
        let text = gitlab_metrics(&hostile());
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        for line in samples {
            let (labels, value) = line.rsplit_once("} ").unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let quotes = labels.replace("\\\\", "").replace("\\\"", "").matches('"').count();
            assert!(quotes == 2 || quotes == 14, "{line}");
        }
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text}");
    }
}
