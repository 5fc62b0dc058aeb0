//! The options that cargo gets, of every command that builds.

use std::path::PathBuf;

use clap::Args;

/// Options that cargo gets.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Build options")]
pub(crate) struct BuildArgs {
    /// Package to test (default: what perfreg.toml names, else the whole workspace)
    #[arg(short, long = "package", value_name = "SPEC")]
    pub(crate) packages: Vec<String>,

    /// Test the whole workspace
    #[arg(long, conflicts_with = "packages")]
    pub(crate) workspace: bool,

    /// Leave out a package of the workspace
    #[arg(long, value_name = "SPEC", conflicts_with = "packages")]
    pub(crate) exclude: Vec<String>,

    /// Features to activate, separated by spaces or commas
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    pub(crate) features: Vec<String>,

    /// Activate all features
    #[arg(long)]
    pub(crate) all_features: bool,

    /// Do not activate the `default` feature
    #[arg(long)]
    pub(crate) no_default_features: bool,

    /// Cargo profile to build with
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub(crate) profile: String,

    /// Build for this target triple
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,

    /// Directory for what cargo builds
    #[arg(long, value_name = "DIR")]
    pub(crate) target_dir: Option<PathBuf>,
}
