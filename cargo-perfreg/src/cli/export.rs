//! The options of `cargo perfreg export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::Betterness;

/// Options of `export`.
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct ExportArgs {
    /// Tests or modules, by whole path segments (default: all)
    #[arg(value_name = "TEST")]
    pub(crate) tests: Vec<String>,

    /// What is written
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: ExportFormat,

    /// The file to write to (default: standard output, but for Parquet), or the folder of --partitioned
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Every run of the history, the oldest first, and not the last of each test alone
    #[arg(long)]
    pub(crate) history: bool,

    /// Parquet files by project and by month of the run in UTC, under the folder of --output, as Hive
    /// lays them out. What was exported of a month before is replaced; files of others, and months
    /// that the history no longer holds, stay
    #[arg(long, requires = "history", conflicts_with = "tests")]
    pub(crate) partitioned: bool,

    /// Which way the numbers of a file for github-action-benchmark get better: it has one
    #[arg(long, value_enum, default_value_t = Betterness::Lower)]
    pub(crate) better: Betterness,
}

/// What runs are written as.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ExportFormat {
    /// Its customSmallerIsBetter, or with --better higher its customBiggerIsBetter
    GithubActionBenchmark,
    /// Bencher Metric Format
    Bencher,
    /// The text that Prometheus and GitLab read
    Openmetrics,
    /// A line a number
    Csv,
    /// The columns of the CSV, with types
    Parquet,
}

const HELP: &str = "\
Examples:
    cargo perfreg export --format github-action-benchmark -o bench.json
    cargo perfreg export --format parquet --history -o history.parquet
    cargo perfreg export --format parquet --history --partitioned -o history

Partitioned:
    history/project=NAME/month=2026-01/perfreg-DIGEST.parquet, where NAME is `project` under [store]
    in perfreg.toml, else the name of the folder. Runs without a readable time lie in Hive's default
    partition. A folder takes one history of each project: another one of that name takes its place.
    DuckDB      SELECT project, month, count(*) FROM
                read_parquet('history/**/*.parquet', hive_partitioning = true) GROUP BY ALL
    ClickHouse  SELECT project, month, count() FROM file('history/**/*.parquet') GROUP BY ALL
    Spark       spark.read.parquet('history').groupBy('project', 'month').count()

Exit codes:
    0  fine
    2  wrong usage, or a record that cannot be read
    4  there is nothing to write
   70  internal error";
