//! Which service runs this job, by what it says in the environment.

use std::fmt;

use clap::ValueEnum;

/// A service that runs jobs of continuous integration.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Service {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// Any other, or a terminal
    Plain,
}

impl Service {
    /// The service that these variables are of.
    pub(crate) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_true = |name| variable(name).is_some_and(|value| value == "true");
        if is_true("GITHUB_ACTIONS") {
            Self::Github
        } else if is_true("GITLAB_CI") {
            Self::Gitlab
        } else {
            Self::Plain
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Github => "GitHub Actions",
            Self::Gitlab => "GitLab CI",
            Self::Plain => "no service that is known",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Service;

    #[test]
    fn services_say_who_they_are() {
        let check = |variables: &[(&str, &str)], expected: Service| {
            let variable = |name: &str| {
                let found = variables.iter().find(|(of, _)| *of == name)?;
                Some(found.1.to_owned())
            };
            assert_eq!(Service::of(variable), expected, "{variables:?}");
        };
        check(&[], Service::Plain);
        check(&[("CI", "true")], Service::Plain);
        check(&[("CI", "true"), ("GITHUB_ACTIONS", "true")], Service::Github);
        check(&[("GITLAB_CI", "true")], Service::Gitlab);
        check(&[("GITHUB_ACTIONS", "")], Service::Plain);
    }
}
