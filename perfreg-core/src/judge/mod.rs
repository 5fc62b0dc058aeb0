//! Deciding: samples in, verdicts out. Pure: no clock, no path, no machine.

mod clock;
mod contest;
mod counted;
mod disturbance;
mod launch_policy;
mod launches;
mod limit;
mod paced;
mod paired;
mod policy;
mod regression_report;
mod specified;
mod stored;
mod tail;
mod two_kinds;
mod units;
mod values;
mod waiting;

pub use clock::{ClockChoice, choose_clock, choose_common_clock};
pub use contest::{Contest, Ruling, doubt_layout, judge_contest, rounds_of, undisturbed_rounds};
pub use counted::{Repetition, judge_counted, judge_counts_of, judge_difference};
pub use disturbance::{ClockKind, disturbance, shared_memory};
pub use launch_policy::{LaunchPolicy, LaunchRule};
pub use launches::{Finding, judge_launches};
pub use paced::{
    LaunchValue, MOST_A_NEIGHBOUR_COSTS, Within, crowded, judge_paced, looked_at, too_crowded,
    undisturbed,
};
pub use paired::{Outlook, Pair, PairedLook, PairedPolicy, judge_pairs};
pub use policy::Policy;
pub use regression_report::{RegressionReport, RegressionResult, Summary};
pub use specified::{check_regression, check_regression_with};
pub use stored::{Decision, Look, StoredPolicy, confirm, judge_stored};
pub use tail::{few_launches, unchecked_tail};
pub use two_kinds::two_kinds;
pub use units::{doubt_of_unit, doubt_units};
pub use values::{entry_values, launch_value};
pub use waiting::{Waiting, more_waiting};

pub(crate) use limit::{judge_limit, typical};
