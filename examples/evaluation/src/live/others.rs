//! Other tools on the same kernels, as their own documentation has it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use perfreg_core::judge::Decision;
use perfreg_evaluation::kernels::SLOWDOWN;
use serde_json::Value;

use super::Procedure;
use super::subject::{cargo_executable, cargo_folder};
use crate::tally::{Check, Suspicion};

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tool {
    /// `--save-baseline` and `--baseline`, its defaults otherwise.
    Criterion,
    /// It judges nothing: its median against a stored one, at 2 %.
    Divan,
    /// Two executables side by side, a second each.
    Tango,
}

impl Tool {
    pub(super) const ALL: [Tool; 3] = [Tool::Criterion, Tool::Divan, Tool::Tango];

    pub(super) fn name(self) -> &'static str {
        match self {
            Tool::Criterion => "criterion",
            Tool::Divan => "divan",
            Tool::Tango => "tango",
        }
    }
}

/// The kernels' executable under a tool.
pub(super) struct Other {
    tool: Tool,
    executable: PathBuf,
    /// Where criterion keeps its baselines, and the script that is tango's other side.
    folder: PathBuf,
    /// Divan's stored medians, in nanoseconds.
    medians: BTreeMap<&'static str, f64>,
}

impl Other {
    /// Builds it, which takes a minute the first time.
    pub(super) fn build(tool: Tool) -> Result<Self, String> {
        let name = tool.name();
        eprintln!("building the kernels for {name} …");
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("others");
        let target = format!("with_{name}");
        let folder = cargo_folder();
        let target_folder = folder.join("others");
        let target_folder = target_folder.to_str().ok_or("the target folder is no text")?;
        let arguments =
            ["bench", "--target-dir", target_folder, "--features", name, "--bench", &target];
        let executable = cargo_executable(&package, &arguments, &target)?;
        let other = Self { tool, executable, folder, medians: BTreeMap::new() };
        if tool == Tool::Tango {
            other.write_other_side()?;
        }
        Ok(other)
    }

    /// Tango starts its other side from a path, in its own environment: a script that orders no
    /// slowdown, whatever is ordered here.
    fn write_other_side(&self) -> Result<(), String> {
        let path = self.other_side();
        let executable = self.executable.display();
        let script = format!("#!/bin/sh\n{SLOWDOWN}=0 exec '{executable}' \"$@\"\n");
        fs::write(&path, script).map_err(|error| format!("{}: {error}", path.display()))?;
        make_executable(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn other_side(&self) -> PathBuf {
        self.folder.join("unchanged-for-tango.sh")
    }

    fn run(&self, slowdown: u32, arguments: &[&str]) -> Result<Output, String> {
        Command::new(&self.executable)
            .args(arguments)
            .env(SLOWDOWN, slowdown.to_string())
            .env("CRITERION_HOME", self.folder.join("criterion"))
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", self.executable.display()))
    }

    fn text(&self, slowdown: u32, arguments: &[&str]) -> Result<String, String> {
        let output = self.run(slowdown, arguments)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let first = said.lines().next().unwrap_or_default();
            return Err(format!("it ended with {}: {first}", output.status));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn criterion(&self, kernel: &str, slowdown: u32) -> Result<Check, String> {
        let filter = format!("^{kernel}$");
        let said = self.text(slowdown, &["--bench", "--baseline", "stored", &filter])?;
        let path = self.folder.join("criterion").join(kernel).join("change/estimates.json");
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let change = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|json| json.get("mean")?.get("point_estimate")?.as_f64());
        let decision = criterion_says(&said).ok_or("it said nothing about a change")?;
        Ok(judged(decision, change))
    }

    fn median(&self, kernel: &str, slowdown: u32) -> Result<f64, String> {
        let said = self.text(slowdown, &["--bench", kernel])?;
        divan_median(&said, kernel).ok_or_else(|| format!("no median of {kernel} in its output"))
    }

    fn tango(&self, kernel: &str, slowdown: u32) -> Result<Check, String> {
        let other_side = self.other_side();
        let other_side = other_side.to_str().ok_or("the target folder is no text")?;
        // It exits with 1 to say that something regressed.
        let output = self.run(slowdown, &["compare", other_side, "-t", "1", "-f", kernel])?;
        let said = String::from_utf8_lossy(&output.stdout);
        let (decision, change) = tango_says(&said, kernel).ok_or_else(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            format!("no result of {kernel}: {}", errors.lines().next().unwrap_or_default())
        })?;
        Ok(judged(decision, Some(change)))
    }
}

impl Procedure for Other {
    fn name(&self) -> String {
        self.tool.name().to_owned()
    }

    fn sessions(&self) -> usize {
        match self.tool {
            Tool::Criterion | Tool::Divan => 1,
            Tool::Tango => 0,
        }
    }

