//! Timing work on a device, for the [`Bencher`] of a performance test.

use perfreg_core::{Bencher, Direction, Metric, Unit};

use super::session::Session;
use crate::device::{Gpu, Stream};
use crate::error::Result;
use crate::timing::{Collected, Readings};

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
    /// - `device_energy`, in millijoules a call, and in percent of the time `device_power_violation`,
    ///   `device_thermal_violation`, `device_tensor_use`, `device_dram_use` and `device_memory_busy`: what the
    ///   device's counters tell of half a second of calls, as far as it has them ([`Timing::readings`] says
    ///   why one is missing). They are judged only where the attribute lists them;
    /// - `enqueue_time`: how long the host takes to hand the work over. It says nothing of the work
    ///   itself, and much of the host; it is not judged alone.
    ///
    /// # Errors
    /// The first error of `work`; [`crate::Error::is_measurement`] if the device was slowed down in nearly
    /// every sample, or if `work` hands nothing over to the stream: what it does on another is not timed;
    /// [`crate::Error::is_driver`] if the driver refuses.
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
    /// What the device's counters tell of calls one after the other, and why some tell nothing.
    pub readings: Option<Readings>,
}

impl BenchGpu for Bencher {
    fn bench_gpu(self, gpu: &Gpu, mut work: impl FnMut(&Stream) -> Result<()>) -> Result<Timing> {
        let session = begin(gpu, &mut work)?;
        self.on_gpu(gpu.host_key());
        if !self.is_measuring() {
            let once = session.once(&mut work)?;
            let Metric { name, unit, direction } = Metric::time("device_time");
            self.record_samples(&name, vec![once], unit, direction);
            return Ok(Timing::default());
        }
        let timing = session.measure(&mut work)?;
        for (Metric { name, unit, direction }, samples) in timing.series() {
            self.record_samples(&name, samples, unit, direction);
        }
        Ok(timing)
    }
}

/// Measures what `work` hands over to a stream, for who has no [`Bencher`].
///
/// # Errors
/// As for [`BenchGpu::bench_gpu`].
pub fn time_on(gpu: &Gpu, mut work: impl FnMut(&Stream) -> Result<()>) -> Result<Timing> {
    begin(gpu, &mut work)?.measure(&mut work)
}

/// The first launch pays for what is loaded late; it also shows at once what fails.
fn begin<'a>(gpu: &'a Gpu, work: &mut impl FnMut(&Stream) -> Result<()>) -> Result<Session<'a>> {
    let stream = gpu.stream()?;
    work(&stream)?;
    stream.synchronize()?;
    Session::new(gpu, stream)
}

impl Timing {
    /// The metrics that [`BenchGpu::bench_gpu`] records, with their samples.
    pub fn series(&self) -> Vec<(Metric, Vec<f64>)> {
        let mut all = Vec::new();
        let cycles = |name: &str, collected: &Collected| {
            let metric = Metric::new(name, Unit::Other("cycles".into()), LOWER);
            collected.cycles().map(|cycles| (metric, cycles))
        };
        if let Some(cold) = &self.cold {
            all.push((Metric::time("device_time"), cold.nanoseconds()));
            all.extend(cycles("device_cycles", cold));
            let enqueued = cold.samples.iter().map(|sample| sample.enqueued).collect();
            all.push((Metric::time(Metric::ENQUEUE_TIME), enqueued));
        }
        let bytes =
            [("device_extra_bytes", self.extra_bytes), ("device_left_bytes", self.left_bytes)];
        for (name, bytes) in bytes {
            let metric = Metric::new(name, Unit::Bytes, LOWER);
            all.extend(bytes.map(|bytes| (metric, vec![bytes as f64])));
        }
        if let Some(hot) = &self.hot {
            all.push((Metric::time("device_time_hot"), hot.nanoseconds()));
            all.extend(cycles("device_cycles_hot", hot));
        }
        for (metric, told) in self.readings.iter().flat_map(Readings::metrics) {
            all.extend(told.as_ref().ok().map(|value| (metric, vec![*value])));
        }
        all
    }
}

const LOWER: Direction = Direction::LowerIsBetter;
