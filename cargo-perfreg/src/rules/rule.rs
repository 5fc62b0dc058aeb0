//! Which rule a comparison applies: `--rule`.

use std::fmt;
use std::str::FromStr;

use crate::rules::field::FieldRule;
use crate::rules::percent::PercentRule;

/// The rule of a comparison.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Rule {
    /// Medians, the baseline's MAD and a U test.
    Specified,
    /// Means, a smallest effect and a U test.
    MeanEffect,
    /// At most so many percent worse, by the median.
    Percent(PercentRule),
    /// Critical, warning, improvement, by the median.
    Levels,
    /// One statistic may grow by so much.
    Field(FieldRule),
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "specified" => return Ok(Self::Specified),
            "mean-effect" => return Ok(Self::MeanEffect),
            "levels" => return Ok(Self::Levels),
            _ => {}
        }
        if let Some(percent) = text.strip_prefix("percent=") {
            let number = percent.strip_suffix('%').unwrap_or(percent);
            return match number.parse::<f64>() {
                Ok(threshold) if threshold.is_finite() && threshold >= 0.0 => {
                    Ok(Self::Percent(PercentRule { threshold }))
                }
                _ => Err(format!("`{percent}` is no percentage of 0 or more")),
            };
        }
        if text.contains(':') {
            return text.parse().map(Self::Field);
        }
        Err("known are specified, mean-effect, percent=15, levels, and a field with what it may \
             grow by, such as min:10%"
            .to_owned())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Specified => f.write_str("specified"),
            Rule::MeanEffect => f.write_str("mean-effect"),
            Rule::Percent(rule) => write!(f, "percent={}", rule.threshold),
            Rule::Levels => f.write_str("levels"),
            Rule::Field(rule) => rule.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn rules_read_as_they_print() {
        for text in ["specified", "mean-effect", "percent=15", "percent=0.5", "levels", "iqr:3%"] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
        assert_eq!("percent=15%".parse::<Rule>().unwrap().to_string(), "percent=15");
        let broken = |text: &str, part: &str| {
            let error = text.parse::<Rule>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        };
        broken("median", "known are specified, mean-effect, percent=15");
        broken("percent=-3", "`-3` is no percentage");
        broken("percent=NaN", "no percentage");
        broken("mode:3%", "unknown field `mode`");
    }
}
