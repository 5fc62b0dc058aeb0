//! The options of `cargo perfreg dashboard`.

use std::path::PathBuf;

use clap::Args;

/// What `--help` ends with.
const EXAMPLE: &str = "\
Both pages open from the disk and need no network: send them, or keep them as an artifact.

Example:
    cargo perfreg dashboard --output-dir target/perf

    writes target/perf/performance_dashboard.html, the history of every test, and
    target/perf/performance_comparison.html, the last runs beside their baselines.

Exit codes:
    0  both pages are written
    2  both are written, and lack documents that could not be read; or wrong usage
    4  nothing was ever measured here";

/// Options of `dashboard`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct DashboardArgs {
    /// The folder to write to, made where it is not there yet
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) output_dir: PathBuf,
}
