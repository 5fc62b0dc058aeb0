//! What a run prints: a table for people.

use std::fmt::Write as _;

use perfreg_core::Metric;
use perfreg_core::stats::median;

use crate::document::{CaseReport, Document, Measured, Ours, Surroundings};
use crate::ratios::{Spread, Temperature};
use crate::rounds::succeeded;
use crate::variants::Checked;

/// The whole report.
pub(crate) fn of(document: &Document) -> String {
    let mut text = format!("{}\n", document.host);
    let checked = &document.correctness.checked;
    let wrong: Vec<_> = checked.iter().filter(|check| !check.right).collect();
    let _ = writeln!(text, "correct: {} of {}", checked.len() - wrong.len(), checked.len());
    for check in wrong {
        let Checked { kernels, output_error, problem, .. } = &check.checked;
        let kernels = kernels.join(", ");
        let _ = writeln!(text, "  WRONG {kernels}: off by {output_error:.2e}, {problem}");
    }
    if !document.correctness.not_checked.is_empty() {
        let _ = writeln!(text, "not checked: {}", document.correctness.not_checked.join(", "));
    }
    let floor = match document.floor.is_empty() {
        true => "unknown".to_owned(),
        false => format!("{:.2} us", median(&document.floor) / 1e3),
    };
    let _ = writeln!(text, "a kernel that does nothing: {floor}");
    let ceilings = &document.ceilings;
    let _ = writeln!(text, "copy: {}", measured(&ceilings.copy_bytes_per_second, "TB/s"));
    let _ = writeln!(text, "matmul: {}", measured(&ceilings.matmul_flops_per_second, "TFLOP/s"));
    match &document.peers {
        Surroundings::Missing(why) => {
            let _ = writeln!(text, "peers: none: {why}");
        }
        Surroundings::Found(versions) => {
            let told: Vec<_> = versions.iter().map(|(name, is)| format!("{name} {is}")).collect();
            let _ = writeln!(text, "peers: {}", told.join(", "));
        }
    }
    for case in &document.cases {
        text += &of_case(case, &ceilings.matmul_flops_per_second);
    }
    text
}

fn measured(value: &Measured, unit: &str) -> String {
    match value {
        Measured::Value(value) => format!("{:.2} {unit}", value / 1e12),
        Measured::Missing(why) => format!("not measured: {why}"),
    }
}

fn of_case(case: &CaseReport, ceiling: &Measured) -> String {
    let mut text = format!(
        "\n{}: {:.2} GFLOP, {:.1} MB at the least\n",
        case.name,
        case.flops as f64 / 1e9,
        case.bytes as f64 / 1e6
    );
    for ours in &case.ours {
        let _ =
            writeln!(text, "  {:<20} {}", ours.implementation.name(), of_ours(ours, case, ceiling));
    }
    for peer in &case.peers {
        if let Some(why) = &peer.missing {
            let _ = writeln!(text, "  {:<20} not measured: {why}", peer.name);
        }
        for ratio in case.ratios.iter().filter(|ratio| ratio.peer == peer.name) {
            let temperature = match ratio.temperature {
                Temperature::Cold => "cold",
                Temperature::Hot => "hot ",
            };
            let spread = match ratio.spread {
                Spread::Interval99 => "99 %",
                Spread::Range => "range",
            };
            let off = peer.output_error.map_or_else(String::new, |e| format!(", off by {e:.1e}"));
            let _ = writeln!(
                text,
                "  {:<20} {temperature} {:>10.2} us  {:>7.2} times ours ({spread} {:.2} to {:.2}, {} rounds{off})",
                peer.name,
                ratio.theirs / 1e3,
                ratio.ratio,
                ratio.low,
                ratio.high,
                ratio.rounds,
            );
        }
    }
    text
}

fn of_ours(ours: &Ours, case: &CaseReport, ceiling: &Measured) -> String {
    let over_launches = |metric: &str| {
        let medians: Vec<f64> =
            succeeded(ours).filter_map(|launched| launched.median(metric)).collect();
        (!medians.is_empty()).then(|| median(&medians))
    };
    let mut text = String::new();
    for (name, metric) in [("cold", "device_time"), ("hot", "device_time_hot")] {
        if let Some(ns) = over_launches(metric) {
            let speed = case.flops as f64 / ns * 1e9;
            let _ = write!(text, "{name} {:.2} us ({:.1} TFLOP/s", ns / 1e3, speed / 1e12);
            if let Measured::Value(ceiling) = ceiling {
                let _ = write!(text, ", {:.0} % of the ceiling", 100.0 * speed / ceiling);
            }
            text += ")  ";
        }
    }
    if let Some(millijoules) = over_launches(Metric::DEVICE_ENERGY) {
        let _ = write!(text, "{millijoules:.2} mJ a call  ");
    }
    let disturbed: usize = succeeded(ours).map(|one| one.throttled + one.off_clock).sum();
    if disturbed > 0 {
        let _ = write!(text, "left out {disturbed} samples of a device that slowed down  ");
    }
    if let Some(error) = ours.output_error {
        let _ = write!(text, "off by {error:.1e}  ");
    }
    for why in ours.launches.iter().filter_map(|launch| launch.as_ref().err()).take(1) {
        let failed = ours.launches.iter().filter(|launch| launch.is_err()).count();
        let _ = write!(text, "{failed} of {} launches failed: {why}", ours.launches.len());
    }
    text.trim_end().to_owned()
}
