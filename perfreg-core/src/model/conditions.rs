//! Under which conditions of the machine a launch ran: its power, its governor, its cores.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the machine runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Power {
    /// Mains, or something else that does not run out.
    Mains,
    /// A battery, for which systems lower the clock at any moment.
    Battery,
}

/// Who chooses the CPU's clock frequency, as Linux names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Governor {
    /// The highest frequency, always.
    Performance,
    /// The lowest one; with `intel_pstate` and `amd-pstate` the hardware's own choice.
    Powersave,
    /// What the scheduler's utilisation asks for.
    Schedutil,
    /// By load, in jumps.
    Ondemand,
    /// By load, in steps.
    Conservative,
    /// What some program sets.
    Userspace,
    /// CPUs of the machine have different ones.
    Mixed,
    /// One that this version does not know.
    #[serde(other)]
    Other,
}

/// On which of the machine's cores a launch ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Placement {
    /// On any: the system says that all are of one kind.
    Alike,
    /// On performance cores alone, of a machine with cores of several kinds.
    Performance,
    /// On its slowest cores alone, because the launch may use no others.
    Efficiency,
    /// On any of several kinds, because the system refused to keep the launch on one.
    Refused,
    /// On any, and the system does not tell their kinds.
    #[serde(other)]
    Unknown,
}

impl Placement {
    /// True if every launch so placed ran on cores of one kind.
    pub fn is_of_one_kind(self) -> bool {
        matches!(self, Placement::Alike | Placement::Performance | Placement::Efficiency)
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Power::Mains => "on mains",
            Power::Battery => "on battery",
        })
    }
}

impl fmt::Display for Governor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Governor::Performance => "performance",
            Governor::Powersave => "powersave",
            Governor::Schedutil => "schedutil",
            Governor::Ondemand => "ondemand",
            Governor::Conservative => "conservative",
            Governor::Userspace => "userspace",
            Governor::Mixed => "mixed",
            Governor::Other => "other",
        })
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Placement::Alike => "on cores of one kind",
            Placement::Performance => "on performance cores",
            Placement::Efficiency => "on efficiency cores",
            Placement::Refused => "on cores of several kinds",
            Placement::Unknown => "on cores of unknown kinds",
        })
    }
}
