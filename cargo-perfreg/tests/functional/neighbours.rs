//! Neighbours to order.

use std::process::{Child, Command};

/// Keeps every core busy until it is dropped.
pub(crate) struct Neighbours(Vec<Child>);

impl Neighbours {
    /// One process a core.
    pub(crate) fn one_per_core() -> Self {
        let cores = std::thread::available_parallelism().unwrap().get();
        let spin = || Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        Self((0..cores).map(|_| spin()).collect())
    }
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
