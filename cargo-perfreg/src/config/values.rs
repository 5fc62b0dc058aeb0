//! Values of the configuration and the command line, as types that cannot be wrong.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use perfreg_core::model::Limit;
use serde::{Deserialize, Serialize};

/// A percentage above 0, such as `5%`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Percent(f64);

impl Percent {
    /// The number before the sign.
    pub(crate) fn number(self) -> f64 {
        self.0
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').and_then(|number| number.trim_end().parse().ok());
        match number {
            Some(percent) if percent > 0.0 && percent < 1000.0 => Ok(Self(percent)),
            _ => Err(format!("`{text}` is no percentage above 0, such as \"5%\"")),
        }
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.to_string()
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// A limit with its reason: `{ limit = "under 50 ms", reason = "a frame lasts 60 ms" }`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "LimitForm")]
pub(crate) struct Limited(pub(crate) Limit);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitForm {
    limit: String,
    reason: String,
}

impl TryFrom<LimitForm> for Limited {
    type Error = String;

    fn try_from(form: LimitForm) -> Result<Self, String> {
        Limit::new(&form.limit, &form.reason).map(Self).map_err(|error| error.to_string())
    }
}

/// Which tags name releases, as a pattern of git such as `v*`; none do if it is empty.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(crate) struct ReleaseTags(String);

impl ReleaseTags {
    /// The pattern.
    pub(crate) fn pattern(&self) -> &str {
        &self.0
    }
}

impl Default for ReleaseTags {
    fn default() -> Self {
        Self("v[0-9]*".to_owned())
    }
}

/// A duration above 0, such as `2s`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Budget(Duration);

impl Budget {
    /// A budget of so many nanoseconds.
    pub(crate) fn of_nanos(ns: u64) -> Self {
        Self(Duration::from_nanos(ns))
    }

    /// How long it is.
    pub(crate) fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match humantime::parse_duration(text) {
            Ok(duration) if !duration.is_zero() => Ok(Self(duration)),
            _ => Err(format!("`{text}` is no duration above 0, such as \"2s\" or \"5m\"")),
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// A number of launches, at least 3.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct Launches(u32);

impl TryFrom<u32> for Launches {
    type Error = String;

    fn try_from(launches: u32) -> Result<Self, String> {
        if launches >= 3 {
            Ok(Self(launches))
        } else {
            Err(format!("{launches} launches are too few; at least 3 make a verdict"))
        }
    }
}

impl FromStr for Launches {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number: u32 = text.parse().map_err(|_| format!("`{text}` is no number of launches"))?;
        Self::try_from(number)
    }
}

impl fmt::Display for Launches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Percent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for Budget {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Launches, Percent};

    #[test]
    fn values_read_as_they_print() {
        assert_eq!("2.5 %".parse::<Percent>().unwrap().to_string(), "2.5%");
        assert_eq!("90s".parse::<Budget>().unwrap().to_string(), "1m 30s");
        assert_eq!("12".parse::<Launches>().unwrap().to_string(), "12");
    }

    #[test]
    fn wrong_values_are_named() {
        let percent = |text: &str| text.parse::<Percent>().unwrap_err();
        assert_eq!(percent("-3%"), "`-3%` is no percentage above 0, such as \"5%\"");
        assert!(percent("5").contains("`5`") && percent("NaN%").contains("NaN"));
        assert!("2".parse::<Budget>().unwrap_err().contains("such as \"2s\""));
        assert!("0s".parse::<Budget>().is_err());
        assert!("2".parse::<Launches>().unwrap_err().contains("at least 3"));
    }
}
