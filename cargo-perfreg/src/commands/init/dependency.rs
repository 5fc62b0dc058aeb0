//! How a package calls perfreg.

use cargo_metadata::{DependencyKind, Package};

/// The crates that a test can take the attribute from.
const CRATES: [&str; 2] = ["perfreg", "perfreg-core"];

/// The crate that the first test names.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Dependency {
    /// By its own name.
    Called(String),
    /// By another name, which the attribute has to be told.
    Renamed(String),
}

impl Dependency {
    /// What `package` depends on already, if its tests can use it.
    pub(super) fn of(package: &Package) -> Option<Self> {
        let usable = package.dependencies.iter().filter(|one| one.kind != DependencyKind::Build);
        let mut known: Vec<_> = usable.filter(|one| CRATES.contains(&one.name.as_str())).collect();
        known.sort_by_key(|one| one.name.clone());
        known.first().map(|one| match &one.rename {
            Some(name) => Self::Renamed(name.replace('-', "_")),
            None => Self::Called(one.name.replace('-', "_")),
        })
    }

    /// What `cargo add` leaves.
    pub(super) fn added() -> Self {
        Self::Called("perfreg".to_owned())
    }

    /// The test `text`, written for `perfreg`, with this crate in its place.
    pub(super) fn said_in(&self, text: &str) -> String {
        let import = |name: &str| text.replace("use perfreg::", &format!("use {name}::"));
        match self {
            Self::Called(name) => import(name),
            Self::Renamed(name) => {
                let attribute = format!("#[perf_regression(crate = {name}, ");
                import(name).replace("#[perf_regression(", &attribute)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dependency;

    #[test]
    fn the_first_test_names_the_crate_as_the_package_does() {
        let text = include_str!("perf.rs");
        let check = |dependency: Dependency, parts: [&str; 2]| {
            let said = dependency.said_in(text);
            parts.iter().for_each(|part| assert!(said.contains(part), "{part} is not in\n{said}"));
        };
        let baseline = "#[perf_regression(baseline";
        check(Dependency::added(), ["use perfreg::perf_regression;", baseline]);
        let core = Dependency::Called("perfreg_core".to_owned());
        check(core, ["use perfreg_core::perf_regression;", baseline]);
        let renamed = Dependency::Renamed("pr".to_owned());
        check(renamed, ["use pr::perf_regression;", "#[perf_regression(crate = pr, baseline"]);
    }
}
