//! The options of `cargo perfreg bisect`.

use std::str::FromStr;

use clap::Args;

use crate::cli::BuildArgs;
use crate::config::{Budget, Percent};

/// What the exit codes say here.
const EXIT_CODES: &str = "\
Exit codes:
    0  the first bad commit was found
    2  wrong usage or configuration, or the bad end is no worse than the good one
    5  skipped commits leave several, or the bad end cannot be decided
   70  internal error
  100  the test failed at an end
  101  an end does not build

The search is kept in .perfreg/bisect/, with a log for `git bisect replay`. Commits along first
parents are looked at; a merge counts as one. Your checkout and working tree stay as they are.";

/// Options of `bisect`.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct BisectArgs {
    /// The test: `target::test path`, the test path alone, or a part that means one test
    #[arg(value_name = "TEST")]
    pub(crate) test: String,

    /// A revision at which the test is as it should be
    #[arg(long, value_name = "REV")]
    pub(crate) good: String,

    /// A later revision at which it is worse
    #[arg(long, value_name = "REV")]
    pub(crate) bad: String,

    /// Look at this metric alone, such as `time` or `allocations` (default: all that became worse)
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Option<String>,

    /// How often the search may end at a wrong commit
    #[arg(long, value_name = "PROBABILITY", default_value = "0.01")]
    pub(crate) risk: Risk,

    /// The change that matters, whatever the test says (default: half of what the bad end shows, or
    /// the test's own threshold if that is more)
    #[arg(long, value_name = "PERCENT")]
    pub(crate) threshold: Option<Percent>,

    /// The time for deciding about one commit; what it does not decide is skipped
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    pub(crate) budget: Budget,

    /// Forget what an earlier call has found
    #[arg(long)]
    pub(crate) restart: bool,

    /// Seconds after which a launch is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: u64,

    /// What draws the order within each round
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Do not show progress
    #[arg(long)]
    pub(crate) no_progress: bool,

    /// What to build, and how.
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}

/// A probability of being wrong: above 0, at most one half.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Risk(f64);

impl Risk {
    /// As a share.
    pub(crate) fn share(self) -> f64 {
        self.0
    }
}

impl FromStr for Risk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            Ok(share) if (1e-6..=0.5).contains(&share) => Ok(Self(share)),
            _ => Err("a risk is a number from 0.000001 to 0.5, such as 0.01".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Risk;

    #[test]
    fn a_risk_is_small() {
        let check = |text: &str, expected: Option<f64>| {
            assert_eq!(text.parse::<Risk>().ok().map(Risk::share), expected, "{text}");
        };
        check("0.01", Some(0.01));
        check("0.5", Some(0.5));
        check("0", None);
        check("0.6", None);
        check("1%", None);
        check("NaN", None);
    }
}
