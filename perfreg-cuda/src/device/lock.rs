//! One measurement at a time on a device, whoever measures.

use std::fs::File;

use super::gpu::Gpu;
use crate::error::{Error, Result};

/// Held while samples are taken; the file is let go when it is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct GpuLock {
    _file: File,
}

impl GpuLock {
    /// Waits until nobody else measures on this device.
    pub(crate) fn wait(gpu: &Gpu) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("perfreg-{}.lock", gpu.key().uuid));
        let failed = |error: std::io::Error| {
            Error::measurement(format!("cannot lock {}: {error}", path.display()))
        };
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Self { _file: file })
    }
}
