//! Holding a stream until all of its work is handed over, so that no launch is waited for in between.
#![expect(unsafe_code, reason = "the device reads a word of the host's memory")]

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cudarc::driver::{CudaContext, result, sys};

use super::gpu::{Gpu, Stream, refused};
use crate::error::Result;

/// A word that streams wait for. No multiprocessor is busy meanwhile, unlike with a kernel that
/// spins.
pub(crate) struct Blocker {
    context: Arc<CudaContext>,
    word: *mut AtomicU32,
    address: sys::CUdeviceptr,
    /// Streams wait for the word to be this.
    turn: Cell<u32>,
}

impl Blocker {
    pub(crate) fn new(gpu: &Gpu) -> Result<Self> {
        let context = Arc::clone(&gpu.context);
        let failed = |error| refused("allocate memory that the device can read", error);
        context.bind_to_thread().map_err(failed)?;
        // SAFETY: the context is current; the word is written before anything reads it.
        unsafe {
            let word = result::malloc_host(size_of::<AtomicU32>(), sys::CU_MEMHOSTALLOC_DEVICEMAP)
                .map_err(failed)?
                .cast::<AtomicU32>();
            word.write(AtomicU32::new(0));
            let mut blocker = Self { context, word, address: 0, turn: Cell::new(0) };
            let found = sys::cuMemHostGetDevicePointer_v2(&mut blocker.address, word.cast(), 0);
            found.result().map_err(failed)?;
            Ok(blocker)
        }
    }

    /// Holds the stream; work handed over later waits. The guard lets go when it is dropped.
    pub(crate) fn hold(&self, stream: &Stream) -> Result<Held<'_>> {
        self.turn.set(self.turn.get() + 1);
        let flag = sys::CUstreamWaitValue_flags::CU_STREAM_WAIT_VALUE_GEQ as u32;
        let failed = |error| refused("hold a stream", error);
        self.context.bind_to_thread().map_err(failed)?;
        let stream = stream.stream.cu_stream();
        // SAFETY: the address is of the word, which outlives the guard, and the guard lets go.
        let held =
            unsafe { sys::cuStreamWaitValue32_v2(stream, self.address, self.turn.get(), flag) };
        let guard = Held { blocker: self };
        held.result().map_err(failed)?;
        Ok(guard)
    }
}

impl Drop for Blocker {
    fn drop(&mut self) {
        // A stream may still be about to look at the word.
        self.context.record_err(self.context.synchronize());
        // SAFETY: allocated by `malloc_host`, and nothing looks at it any more.
        self.context.record_err(unsafe { result::free_host(self.word.cast()) });
    }
}

/// A stream is held.
pub(crate) struct Held<'a> {
    blocker: &'a Blocker,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: the word lives as long as the blocker; the device only reads it.
        unsafe { &*self.blocker.word }.store(self.blocker.turn.get(), Ordering::Release);
    }
}
