//! The GPU side of [perfreg](https://docs.rs/perfreg): what a machine has, and dilated attention
//! with everything that its performance tests need.
//!
//! Nothing here needs a GPU to build or to be tested: [`unavailable`] says why a machine cannot run
//! kernels, in a form that `skip_if` of the attribute takes, and no function panics for the lack of
//! a library.
//!
//! ```
//! use perfreg::{Bencher, perf_regression};
//! use perfreg_cuda::{BenchGpu, Gpu};
//!
//! #[perf_regression(baseline = "gt/kernels.json", skip_if = perfreg_cuda::unavailable)]
//! fn clear(b: Bencher) -> perfreg_cuda::Result<()> {
//!     let gpu = Gpu::open(0)?;
//!     let stream = gpu.stream()?;
//!     let mut page = stream.cuda_stream().alloc_zeros::<f32>(1 << 20)?;
//!     b.bench_gpu(&gpu, |stream| Ok(stream.cuda_stream().memset_zeros(&mut page)?))?;
//!     Ok(())
//! }
//! ```

pub mod attention;
mod bench;
pub mod cubin;
pub mod device;
pub mod error;
mod library;
pub mod nvrtc;
pub mod probe;
pub mod timing;

pub use bench::{BenchGpu, Timing, time_on};
pub use device::Gpu;
pub use error::{Error, Result};
pub use probe::{Reason, unavailable};
