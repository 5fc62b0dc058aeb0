//! What perfreg tells of its own doings on standard error: as much as `PERFREG_LOG` asks for.
//!
//! A message below the level costs a comparison: its text is made by a closure that is not called.

use std::env;
use std::io::Write;

use crate::error::Error;

/// How much something matters to somebody who asks what perfreg does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is not as expected. Without a word in the environment, messages up to here are told.
    Warn,
    /// What is done: files that were read, launches that were bought, what was kept.
    Info,
    /// Every launch, every look at the launches.
    Debug,
    /// Command lines and plans.
    Trace,
}

impl Level {
    const KNOWN: [(&str, Level); 5] = [
        ("error", Level::Error),
        ("warn", Level::Warn),
        ("info", Level::Info),
        ("debug", Level::Debug),
        ("trace", Level::Trace),
    ];
}

/// Tells messages up to a level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Log {
    up_to: Level,
}

impl Default for Log {
    fn default() -> Self {
        Self { up_to: Level::Warn }
    }
}

impl Log {
    /// The environment variable that names the level.
    pub const VARIABLE: &str = "PERFREG_LOG";

    /// The log that the environment asks for.
    ///
    /// # Errors
    /// If [`Self::VARIABLE`] names no level; the error names those that there are.
    pub fn from_env() -> Result<Self, Error> {
        Self::read(env::var(Self::VARIABLE).ok().filter(|value| !value.is_empty()).as_deref())
    }

    /// The log for a value of [`Self::VARIABLE`].
    ///
    /// # Errors
    /// If it names no level; the error names those that there are.
    pub fn read(value: Option<&str>) -> Result<Self, Error> {
        let Some(value) = value else { return Ok(Self::default()) };
        match Level::KNOWN.iter().find(|(name, _)| *name == value) {
            Some((_, up_to)) => Ok(Self { up_to: *up_to }),
            None => Err(Error::usage(format!(
                "environment variable {} is `{value}`; expected `error`, `warn`, `info`, `debug` or \
                 `trace`",
                Self::VARIABLE
            ))),
        }
    }

    /// True if messages of `level` are told.
    pub fn tells(self, level: Level) -> bool {
        level <= self.up_to
    }

    /// Tells `text` if `level` is asked for.
    pub fn tell(self, level: Level, text: impl FnOnce() -> String) {
        if self.tells(level) {
            say(&format!("perfreg: {}", text()));
        }
    }

    /// Tells of a failure.
    pub fn error(self, text: impl FnOnce() -> String) {
        self.tell(Level::Error, text);
    }

    /// Tells of something that is not as expected.
    pub fn warn(self, text: impl FnOnce() -> String) {
        self.tell(Level::Warn, text);
    }

    /// Tells of what is done.
    pub fn info(self, text: impl FnOnce() -> String) {
        self.tell(Level::Info, text);
    }

    /// Tells of a detail.
    pub fn debug(self, text: impl FnOnce() -> String) {
        self.tell(Level::Debug, text);
    }

    /// Tells of a detail that only perfreg itself acts on.
    pub fn trace(self, text: impl FnOnce() -> String) {
        self.tell(Level::Trace, text);
    }
}

/// Says a line whatever the level, to standard error itself: libtest captures what the print macros
/// write.
pub(crate) fn say(text: &str) {
    // There is nobody to tell if standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::{Level, Log};

    #[test]
    fn levels_tell_what_matters_more_too() {
        let check = |value: Option<&str>, expected: &[Level]| {
            let log = Log::read(value).unwrap();
            let told: Vec<_> = Level::KNOWN.into_iter().map(|(_, level)| level).collect();
            let told: Vec<_> = told.into_iter().filter(|level| log.tells(*level)).collect();
            assert_eq!(told, expected, "{value:?}");
        };
        use Level::{Debug, Error, Info, Trace, Warn};
        check(None, &[Error, Warn]);
        check(Some("error"), &[Error]);
        check(Some("warn"), &[Error, Warn]);
        check(Some("info"), &[Error, Warn, Info]);
        check(Some("debug"), &[Error, Warn, Info, Debug]);
        check(Some("trace"), &[Error, Warn, Info, Debug, Trace]);
    }

    #[test]
    fn an_unknown_level_is_named_with_those_that_there_are() {
        let check = |value: &str| {
            let error = Log::read(Some(value)).unwrap_err();
            assert!(error.is_usage());
            let expected = format!(
                "environment variable PERFREG_LOG is `{value}`; expected `error`, `warn`, `info`, \
                 `debug` or `trace`"
            );
            assert_eq!(error.to_string(), expected);
        };
        check("loud");
        check("DEBUG");
        check("1");
    }

    #[test]
    fn a_silent_level_makes_no_text() {
        let log = Log::default();
        log.info(|| unreachable!("nobody asked"));
        log.trace(|| unreachable!("nobody asked"));
    }
}
