//! `cargo perfreg selftest`: a gate that cannot go red must not survive.

use std::fmt::Write as _;
use std::time::Duration;

use perfreg_core::judge::{Contest, Decision, Ruling};

use crate::bouts::{Bout, Bouted, Slowdown, Spending, measure};
use crate::cli::SelftestArgs;
use crate::commands::paired::{lock, own_bouts};
use crate::config::Budget;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;

/// Measures what `args` select against itself, slowed down and as it is.
///
/// # Errors
/// If the tests cannot be built or selected.
pub(crate) fn run(args: &SelftestArgs, context: &Context) -> Result<ExitCode, Error> {
    let forced = args.threshold.map(|value| value.number() / 100.0);
    let own = own_bouts(&args.build, &args.filters, forced, context)?;
    let cases: usize = own.bouts.iter().map(|bout| bout.cases.len()).sum();
    if cases == 0 {
        eprintln!("error: nothing was measured: no test can be compared with itself");
        return Ok(ExitCode::NothingMeasured);
    }
    let budget = args.budget.map_or(PER_CASE * cases as u32, Budget::duration) / 2;
    let slowdown = match (args.slowdown, args.threshold) {
        (Some(given), _) => Slowdown::Of(given.number() / 100.0),
        // Who sets the threshold here asks what a gate of that threshold sees.
        (None, Some(_)) => Slowdown::Of(LEAST),
        (None, None) => Slowdown::AtLeast(LEAST),
    };
    let holder = format!("process {}, testing the gate,", std::process::id());
    let _machine = lock(&holder, context)?;
    let measured = |slowdown: Slowdown| {
        let spending = Spending { budget, seed: 1, slowdown };
        measure(&own.bouts, spending, |_, _, _| {})
    };
    let (slowed, plain) = (measured(slowdown), measured(Slowdown::None));
    let (mut text, mut code) = (String::new(), ExitCode::Fine);
    for (slowed, plain) in slowed.iter().zip(&plain) {
        let bout = &own.bouts[slowed.bout];
        let (line, worth) = verdict(bout, slowed, plain, slowdown);
        text += &line;
        if worth != ExitCode::Fine && code != ExitCode::TestFailed {
            code = worth;
        }
    }
    for (id, why) in &own.unfit {
        let _ = writeln!(text, "left out {id}: {why}");
    }
    let end = match code {
        ExitCode::Fine => {
            "the gate works: it goes red when it should, and stays green when it should"
        }
        ExitCode::Regression => "the gate does not work here",
        _ => "not every test could be measured",
    };
    context.print(&format!("{text}{end}\n"))?;
    Ok(code)
}

const PER_CASE: Duration = Duration::from_secs(16);
/// The slowdown that every gate should see.
const LEAST: f64 = 0.05;

/// A line about a case, and what it means for the exit code.
fn verdict(bout: &Bout, slowed: &Bouted, plain: &Bouted, slowdown: Slowdown) -> (String, ExitCode) {
    let name = format!("{} [{}]", bout.id, slowed.case);
    if let Some(why) = slowed.failed.as_ref().or(plain.failed.as_ref()) {
        return (format!("{name}: failed: {why}\n"), ExitCode::TestFailed);
    }
    let (Some(seen), Some(own)) = (of_time(slowed), of_time(plain)) else {
        return (format!("{name}: measures no time\n"), ExitCode::Fine);
    };
    let (by, threshold) = (slowdown.share(bout.threshold()) * 100.0, bout.threshold() * 100.0);
    let first = &slowed.contests[seen];
    let slowed_line = match (slowed.decision(seen), first.decision()) {
        (Decision::Worse, _) => format!("slowed by {by} % it is red ({})", change(first)),
        (_, Decision::Worse) => format!(
            "slowed by {by} % it is not red: the first rounds say so ({}), and fresh ones do not",
            change(first)
        ),
        (_, Decision::Undecided) => format!(
            "slowed by {by} % it is not red: nothing was decided ({}; {})",
            change(first),
            first.why()
        ),
        _ => format!(
            "slowed by {by} % it is not red: the gate cannot see {by} % with a threshold of \
             {threshold} % ({}; {})",
            change(first),
            first.why()
        ),
    };
    let plain_line = match plain.decision(own) {
        Decision::Worse => {
            format!("as it is it is red: a false alarm ({})", change(&plain.contests[own]))
        }
        _ => format!("as it is it is not ({})", change(&plain.contests[own])),
    };
    let works = slowed.decision(seen) == Decision::Worse && plain.decision(own) != Decision::Worse;
    let code = if works { ExitCode::Fine } else { ExitCode::Regression };
    (format!("{name}: {slowed_line}; {plain_line}\n"), code)
}

/// The position of the clock that was judged: of two the one that is red, or else the wall, which
/// comes last.
fn of_time(case: &Bouted) -> Option<usize> {
    let clocks = || (0..case.contests.len()).filter(|at| case.contests[*at].metric.is_clock());
    clocks().find(|at| case.decision(*at) == Decision::Worse).or_else(|| clocks().next_back())
}

fn change(contest: &Contest) -> String {
    match &contest.ruling {
        Ruling::Paired(look) => format!("{}, {} rounds", look.change, look.rounds),
        Ruling::Counted(look) => {
            look.change.map_or_else(|| "no change".to_owned(), |c| c.to_string())
        }
        Ruling::Unchecked(why) => why.clone(),
    }
}
