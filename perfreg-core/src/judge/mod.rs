//! Deciding: samples in, verdicts out. Pure: no clock, no path, no machine.

mod clock;
mod counted;
mod disturbance;
mod stored;

pub use clock::{ClockChoice, choose_clock};
pub use counted::judge_counted;
pub use disturbance::{ClockKind, disturbance};
pub use stored::{Decision, Look, StoredPolicy, confirm, judge_stored};
