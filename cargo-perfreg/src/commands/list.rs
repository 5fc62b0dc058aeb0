//! `cargo perfreg list`: the annotated tests.

use serde::Serialize;

use crate::cli::ListArgs;
use crate::commands::run::{Suite, find, select};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::filter::Match;

/// One test, as JSON has it.
#[derive(Serialize)]
struct Listed<'a> {
    package: &'a str,
    target: &'a str,
    test: &'a str,
    file: &'a str,
    line: u32,
    baseline: Option<&'a str>,
    ignored: bool,
}

/// Prints the tests that `args` name.
///
/// # Errors
/// If the build fails, or a filter means nothing.
pub(crate) fn run(args: &ListArgs, context: &Context) -> Result<ExitCode, Error> {
    let suite = Suite::build(&args.build, context)?;
    let found = select(find(&suite.executables)?, &args.filters, Match::Substring)?;
    let text = if args.json {
        let listed: Vec<_> = found
            .iter()
            .map(|test| Listed {
                package: &test.id.package,
                target: &test.id.target,
                test: &test.id.test,
                file: &test.file,
                line: test.line,
                baseline: test.baseline.as_deref(),
                ignored: test.ignored,
            })
            .collect();
        let json = serde_json::to_string_pretty(&listed);
        json.map_err(|cause| Error::internal(format!("cannot write JSON: {cause}")))? + "\n"
    } else {
        let line = |ignored: bool| if ignored { ", ignored" } else { "" };
        found
            .iter()
            .map(|test| format!("{}: {}{}\n", test.id.package, test.id, line(test.ignored)))
            .collect()
    };
    context.print(&text)?;
    Ok(ExitCode::Fine)
}
