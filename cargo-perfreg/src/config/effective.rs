//! What holds for one test: command line, environment, attribute, file, default, in this order.

use std::fmt;

use perfreg_core::TestId;

use crate::config::file::Config;
use crate::config::values::{Budget, Launches, Limited, Percent};
use crate::registry::Said;

/// Who said so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    CommandLine,
    Environment(&'static str),
    Attribute,
    /// The pattern of an override, or the table `[run]`.
    File(String),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::CommandLine => f.write_str("command line"),
            Origin::Environment(name) => write!(f, "environment, {name}"),
            Origin::Attribute => f.write_str("attribute"),
            Origin::File(place) => write!(f, "file, {place}"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// What the command line and the environment say.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(crate) struct Given {
    pub(crate) threshold: Option<Percent>,
    pub(crate) launches: Option<Launches>,
    pub(crate) budget: Option<Budget>,
}

/// What holds, as text with its origin: a line of `config show` each.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Effective {
    pub(crate) threshold: (String, Origin),
    pub(crate) launches: (String, Origin),
    pub(crate) budget: (String, Origin),
    /// These add up.
    pub(crate) limits: Vec<(String, Origin)>,
}

impl Effective {
    /// Names, values and origins.
    pub(crate) fn lines(&self) -> Vec<(&'static str, &(String, Origin))> {
        let Self { threshold, launches, budget, limits } = self;
        let mut lines = vec![("threshold", threshold), ("launches", launches), ("budget", budget)];
        lines.extend(limits.iter().map(|limit| ("limit", limit)));
        lines
    }
}

/// What holds for the test `id` on `platform`.
pub(crate) fn effective(
    id: &TestId,
    platform: &str,
    said: &Said,
    given: &Given,
    config: &Config,
    environment: impl Fn(&str) -> Option<String>,
) -> Effective {
    let from_file = config.over_tests(id, platform);
    let pick = |given: Option<String>,
                variable: &'static str,
                said: Option<String>,
                file: Option<(String, String)>,
                default: &str| {
        let given = given.map(|value| (value, Origin::CommandLine));
        let environment =
            || environment(variable).map(|value| (value, Origin::Environment(variable)));
        let said = || said.map(|value| (value, Origin::Attribute));
        let file = || file.map(|(value, place)| (value, Origin::File(place)));
        given
            .or_else(environment)
            .or_else(said)
            .or_else(file)
            .unwrap_or_else(|| (default.to_owned(), Origin::Default))
    };
    let fraction = |text: &String| {
        let percent = text.parse::<f64>().map(|fraction| fraction * 100.0);
        percent.map_or_else(|_| text.clone(), |percent| format!("{percent}%"))
    };
    let nanos = |text: &String| {
        text.parse().map_or_else(|_| text.clone(), |ns| Budget::of_nanos(ns).to_string())
    };
    Effective {
        threshold: pick(
            given.threshold.map(|value| value.to_string()),
            "PERFREG_THRESHOLD",
            said.threshold.as_ref().map(fraction),
            from_file.threshold.map(|(value, place)| (value.to_string(), place)),
            "5%",
        ),
        launches: pick(
            given.launches.map(|value| value.to_string()),
            "PERFREG_LAUNCHES",
            said.launches.clone(),
            from_file.launches.map(|(value, place)| (value.to_string(), place)),
            "10",
        ),
        budget: pick(
            given.budget.map(|value| value.to_string()),
            "PERFREG_BUDGET",
            said.budget_ns.as_ref().map(nanos),
            from_file.budget.map(|(value, place)| (value.to_string(), place)),
            "2s",
        ),
        limits: limits(said, from_file.limits),
    }
}

fn limits(said: &Said, from_file: Vec<(Limited, String)>) -> Vec<(String, Origin)> {
    let text = |limit: &str, reason: &str| format!("{limit}, because {reason}");
    let attribute =
        said.limits.iter().map(|(limit, reason)| (text(limit, reason), Origin::Attribute));
    let file = from_file
        .into_iter()
        .map(|(limit, place)| (text(limit.0.text(), limit.0.reason()), Origin::File(place)));
    attribute.chain(file).collect()
}

#[cfg(test)]
mod tests {
    use super::{Given, effective};
    use crate::config::file::Config;
    use crate::registry::Said;
    use perfreg_core::TestId;

    #[test]
    fn the_nearest_source_wins() {
        let config: Config = toml::from_str(
            "[run]\nthreshold = '9%'\nlaunches = 20\n\n\
             [[override]]\ntest = 'perf::sort*'\nthreshold = '8%'\n\n\
             [[override]]\ntest = 'perf::*'\nplatform = 'macos-aarch64'\nbudget = '7s'",
        )
        .unwrap();
        let check = |platform: &str,
                     given: Given,
                     said: Said,
                     variable: Option<&str>,
                     expected: [&str; 3]| {
            let id = TestId::new("app", "perf", "sort_reversed");
            let environment =
                |name: &str| variable.filter(|_| name == "PERFREG_THRESHOLD").map(str::to_owned);
            let found = effective(&id, platform, &said, &given, &config, environment);
            let lines = found.lines();
            let lines: Vec<_> =
                lines.iter().map(|(_, (value, origin))| format!("{value} ({origin})")).collect();
            assert_eq!(lines, expected);
        };
        let (nothing, silent) = (Given::default(), Said::default());
        let rest = ["20 (file, [run])", "2s (default)"];
        check(
            "linux-x86_64",
            nothing,
            silent.clone(),
            None,
            ["8% (file, override `perf::sort*`)", rest[0], rest[1]],
        );
        let said = Said { threshold: Some("0.03".into()), ..silent.clone() };
        check("linux-x86_64", nothing, said.clone(), None, ["3% (attribute)", rest[0], rest[1]]);
        let variable = ["4% (environment, PERFREG_THRESHOLD)", rest[0], rest[1]];
        check("linux-x86_64", nothing, said.clone(), Some("4%"), variable);
        let given = Given { threshold: Some("2%".parse().unwrap()), ..nothing };
        check("linux-x86_64", given, said, Some("4%"), ["2% (command line)", rest[0], rest[1]]);
        let on_mac =
            ["8% (file, override `perf::sort*`)", rest[0], "7s (file, override `perf::*`)"];
        check("macos-aarch64", nothing, silent, None, on_mac);
    }
}
