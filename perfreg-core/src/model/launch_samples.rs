//! Samples by session and launch, from wherever they were measured.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::model::Samples;

/// The samples of one metric: sessions of launches of samples.
///
/// A *launch* is one process; samples of one process say nothing about the next. A *session* is what
/// ran in one stretch of time on one machine; sessions apart say how much that machine varies from hour
/// to hour. In JSON they are arrays in arrays: `[[[1.2, 1.3], [1.2, 1.2]]]` is one session of two
/// launches.
///
/// ```
/// # fn main() -> Result<(), perfreg_core::Error> {
/// use perfreg_core::LaunchSamples;
///
/// let samples = LaunchSamples::of_one_session(vec![vec![1.2, 1.3], vec![1.2, 1.2]])?;
/// assert_eq!((samples.session_count(), samples.launch_count()), (1, 2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<Vec<f64>>>", into = "Vec<Vec<Vec<f64>>>")]
pub struct LaunchSamples(Vec<Vec<Samples>>);

impl LaunchSamples {
    /// Takes sessions of launches of samples, in the order in which they ran.
    ///
    /// # Errors
    /// If there are no sessions, or one has no launches, or a launch has no samples or one that is not
    /// a finite number; the message names the session and the launch, counted from 1.
    pub fn new(sessions: Vec<Vec<Vec<f64>>>) -> Result<Self, Error> {
        if sessions.is_empty() {
            return Err(Error::data("no sessions; at least one is needed"));
        }
        let sessions = sessions.into_iter().enumerate().map(|(at, launches)| {
            if launches.is_empty() {
                return Err(Error::data(format!("session {} has no launches", at + 1)));
            }
            let launches = launches.into_iter().enumerate().map(|(launch, samples)| {
                let of = format!("session {}, launch {}", at + 1, launch + 1);
                Samples::new(samples).map_err(|error| error.of(&of))
            });
            launches.collect()
        });
        Ok(Self(sessions.collect::<Result<_, _>>()?))
    }

    /// Takes the launches of a single session.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn of_one_session(launches: Vec<Vec<f64>>) -> Result<Self, Error> {
        Self::new(vec![launches])
    }

    /// The launches of each session.
    pub fn sessions(&self) -> impl Iterator<Item = &[Samples]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The launches of all sessions.
    pub fn launches(&self) -> impl Iterator<Item = &Samples> {
        self.0.iter().flatten()
    }

    /// How many sessions there are; never 0.
    pub fn session_count(&self) -> usize {
        self.0.len()
    }

    /// How many launches there are in all; never 0.
    pub fn launch_count(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

impl TryFrom<Vec<Vec<Vec<f64>>>> for LaunchSamples {
    type Error = Error;
    fn try_from(sessions: Vec<Vec<Vec<f64>>>) -> Result<Self, Error> {
        Self::new(sessions)
    }
}

impl From<LaunchSamples> for Vec<Vec<Vec<f64>>> {
    fn from(samples: LaunchSamples) -> Self {
        let launches = |launches: Vec<Samples>| launches.into_iter().map(Vec::from).collect();
        samples.0.into_iter().map(launches).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::LaunchSamples;

    #[test]
    fn what_is_missing_is_named() {
        let check = |json: &str, expected: &str| {
            let error = serde_json::from_str::<LaunchSamples>(json).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{json}: {error}");
        };
        check("[]", "no sessions");
        check("[[[1.0]], []]", "session 2 has no launches");
        check("[[[1.0], []]]", "session 1, launch 2: no samples");
    }

    #[test]
    fn json_is_arrays_in_arrays() {
        let text = "[[[1.0,2.0],[3.0]],[[4.0]]]";
        let samples: LaunchSamples = serde_json::from_str(text).unwrap();
        assert_eq!((samples.session_count(), samples.launch_count()), (2, 3));
        assert_eq!(serde_json::to_string(&samples).unwrap(), text);
    }
}
