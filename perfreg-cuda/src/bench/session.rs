//! Samples of work on a device: cold, one by one, and hot, in a graph of repetitions.

use std::time::Instant;

use cudarc::driver::CudaEvent;
use perfreg_core::stats::median;

use super::clocks::{Clocks, End};
use super::gpu::Timing;
use crate::device::{Blocker, Gpu, GpuLock, Stream, Tensor, capture, launch_graph, nodes};
use crate::error::{Error, Result};
use crate::timing::{Collected, Sample, Sampling, collect};

/// What samples are taken with.
pub(super) struct Session<'a> {
    gpu: &'a Gpu,
    stream: Stream,
    begin: CudaEvent,
    end: CudaEvent,
    blocker: Blocker,
    /// Twice the cache: writing it leaves nothing else there.
    flush: Tensor,
    clocks: Clocks,
}

/// Whether the stream is held while work is handed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holding {
    Yes,
    No,
}

/// Far fewer than the thousand launches that a stream is known to take.
const MOST_HELD: usize = 256;

/// Repetitions in a graph last about so long, in nanoseconds: far longer than an event is off.
const GRAPH: f64 = 500_000.0;

/// Repetitions in a graph at least and at most.
const REPETITIONS: (f64, f64) = (5.0, 1_000.0);

impl<'a> Session<'a> {
    pub(super) fn new(gpu: &'a Gpu, stream: Stream) -> Result<Self> {
        /// Where a device does not tell its cache's size.
        const SMALLEST: u32 = 1 << 20;
        let bytes = gpu.key().cache_bytes.saturating_mul(2).max(SMALLEST);
        Ok(Self {
            gpu,
            begin: gpu.event()?,
            end: gpu.event()?,
            blocker: Blocker::new(gpu)?,
            flush: Tensor::poisoned(gpu, &stream, ("u8", 1), &[bytes])?,
            clocks: Clocks::load(gpu, &stream)?,
            stream,
        })
    }

    /// The device time of one call, in nanoseconds.
    pub(super) fn once(&self, work: &mut impl FnMut(&Stream) -> Result<()>) -> Result<f64> {
        self.stream.record(&self.begin)?;
        work(&self.stream)?;
        self.stream.record(&self.end)?;
        self.between_events()
    }

    pub(super) fn measure(
        mut self,
        work: &mut impl FnMut(&Stream) -> Result<()>,
    ) -> Result<Timing> {
        let _alone = GpuLock::wait(self.gpu)?;
        let sampling = Sampling::default();
        let stream = self.stream.clone();
        let graph = capture(&stream, || work(&stream))?;
        let nodes = graph.as_ref().map(nodes).transpose()?;
        // What can be captured waits for nothing; but a stream that is held takes so much, and then
        // handing over waits. Either would last for ever.
        let holding = match nodes {
            Some(nodes) if nodes <= MOST_HELD => Holding::Yes,
            _ => Holding::No,
        };
        drop(graph);
        let cold = in_time(&sampling, || self.cold(holding, |session| work(&session.stream)))?;
        let hot = match nodes {
            Some(_) => Some(self.hot(&sampling, median(&cold.nanoseconds()), work)?),
            None => None,
        };
        let floor = in_time(&sampling, || {
            self.cold(Holding::Yes, |session| session.clocks.nothing(&session.stream))
        });
        let floor = floor.ok().map(|floor| median(&floor.nanoseconds()));
        let (extra_bytes, left_bytes) = self.memory_of(work)?.unzip();
        self.gpu.synchronize()?;
        Ok(Timing { cold: Some(cold), hot, extra_bytes, left_bytes, floor })
    }

    /// What one call allocates at most, and what it leaves; `None` where the device does not tell.
    fn memory_of(
        &self,
        work: &mut impl FnMut(&Stream) -> Result<()>,
    ) -> Result<Option<(u64, u64)>> {
        self.stream.synchronize()?;
        let Ok(before) = self.gpu.reset_memory_peaks().and_then(|()| self.gpu.memory()) else {
            return Ok(None);
        };
        work(&self.stream)?;
        self.stream.synchronize()?;
        let after = self.gpu.memory()?;
        let beyond = |bytes: u64| bytes.saturating_sub(before.allocated);
        Ok(Some((beyond(after.allocated_peak), beyond(after.allocated))))
    }

    /// One call with nothing of it in the cache.
    fn cold(
        &mut self,
        holding: Holding,
        mut work: impl FnMut(&Self) -> Result<()>,
    ) -> Result<Sample> {
        self.flush.clear(&self.stream)?;
        self.stream.synchronize()?;
        let held = match holding {
            Holding::Yes => Some(self.blocker.hold(&self.stream)?),
            Holding::No => None,
        };
        self.clocks.read(&self.stream, End::Begin)?;
        self.stream.record(&self.begin)?;
        let began = Instant::now();
        work(self)?;
        let enqueued = began.elapsed();
        self.stream.record(&self.end)?;
        self.clocks.read(&self.stream, End::End)?;
        drop(held);
        let nanoseconds = self.between_events()?;
        Ok(Sample {
            nanoseconds,
            enqueued: enqueued.as_nanos() as f64,
            megahertz: self.clocks.megahertz(&self.stream)?,
            throttling: self.gpu.health().read().throttling,
        })
    }

    /// Repetitions in a graph, each as long as all of them by their number.
    fn hot(
        &self,
        sampling: &Sampling,
        typical: f64,
        work: &mut impl FnMut(&Stream) -> Result<()>,
    ) -> Result<Collected> {
        let repetitions = (GRAPH / typical.max(1.0)).clamp(REPETITIONS.0, REPETITIONS.1).ceil();
        let captured = capture(&self.stream, || {
            (0..repetitions as usize).try_for_each(|_| work(&self.stream))
        })?;
        let graph = captured.ok_or_else(|| {
            Error::measurement("the work could be captured once, and a second time not")
        })?;
        in_time(sampling, || {
            self.clocks.read(&self.stream, End::Begin)?;
            let all = self.once(&mut |_| launch_graph(&graph))?;
            self.clocks.read(&self.stream, End::End)?;
            Ok(Sample {
                nanoseconds: all / repetitions,
                enqueued: 0.0,
                megahertz: self.clocks.megahertz(&self.stream)?,
                throttling: self.gpu.health().read().throttling,
            })
        })
    }

    /// Nanoseconds between the events, when the second one has passed.
    fn between_events(&self) -> Result<f64> {
        let milliseconds = self.begin.elapsed_ms(&self.end);
        let milliseconds =
            milliseconds.map_err(|error| Error::driver("read an event's time", error.0))?;
        Ok(f64::from(milliseconds) * 1e6)
    }
}

fn in_time(sampling: &Sampling, take: impl FnMut() -> Result<Sample>) -> Result<Collected> {
    let began = Instant::now();
    collect(sampling, take, || began.elapsed())
}
