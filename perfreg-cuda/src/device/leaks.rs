//! Who has a device open in this process, and what they left allocated when the last one closed it.
//!
//! Tests that run in one process share its memory pool: what one of them leaves there is in the next
//! one's numbers.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use cudarc::driver::CudaContext;

use super::gpu::GpuKey;
use super::memory::allocated;

/// One handle of a device; the last one of the process that goes looks at what is left.
pub(super) struct Tenancy {
    context: Arc<CudaContext>,
    uuid: String,
    device: String,
}

/// The handles of one device.
#[derive(Default)]
struct Tenants {
    open: usize,
    /// The tests that opened it since nobody had it open; libtest names its threads after them.
    tests: Vec<String>,
    /// What was allocated then, such as by a library of the process.
    before: u64,
}

static TENANTS: Mutex<BTreeMap<String, Tenants>> = Mutex::new(BTreeMap::new());

impl Tenancy {
    pub(super) fn begin(context: &Arc<CudaContext>, key: &GpuKey) -> Self {
        let mut all = TENANTS.lock().unwrap_or_else(PoisonError::into_inner);
        let tenants = all.entry(key.uuid.clone()).or_default();
        if tenants.open == 0 {
            tenants.tests.clear();
            tenants.before = allocated(context).unwrap_or(0);
        }
        tenants.open += 1;
        let test = std::thread::current().name().unwrap_or("a thread without a name").to_owned();
        if !tenants.tests.contains(&test) {
            tenants.tests.push(test);
        }
        Self { context: Arc::clone(context), uuid: key.uuid.clone(), device: key.name.clone() }
    }
}

impl Drop for Tenancy {
    fn drop(&mut self) {
        let mut all = TENANTS.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(tenants) = all.get_mut(&self.uuid) else { return };
        tenants.open -= 1;
        if tenants.open > 0 {
            return;
        }
        // What was freed in the order of a stream is free when that stream is done.
        self.context.record_err(self.context.synchronize());
        // A device without pools tells nothing.
        let left = allocated(&self.context).map_or(0, |now| now.saturating_sub(tenants.before));
        if left > 0 {
            // The test's runner would keep what a test that passes prints to itself; without standard
            // error there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "{}", told(&tenants.tests, left, &self.device));
        }
    }
}

/// A sentence about what was left.
fn told(tests: &[String], bytes: u64, device: &str) -> String {
    let who = match tests {
        [one] => one.clone(),
        several => format!("one of {}", several.join(", ")),
    };
    format!("perfreg: {who} left {bytes} bytes allocated on {device}")
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn who_left_what_is_told() {
        let check = |tests: &[&str], expected: &str| {
            let tests: Vec<String> = tests.iter().map(|&test| test.to_owned()).collect();
            assert_eq!(told(&tests, 4_096, "Card"), expected);
        };
        check(&["fill"], "perfreg: fill left 4096 bytes allocated on Card");
        check(&["fill", "sum"], "perfreg: one of fill, sum left 4096 bytes allocated on Card");
    }
}
