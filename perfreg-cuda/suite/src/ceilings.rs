//! What the device can do at the most, measured: how fast it copies. How fast it multiplies the peers
//! tell, for that takes a library.

use perfreg_cuda::{Gpu, Result, Timing, time_on};

use crate::cases::random_bf16;

/// How many bytes are copied: far more than the cache holds.
fn bytes(gpu: &Gpu) -> usize {
    16 * gpu.key().cache_bytes as usize
}

/// Times a copy within the device's memory, and says how many bytes it moves: each is read and written.
///
/// # Errors
/// If there is no room for it, or it cannot be timed.
pub(crate) fn time_copy(gpu: &Gpu) -> Result<(Timing, f64)> {
    let (stream, bytes) = (gpu.stream()?, bytes(gpu));
    let cuda = stream.cuda_stream();
    let from = cuda.clone_htod(&random_bf16(bytes / 2, 1))?;
    let mut to = cuda.alloc_zeros::<u8>(from.len())?;
    stream.synchronize()?;
    let timing = time_on(gpu, |stream| Ok(stream.cuda_stream().memcpy_dtod(&from, &mut to)?))?;
    Ok((timing, 2.0 * from.len() as f64))
}
