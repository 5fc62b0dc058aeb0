//! How much memory is allocated and reserved on a device, and how much at most since a reset.
#![expect(unsafe_code, reason = "attributes of memory pools are written through pointers")]

use cudarc::driver::sys::CUmemPool_attribute as Attribute;
use cudarc::driver::{CudaContext, DriverError, result, sys};

use super::gpu::{Gpu, refused};
use crate::error::{Error, Result};

/// Bytes of the device's memory that this process uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct MemoryUse {
    /// In buffers.
    pub allocated: u64,
    /// In buffers, the most since the last reset.
    pub allocated_peak: u64,
    /// Taken from the device, whether in buffers or not.
    pub reserved: u64,
    /// Taken from the device, the most since the last reset.
    pub reserved_peak: u64,
}

impl MemoryUse {
    /// The share of what is reserved that is in no buffer, from 0 to 1.
    pub fn fragmentation(&self) -> f64 {
        if self.reserved == 0 {
            return 0.0;
        }
        1.0 - self.allocated as f64 / self.reserved as f64
    }
}

impl Gpu {
    /// How much memory is in use.
    ///
    /// # Errors
    /// [`crate::Error::is_driver`] if the device has no memory pools.
    pub fn memory(&self) -> Result<MemoryUse> {
        let read = |attribute| {
            self.read_pool(attribute).map_err(|error| refused("read the memory in use", error))
        };
        Ok(MemoryUse {
            allocated: read(Attribute::CU_MEMPOOL_ATTR_USED_MEM_CURRENT)?,
            allocated_peak: read(Attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH)?,
            reserved: read(Attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT)?,
            reserved_peak: read(Attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH)?,
        })
    }

    /// Begins anew to look for the most memory in use.
    ///
    /// # Errors
    /// [`crate::Error::is_driver`] if the device has no memory pools.
    pub fn reset_memory_peaks(&self) -> Result<()> {
        let peaks = [
            Attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH,
            Attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH,
        ];
        for peak in peaks {
            self.reset_pool(peak).map_err(|error| refused("reset the memory's peak", error))?;
        }
        Ok(())
    }

    /// Runs `work` and has it leave as much memory allocated as it found; what it returns counts, too.
    ///
    /// The peaks begin anew.
    ///
    /// # Errors
    /// The error of `work`; [`Error::is_leak`] with `name` and the bytes if some are left;
    /// [`Error::is_driver`] if the device has no memory pools.
    pub fn without_leak<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.synchronize()?;
        self.reset_memory_peaks()?;
        let before = self.memory()?.allocated;
        let value = work()?;
        self.synchronize()?;
        match self.memory()?.allocated.saturating_sub(before) {
            0 => Ok(value),
            left => Err(Error::leak(name, left, &self.key().name)),
        }
    }

    /// The most bytes that one buffer could have now, to within a mebibyte; found by trying.
    ///
    /// # Errors
    /// [`Error::is_driver`] if the driver does not tell how much is free.
    pub fn largest_block(&self) -> Result<u64> {
        const STEP: usize = 1 << 20;
        let (free, _) = self
            .context
            .mem_get_info()
            .map_err(|error| refused("read how much memory is free", error))?;
        let stream = self.stream()?;
        // SAFETY: nothing reads it; it is freed at once.
        let fits = |steps: usize| unsafe { stream.stream.alloc::<u8>(steps * STEP) }.is_ok();
        // What is free may lie in pieces, and what is reserved and unused is not counted as free.
        let reserved = self.memory().map_or(0, |memory| memory.reserved - memory.allocated);
        let (mut least, mut most) = (0, (free + reserved as usize) / STEP + 1);
        while most - least > 1 {
            let middle = usize::midpoint(least, most);
            if fits(middle) {
                least = middle;
            } else {
                most = middle;
            }
        }
        self.synchronize()?;
        Ok((least * STEP) as u64)
    }

    fn read_pool(&self, attribute: Attribute) -> std::result::Result<u64, DriverError> {
        read_pool(&self.context, attribute)
    }

    fn reset_pool(&self, attribute: Attribute) -> std::result::Result<(), DriverError> {
        let mut value = 0_u64;
        // SAFETY: these attributes are 64 bits wide, and 0 is the value that resets them.
        unsafe {
            let pool = pool(&self.context)?;
            result::mem_pool::set_attribute(pool, attribute, (&raw mut value).cast())
        }
    }
}

/// Bytes in buffers; `None` if the device has no memory pools.
pub(super) fn allocated(context: &CudaContext) -> Option<u64> {
    read_pool(context, Attribute::CU_MEMPOOL_ATTR_USED_MEM_CURRENT).ok()
}

fn read_pool(context: &CudaContext, attribute: Attribute) -> std::result::Result<u64, DriverError> {
    let mut value = 0_u64;
    // SAFETY: these four attributes are 64 bits wide.
    unsafe { result::mem_pool::get_attribute(pool(context)?, attribute, (&raw mut value).cast())? };
    Ok(value)
}

fn pool(context: &CudaContext) -> std::result::Result<sys::CUmemoryPool, DriverError> {
    context.bind_to_thread()?;
    // SAFETY: the device is this context's.
    unsafe { result::device::get_default_mem_pool(context.cu_device()) }
}

#[cfg(test)]
mod tests {
    use super::MemoryUse;

    #[test]
    fn what_is_reserved_and_not_used_is_fragmentation() {
        let check = |allocated, reserved, expected: f64| {
            let memory = MemoryUse { allocated, reserved, allocated_peak: 0, reserved_peak: 0 };
            assert!((memory.fragmentation() - expected).abs() < 1e-12);
        };
        check(0, 0, 0.0);
        check(75, 100, 0.25);
        check(100, 100, 0.0);
    }
}
