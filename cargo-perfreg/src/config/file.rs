//! The file itself: its tables, and reading it.

use std::path::Path;

use serde::Deserialize;

use perfreg_core::TestId;
use wildmatch::WildMatch;

use crate::cli::{FailOn, Sort};
use crate::config::severity::Severities;
use crate::config::values::{Budget, Launches, Limited, Percent, ReleaseTags};
use crate::error::Error;

/// Where the file may lie, below the root of the workspace.
pub(crate) const PLACES: [&str; 2] = ["perfreg.toml", ".config/perfreg.toml"];

/// The settings; everything has a default.
#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// The table `[run]`.
    #[serde(default)]
    pub(crate) run: Run,
    /// The table `[baselines]`.
    #[serde(default)]
    pub(crate) baselines: Baselines,
    /// The table `[store]`.
    #[serde(default)]
    pub(crate) store: Store,
    /// The table `[severity]`.
    #[serde(default)]
    pub(crate) severity: Severities,
    /// The tables `[[override]]`; of several that say something the last one holds.
    #[serde(default, rename = "override")]
    pub(crate) overrides: Vec<Override>,
}

/// The table `[run]`.
#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Run {
    /// The packages to measure where the command line names none; all of them if empty.
    #[serde(default)]
    pub(crate) packages: Vec<String>,
    /// From which severity on a regression fails the run.
    pub(crate) fail_on: Option<FailOn>,
    /// The order of the table.
    pub(crate) sort: Option<Sort>,
    /// How long the whole suite should take.
    pub(crate) suite_budget: Option<Budget>,
    /// Whether a regression is asked again of the baseline's own commit.
    #[serde(default)]
    pub(crate) settle: bool,
    /// Which tags name releases, as a pattern of git; none do if it is empty.
    #[serde(default)]
    pub(crate) release_tags: ReleaseTags,
    /// The threshold of tests that state none.
    pub(crate) threshold: Option<Percent>,
    /// The launches of tests that state none.
    pub(crate) launches: Option<Launches>,
    /// The budget of tests that state none.
    pub(crate) budget: Option<Budget>,
}

/// A table `[[override]]`: settings of the tests that a pattern means.
#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Override {
    /// Tests, as `target::test path`; `*` stands for anything.
    pub(crate) test: String,
    /// Only there, such as `linux-x86_64`.
    pub(crate) platform: Option<String>,
    /// Whether they run only where `--include-slow` asks for it.
    #[serde(default)]
    pub(crate) slow: bool,
    pub(crate) threshold: Option<Percent>,
    pub(crate) launches: Option<Launches>,
    pub(crate) budget: Option<Budget>,
    /// What these tests must keep to, whatever their baselines say.
    #[serde(default)]
    pub(crate) limits: Vec<Limited>,
}

/// What the file says of one test, each with the place in it.
#[derive(Default, Debug)]
pub(crate) struct FromFile {
    pub(crate) threshold: Option<(Percent, String)>,
    pub(crate) launches: Option<(Launches, String)>,
    pub(crate) budget: Option<(Budget, String)>,
    pub(crate) limits: Vec<(Limited, String)>,
}

impl Override {
    /// Whether it means the test `id` on `platform`.
    fn means(&self, id: &TestId, platform: &str) -> bool {
        self.platform.as_deref().is_none_or(|only| only == platform)
            && WildMatch::new(&self.test).matches(&id.to_string())
    }
}

/// The table `[baselines]`.
#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Baselines {
    /// Hosts, by a part of their text, whose times are committed to `gt/`.
    #[serde(default)]
    pub(crate) commit_time_for: Vec<String>,
}

/// The table `[store]`: a history that a team shares.
#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Store {
    /// The address of the database, without a password.
    pub(crate) url: Option<String>,
    /// What this workspace is called in it (default: the name of its folder).
    pub(crate) project: Option<String>,
}

