//! What the judges see of launches: one value each, with the session it is of.

use crate::judge::paced::{LaunchValue, Within};
use crate::model::{BaselineMetric, LaunchStats, Metric, Provenance, Session};

/// What the judges see of a launch.
pub fn launch_value(metric: &Metric, launch: &LaunchStats) -> LaunchValue {
    let value = LaunchValue::new(launch.representative(metric), launch.pace);
    let within = if launch.is_constant() { Within::Same } else { Within::Varying };
    LaunchValue { within, ..value }
}

/// What the judges see of an entry of a baseline: all its launches, session by session.
pub fn entry_values(of: &BaselineMetric) -> Vec<LaunchValue> {
    let sessions = session_of_each(&of.provenance, of.launches.len());
    let value = |(launch, session)| launch_value(&of.metric, launch).in_session(session);
    of.launches.iter().zip(sessions).map(value).collect()
}

/// The session of each of `launches`; one for all where the numbers do not add up, as in files of
/// version 1, which counted what was set aside too.
fn session_of_each(provenance: &Provenance, launches: usize) -> Vec<usize> {
    let sessions = provenance.sessions.iter().enumerate();
    let each = |(at, session): (usize, &Session)| vec![at; session.launches as usize];
    let all: Vec<usize> = sessions.flat_map(each).collect();
    if all.len() == launches { all } else { vec![0; launches] }
}
