//! `cargo perfreg config show`: what holds for each test, and who says so.

use std::fmt::Write as _;

use crate::cli::{ConfigArgs, ConfigCommand};
use crate::commands::run::{Suite, find, select};
use crate::config::{Given, effective};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::filter::Match;

/// Prints the settings of the tests that `args` name.
///
/// # Errors
/// If the configuration is not in order, the build fails, or a filter means nothing.
pub(crate) fn run(args: &ConfigArgs, context: &Context) -> Result<ExitCode, Error> {
    let ConfigCommand::Show { filters, build } = &args.command;
    let suite = Suite::build(build, context)?;
    let platform = perfreg_core::probe::host().platform;
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut text = String::new();
    for test in select(find(&suite.executables)?, filters, Match::Substring)? {
        let config = &suite.config;
        let given = Given::default();
        let holds = effective(&test.id, &platform, &test.said, &given, config, environment);
        let _ = writeln!(text, "{}", test.id);
        for (name, (value, origin)) in holds.lines() {
            let _ = writeln!(text, "  {name:<10} {value:<9}  {origin}");
        }
        if config.is_slow(&test.id, &platform) {
            let _ = writeln!(text, "  slow       only with --include-slow");
        }
    }
    context.print(&text)?;
    Ok(ExitCode::Fine)
}
