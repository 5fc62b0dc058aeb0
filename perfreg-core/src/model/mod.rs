//! Data only: what was measured, of what, where, and what was decided about it.

mod baseline;
mod conditions;
mod host;
mod id;
mod launch;
mod launch_samples;
mod limit;
mod limit_text;
mod metric;
mod ordered;
mod origin;
mod pace;
mod performance_data;
mod plain_form;
mod plain_json;
mod run;
mod samples;
mod tail;
mod verdict;

pub use baseline::{BaselineCase, BaselineMetric, Provenance, Session};
pub use conditions::{Governor, Placement, Power};
pub use host::{GpuKey, HostKey, Switch, Toolchain};
pub use id::TestId;
pub use launch::{Distribution, Health, Launch, LaunchStats, Series, Throughput};
pub use launch_samples::LaunchSamples;
pub use limit::{Limit, Target, TargetState};
pub use metric::{Direction, Metric, Unit};
pub use origin::{Origin, Statistic, Summary, SummaryOf};
pub use pace::Pace;
pub(crate) use pace::least_alike;
pub use performance_data::{PerformanceData, Warning};
pub use run::{Case, FollowUp, Judgement, Outcome, Revision, Run};
pub use samples::Samples;
pub use tail::{SingleCalls, Tail, TailDoubt};
pub use verdict::{Change, Verdict};

pub(crate) use limit::Bound;
pub(crate) use ordered::OrderedMap;
