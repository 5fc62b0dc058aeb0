//! Opening a device, and what identifies it.
#![expect(unsafe_code, reason = "event tracking is turned off by an unsafe function")]

use std::fmt;
use std::sync::Arc;

use cudarc::driver::sys::CUdevice_attribute as Attribute;
use cudarc::driver::{CudaContext, CudaEvent, CudaStream, DriverError, sys};

use perfreg_core::HostKey;

use super::health::Health;
use super::leaks::Tenancy;
use super::rank::Rank;
use crate::error::{Error, Result};
use crate::nvrtc::{Architecture, Compiler};
use crate::probe::unavailable;

/// A device that kernels can run on.
#[derive(Clone)]
pub struct Gpu {
    pub(super) context: Arc<CudaContext>,
    key: GpuKey,
    health: Arc<Health>,
    compiler: &'static Compiler,
    _tenancy: Arc<Tenancy>,
}

/// What has to be the same for times to be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GpuKey {
    /// The name, such as `NVIDIA H200`.
    pub name: String,
    /// The identity of this one device, as NVML writes it.
    pub uuid: String,
    /// The compute capability, major and minor.
    pub capability: (u32, u32),
    /// Multiprocessors.
    pub multiprocessors: u32,
    /// The most bytes of shared memory that a block can ask for.
    pub shared_bytes_of_block: u32,
    /// Bytes of the cache that all multiprocessors share.
    pub cache_bytes: u32,
    /// Whether memory errors are corrected, which costs bandwidth.
    pub corrects_errors: bool,
}

/// An order of work on a device.
#[derive(Clone, Debug)]
pub struct Stream {
    pub(super) stream: Arc<CudaStream>,
}

impl Gpu {
    /// How many devices there are; 0 where [`unavailable`] has a reason.
    pub fn count() -> usize {
        let count = || CudaContext::device_count().ok().and_then(|n| usize::try_from(n).ok());
        if unavailable().is_some() { 0 } else { count().unwrap_or(0) }
    }

    /// Opens the device of this process, if it is one of several ([`Rank::from_env`]); else device 0.
    ///
    /// Each process keeps its records in a workspace of its own; `cargo perfreg merge --on-conflict
    /// keep-slowest` takes them in, and what stands is what the slowest measured. Processes that wait for each
    /// other need a `PERFREG_LOCK_FILE` each, or one of them has the machine to itself.
    ///
    /// # Errors
    /// As for [`Self::open`], and [`Error::is_argument`] with the variable that is wrong.
    pub fn open_of_rank() -> Result<Self> {
        let rank = Rank::from_env()?;
        Self::open(rank.device_of(Self::count()))
    }

    /// Opens device number `ordinal`.
    ///
    /// # Errors
    /// [`Error::is_unavailable`] if this machine cannot run kernels, with the reason;
    /// [`Error::is_argument`] if it has no such device; [`Error::is_driver`] if the driver refuses.
    pub fn open(ordinal: usize) -> Result<Self> {
        if let Some(reason) = unavailable() {
            return Err(Error::unavailable(reason.to_string()));
        }
        let count = CudaContext::device_count().map_err(|error| refused("count devices", error))?;
        if usize::try_from(count).is_ok_and(|count| ordinal >= count) {
            let message = format!("{ordinal}, and there are {count} devices, counted from 0");
            return Err(Error::argument("ordinal", message));
        }
        let opening = format!("open device {ordinal}");
        let context = CudaContext::new(ordinal).map_err(|error| refused(&opening, error))?;
        // SAFETY: no buffer exists yet; buffers of this crate are freed when the device is idle, and
        // launches that share one are ordered by their stream.
        unsafe { context.disable_event_tracking() };
        let key = GpuKey::of(&context).map_err(|error| refused(&opening, error))?;
        let (major, minor) = key.capability;
        if Architecture::of_capability(major, minor).is_none() {
            let message = format!("{} has compute capability {major}.{minor}", key.name);
            return Err(Error::unavailable(message));
        }
        let health = Arc::new(Health::of(&key.uuid));
        let tenancy = Arc::new(Tenancy::begin(&context, &key));
        Ok(Self { context, key, health, compiler: Compiler::find()?, _tenancy: tenancy })
    }

