//! The example of this crate's documentation and of the guide, word for word.

use perfreg::{Bencher, perf_regression};
use perfreg_cuda::{BenchGpu, Gpu};

#[perf_regression(baseline = "gt/kernels.json", skip_if = perfreg_cuda::unavailable)]
fn clear(b: Bencher) -> perfreg_cuda::Result<()> {
    let gpu = Gpu::open(0)?;
    let stream = gpu.stream()?;
    let mut page = stream.cuda_stream().alloc_zeros::<f32>(1 << 20)?;
    b.bench_gpu(&gpu, |stream| Ok(stream.cuda_stream().memset_zeros(&mut page)?))?;
    Ok(())
}
