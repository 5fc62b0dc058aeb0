//! `cargo perfreg doctor`: what this machine does to equal code, and which changes can be seen on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use perfreg_core::Unit;
use perfreg_core::harness::metrics_of;
use perfreg_core::model::{Launch, Metric};
use perfreg_core::report::format_value;

use crate::bouts::Bout;
use crate::cli::DoctorArgs;
use crate::commands::paired::{lock, own_bouts};
use crate::config::Budget;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::machine::traits;
use crate::plain::plain;
use crate::portrait::Portrait;

/// Measures what `args` select against itself and says what that means.
///
/// # Errors
/// If the tests cannot be built or selected.
pub(crate) fn run(args: &DoctorArgs, context: &Context) -> Result<ExitCode, Error> {
    let own = own_bouts(&args.build, &args.filters, None, context)?;
    let host = perfreg_core::probe::host().to_string();
    let mut text = machine(&host, &own.devices);
    let cases: usize = own.bouts.iter().map(|bout| bout.cases.len()).sum();
    if cases == 0 {
        context.print(&text)?;
        eprintln!("error: nothing was measured: no test can be compared with itself");
        return Ok(ExitCode::NothingMeasured);
    }
    let holder = format!("process {}, looking at the noise,", std::process::id());
    let _machine = lock(&holder, context)?;
    let budget = args.budget.map_or(PER_CASE * cases as u32, Budget::duration) / cases as u32;
    let (mut code, mut tuned) = (ExitCode::Fine, BTreeMap::new());
    for bout in &own.bouts {
        for at in 0..bout.cases.len() {
            let name = format!("{} [{}]", bout.id, bout.cases[at].0);
            match examine(bout, at, budget) {
                Ok(Some(portrait)) => {
                    text += &story(&name, &portrait, bout.threshold());
                    let threshold = tuning(&portrait);
                    let of_test = tuned.entry(bout.id.to_string()).or_insert(threshold);
                    *of_test = of_test.max(threshold);
                }
                Ok(None) => {
                    let _ = writeln!(text, "\n{name}\n  no round had its core for itself");
                    code = ExitCode::NothingMeasured;
                }
                Err(error) => {
                    let _ = writeln!(text, "\n{name}\n  failed: {error}");
                    code = ExitCode::TestFailed;
                }
            }
        }
    }
    for (id, why) in &own.unfit {
        let _ = writeln!(text, "\nleft out {id}: {why}");
    }
    if args.tune {
        text += "\nperfreg.toml could say:\n";
        for (test, threshold) in &tuned {
            let _ = writeln!(text, "[[override]]\ntest = \"{test}\"\nthreshold = \"{threshold}%\"");
        }
    }
    context.print(&text)?;
    Ok(code)
}

const PER_CASE: Duration = Duration::from_secs(8);

/// The machine's traits, each with what to do about it, and a line of JSON for each kind of device.
fn machine(host: &str, devices: &BTreeSet<String>) -> String {
    let mut text = format!("{host}\n");
    for one in traits(Path::new("/")) {
        let _ = write!(text, "  {:<17} {}", one.name, one.state);
        if let Some(advice) = one.advice {
            let _ = write!(text, ": {advice}");
        }
        text.push('\n');
    }
    for device in devices {
        let _ = writeln!(text, "{}", plain(device, DEVICES));
    }
    text
}

/// Characters of what is told of devices that are shown.
const DEVICES: usize = 10_000;

/// Rounds of the case against itself until the budget is spent.
fn examine(bout: &Bout, at: usize, budget: Duration) -> Result<Option<Portrait>, Error> {
    const MOST: usize = 100;
    const LEAST: usize = 12;
    let mut rounds = bout.rounds(at, 1);
    let begun = Instant::now();
    while rounds.count() < LEAST || rounds.count() < MOST && begun.elapsed() < budget {
        rounds.buy()?;
    }
    let (one, other) = rounds.launches();
    // Of two clocks the wall, which varies more and comes last.
    let Some(metric) = metrics_of(Some(&[time_of(one)]), &[one, other])?.pop() else {
        return Ok(None);
    };
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Portrait::of(&metric, (one, other), bout.threshold(), seconds))
}

/// What tells how long the work takes: what the test recorded itself, such as a GPU's time, where nothing
/// is read on the clocks of the system.
fn time_of(launches: &[Launch]) -> &str {
    let series = launches.first().map_or(&[][..], |launch| &launch.series);
    let read = |name: &str| series.iter().any(|one| one.metric.name == name);
    let recorded = series.iter().find(|one| one.metric.is_time());
    match recorded {
        Some(own) if !read(Metric::WALL_TIME) => &own.metric.name,
        _ => Metric::TIME,
    }
}

fn story(name: &str, portrait: &Portrait, threshold: f64) -> String {
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let Portrait { rounds, set_aside, typical, within, between, drift, paired, alarms, .. } =
        portrait;
    let needs: Vec<String> = [0.01, 0.02, 0.05]
        .into_iter()
        .map(|change| match portrait.seconds_for(change) {
            Some(seconds) => format!("{:.0} % in {seconds:.1} s", change * 100.0),
            None => format!("{:.0} % not in 50 rounds", change * 100.0),
        })
        .collect();
    format!(
        "\n{name}: {}, {rounds} rounds, {set_aside} set aside\n  \
           noise         {} within a launch, {} between launches, drift {:+.2} %, {} between rounds\n  \
           false alarms  {alarms} of 1000 at a threshold of {}, with the sides of each round swapped at random\n  \
           visible       {} in 8 s; {}\n",
        format_value(*typical, &Unit::Nanoseconds),
        percent(*within),
        percent(*between),
        drift * 100.0,
        percent(*paired),
        percent(threshold),
        percent(portrait.visible(PER_CASE.as_secs_f64())),
        needs.join(", "),
    )
}

/// A threshold that a case can keep to, in percent: what it shows, rounded up to half a percent.
fn tuning(portrait: &Portrait) -> f64 {
    let visible = portrait.visible(PER_CASE.as_secs_f64()) * 100.0;
    ((visible * 2.0).ceil() / 2.0).max(1.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::machine;

    #[test]
    fn what_is_told_of_devices_is_a_line_each_and_harmless() {
        let told = ["{\"schema\":\"gpus/1\",\"devices\":[]}", "{\"name\":\"A\u{1b}[2JB\"}"];
        let text = machine("here", &BTreeSet::from(told.map(str::to_owned)));
        assert!(text.starts_with("here\n"), "{text}");
        assert!(text.ends_with("B\"}\n{\"schema\":\"gpus/1\",\"devices\":[]}\n"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