impl Config {
    /// The settings of the workspace at `root`; the defaults if it has no file.
    ///
    /// # Errors
    /// If there are two files, or one that is not in order.
    pub(crate) fn of_workspace(root: &Path) -> Result<Self, Error> {
        let mut found = PLACES.iter().map(|place| root.join(place)).filter(|path| path.is_file());
        match (found.next(), found.next()) {
            (None, _) => Ok(Self::default()),
            (Some(path), None) => Self::read(&path),
            (Some(one), Some(other)) => Err(Error::usage(format!(
                "there are two configurations, {} and {}; keep one",
                one.display(),
                other.display()
            ))),
        }
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, &e))?;
        let wrong =
            |e: toml::de::Error| Error::usage(format!("{}: {}", path.display(), fault(&text, &e)));
        toml::from_str(&text).map_err(wrong)
    }

    /// What the file says of the test `id` on `platform`.
    pub(crate) fn over_tests(&self, id: &TestId, platform: &str) -> FromFile {
        let of_run = || "[run]".to_owned();
        let mut found = FromFile {
            threshold: self.run.threshold.map(|value| (value, of_run())),
            launches: self.run.launches.map(|value| (value, of_run())),
            budget: self.run.budget.map(|value| (value, of_run())),
            limits: Vec::new(),
        };
        for one in self.overrides.iter().filter(|one| one.means(id, platform)) {
            let place = || format!("override `{}`", one.test);
            found.threshold = one.threshold.map(|value| (value, place())).or(found.threshold);
            found.launches = one.launches.map(|value| (value, place())).or(found.launches);
            found.budget = one.budget.map(|value| (value, place())).or(found.budget);
            found.limits.extend(one.limits.iter().map(|limit| (limit.clone(), place())));
        }
        found
    }

    /// Whether the test `id` is slow on `platform`.
    pub(crate) fn is_slow(&self, id: &TestId, platform: &str) -> bool {
        self.overrides.iter().any(|one| one.slow && one.means(id, platform))
    }

    /// The first pattern that means none of `tests` on any platform.
    pub(crate) fn pattern_for_nothing(&self, tests: &[&TestId]) -> Option<&str> {
        let means_any = |pattern: &str| {
            let pattern = WildMatch::new(pattern);
            tests.iter().any(|id| pattern.matches(&id.to_string()))
        };
        self.overrides.iter().map(|one| one.test.as_str()).find(|pattern| !means_any(pattern))
    }

    /// Whether times of the host that prints as `host` are committed.
    pub(crate) fn commits_time_of(&self, host: &str) -> bool {
        self.baselines.commit_time_for.iter().any(|part| host.contains(part.as_str()))
    }
}

