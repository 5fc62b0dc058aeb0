//! Where a generated test enters: settings, then the role they give this process.

use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::error::Error;
use crate::harness::settings::{Role, Settings};
use crate::harness::spec::{Failure, TestSpec};
use crate::harness::{gate, parent, smoke, worker};
use crate::measure::{Bencher, end_with_stdin};
use crate::model::TestId;
use crate::probe;
use crate::store::Workspace;

/// The body of a test: runs the case with this index on a bencher.
pub(crate) type Body<'a> = &'a mut dyn FnMut(usize, Bencher) -> Result<(), Failure>;

/// An annotated test on its way through the harness.
pub(crate) struct Test<'a> {
    pub(crate) spec: &'a TestSpec,
    pub(crate) id: TestId,
    pub(crate) package: PathBuf,
    pub(crate) workspace: Workspace,
    pub(crate) settings: Settings,
    pub(crate) cases: &'a [String],
}

impl Test<'_> {
    /// The committed baseline file relative to the package: as named, else by the test target.
    pub(crate) fn baseline_name(&self) -> String {
        match self.spec.options.baseline {
            Some(named) => named.to_owned(),
            None => format!("gt/{}.json", self.id.target),
        }
    }
}

/// Runs an annotated test: once each case, as a worker, or against its baseline.
///
/// # Errors
/// If the test regressed, failed, or could not be measured; the text is for the reader of the test
/// output.
pub fn run(
    spec: &TestSpec,
    skip: Option<String>,
    cases: &[String],
    body: Body<'_>,
) -> Result<(), Failure> {
    std::hint::black_box(spec.registration);
    parent::remember();
    let settings = Settings::from_env().map_err(failed)?;
    watch_lifeline(&settings);
    let package = package_folder(spec);
    let test = Test {
        spec,
        id: TestId::new(spec.package, spec.module_path, spec.function),
        workspace: Workspace::of_source(&package, Path::new(spec.file)),
        package,
        settings,
        cases,
    };
    if let Role::Worker(job) = &test.settings.role {
        return worker::serve(&test, job, skip, body);
    }
    unique(cases).map_err(failed)?;
    match (skip, &test.settings.role) {
        (Some(reason), _) => smoke::skip(&test, reason),
        (None, Role::Smoke(why)) => smoke::run(&test, why, body),
        (None, Role::GateIfOptimised) if !probe::is_optimised(spec.spin) => {
            smoke::run(&test, "this crate is not optimised, though perfreg is", body)
        }
        (None, _) => gate::run(&test),
    }
}

/// Two cases of one name would overwrite each other's baseline.
fn unique(cases: &[String]) -> Result<(), Error> {
    let mut seen = std::collections::BTreeSet::new();
    match cases.iter().find(|name| !seen.insert(name.as_str())) {
        Some(name) => Err(Error::usage(format!(
            "two cases are named `{name}`; give them names of their own: args = [\"name\" => value, …]"
        ))),
        None => Ok(()),
    }
}

fn watch_lifeline(settings: &Settings) {
    static WATCHED: Once = Once::new();
    let asked = std::env::var_os("PERFREG_LIFELINE").is_some();
    if asked || matches!(settings.role, Role::Worker(_)) {
        WATCHED.call_once(end_with_stdin);
    }
}

/// Where cargo or nextest say that the package lies, for archived test binaries move; where it was
/// compiled if they speak of another one, as to a test that starts this one.
fn package_folder(spec: &TestSpec) -> PathBuf {
    let compiled = Path::new(spec.manifest_dir);
    let told = std::env::var_os("CARGO_PKG_NAME").is_some_and(|name| name == spec.package);
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(now) if told || !compiled.is_dir() => PathBuf::from(now),
        _ => compiled.to_owned(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(crate) fn failed(error: Error) -> Failure {
    Failure::new(format!("perfreg: {error}"))
}
