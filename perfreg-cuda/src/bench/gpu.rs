//! Timing work on a device, for the [`Bencher`] of a performance test.

use perfreg_core::{Bencher, Direction, Metric, Unit};

use super::session::Session;
use crate::device::{Gpu, Stream};
use crate::error::Result;
use crate::timing::Collected;

/// Measures work on a device.
///
/// ```no_run
/// use perfreg_core::{Bencher, perf_regression};
/// use perfreg_cuda::{BenchGpu, Gpu, Result};
///
/// #[perf_regression(baseline = "gt/fill.json", skip_if = perfreg_cuda::unavailable)]
/// fn fill(b: Bencher) -> Result<()> {
///     let gpu = Gpu::open(0)?;
///     let mut buffer = gpu.cuda_context().default_stream().alloc_zeros::<u8>(1 << 20).unwrap();
///     b.bench_gpu(&gpu, |stream| {
///         stream.cuda_stream().memset_zeros(&mut buffer).unwrap();
///         Ok(())
///     })?;
///     Ok(())
/// }
/// ```
pub trait BenchGpu {
    /// Measures what `work` hands over to the stream, and records these metrics:
    ///
    /// - `device_time`: the time on the device, by events, with its cache flushed before each sample
    ///   and the stream held until everything is handed over;
    /// - `device_time_hot`: the time of one repetition in a graph of many, if the work can be
    ///   captured: if it neither allocates nor waits for the device;
    /// - `device_cycles` and `device_cycles_hot`: the same in cycles of the multiprocessors, where
    ///   they ran long enough to read their clock;
    /// - `device_extra_bytes` and `device_left_bytes`: the most memory that one call allocates beyond
    ///   what was there before, and what it leaves allocated, if the device has memory pools;
    /// - `enqueue_time`: how long the host takes to hand the work over. It says nothing of the work
    ///   itself, and much of the host.
    ///
    /// # Errors
    /// The first error of `work`; [`crate::Error::is_measurement`] if the device was slowed down in nearly
    /// every sample; [`crate::Error::is_driver`] if the driver refuses.
    fn bench_gpu(self, gpu: &Gpu, work: impl FnMut(&Stream) -> Result<()>) -> Result<Timing>;
}

/// What was measured.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Timing {
    /// With the cache flushed.
    pub cold: Option<Collected>,
    /// Repeated in a graph.
    pub hot: Option<Collected>,
    /// What one call allocates at most, beyond what was there before.
    pub extra_bytes: Option<u64>,
    /// What one call leaves allocated.
    pub left_bytes: Option<u64>,
    /// The device time of a kernel that does nothing, in nanoseconds: no less can be measured.
    pub floor: Option<f64>,
}

impl BenchGpu for Bencher {
    fn bench_gpu(self, gpu: &Gpu, mut work: impl FnMut(&Stream) -> Result<()>) -> Result<Timing> {
        let stream = gpu.stream()?;
        // The first launch pays for what is loaded late; it also shows at once what fails.
        work(&stream)?;
        stream.synchronize()?;
        let session = Session::new(gpu, stream)?;
        if !self.is_measuring() {
            let once = session.once(&mut work)?;
            self.record_samples("device_time", vec![once], Unit::Nanoseconds, LOWER);
            return Ok(Timing::default());
        }
        let timing = session.measure(&mut work)?;
        record(&self, &timing);
        Ok(timing)
    }
}

const LOWER: Direction = Direction::LowerIsBetter;

fn record(b: &Bencher, timing: &Timing) {
    let record = |metric: Metric, samples: Vec<f64>| {
        b.record_samples(&metric.name, samples, metric.unit, metric.direction);
    };
    let cycles = |name: &str, collected: &Collected| {
        if let Some(cycles) = collected.cycles() {
            record(Metric::new(name, Unit::Other("cycles".into()), LOWER), cycles);
        }
    };
    if let Some(cold) = &timing.cold {
        record(Metric::time("device_time"), cold.nanoseconds());
        cycles("device_cycles", cold);
        record(Metric::time("enqueue_time"), cold.samples.iter().map(|s| s.enqueued).collect());
    }
    let bytes = |name: &str, bytes: Option<u64>| {
        if let Some(bytes) = bytes {
            b.record(name, bytes as f64, Unit::Bytes, LOWER);
        }
    };
    bytes("device_extra_bytes", timing.extra_bytes);
    bytes("device_left_bytes", timing.left_bytes);
    if let Some(hot) = &timing.hot {
        record(Metric::time("device_time_hot"), hot.nanoseconds());
        cycles("device_cycles_hot", hot);
    }
}
