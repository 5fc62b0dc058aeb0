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
