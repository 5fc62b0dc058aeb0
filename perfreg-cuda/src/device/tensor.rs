//! Numbers on a device, with their shape and type.
#![expect(unsafe_code, reason = "memory is allocated before it is written")]

use std::fmt;

use cudarc::driver::{CudaSlice, DevicePtr, DevicePtrMut, result};

use super::gpu::{Gpu, Stream, refused};
use crate::error::{Error, Result};

/// What is no number in any floating-point type, byte by byte.
const POISON: u8 = 0xff;

/// A tensor on a device: dense, in row-major order. It is freed when no work runs any more.
pub struct Tensor {
    bytes: CudaSlice<u8>,
    kind: &'static str,
    dims: Vec<u32>,
}

impl Tensor {
    /// A tensor of `dims` numbers of `width` bytes each, whose type is called `kind`; every byte is
    /// `0xff`, which is no number in any floating-point type.
    pub(crate) fn poisoned(
        gpu: &Gpu,
        stream: &Stream,
        (kind, width): (&'static str, u64),
        dims: &[u32],
    ) -> Result<Self> {
        let numbers = dims.iter().try_fold(width, |all, dim| all.checked_mul(u64::from(*dim)));
        let bytes = numbers.and_then(|bytes| usize::try_from(bytes).ok());
        let Some(bytes) = bytes.filter(|bytes| *bytes > 0) else {
            return Err(Error::argument("dims", format!("{dims:?} hold nothing, or too much")));
        };
        let what = format!("allocate {bytes} bytes on {}", gpu.key().name);
        // SAFETY: every byte is written below, before anyone can read it.
        let mut allocated =
            unsafe { stream.stream.alloc::<u8>(bytes) }.map_err(|error| refused(&what, error))?;
        let address = allocated.device_ptr_mut(&stream.stream).0;
        // SAFETY: as many bytes were allocated there, on this stream.
        unsafe { result::memset_d8_async(address, POISON, bytes, stream.stream.cu_stream()) }
            .map_err(|error| refused(&what, error))?;
        // Other streams may use it from now on.
        stream.synchronize()?;
        Ok(Self { bytes: allocated, kind, dims: dims.to_vec() })
    }

    /// Hands over to the stream to set every byte to zero.
    pub(crate) fn clear(&mut self, stream: &Stream) -> Result<()> {
        let cleared = stream.stream.memset_zeros(&mut self.bytes);
        cleared.map_err(|error| refused("clear memory", error))
    }

    /// Overwrites the numbers with these bytes.
    ///
    /// # Errors
    /// [`Error::is_argument`] if there are not as many bytes as the tensor has.
    pub fn upload(&mut self, stream: &Stream, bytes: &[u8]) -> Result<()> {
        if bytes.len() != self.bytes.len() {
            let message = format!("{} where the tensor has {}", bytes.len(), self.bytes.len());
            return Err(Error::argument("bytes", message));
        }
        let copied = stream.stream.memcpy_htod(bytes, &mut self.bytes);
        copied.map_err(|error| refused("copy to the device", error))?;
        stream.synchronize()
    }

    /// The numbers' bytes, when the stream's work is done.
    ///
    /// # Errors
    /// [`Error::is_driver`] if that work or the copy failed.
    pub fn download(&self, stream: &Stream) -> Result<Vec<u8>> {
        let copied = stream.stream.clone_dtoh(&self.bytes);
        let copied = copied.map_err(|error| refused("copy from the device", error))?;
        stream.synchronize()?;
        Ok(copied)
    }

    /// The sizes in each direction, outermost first.
    pub fn dims(&self) -> &[u32] {
        &self.dims
    }

    /// What its type is called, such as `bf16`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Checks that a launch may use it as the argument of this name.
    pub(crate) fn check(&self, name: &str, kind: &str, dims: &[u32], gpu: &Gpu) -> Result<()> {
        if self.kind != kind {
            return Err(Error::argument(name, format!("{} where {kind} is wanted", self.kind)));
        }
        if self.dims != dims {
            return Err(Error::argument(name, format!("{:?} where {dims:?} is wanted", self.dims)));
        }
        if self.bytes.context() != &gpu.context {
            return Err(Error::argument(name, "it lies on another device"));
        }
        Ok(())
    }

    /// Where it lies on the device.
    pub(crate) fn address(&self, stream: &Stream) -> u64 {
        self.bytes.device_ptr(&stream.stream).0
    }
}

impl Drop for Tensor {
    fn drop(&mut self) {
        // Work of any stream may still use it; what went wrong there is the next call's to report.
        let context = self.bytes.context();
        context.record_err(context.synchronize());
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tensor")
            .field("kind", &self.kind)
            .field("dims", &self.dims)
            .finish_non_exhaustive()
    }
}
