//! Processes that keep every core busy, for as long as the evaluation lives.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;

/// The word that makes this program one of them.
pub(crate) const SPIN: &str = "spin-until-standard-input-closes";

/// Spins until standard input closes, which it does when the evaluation ends, however it ends.
pub(crate) fn spin() {
    thread::spawn(|| {
        let mut number = 1_u64;
        loop {
            number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005));
        }
    });
    // What is read does not matter, and an error is an end as well.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// One for every core; they end with this value.
#[derive(Debug)]
pub(super) struct Spinning(Vec<Child>);

impl Spinning {
    pub(super) fn begin() -> Result<Self, String> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
        let mut all = Self(Vec::new());
        for _ in 0..cores {
            let child = Command::new(&own).arg(SPIN).stdin(Stdio::piped()).spawn();
            all.0.push(child.map_err(|error| format!("{}: {error}", own.display()))?);
        }
        Ok(all)
    }
}

impl Drop for Spinning {
    fn drop(&mut self) {
        for child in &mut self.0 {
            drop(child.stdin.take());
            // One that has ended already is as good.
            let _ = child.wait();
        }
    }
}
