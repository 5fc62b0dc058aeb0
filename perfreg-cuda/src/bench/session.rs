//! Samples of work on a device: cold, one by one, and hot, in a graph of repetitions.

use std::time::Instant;

use cudarc::driver::{CudaEvent, CudaGraph};
use perfreg_core::stats::median;

use super::clocks::{Clocks, End};
use super::gpu::Timing;
use crate::device::{Blocker, Gpu, GpuLock, Stream, Tensor, capture, launch_graph, nodes};
use crate::error::{Error, Result};
use crate::timing::{Collected, Readings, Sample, Sampling, Silence, Turn, collect, watch};

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

/// Between two looks at a counter the device works so long, in nanoseconds.
const TURN: f64 = 5e6;

/// Repetitions in a graph at least and at most.
const REPETITIONS: (f64, f64) = (5.0, 1_000.0);

/// A graph of so many calls.
struct Repeated {
    graph: CudaGraph,
    calls: u64,
}

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
        if nodes == Some(0) {
            let what = "the work hands nothing over to the stream that it is given";
            return Err(Error::measurement(what));
        }
        // What can be captured waits for nothing; but a stream that is held takes so much, and then
        // handing over waits. Either would last for ever.
        let holding = match nodes {
            Some(nodes) if nodes <= MOST_HELD => Holding::Yes,
            _ => Holding::No,
        };
        drop(graph);
        let cold = in_time(&sampling, || self.cold(holding, |session| work(&session.stream)))?;
        let typical = median(&cold.nanoseconds());
        let repeated = nodes.map(|_| self.repeated(typical, work)).transpose()?;
        let hot = repeated.as_ref().map(|repeated| self.hot(&sampling, repeated)).transpose()?;
        let floor = in_time(&sampling, || {
            self.cold(Holding::Yes, |session| session.clocks.nothing(&session.stream))
        });
        let floor = floor.ok().map(|floor| median(&floor.nanoseconds()));
        let (extra_bytes, left_bytes) = self.memory_of(work)?.unzip();
        let readings = match left_bytes {
            Some(left) if left > 0 => Readings::silent(&Silence::NotRepeated),
            _ => {
                let typical = hot.as_ref().map_or(typical, |hot| median(&hot.nanoseconds()));
                self.readings(repeated.as_ref(), typical, work)?
            }
        };
        self.gpu.synchronize()?;
        let (cold, readings) = (Some(cold), Some(readings));
        Ok(Timing { cold, hot, extra_bytes, left_bytes, floor, readings })
    }

    /// What the device's counters tell of calls of about `typical` nanoseconds, in a graph if they can be.
    fn readings(
        &self,
        repeated: Option<&Repeated>,
        typical: f64,
        work: &mut impl FnMut(&Stream) -> Result<()>,
    ) -> Result<Readings> {
        let meter = match self.gpu.health().meter() {
            Ok(meter) => meter,
            Err(why) => return Ok(Readings::silent(&why)),
        };
        let calls_at_once = repeated.map_or(1, |repeated| repeated.calls);
        let times = TURN / (typical * calls_at_once as f64).max(1.0);
        let times = times.ceil().clamp(1.0, REPETITIONS.1) as u64;
        let mut once = |stream: &Stream| match repeated {
            Some(repeated) => launch_graph(&repeated.graph),
            None => work(stream),
        };
        let turn = || {
            let nanoseconds =
                self.once(&mut |stream: &Stream| (0..times).try_for_each(|_| once(stream)))?;
            Ok::<_, Error>(Turn { calls: times * calls_at_once, nanoseconds })
        };
        let mut before = None;
        let energy = watch(|| meter.energy(), turn, || before = Some(meter.mark()))?;
        let before = before.expect("who watches tells when it begins");
        Ok(meter.since(before, energy))
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
            throttling: self.gpu.health().throttling(),
        })
    }

    /// A graph of as many calls of about `typical` nanoseconds as time themselves well.
    fn repeated(
        &self,
        typical: f64,
        work: &mut impl FnMut(&Stream) -> Result<()>,
    ) -> Result<Repeated> {
        let calls = (GRAPH / typical.max(1.0)).clamp(REPETITIONS.0, REPETITIONS.1).ceil() as u64;
        let captured = capture(&self.stream, || (0..calls).try_for_each(|_| work(&self.stream)))?;
        let graph = captured.ok_or_else(|| {
            Error::measurement("the work could be captured once, and a second time not")
        })?;
        Ok(Repeated { graph, calls })
    }

    /// Repetitions in a graph, each as long as all of them by their number.
    fn hot(&self, sampling: &Sampling, repeated: &Repeated) -> Result<Collected> {
        in_time(sampling, || {
            self.clocks.read(&self.stream, End::Begin)?;
            let all = self.once(&mut |_| launch_graph(&repeated.graph))?;
            self.clocks.read(&self.stream, End::End)?;
            Ok(Sample {
                nanoseconds: all / repeated.calls as f64,
                enqueued: 0.0,
                megahertz: self.clocks.megahertz(&self.stream)?,
                throttling: self.gpu.health().throttling(),
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
