//! How much a baseline can decide: values in, doubts out.

use std::time::UNIX_EPOCH;

use perfreg_core::model::{BaselineMetric, Distribution};
use perfreg_core::stats::{median, robust_deviation, two_modes};

/// What speaks against a metric of a baseline, in words; nothing if nothing does.
///
/// Dates are RFC 3339 in UTC.
pub(crate) fn doubts(of: &BaselineMetric, today: &str) -> Vec<String> {
    let values: Vec<f64> = of.launches.iter().map(|l| l.representative(&of.metric)).collect();
    let mut doubts = Vec::new();
    if values.len() < ENOUGH {
        doubts.push(format!("{} launches are few; {ENOUGH} make a verdict surer", values.len()));
    }
    if of.metric.is_time() {
        doubts.extend(of_times(of, &values));
    }
    let last = of.provenance.sessions.last().map_or("", |session| session.date.as_str());
    match (days(last), days(today)) {
        (Some(then), Some(now)) if now.saturating_sub(then) > OLD => {
            doubts.push(format!("{} days old", now - then));
        }
        (None, _) => doubts.push(format!("its date is `{last}`")),
        _ => {}
    }
    doubts
}

/// Launches that a baseline should have.
const ENOUGH: usize = 10;
/// Days after which machines and compilers have usually moved on.
const OLD: u64 = 180;
/// A share of the value; beyond it 5 % can hardly be seen.
const SPREAD: f64 = 0.03;
/// A share of the value; a gap between launches that is no larger is of no matter.
const GAP: f64 = 0.02;

fn of_times(of: &BaselineMetric, values: &[f64]) -> Vec<String> {
    let mut doubts = Vec::new();
    let (middle, spread) = (median(values), robust_deviation(values));
    if spread > SPREAD * middle.abs() {
        doubts.push(format!("launches vary by {:.1} %", spread / middle.abs() * 100.0));
    }
    // Five times the spread is no accident of a normal distribution, and 2 % no matter to anybody.
    let far = |value: &&f64| (**value - middle).abs() > (5.0 * spread).max(0.02 * middle.abs());
    let outliers = values.iter().filter(far).count();
    if let Some((low, high)) = two_modes(values, GAP) {
        doubts.push(format!("two modes, at {low:.4e} and {high:.4e}"));
    } else if outliers > 0 {
        doubts.push(format!("{outliers} of {} launches are outliers", values.len()));
    }
    if is_placeholder(of) {
        doubts.push("a placeholder: every launch has p95 at exactly 1.2 times its mean".to_owned());
    }
    doubts
}

/// Nobody measures the same ratio in every launch.
fn is_placeholder(of: &BaselineMetric) -> bool {
    of.launches.iter().all(|launch| {
        let p95_is_made_up = |d: Distribution| {
            let mean = d.winsorised_mean;
            (d.p95 - 1.2 * mean).abs() <= 1e-9 * mean.abs()
        };
        launch.distribution.is_some_and(p95_is_made_up)
    })
}

/// The day of a date such as `2026-01-02T03:04:05Z`, counted from some fixed one.
fn days(date: &str) -> Option<u64> {
    let moment = humantime::parse_rfc3339(date).ok()?;
    Some(moment.duration_since(UNIX_EPOCH).ok()?.as_secs() / (24 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use perfreg_core::model::{LaunchStats, Provenance, Session, Toolchain};
    use perfreg_core::{Metric, Samples};

    use super::*;

    fn baseline(values: &[f64], date: &str) -> BaselineMetric {
        let launch = |value: &f64| LaunchStats::of(&Samples::new(vec![*value; 4]).unwrap());
        BaselineMetric {
            metric: Metric::time(Metric::THREAD_CPU_TIME),
            provenance: Provenance {
                revision: None,
                toolchain: Toolchain {
                    rustc: "1.95.0".to_owned(),
                    profile: "release".to_owned(),
                    features: String::new(),
                    seed: None,
                },
                sessions: vec![Session { date: date.to_owned(), launches: 10 }],
                reason: None,
            },
            launches: values.iter().map(launch).collect(),
        }
    }

    const TODAY: &str = "2026-11-21T00:00:00Z";

    #[test]
    fn doubts_are_named() {
        let check = |values: &[f64], date: &str, expected: &[&str]| {
            assert_eq!(doubts(&baseline(values, date), TODAY), expected, "{values:?}");
        };
        let good = [100.0, 100.2, 99.9, 100.1, 100.0, 100.3, 99.8, 100.1, 100.0, 100.2];
        check(&good, TODAY, &[]);
        check(&good[..4], TODAY, &["4 launches are few; 10 make a verdict surer"]);
        check(&good, "2026-01-02T03:04:05Z", &["323 days old"]);
        check(&good, "yesterday", &["its date is `yesterday`"]);
        let mut outlier = good;
        outlier[3] = 130.0;
        check(&outlier, TODAY, &["1 of 10 launches are outliers"]);
        let mut two = good;
        two.iter_mut().take(5).for_each(|value| *value *= 1.5);
        check(&two, TODAY, &["launches vary by 29.6 %", "two modes, at 1.0010e2 and 1.5000e2"]);
    }

    #[test]
    fn a_placeholder_is_recognised() {
        let mut made_up = baseline(&[100.0; 10], TODAY);
        for launch in &mut made_up.launches {
            let distribution = launch.distribution.as_mut().unwrap();
            (distribution.p95, distribution.p99) = (120.0, 150.0);
        }
        assert_eq!(doubts(&made_up, TODAY).len(), 1);
    }
}