/// What is wrong with `text`. The message of toml shows the line, and the keys that it would have
/// understood; a line that may hold a password is not shown, for logs are read by many.
fn fault(text: &str, error: &toml::de::Error) -> String {
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return error.to_string();
    };
    let number = before.split('\n').count();
    let near: Vec<&str> = text.split('\n').take(number).skip(number.saturating_sub(2)).collect();
    let is_secret = |text: &str| text.contains("://") || text.to_lowercase().contains("password");
    if !near.iter().any(|line| is_secret(line)) {
        return error.to_string();
    }
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    // Some messages repeat the value.
    let values = near.iter().filter_map(|line| line.split_once('=')).map(|(_, value)| {
        value.trim_matches(|letter: char| letter.is_whitespace() || "'\"".contains(letter))
    });
    let message = error.message();
    let repeats = message.contains("://")
        || values.filter(|value| !value.is_empty()).any(|value| message.contains(value));
    let message = if repeats { "the value is not what belongs there" } else { message };
    format!("TOML parse error at line {number}, column {column}: {message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_workspace(files: &[(&str, &str)]) -> Result<Config, String> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let shown = root.path().display().to_string();
        Config::of_workspace(root.path()).map_err(|e| e.to_string().replace(&shown, "ROOT"))
    }

    #[test]
    fn hosts_match_by_a_part_of_their_text() {
        let text = "[baselines]\ncommit-time-for = ['EPYC 7B13', 'cpu 150 %']";
        let check = |host: &str, expected: bool| {
            for place in PLACES {
                let config = in_workspace(&[(place, text)]).unwrap();
                assert_eq!(config.commits_time_of(host), expected, "{host} by {place}");
            }
            assert!(!in_workspace(&[]).unwrap().commits_time_of(host), "no file names {host}");
        };
        check("linux-x86_64, AMD EPYC 7B13, 2 cores", true);
        check("linux-x86_64, Xeon, 2 cores, cpu 150 %", true);
        check("linux-x86_64, Xeon, 2 cores", false);
    }

    #[test]
    fn patterns_mean_tests() {
        let text = "[[override]]\ntest = '*::sort*'\nslow = true\nplatform = 'linux-x86_64'";
        let config = in_workspace(&[(PLACES[0], text)]).unwrap();
        let check = |module: &str, function: &str, platform: &str, expected: bool| {
            let id = TestId::new("app", module, function);
            assert_eq!(config.is_slow(&id, platform), expected, "{id} on {platform}");
        };
        check("perf", "sort_small", "linux-x86_64", true);
        check("perf", "sort_small", "macos-aarch64", false);
        check("perf", "parse", "linux-x86_64", false);
        let (sort, parse) = (TestId::new("app", "perf", "sort"), TestId::new("app", "perf", "x"));
        assert_eq!(config.pattern_for_nothing(&[&sort, &parse]), None);
        assert_eq!(config.pattern_for_nothing(&[&parse]), Some("*::sort*"));
    }

    #[test]
    fn a_wrong_file_is_explained() {
        let check = |files: &[(&str, &str)], part: &str| {
            let message = in_workspace(files).unwrap_err();
            assert!(message.contains(part), "{message} lacks {part}");
        };
        let unknown = [("perfreg.toml", "[baselines]\ncommit-times = []")];
        check(&unknown, "ROOT/perfreg.toml: TOML parse error at line 2");
        check(&unknown, "unknown field `commit-times`, expected `commit-time-for`");
        let known = "unknown field `x`, expected one of `run`, `baselines`, `store`, `severity`, \
            `override`";
        check(&[(PLACES[1], "x = 1")], known);
        let of_run = |line: &str| format!("[run]\n{line}");
        let wrong = [
            ("threshold = '-3%'", "line 2", "`-3%` is no percentage above 0"),
            ("threshold = 3", "line 2", "expected a string"),
            ("budget = '2'", "line 2", "`2` is no duration above 0"),
            ("launches = 2", "line 2", "at least 3 make a verdict"),
            ("fail-on = 'often'", "unknown variant `often`", "`warning`, `critical`, `never`"),
        ];
        for (line, one, other) in wrong {
            check(&[(PLACES[0], &of_run(line))], one);
            check(&[(PLACES[0], &of_run(line))], other);
        }
        let severity = [(PLACES[0], "[severity.latency]\nfatal = '3%'")];
        check(&severity, "unknown field `fatal`, expected `warning` or `critical`");
        check(&[(PLACES[0], "[[override]]\nthreshold = '3%'")], "missing field `test`");
        check(&[(PLACES[0], ""), (PLACES[1], "")], "there are two configurations");
    }

    #[test]
    fn a_password_in_a_wrong_line_is_not_shown() {
        let check = |text: &str, expected: &str| {
            let message = in_workspace(&[(PLACES[0], text)]).unwrap_err();
            assert!(message.contains(expected), "{message} lacks {expected}");
            assert!(!message.contains("hunter2"), "{message}");
        };
        check("[store]\npassword = 'hunter2'", "line 2, column 1: unknown field `password`");
        check("[store]\npassword = hunter2", "line 2, column");
        check("[store]\npassword = [\n'hunter2', ?\n]", "line 3, column");
        check("[store]\nPGPASSWORD = 'hunter2'", "unknown field `PGPASSWORD`, expected `url`");
        let address = "postgres://ci:hunter2@db/perf";
        check(&format!("[store]\nurl = '{address}\nproject = 'a'"), "line 2, column");
        check(&format!("[store]\nurl = \"{address}\n"), "line 2, column");
        check(&format!("[store]\nurl = \"\"\"{address}\n"), "ROOT/perfreg.toml: TOML parse error");
        check(
            &format!("[store]\naddress = '{address}'"),
            "unknown field `address`, expected `url`",
        );
        check(&format!("store = '{address}'"), "line 1, column 9: the value is not what belongs");
        check(&format!("[store]\nurl = ['{address}']"), "expected a string");
        // The line of another fault is shown.
        let message = in_workspace(&[(PLACES[0], "[run]\nlaunches = 2")]).unwrap_err();
        assert!(message.contains("2 | launches = 2"), "{message}");
    }
}
