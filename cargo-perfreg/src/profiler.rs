//! A program that starts another one and watches it, as the command line names it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use perfreg_core::measure::{on_path, through};

use crate::error::Error;

/// A command that gets the call of a test at its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Profiler {
    program: String,
    arguments: Vec<String>,
}

impl FromStr for Profiler {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = shlex::split(text).ok_or("a quote is not closed")?;
        match words.split_first() {
            Some((program, arguments)) if !program.is_empty() => {
                Ok(Self { program: program.clone(), arguments: arguments.to_vec() })
            }
            _ => Err("a command is needed, such as \"perf record -g\"".to_owned()),
        }
    }
}

impl Profiler {
    /// Where the program lies.
    ///
    /// # Errors
    /// If it is on no path.
    pub(crate) fn find(&self) -> Result<PathBuf, Error> {
        let is_path = Path::new(&self.program).components().count() > 1;
        // The test runs in the folder of its package, where a relative path would mean another file.
        let found = match is_path {
            true => std::path::absolute(&self.program).ok().filter(|path| path.is_file()),
            false => on_path(&self.program),
        };
        found.ok_or_else(|| {
            let place = if is_path { "no such file" } else { "no folder of PATH has it" };
            Error::usage(format!("--profile-with: cannot find {:?}: {place}", self.program))
        })
    }

    /// `call` as the last words of the profiler.
    pub(crate) fn around(&self, program: &Path, call: &Command) -> Command {
        through(program, self.arguments.iter().map(Into::into), call)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::Profiler;

    #[test]
    fn commands_come_apart_as_in_a_shell() {
        let check = |text: &str, expected: Result<&[&str], &str>| {
            let words = text.parse::<Profiler>().map(|profiler| {
                let call = Command::new("/target/perf-1a2b");
                let command = profiler.around(Path::new("/bin/it"), &call);
                let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
                words.collect::<Vec<_>>()
            });
            match (words, expected) {
                (Ok(words), Ok(expected)) => assert_eq!(words, expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        };
        check("perf record -g", Ok(&["record", "-g", "/target/perf-1a2b"]));
        check("samply record -o 'a b'", Ok(&["record", "-o", "a b", "/target/perf-1a2b"]));
        check("perf record \"-g", Err("not closed"));
        check("  ", Err("a command is needed"));
        check("''", Err("a command is needed"));
    }
}
