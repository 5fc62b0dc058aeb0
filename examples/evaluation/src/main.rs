//! `cargo run --release -p perfreg-evaluation`: how often perfreg errs, what it finds, what it costs.

mod arguments;
mod live;
mod noise;
mod output;
mod rebuilt;
mod recorded;
mod rules;
mod seed;
mod share;
mod synthetic;
mod table;
mod tally;

use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, Part, Surroundings};
use output::Report;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(live::SPIN) {
        live::spin();
        return ExitCode::SUCCESS;
    }
    let arguments = match arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}\n\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    for part in &arguments.parts {
        if let Err(error) = run(*part, &arguments) {
            eprintln!("{}: {error}", part.name());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn run(part: Part, arguments: &Arguments) -> Result<(), String> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let name = report_name(part, arguments.surroundings);
    let mut report = Report::new(&target.join("evaluation"), name, arguments.seed);
    match part {
        Part::Synthetic => {
            let plan = synthetic::Plan::new(arguments.extent, arguments.seed);
            synthetic::run(plan, |table| report.add(table))
        }
        Part::Recorded => recorded::run(arguments, |table| report.add(table)),
        Part::Live => live::run(arguments, &mut report),
        Part::Rebuilt => rebuilt::run(arguments, &mut report),
    }
}

/// What was measured beside spinning processes must not take the place of what was not.
fn report_name(part: Part, surroundings: Surroundings) -> &'static str {
    match (part, surroundings) {
        (Part::Live, Surroundings::Busy) => "live-busy",
        (part, _) => part.name(),
    }
}
