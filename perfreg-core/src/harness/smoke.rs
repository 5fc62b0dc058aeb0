//! Running every case once, without measuring, and not running at all.

use std::sync::Once;

use crate::harness::entry::{Body, Test, failed};
use crate::harness::gate::{keep_outcome, record};
use crate::harness::spec::Failure;
use crate::harness::worker::check_used;
use crate::measure::{Bencher, Mode};
use crate::model::Outcome;

/// Runs each case once and says so on standard error, once a process.
pub(crate) fn run(test: &Test<'_>, why: &str, body: Body<'_>) -> Result<(), Failure> {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        test.settings.log.warn(|| {
            format!(
                "{why}: each case runs once and nothing is compared; `cargo test --release` measures"
            )
        });
    });
    let mut run = record(test);
    for (index, name) in test.cases.iter().enumerate() {
        let (bencher, recording) = Bencher::new(Mode::Smoke);
        let outcome =
            body(index, bencher).and_then(|()| check_used(test, name, &recording).map_err(failed));
        if let Err(failure) = outcome {
            run.outcome = Outcome::Failed { reason: failure.text().to_owned() };
            keep_outcome(test, &run);
            return Err(failure);
        }
    }
    run.outcome = Outcome::Smoke;
    keep_outcome(test, &run);
    Ok(())
}

/// Does not run the test, because its `skip_if` says so.
pub(crate) fn skip(test: &Test<'_>, reason: String) -> Result<(), Failure> {
    test.settings.log.warn(|| format!("{} did not run: {reason}", test.id));
    let mut run = record(test);
    run.outcome = Outcome::Skipped { reason };
    keep_outcome(test, &run);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::harness::entry::Test;
    use crate::harness::settings::Settings;
    use crate::harness::spec::{Options, TestSpec};
    use crate::model::{Outcome, TestId};
    use crate::probe::tests::git;
    use crate::store::Workspace;

    const SPEC: TestSpec = TestSpec {
        package: "app",
        manifest_dir: "",
        module_path: "perf",
        function: "sort",
        file: "tests/perf.rs",
        registration: &[],
        spin: |rounds| rounds,
        signature: "fn sort()",
        options: Options {
            baseline: None,
            threshold: None,
            reason: None,
            metrics: None,
            launches: None,
            samples: None,
            budget_ns: None,
            limits: &[],
        },
    };

    #[test]
    fn a_run_that_measures_nothing_names_its_commit() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "--quiet"]);
        git(root, &["commit", "--quiet", "--allow-empty", "-m", "sort less"]);
        let test = Test {
            spec: &SPEC,
            id: TestId::new(SPEC.package, SPEC.module_path, SPEC.function),
            package: root.to_owned(),
            workspace: Workspace::at(root),
            settings: Settings::from_env().unwrap(),
            cases: &["default".to_owned()],
        };
        let check = |expected: Outcome| {
            let run = test.workspace.last_runs().unwrap().remove(0);
            let subject = run.revision.and_then(|revision| revision.subject);
            assert_eq!((run.outcome, subject.as_deref()), (expected, Some("sort less")));
        };
        super::skip(&test, "no GPU here".to_owned()).unwrap();
        check(Outcome::Skipped { reason: "no GPU here".to_owned() });
        super::run(&test, "it is not optimised", &mut |_, bencher| {
            bencher.bench(|| 1);
            Ok(())
        })
        .unwrap();
        check(Outcome::Smoke);
    }
}
