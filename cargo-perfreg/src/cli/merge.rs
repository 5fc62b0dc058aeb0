//! The options of `cargo perfreg merge`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::merge::Twice;

/// Options of `merge`.
#[derive(Args, Debug)]
pub(crate) struct MergeArgs {
    /// What each machine left: a record, or a folder with records such as its `.perfreg`
    #[arg(value_name = "SOURCE", required = true)]
    pub(crate) sources: Vec<PathBuf>,

    /// What becomes of a test that two sources measured on one host, of one build and one commit
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = OnConflict::Refuse)]
    pub(crate) on_conflict: OnConflict,
}

/// As it is written on the command line.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnConflict {
    /// It is an error
    Refuse,
    /// The first source is believed
    KeepFirst,
    /// The source with the newest record is believed
    KeepNewest,
    /// The source where it took the longest is believed, as of the processes of one job
    KeepSlowest,
}

impl OnConflict {
    /// As the merge knows it.
    pub(crate) fn twice(self) -> Twice {
        match self {
            Self::Refuse => Twice::Refuse,
            Self::KeepFirst => Twice::KeepFirst,
            Self::KeepNewest => Twice::KeepNewest,
            Self::KeepSlowest => Twice::KeepSlowest,
        }
    }
}