    /// What has to be the same for times to be compared.
    pub fn key(&self) -> &GpuKey {
        &self.key
    }

    /// What the device says of its health.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// This machine with this device, as baselines name it: those of another device, driver or mode lie
    /// apart.
    pub fn host(&self) -> HostKey {
        let mut host = perfreg_core::probe::host();
        host.gpu = Some(self.host_key());
        host
    }

    /// What of [`Self::host`] is of the device.
    pub fn host_key(&self) -> perfreg_core::model::GpuKey {
        self.health.host_key(&self.key.name, self.key.capability)
    }

    /// The context of cudarc, to load kernels of one's own. Events of buffers are not tracked in it: who
    /// shares a buffer between streams orders them.
    pub fn cuda_context(&self) -> &Arc<CudaContext> {
        &self.context
    }

    /// What kernels are compiled for here.
    pub(crate) fn architecture(&self) -> Architecture {
        let (major, minor) = self.key.capability;
        Architecture::of_capability(major, minor).expect("checked when it was opened")
    }

    pub(crate) fn compiler(&self) -> &'static Compiler {
        self.compiler
    }

    /// A new stream, whose work waits for no other stream's.
    ///
    /// # Errors
    /// [`Error::is_driver`] if the driver refuses.
    pub fn stream(&self) -> Result<Stream> {
        let stream = self.context.new_stream().map_err(|error| refused("make a stream", error))?;
        Ok(Stream { stream })
    }

    /// An event that can be timed with.
    pub(crate) fn event(&self) -> Result<CudaEvent> {
        let flags = Some(sys::CUevent_flags::CU_EVENT_DEFAULT);
        self.context.new_event(flags).map_err(|error| refused("make an event", error))
    }

    /// Waits until nothing runs, and reports what went wrong in the background.
    ///
    /// # Errors
    /// [`Error::is_driver`] with the first error since the last call.
    pub fn synchronize(&self) -> Result<()> {
        self.context.synchronize().map_err(|error| refused("wait for the device", error))?;
        self.context.check_err().map_err(|error| refused("finish earlier work", error))
    }
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gpu").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Stream {
    /// The stream of cudarc, to launch kernels of one's own on.
    pub fn cuda_stream(&self) -> &Arc<CudaStream> {
        &self.stream
    }

    /// Waits until this stream's work is done.
    ///
    /// # Errors
    /// [`Error::is_driver`] if the work failed.
    pub fn synchronize(&self) -> Result<()> {
        self.stream.synchronize().map_err(|error| refused("wait for a stream", error))
    }

    pub(crate) fn record(&self, event: &CudaEvent) -> Result<()> {
        event.record(&self.stream).map_err(|error| refused("record an event", error))
    }
}

impl GpuKey {
    fn of(context: &Arc<CudaContext>) -> std::result::Result<Self, DriverError> {
        let number = |attribute| context.attribute(attribute).map(i32::unsigned_abs);
        let (major, minor) = context.compute_capability()?;
        Ok(Self {
            name: context.name()?,
            uuid: uuid_text(context.uuid()?.bytes),
            capability: (major.unsigned_abs(), minor.unsigned_abs()),
            multiprocessors: number(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?,
            shared_bytes_of_block: number(
                Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
            )?,
            cache_bytes: number(Attribute::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE)?,
            corrects_errors: number(Attribute::CU_DEVICE_ATTRIBUTE_ECC_ENABLED)? != 0,
        })
    }
}

/// `GPU-` and the bytes in groups of 4, 2, 2, 2 and 6.
fn uuid_text(bytes: [std::ffi::c_char; 16]) -> String {
    let mut text = String::from("GPU");
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 0 | 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text += &format!("{:02x}", byte.to_ne_bytes()[0]);
    }
    text
}

/// The driver's refusal to do `what`.
pub(super) fn refused(what: &str, error: DriverError) -> Error {
    Error::driver(what, error.0)
}

#[cfg(test)]
mod tests {
    use super::uuid_text;

    #[test]
    fn identities_are_written_as_by_nvml() {
        let bytes = std::array::from_fn(|at| (at as u8 * 17).cast_signed() as std::ffi::c_char);
        assert_eq!(uuid_text(bytes), "GPU-00112233-4455-6677-8899-aabbccddeeff");
    }
}
