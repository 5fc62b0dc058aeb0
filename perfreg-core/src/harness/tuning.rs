//! What the environment says of thresholds and spending: above the attribute, or below it.

use std::time::Duration;

use crate::error::Error;

/// What a test asks for itself, or somebody for it; `None` where nobody does.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(crate) struct Knobs {
    /// The change that matters, as a fraction.
    pub(crate) threshold: Option<f64>,
    /// Launches of a round.
    pub(crate) launches: Option<u32>,
    /// The time that a decided case should take.
    pub(crate) budget: Option<Duration>,
}

/// The two sources around the attribute.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(crate) struct Tuning {
    /// `PERFREG_THRESHOLD` and its like win over the attribute.
    forced: Knobs,
    /// `PERFREG_DEFAULT_THRESHOLD` and its like, by which the command line tool hands on what its
    /// configuration file says, stand in for it.
    default: Knobs,
}

impl Tuning {
    /// Reads the variables.
    ///
    /// # Errors
    /// If one has a value that means nothing; the error names both.
    pub(crate) fn read(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Ok(Self {
            forced: Knobs::read(variable, "PERFREG_")?,
            default: Knobs::read(variable, "PERFREG_DEFAULT_")?,
        })
    }

    /// What holds for a test whose attribute says `attribute`.
    pub(crate) fn over(&self, attribute: Knobs) -> Knobs {
        let Self { forced, default } = self;
        Knobs {
            threshold: forced.threshold.or(attribute.threshold).or(default.threshold),
            launches: forced.launches.or(attribute.launches).or(default.launches),
            budget: forced.budget.or(attribute.budget).or(default.budget),
        }
    }
}

impl Knobs {
    fn read(variable: &impl Fn(&str) -> Option<String>, prefix: &str) -> Result<Self, Error> {
        Ok(Self {
            threshold: read(variable, prefix, "THRESHOLD", "a percentage such as 5%", percentage)?,
            launches: read(variable, prefix, "LAUNCHES", "a number of 3 or more", launches)?,
            budget: read(variable, prefix, "BUDGET", "a duration such as 2s", duration)?,
        })
    }
}

fn read<T>(
    variable: &impl Fn(&str) -> Option<String>,
    prefix: &str,
    name: &str,
    expected: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    let name = format!("{prefix}{name}");
    let Some(text) = variable(&name) else { return Ok(None) };
    match parse(&text) {
        Some(value) => Ok(Some(value)),
        None => Err(Error::usage(format!(
            "environment variable {name} is `{text}`; expected {expected}"
        ))),
    }
}

/// As in the attribute: above 0 and under 1000 %.
fn percentage(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_suffix('%')?.trim_end().parse().ok()?;
    (percent > 0.0 && percent < 1000.0).then_some(percent / 100.0)
}

fn launches(text: &str) -> Option<u32> {
    text.parse().ok().filter(|launches| *launches >= 3)
}

fn duration(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok().filter(|duration| !duration.is_zero())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Knobs, Tuning};

    fn read(variables: &[(&str, &str)]) -> Result<Tuning, String> {
        let find = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Tuning::read(&find).map_err(|error| error.to_string())
    }

    #[test]
    fn forced_beats_the_attribute_and_that_the_default() {
        let attribute = Knobs { threshold: Some(0.03), ..Knobs::default() };
        let check = |variables: &[(&str, &str)], expected: (Option<f64>, Option<u32>)| {
            let knobs = read(variables).unwrap().over(attribute);
            assert_eq!((knobs.threshold, knobs.launches), expected, "{variables:?}");
        };
        check(&[], (Some(0.03), None));
        check(&[("PERFREG_DEFAULT_THRESHOLD", "8%")], (Some(0.03), None));
        check(&[("PERFREG_THRESHOLD", "8 %")], (Some(0.08), None));
        check(&[("PERFREG_DEFAULT_LAUNCHES", "20")], (Some(0.03), Some(20)));
        let both = [("PERFREG_LAUNCHES", "5"), ("PERFREG_DEFAULT_LAUNCHES", "20")];
        check(&both, (Some(0.03), Some(5)));
        let budget = read(&[("PERFREG_BUDGET", "1m 30s")]).unwrap().over(attribute).budget;
        assert_eq!(budget, Some(Duration::from_secs(90)));
    }

    #[test]
    fn values_without_meaning_are_named() {
        let check = |name: &str, value: &str| {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(&format!("{name} is `{value}`")), "{error}");
        };
        check("PERFREG_THRESHOLD", "-3%");
        check("PERFREG_THRESHOLD", "3");
        check("PERFREG_THRESHOLD", "NaN%");
        check("PERFREG_DEFAULT_LAUNCHES", "2");
        check("PERFREG_BUDGET", "2");
        check("PERFREG_BUDGET", "0s");
    }
}
