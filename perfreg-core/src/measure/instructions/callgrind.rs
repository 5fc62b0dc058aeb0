//! Running a worker under callgrind, and reading what that counted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::measure::through::{on_path, through};

/// Where the dumps lie, for the process that makes them.
const FILE: &str = "PERFREG_CALLGRIND";

/// The program.
#[derive(Debug)]
pub(crate) struct Callgrind {
    program: PathBuf,
}

impl Callgrind {
    /// The one on the path.
    ///
    /// # Errors
    /// In words, if there is none.
    pub(super) fn find() -> Result<Self, String> {
        let program = on_path("valgrind").ok_or("no folder of PATH has valgrind")?;
        Ok(Self { program })
    }

    /// `call` under callgrind, which writes what it counts beside `file`.
    pub(crate) fn around(&self, call: &Command, file: &Path) -> Command {
        let mut out = std::ffi::OsString::from("--callgrind-out-file=");
        // A percent sign would begin an abbreviation.
        out.push(file.to_string_lossy().replace('%', "%%"));
        let arguments = ["-q", "--tool=callgrind", "--instr-atstart=no", "--collect-atstart=no"];
        let arguments = arguments.into_iter().map(Into::into).chain([out]);
        let mut command = through(&self.program, arguments, call);
        command.env(FILE, file);
        command
    }
}

/// The dumps of this process, one after the other.
#[derive(Debug)]
pub(crate) struct Dumps {
    file: PathBuf,
    taken: u32,
}

impl Dumps {
    /// Those that [`Callgrind::around`] told this process of.
    pub(super) fn of_environment() -> Option<Self> {
        Some(Self { file: std::env::var_os(FILE)?.into(), taken: 0 })
    }

    /// What the next dump says: the instructions in it.
    pub(super) fn next(&mut self) -> Option<u64> {
        self.taken += 1;
        let mut name = self.file.clone().into_os_string();
        name.push(format!(".{}", self.taken));
        instructions(&fs::read_to_string(name).ok()?)
    }
}

/// The instructions of a dump.
fn instructions(text: &str) -> Option<u64> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let events = field("events:")?;
    let place = events.split_whitespace().position(|event| event == "Ir")?;
    let totals = field("totals:").or_else(|| field("summary:"))?;
    totals.split_whitespace().nth(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{Callgrind, instructions};

    #[test]
    fn dumps_are_read_by_the_names_of_their_events() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(instructions(text), expected);
        check("version: 1\nevents: Ir\nfn=(1) it\n7 40\ntotals: 123456\n", Some(123_456));
        check("events: Dr Ir\nsummary: 3 77\n", Some(77));
        check("events: Dr\nsummary: 3\n", None);
        check("events: Ir\n", None);
        check("events: Ir\ntotals: many\n", None);
        check("", None);
    }

    #[test]
    fn a_call_keeps_its_words_and_surroundings() {
        let callgrind = Callgrind { program: PathBuf::from("/usr/bin/valgrind") };
        let mut call = Command::new("/target/perf-1a2b");
        call.args(["--exact", "parse"]).env("PERFREG_WORKER", "{}").current_dir("/crate");
        let command = callgrind.around(&call, Path::new("/tmp/50%/out"));
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words[4..],
            ["--callgrind-out-file=/tmp/50%%/out", "/target/perf-1a2b", "--exact", "parse"]
        );
        assert_eq!(command.get_current_dir(), Some(Path::new("/crate")));
        assert_eq!(command.get_envs().count(), 2);
    }
}
