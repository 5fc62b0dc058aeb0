//! The command line tool from outside: real cargo, real test executables, real exit codes.
//!
//! [`scripted`] projects answer from files and take no time; they hold the tool to its contract.
//! The main job measures real work for minutes and is ignored unless asked for:
//! `cargo test --release -p cargo-perfreg --test functional -- --ignored`.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may stop at the first surprise, like tests themselves"
)]

mod action;
mod baselines;
mod bisect;
mod ci;
mod compare;
mod config;
mod creep;
mod crowd;
mod dashboard;
mod diff;
mod disturbed;
mod exit_codes;
mod explore;
#[path = "../../src/ci/forge/fake.rs"]
mod fake;
mod guide;
mod hidden;
mod import;
mod instructions;
mod limits;
mod log;
mod look_back;
mod main_job;
mod merge;
mod neighbours;
mod partitioned;
#[cfg(unix)]
mod profile;
mod project;
mod report;
mod review;
mod scripted;
mod selection;
#[expect(dead_code, reason = "the unit tests use all of it")]
#[path = "../../src/history/postgres/server.rs"]
mod server;
mod sessions;
mod settle;
mod store;
mod surroundings;
mod tails;
mod threads;
mod trust;
mod waiting;
mod workspaces;
