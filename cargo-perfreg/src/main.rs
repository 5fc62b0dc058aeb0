//! `cargo perfreg`: measures the annotated tests of a workspace and reviews their baselines.
//!
//! ```console
//! $ cargo perfreg run             # measures, compares with the baselines, explains
//! $ cargo perfreg review          # decides about what changed
//! $ cargo perfreg diff main       # this working tree and main, in turns on this machine
//! ```

mod bisect;
mod bouts;
mod cargo;
mod ci;
mod cli;
mod commands;
mod commits;
mod comparison;
mod config;
mod context;
mod dashboard;
mod duel;
mod error;
mod exchange;
mod executable;
mod exit_code;
mod explain;
mod explore;
mod export;
mod files;
mod filter;
mod git;
mod history;
mod layouts;
mod look_back;
mod machine;
mod merge;
mod message;
mod plain;
mod portrait;
mod profiler;
mod progress;
mod quality;
mod registry;
mod rejudge;
mod remote;
mod report;
mod rules;
mod runner;
mod saved;
mod scaling;
mod secrets;
mod series;
mod shard;
mod sides;
mod since_release;
mod sketch;
mod sparkline;
mod summary;
mod table;
mod targets;
#[cfg(test)]
mod testing;
mod trend;
mod units;
mod without_samples;
mod words;

use std::panic::catch_unwind;
use std::process::ExitCode as ProcessExitCode;

use clap::Parser;

use crate::exit_code::ExitCode;

fn main() -> ProcessExitCode {
    let cli = cli::Cli::parse_from(cli::arguments(std::env::args_os()));
    // A panic would exit with 101, which says that the build failed.
    let code = catch_unwind(|| commands::dispatch(&cli)).unwrap_or(ExitCode::Internal);
    code.into()
}