    fn take_session(&mut self, kernel: &'static str) -> Result<(), String> {
        match self.tool {
            Tool::Criterion => {
                let filter = format!("^{kernel}$");
                self.text(0, &["--bench", "--save-baseline", "stored", &filter]).map(drop)
            }
            Tool::Divan => {
                let median = self.median(kernel, 0)?;
                self.medians.insert(kernel, median);
                Ok(())
            }
            Tool::Tango => Ok(()),
        }
    }

    fn check(&mut self, kernel: &'static str, slowdown: u32, _seed: u64) -> Result<Check, String> {
        const THRESHOLD: f64 = 0.02;
        match self.tool {
            Tool::Criterion => self.criterion(kernel, slowdown),
            Tool::Tango => self.tango(kernel, slowdown),
            Tool::Divan => {
                let before = self.medians.get(kernel).ok_or("it has no baseline")?;
                let change = self.median(kernel, slowdown)? / before - 1.0;
                let decision = match change {
                    change if change > THRESHOLD => Decision::Worse,
                    change if change < -THRESHOLD => Decision::Better,
                    _ => Decision::Same,
                };
                Ok(judged(decision, Some(change)))
            }
        }
    }

    fn forget(&mut self) {
        self.medians.clear();
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("a script is no executable on this system"))
}

fn judged(decision: Decision, change: Option<f64>) -> Check {
    let suspected = if decision == Decision::Worse { Suspicion::Raised } else { Suspicion::None };
    Check { decision, suspected, cost: 0.0, change }
}

fn criterion_says(text: &str) -> Option<Decision> {
    const WORDS: [(&str, Decision); 4] = [
        ("Performance has regressed", Decision::Worse),
        ("Performance has improved", Decision::Better),
        ("Change within noise threshold", Decision::Same),
        ("No change in performance detected", Decision::Same),
    ];
    WORDS.into_iter().find(|(words, _)| text.contains(words)).map(|(_, decision)| decision)
}

/// The third column of the kernel's line: fastest, slowest, median, mean.
fn divan_median(text: &str, kernel: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.contains(kernel) && line.contains('│'))?;
    let mut words = line.split('│').nth(2)?.split_whitespace();
    let value: f64 = words.next()?.parse().ok()?;
    let unit = match words.next()? {
        "ps" => 1e-3,
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(value * unit)
}

/// `name  [ 375.5 ns ... 369.0 ns ]  -1.58%*`: the star says that it is significant.
fn tango_says(text: &str, kernel: &str) -> Option<(Decision, f64)> {
    let line = text.lines().find(|line| line.trim_start().starts_with(kernel))?;
    let last = line.rsplit(']').next()?.trim();
    let change = last.trim_end_matches('*').trim_end_matches('%').parse::<f64>().ok()? / 100.0;
    let decision = match last.ends_with('*') {
        false => Decision::Same,
        true if change > 0.0 => Decision::Worse,
        true => Decision::Better,
    };
    Some((decision, change))
}

#[cfg(test)]
mod tests {
    use perfreg_core::judge::Decision;

    use super::{criterion_says, divan_median, tango_says};

    #[test]
    fn criterion_is_understood() {
        let check = |text: &str, expected| assert_eq!(criterion_says(text), expected, "{text}");
        check("  Performance has regressed.\nFound 2 outliers", Some(Decision::Worse));
        check("No change in performance detected.", Some(Decision::Same));
        check("hash_and_parse  time: [1 ns 2 ns 3 ns]", None);
    }

    #[test]
    fn divan_is_understood() {
        let text = "with_divan         fastest       │ slowest       │ median        │ mean          │ samples │ iters\n\
                    ╰─ hash_and_parse  189.9 ns      │ 192.5 ns      │ 191.2 ns      │ 191.1 ns      │ 100     │ 1600\n";
        assert_eq!(divan_median(text, "hash_and_parse"), Some(191.2));
        assert_eq!(
            divan_median(&text.replace("191.2 ns", "1.5 µs"), "hash_and_parse"),
            Some(1500.0)
        );
        assert_eq!(divan_median(text, "count_words"), None);
    }

    #[test]
    fn tango_is_understood() {
        let check = |end: &str, expected| {
            let line = format!("hash_and_parse        [ 567.8 ns ... 501.7 ns ]     {end}\n");
            assert_eq!(tango_says(&line, "hash_and_parse"), expected, "{end}");
        };
        check("-11.65%", Some((Decision::Same, -0.1165)));
        check("-11.65%*", Some((Decision::Better, -0.1165)));
        check("+2.00%*", Some((Decision::Worse, 0.02)));
        check("nonsense", None);
    }
}
