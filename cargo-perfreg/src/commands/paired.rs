//! What `diff`, `doctor` and `selftest` share: the machine to themselves, and tests against themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use perfreg_core::TestId;
use perfreg_core::measure::MachineLock;

use crate::bouts::{Bout, Contestant, Starting, Unfit};
use crate::cli::BuildArgs;
use crate::commands::run::{Suite, find, select};
use crate::context::Context;
use crate::error::Error;
use crate::filter::Match;

/// Waits for the machine.
///
/// # Errors
/// If it cannot be locked.
pub(super) fn lock(holder: &str, context: &Context) -> Result<MachineLock, Error> {
    let path = std::env::var_os("PERFREG_LOCK_FILE")
        .map_or_else(MachineLock::default_path, std::path::PathBuf::from);
    let waiting = |holder: &str| {
        context.log.warn(|| format!("waiting for the machine: {holder} has it"));
    };
    Ok(MachineLock::acquire(&path, holder, waiting)?)
}

/// Tests with both sides the same.
pub(super) struct OwnBouts {
    pub(super) bouts: Vec<Bout>,
    /// Those that cannot be measured, each with the reason.
    pub(super) unfit: Vec<(TestId, String)>,
    /// What they tell of this machine's devices, a line of JSON each.
    pub(super) devices: BTreeSet<String>,
}

/// The tests that `filters` mean, each against itself.
///
/// # Errors
/// If the build fails, or a filter means nothing.
pub(super) fn own_bouts(
    build: &BuildArgs,
    filters: &[String],
    forced: Option<f64>,
    context: &Context,
) -> Result<OwnBouts, Error> {
    let suite = Suite::build(build, context)?;
    let found = select(find(&suite.executables)?, filters, Match::Substring)?;
    let platform = perfreg_core::probe::host().platform;
    let mut own = OwnBouts { bouts: Vec::new(), unfit: Vec::new(), devices: BTreeSet::new() };
    for test in found.iter().filter(|test| !test.ignored) {
        let from_file = suite.config.over_tests(&test.id, &platform);
        let starting = Starting {
            timeout: Duration::from_secs(300),
            log: context.log,
            threshold: from_file.threshold.map(|(value, _)| value.number() / 100.0),
            forced,
        };
        let call = || {
            let executable = test.executable().clone();
            move || executable.worker()
        };
        let both = Contestant::of(&test.id, call(), starting).and_then(|one| {
            own.devices.extend(one.told.devices.iter().cloned());
            let other = one.again(&test.id, call(), starting)?;
            Ok(Bout::between(&test.id, one, other, starting))
        });
        match both {
            Ok(Ok(bout)) => own.bouts.push(bout),
            Ok(Err(Unfit::Skipped(why) | Unfit::NotComparable(why))) => {
                own.unfit.push((test.id.clone(), why));
            }
            Err(error) => own.unfit.push((test.id.clone(), error.to_string())),
        }
    }
    Ok(own)
}
