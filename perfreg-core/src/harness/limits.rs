//! The limits of a test: those that its attribute writes, and those that are set from outside.

use crate::error::Error;
use crate::model::Limit;

/// By this the command line tool hands on the limits of its configuration file: a list of pairs of
/// limit and reason, as JSON.
const VARIABLE: &str = "PERFREG_LIMITS";

/// The limits from outside.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Limits(Vec<Limit>);

impl Limits {
    /// Reads the variable.
    ///
    /// # Errors
    /// If it is no list, or one of them is no limit.
    pub(crate) fn read(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let Some(text) = variable(VARIABLE) else { return Ok(Self::default()) };
        let pairs: Vec<(String, String)> = serde_json::from_str(&text).map_err(|error| {
            Error::usage(format!("environment variable {VARIABLE} is no list of limits: {error}"))
        })?;
        let limits = pairs.iter().map(|(text, reason)| Limit::new(text, reason));
        limits.collect::<Result<_, _>>().map(Self)
    }

    /// These and those of an attribute, which come first.
    ///
    /// # Errors
    /// If one of the attribute's is no limit, which the macro lets through only from another version.
    pub(crate) fn and(&self, of_attribute: &[(&str, &str)]) -> Result<Vec<Limit>, Error> {
        let own = of_attribute.iter().map(|(text, reason)| Limit::new(text, reason));
        own.chain(self.0.iter().cloned().map(Ok)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn limits_come_from_both_sides() {
        let read = |text: &str| Limits::read(&|_| Some(text.to_owned()));
        let outside = read(r#"[["under 50 ms", "frames"]]"#).unwrap();
        let both = outside.and(&[("at most 1 MiB", "small")]).unwrap();
        let texts: Vec<_> = both.iter().map(|limit| (limit.text(), limit.reason())).collect();
        assert_eq!(texts, [("at most 1 MiB", "small"), ("under 50 ms", "frames")]);
        assert!(Limits::read(&|_| None).unwrap().and(&[]).unwrap().is_empty());
        let check = |text: &str, part: &str| {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check("x", "PERFREG_LIMITS is no list of limits");
        check(r#"[["under 50", "frames"]]"#, "has no unit");
    }
}
