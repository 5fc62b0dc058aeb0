//! A kernel on a device.
#![expect(unsafe_code, reason = "a launch trusts its arguments")]

use cudarc::driver::sys::CUfunction_attribute as Attribute;
use cudarc::driver::{CudaFunction, DeviceRepr, LaunchConfig, PushKernelArg};
use cudarc::nvrtc::Ptx;

use super::gpu::{Gpu, Stream, refused};
use crate::error::{Error, Result};
use crate::nvrtc::Compiled;

/// A kernel that was loaded.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    function: CudaFunction,
    entry: &'static str,
}

/// How many blocks of how many threads, with how much shared memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    pub(crate) blocks: [u32; 3],
    pub(crate) threads: u32,
    pub(crate) shared_bytes: u32,
}

/// What a kernel takes by value, as the alignment of its parameters wants it.
#[repr(C, align(16))]
struct Block<const N: usize>([u8; N]);

// SAFETY: bytes, which a kernel may interpret as anything.
unsafe impl<const N: usize> DeviceRepr for Block<N> {}

impl Function {
    /// Loads a kernel's machine code, or its PTX where there is none.
    pub(crate) fn load(gpu: &Gpu, compiled: &Compiled, entry: &'static str) -> Result<Self> {
        let image = if compiled.cubin.is_empty() {
            if compiled.ptx.contains('\0') {
                return Err(Error::data("PTX with a NUL character"));
            }
            Ptx::from_src(compiled.ptx.clone())
        } else {
            Ptx::from_binary(compiled.cubin.clone())
        };
        let what = format!("load the kernel {entry}");
        let module = gpu.context.load_module(image).map_err(|error| refused(&what, error))?;
        let function = module.load_function(entry).map_err(|error| refused(&what, error))?;
        Ok(Self { function, entry })
    }

    /// Lets blocks ask for this much shared memory: more than 48 KiB have to be allowed.
    pub(crate) fn allow_shared(&self, bytes: u32) -> Result<()> {
        let which = Attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        let bytes =
            i32::try_from(bytes).map_err(|_| Error::argument("shared_bytes", "too many"))?;
        let allowed = self.function.set_attribute(which, bytes);
        allowed.map_err(|error| refused(&format!("give {} shared memory", self.entry), error))
    }

    /// Launches with an argument block.
    ///
    /// # Safety
    /// The block is what the kernel takes, and every address in it is of memory on this device that
    /// is as large as the kernel uses and lives until the stream's work is done.
    pub(crate) unsafe fn launch<const N: usize>(
        &self,
        stream: &Stream,
        grid: Grid,
        arguments: [u8; N],
    ) -> Result<()> {
        let [x, y, z] = grid.blocks;
        let config = LaunchConfig {
            grid_dim: (x, y, z),
            block_dim: (grid.threads, 1, 1),
            shared_mem_bytes: grid.shared_bytes,
        };
        let block = Block(arguments);
        let mut launch = stream.stream.launch_builder(&self.function);
        if N > 0 {
            launch.arg(&block);
        }
        // SAFETY: the caller vouches for the arguments, which the driver copies before it returns.
        let launched = unsafe { launch.launch(config) };
        launched.map_err(|error| refused(&format!("launch {}", self.entry), error))?;
        Ok(())
    }
}
